#include "mail/smtp_reply.h"

#include <gtest/gtest.h>

namespace sealdesk::mail {
namespace {

TEST(SmtpReply, LinesAreTakenApart) {
    const auto more = parse_reply_line("250-SIZE 1000");
    const auto last = parse_reply_line("250 ok");
    const auto bare = parse_reply_line("250");

    ASSERT_TRUE(more && last && bare);
    EXPECT_EQ(more->code, 250);
    EXPECT_FALSE(more->is_last);
    EXPECT_EQ(more->text, "SIZE 1000");
    EXPECT_TRUE(last->is_last);
    EXPECT_TRUE(bare->is_last);
}

TEST(SmtpReply, WhatIsNoReplyIsNotGuessed) {
    for (const char* line : {"", "25", "abc", "2500 x", "250x", "150 x", "650 x", "HTTP/1.1 200 OK",
                             "-250 x", " 250 x"}) {
        EXPECT_FALSE(parse_reply_line(line)) << line;
    }
}

TEST(SmtpReply, EnhancedCodesMustFitTheReplyCode) {
    EXPECT_EQ(enhanced_code(550, "5.1.1 no such user"), "5.1.1");
    EXPECT_EQ(enhanced_code(550, "5.1.10"), "5.1.10");
    EXPECT_EQ(enhanced_code(450, "4.2.0 <x>: busy"), "4.2.0");
    for (const char* text : {"", "4.1.1 x", "5.1", "5.1.", "5.1.1x", "5..1 x", "5.1111.1 x",
                             "x 5.1.1", "5.1.1111 x"}) {
        EXPECT_EQ(enhanced_code(550, text), "") << text;
    }
}

TEST(SmtpReply, WhatAServerSaysIsMadeHarmless) {
    EXPECT_EQ(harmless("a\x1b[2Jb\r\n\xE7"), "a?[2Jb???");
    EXPECT_EQ(harmless(std::string(600, 'x')).size(), 500U);
}

TEST(SmtpReply, LeadingDotsAreDoubled) {
    EXPECT_EQ(dot_stuffed("a\r\n").value(), "a\r\n");
    EXPECT_EQ(dot_stuffed(".\r\n..\r\na.b\r\n.\r\n").value(), "..\r\n...\r\na.b\r\n..\r\n");
}

// P13: a bare line end ends the message early on some servers and not on others.
TEST(SmtpReply, MessagesWithBareLineEndsAreNotSent) {
    for (const char* message :
         {"", "a", "a\n", "a\r", "a\r\nb", "a\nb\r\n", "a\rb\r\n", "\n\r\n"}) {
        EXPECT_FALSE(dot_stuffed(message)) << message;
    }
}

}  // namespace
}  // namespace sealdesk::mail
