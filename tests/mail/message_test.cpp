#include "mail/message.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "mail/mail_samples.h"
#include "mail/mime_text.h"

namespace sealdesk::mail {
namespace {

using test::code_of;

Message a_message() {
    return Message{.from = {"憑證註冊中心", "ra@example.test"},
                   .to = {"王小明", "wang@example.test"},
                   .subject = "您的憑證帳號密碼單",
                   .text = "您好\n",
                   .message_id = "<slip.1@ra.example.test>",
                   .date = from_stored(1'795'137'300'000'000)};
}

std::vector<std::string> lines_of(const std::string& mail) {
    std::vector<std::string> lines;
    std::size_t start = 0;
    for (std::size_t end = mail.find("\r\n"); end != std::string::npos;
         end = mail.find("\r\n", start)) {
        lines.push_back(mail.substr(start, end - start));
        start = end + 2;
    }
    return lines;
}

std::string decode_base64(const std::string& text) {
    const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    unsigned bits = 0;
    int held = 0;
    for (const char c : text) {
        const std::size_t value = digits.find(c);
        if (value == std::string::npos) {
            continue;
        }
        bits = bits << 6U | static_cast<unsigned>(value);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out += static_cast<char>(bits >> static_cast<unsigned>(held) & 0xFFU);
        }
    }
    return out;
}

// The texts of all B-words in order, each of which must be whole characters.
std::string decode_words(const std::string& header) {
    std::string out;
    std::size_t at = header.find("=?UTF-8?B?");
    while (at != std::string::npos) {
        const std::size_t end = header.find("?=", at + 10);
        EXPECT_LE(end + 2 - at, 75U);  // RFC 2047 §2
        const std::string word = decode_base64(header.substr(at + 10, end - at - 10));
        EXPECT_TRUE(is_utf8(word)) << "a character was cut";
        out += word;
        at = header.find("=?UTF-8?B?", end);
    }
    return out;
}

std::string header_of(const std::string& mail, const std::string& name) {
    const std::size_t start = mail.find(name + ": ");
    std::size_t end = mail.find("\r\n", start);
    while (mail[end + 2] == ' ') {
        end = mail.find("\r\n", end + 2);
    }
    return mail.substr(start + name.size() + 2, end - start - name.size() - 2);
}

TEST(MailMessage, IsPureAsciiInShortLinesThatNeverStartWithADotOrFrom) {
    Message message = a_message();
    message.text = ".\n..\nFrom here on\n𠮷野家\n" + std::string(5000, 'x');
    message.subject = std::string("王") + std::string(200, 'a') + "𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷";
    message.attachments = {{"憑證申請人密碼單一一五年十一月二十日第四七一一號.pdf",
                            "application/pdf", std::string(1000, '\xFF')}};

    const auto mail = compose(message);

    ASSERT_TRUE(mail) << mail.error().code;
    EXPECT_EQ(mail->substr(mail->size() - 2), "\r\n");
    bool in_headers = true;
    for (const auto& line : lines_of(*mail)) {
        EXPECT_TRUE(is_plain_ascii(line)) << line;
        EXPECT_LE(line.size(), 78U) << line;
        EXPECT_NE(line.substr(0, 1), ".");
        EXPECT_NE(line.substr(0, 5), in_headers ? "\r" : "From ");
        in_headers = in_headers && !line.empty();
    }
}

TEST(MailMessage, SplitsEncodedWordsBetweenCharactersWhereverAsciiShiftsThem) {
    for (std::size_t shift = 0; shift < 12; ++shift) {
        Message message = a_message();
        message.subject =
            std::string(shift, 'a') + "憑證註冊中心𠮷憑證註冊中心憑證註冊中心𠮷堃煊峯喆";

        const auto mail = compose(message);

        ASSERT_TRUE(mail);
        EXPECT_EQ(decode_words(header_of(*mail, "Subject")), message.subject);
    }
}

TEST(MailMessage, LeavesShortAsciiReadable) {
    Message message = a_message();
    message.subject = "Your account slip";
    message.to.name = "O\"Hara \\ Sons";

    const auto mail = compose(message);

    ASSERT_TRUE(mail);
    EXPECT_EQ(header_of(*mail, "Subject"), "Your account slip");
    EXPECT_EQ(header_of(*mail, "To"), "\"O\\\"Hara \\\\ Sons\" <wang@example.test>");
}

TEST(MailMessage, EncodesWhatMerelyLooksEncoded) {
    Message message = a_message();
    message.subject = "=?UTF-8?B?aGk=?=";

    const auto mail = compose(message);

    ASSERT_TRUE(mail);
    EXPECT_EQ(decode_words(header_of(*mail, "Subject")), "=?UTF-8?B?aGk=?=");
}

TEST(MailMessage, HasTheSameBytesEachTimeAndOtherBytesForAnotherMessageId) {
    Message message = a_message();
    message.attachments = {{"a.pdf", "application/pdf", "x"}};

    const auto first = compose(message);
    const auto again = compose(message);
    message.message_id = "<slip.2@ra.example.test>";
    const auto other = compose(message);

    ASSERT_TRUE(first && again && other);
    EXPECT_EQ(*first, *again);
    EXPECT_NE(*first, *other);
}

TEST(MailMessage, KeepsTextAndEveryAttachment) {
    Message message = a_message();
    message.text = "first\r\nsecond\rthird\n";
    message.attachments = {{"一.pdf", "application/pdf", "ONE"}, {"two.txt", "text/plain", "TWO"}};

    const auto mail = compose(message);

    ASSERT_TRUE(mail);
    EXPECT_NE(mail->find(to_base64("first\r\nsecond\r\nthird\r\n")), std::string::npos);
    EXPECT_NE(mail->find(to_base64("ONE")), std::string::npos);
    EXPECT_NE(mail->find(to_base64("TWO")), std::string::npos);
    // RFC 2231 for the Chinese name; no ASCII twin beside it that some readers would prefer.
    EXPECT_NE(mail->find("filename*0*=UTF-8''%E4%B8%80.pdf"), std::string::npos);
    EXPECT_NE(mail->find("filename=\"two.txt\""), std::string::npos);
}

TEST(MailMessage, DatesAreTaipeiTime) {
    const auto mail = compose(a_message());

    ASSERT_TRUE(mail);
    EXPECT_EQ(header_of(*mail, "Date"), "Fri, 20 Nov 2026 09:15:00 +0800");
}

// P11, P12 of the measured defects: a line end in any field would make a header or a command.
TEST(MailMessage, RefusesLineEndsAndControlsWhereverTheyHide) {
    // Line ends, NUL, DEL, NEL (U+0085), LINE SEPARATOR (U+2028), and bytes that are not UTF-8.
    const std::string nul("a\0b", 3);
    const std::string bad[] = {"a\r\nBcc: x@y.test", "a\nb",      "a\rb",   nul, "a\x7f",
                               "a\xC2\x85 b",        "a\u2028 b", "a\xFF b"};
    for (const auto& text : bad) {
        Message subject = a_message();
        subject.subject = text;
        Message name = a_message();
        name.to.name = text;
        Message from = a_message();
        from.from.name = text;
        Message file = a_message();
        file.attachments = {{text, "application/pdf", "x"}};
        Message header = a_message();
        header.headers = {{"X-Kind", text}};
        Message id = a_message();
        id.message_id = "<" + text + "@ra.example.test>";
        Message type = a_message();
        type.attachments = {{"a.pdf", "application/pdf" + text, "x"}};
        Message address = a_message();
        address.to.address = text + "@example.test";

        EXPECT_EQ(code_of(compose(subject)), "mail.bad_header") << to_hex(text);
        EXPECT_EQ(code_of(compose(name)), "mail.bad_header") << to_hex(text);
        EXPECT_EQ(code_of(compose(from)), "mail.bad_header") << to_hex(text);
        EXPECT_EQ(code_of(compose(file)), "mail.bad_attachment") << to_hex(text);
        EXPECT_EQ(code_of(compose(header)), "mail.bad_header") << to_hex(text);
        EXPECT_EQ(code_of(compose(id)), "mail.bad_header") << to_hex(text);
        EXPECT_EQ(code_of(compose(type)), "mail.bad_attachment") << to_hex(text);
        EXPECT_EQ(code_of(compose(address)), "mail.bad_address") << to_hex(text);
    }
}

TEST(MailMessage, RefusesHeadersThatAreNotACallersToSet) {
    for (const char* name : {"Bcc", "From", "to", "Content-Type", "Message-ID", "Received",
                             "X-A: b\r\nBcc", "", "DKIM-Signature"}) {
        Message message = a_message();
        message.headers = {{name, "x"}};
        EXPECT_EQ(code_of(compose(message)), "mail.bad_header") << name;
    }
}

TEST(MailMessage, RefusesPathsInFileNamesControlsInTextAndMailsOverTheLimit) {
    Message path = a_message();
    path.attachments = {{"../a.pdf", "application/pdf", "x"}};
    Message text = a_message();
    text.text = "bell \a";
    Message large = a_message();
    large.attachments = {{"a.pdf", "application/pdf", std::string(8'000'000, 'x')}};

    EXPECT_EQ(code_of(compose(path)), "mail.bad_attachment");
    EXPECT_EQ(code_of(compose(text)), "mail.bad_text");
    EXPECT_EQ(code_of(compose(large)), "mail.too_large");
}

TEST(MailMessage, ErrorsNameThePlaceButNeverRepeatWhoIsWrittenTo) {
    Message message = a_message();
    message.to = {"王小明", "wang ming@example.test"};

    const auto mail = compose(message);

    ASSERT_FALSE(mail);
    EXPECT_EQ(mail.error().where, "To");
    EXPECT_EQ(mail.error().detail.find("wang"), std::string::npos);  // M 2.8.1
}

TEST(MailAddress, TakesWhatPeopleHave) {
    for (const char* address : {"a@b.tw", "first.last+tag@sub.example.com.tw",
                                "o'hara_99@xn--fiqs8s.tw", "x=y@1a.example"}) {
        EXPECT_TRUE(check_address(address)) << address;
    }
}

TEST(MailAddress, RefusesWhatCouldBreakACommandOrCannotBeDelivered) {
    const std::string long_local(65, 'a');
    const std::string long_label(64, 'a');
    const std::string bad[] = {"",
                               "a",
                               "@b.tw",
                               "a@",
                               "a@b",
                               "a@b..tw",
                               ".a@b.tw",
                               "a.@b.tw",
                               "a..b@b.tw",
                               "a@-b.tw",
                               "a@b-.tw",
                               "a@.b.tw",
                               "a@b.tw.",
                               "a b@c.tw",
                               "a@b.tw>",
                               "<a@b.tw",
                               "a@b.tw> RCPT TO:<c@d.tw",
                               "a@b.tw\r\nRCPT TO:<c@d.tw>",
                               "\"a b\"@c.tw",
                               "a@[127.0.0.1]",
                               "a@b@c.tw",
                               "王@example.tw",
                               "wang@中文.tw",
                               "a,b@c.tw",
                               long_local + "@b.tw",
                               "a@" + long_label + ".tw"};
    for (const auto& address : bad) {
        EXPECT_EQ(code_of(check_address(address)), "mail.bad_address") << address;
    }
}

// RFC 8551 §3.3: the whole mail is one encrypted entity, with nothing in clear beside it.
TEST(Message, AnEnvelopedMailHasNothingBesideIt) {
    Message message = a_message();
    message.text.clear();
    message.enveloped = std::string(5'000, '\x30');

    const auto mail = compose(message);

    ASSERT_TRUE(mail);
    EXPECT_NE(mail->find("Content-Type: application/pkcs7-mime; smime-type=enveloped-data;\r\n "
                         "name=smime.p7m\r\n"),
              std::string::npos);
    EXPECT_EQ(mail->find("text/plain"), std::string::npos);
    EXPECT_EQ(decode_base64(mail->substr(mail->find("\r\n\r\n"))), message.enveloped);
    for (const auto& line : lines_of(*mail)) {
        EXPECT_LE(line.size(), 78U);
    }
}

TEST(Message, AnEntityHoldsTextAndAttachmentAndNoControlCharacters) {
    const auto words = [](const std::string& text, const std::string& name) {
        Message message;
        message.text = text;
        message.attachments.push_back({name, "application/pdf", {}});
        return message;
    };
    const auto entity = compose_entity(words("您好\n", "密碼單.pdf"), "%PDF-2.0");

    ASSERT_TRUE(entity);
    const std::string text(entity->reveal());
    EXPECT_EQ(text.rfind("Content-Type: multipart/mixed;", 0), 0U);
    EXPECT_NE(text.find("Content-Type: application/pdf"), std::string::npos);
    EXPECT_EQ(code_of(compose_entity(words("a\x01", "a.pdf"), "x")), "mail.bad_text");
    EXPECT_EQ(code_of(compose_entity(words("a", "a/b.pdf"), "x")), "mail.bad_attachment");
}

}  // namespace
}  // namespace sealdesk::mail
