// Reports of failure as mail servers write them, and what else comes into a bounce mailbox.
#include "mail/bounce_report.h"

#include <string>

#include <gtest/gtest.h>

#include "mail/bounce_samples.h"

namespace sealdesk::mail {
namespace {

using test::a_report;
using test::ReportSample;

TEST(BounceReport, SaysWhomWhyAndWhichMail) {
    const IncomingMail mail = read_incoming(a_report({}));

    EXPECT_EQ(mail.kind, Incoming::Report);
    EXPECT_EQ(mail.envelope_id, "0123456789abcdef0123456789abcdef");
    EXPECT_EQ(mail.message_id, "<abc@ra.example.test>");
    ASSERT_EQ(mail.reached.size(), 2U);
    EXPECT_EQ(mail.reached[0], "bounce+0123456789abcdef0123456789abcdef@example.test");
    ASSERT_EQ(mail.recipients.size(), 1U);
    EXPECT_EQ(mail.recipients[0].final_address, "wang@example.test");
    EXPECT_EQ(mail.recipients[0].original_address, "wang@example.test");
    EXPECT_EQ(mail.recipients[0].action, "failed");
    EXPECT_EQ(mail.recipients[0].status, "5.1.1");
    EXPECT_EQ(mail.recipients[0].diagnostic, "550 5.1.1 <wang@example.test>: no such user");
}

TEST(BounceReport, LineEndsAndSpellingAreTheServersOwn) {
    std::string report = a_report({.status = "5.2.2 (mailbox full)", .action = "Failed"});
    std::string unix_lines;
    for (const char c : report) {
        unix_lines += c == '\r' ? "" : std::string(1, c);
    }
    const std::size_t at = unix_lines.find("multipart/report");
    unix_lines.replace(at, 16, "Multipart/REPORT");

    const IncomingMail mail = read_incoming(unix_lines);

    EXPECT_EQ(mail.kind, Incoming::Report);
    EXPECT_EQ(mail.recipients.at(0).status, "5.2.2");
    EXPECT_EQ(mail.recipients.at(0).action, "failed");
}

TEST(BounceReport, SeveralRecipientsAreReadEachByItself) {
    std::string report = a_report({});
    const std::string other =
        "Final-Recipient: rfc822; lin@example.test\r\nAction: delayed\r\nStatus: 4.4.1\r\n\r\n";
    report.insert(report.find("Final-Recipient"), other);

    const IncomingMail mail = read_incoming(report);

    ASSERT_EQ(mail.recipients.size(), 2U);
    EXPECT_EQ(mail.recipients[0].action, "delayed");
    EXPECT_EQ(mail.recipients[1].final_address, "wang@example.test");
}

TEST(BounceReport, WhatIsNoReportIsNone) {
    EXPECT_EQ(read_incoming("").kind, Incoming::Other);
    EXPECT_EQ(read_incoming("From: a@b.c\r\n\r\nPlease call me.\r\n").kind, Incoming::Other);
    EXPECT_EQ(read_incoming("Auto-Submitted: auto-replied\r\n\r\nOn holiday.\r\n").kind,
              Incoming::AutoReply);
    const std::string report = a_report({});
    for (const char* part :
         {"multipart/report", "delivery-status", "boundary=\"b1\"", "Final-Recipient"}) {
        std::string broken = report;
        broken.replace(broken.find(part), std::string(part).size(), "x");
        EXPECT_NE(read_incoming(broken).kind, Incoming::Report) << part;
    }
}

TEST(BounceReport, CutAnywhereItIsWholeOrNone) {
    const std::string report = a_report({});
    for (std::size_t length = 0; length < report.size(); ++length) {
        const IncomingMail mail = read_incoming(std::string_view(report).substr(0, length));
        for (const ReportedRecipient& one : mail.recipients) {
            EXPECT_FALSE(one.final_address.empty());
        }
    }
}

TEST(BounceReport, WhatAStrangerWritesHasBounds) {
    const std::string line(200'000, 'x');
    std::string many = a_report({});
    std::string blocks;
    for (int i = 0; i < 5'000; ++i) {
        blocks += "Final-Recipient: rfc822; a" + std::to_string(i) + "@b.test\r\n\r\n";
    }
    many.insert(many.find("Final-Recipient"), blocks);
    EXPECT_EQ(read_incoming(many).recipients.size(), kReportRecipientsMax);

    std::string wide = a_report({});
    wide.insert(0, "To: " + line + "@b.test\r\n" + std::string(100'000, ':') + "\r\n");
    const IncomingMail mail = read_incoming(wide);
    EXPECT_EQ(mail.kind, Incoming::Report);
    for (const std::string& address : mail.reached) {
        EXPECT_LE(address.size(), 500U);
    }
    std::string control = a_report({.diagnostic = std::string("smtp; 5\0\x1b[31m\xff", 12)});
    const IncomingMail controlled = read_incoming(control);
    for (const char c : controlled.recipients.at(0).diagnostic) {
        EXPECT_TRUE(c >= 0x20 && c < 0x7F);
    }
}

}  // namespace
}  // namespace sealdesk::mail
