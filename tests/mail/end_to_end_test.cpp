// Our mails through a real mail server (Postfix: STARTTLS, AUTH) into a Maildir, and read back by
// Python's parser, which shares no code with us.
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/text.h"
#include "mail/bounces.h"
#include "mail/mail_samples.h"
#include "mail/mime_text.h"
#include "mail/outbox.h"
#include "mail/sender.h"
#include "support/backends.h"
#include "support/command.h"

namespace sealdesk::mail {
namespace {

using store::transact;
using store::Tx;
using test::our_identity;

std::string required(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
    return value == nullptr ? "" : value;
}

class MailEndToEnd : public sealdesk::test::OnEveryBackend {
protected:
    void SetUp() override {
        ASSERT_FALSE(required("SEALDESK_TEST_SMTP_PORT").empty())
            << "no mail server: eval \"$(tests/support/postfix.sh start DIR)\" first";
        OnEveryBackend::SetUp();
        // The server keeps its mails from run to run; keys, and so Message-IDs, must differ.
        run_ = std::to_string(random_number(random()));
        began_ = std::filesystem::last_write_time(folder());  // the kernel's clock, as the files'
    }

    static SmtpSettings postfix() {
        return SmtpSettings{.host = "localhost",
                            .port = static_cast<std::uint16_t>(
                                parse_number(required("SEALDESK_TEST_SMTP_PORT")).value()),
                            .ca_file = required("SEALDESK_TEST_SMTP_CA"),
                            .client_name = "desk.example.test",
                            .user = required("SEALDESK_TEST_SMTP_USER"),
                            .password_file = required("SEALDESK_TEST_SMTP_PASSWORD_FILE"),
                            .command_wait = std::chrono::seconds(20),
                            .dot_wait = std::chrono::seconds(20)};
    }

    MailId put(OutgoingMail mail, const std::string& bounce_address = "") {
        mail.dedup_key += ":" + run_;
        MailIdentity identity = our_identity();
        identity.bounce_address = bounce_address;
        const auto enqueued =
            transact(db(), "test.enqueue", [&](Tx& tx) { return enqueue(tx, identity, mail); });
        EXPECT_TRUE(enqueued) << enqueued.error().code;
        return enqueued.value().id;
    }

    MailDetail look(MailId id) {
        return transact(db(), "test.show", [&](Tx& tx) { return show(tx, id); }).value();
    }

    // The files delivered since this test began that hold the Message-ID, waiting for `count`.
    [[nodiscard]] std::vector<std::filesystem::path> delivered(const std::string& message_id,
                                                               std::size_t count) const {
        const std::filesystem::path box =
            std::filesystem::path(required("SEALDESK_TEST_MAILDIR")) / "new";
        std::vector<std::filesystem::path> found;
        for (int tries = 0; tries < 200 && found.size() < count; ++tries) {
            found.clear();
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            for (const auto& entry : std::filesystem::directory_iterator(box)) {
                if (entry.last_write_time() < began_) {
                    continue;  // of earlier tests, or of a benchmark: there may be thousands
                }
                std::ifstream file(entry.path(), std::ios::binary);
                std::stringstream bytes;
                bytes << file.rdbuf();
                if (bytes.str().find(message_id) != std::string::npos) {
                    found.push_back(entry.path());
                }
            }
        }
        return found;
    }

    static nlohmann::json read_back(const std::filesystem::path& file) {
        const std::string command = std::string("/usr/bin/python3 ") + SEALDESK_SOURCE_DIR +
                                    "/tests/mail/read_mail.py " + file.string();
        const auto read = sealdesk::test::run_command(command);
        EXPECT_TRUE(read.succeeded());
        return nlohmann::json::parse(read.output, nullptr, false);
    }

private:
    std::string run_;
    std::filesystem::file_time_type began_;
};

TEST_P(MailEndToEnd, EveryCharacterAndByteArrivesAsWritten) {
    std::string pdf = "%PDF-1.7\n";
    for (int i = 0; i < 40'000; ++i) {
        pdf += static_cast<char>(i * 7 % 256);
    }
    const OutgoingMail mail{
        .dedup_key = "slip:e2e",
        .kind = "slip",
        .to = {.name = "𠮷野堃煊 Jr. \"the 3rd\"", .address = "u1@xn--fiqs8s.example.test"},
        .subject = "您的憑證申請人帳號密碼單(第4711號)——請於七日內以收據上之開啟碼開啟𠮷",
        .text = ".\n..\nFrom here\n  blanks  \n" + std::string(1200, 'x') + "\n您好𠮷\n",
        .attachments = {{.name = "憑證申請人密碼單一一五年十一月二十日第四七一一號𠮷.pdf",
                         .type = "application/pdf",
                         .bytes = pdf},
                        {.name = "read me.txt", .type = "text/csv", .bytes = "a,b\r\n"}}};
    const MailId id = put(mail);

    const RunReport report = Sender(db(), postfix()).run_until_idle();

    ASSERT_FALSE(report.host_trouble) << report.host_trouble->code;
    ASSERT_EQ(report.sent, 1);
    const auto files = delivered(look(id).message_id, 1);
    ASSERT_EQ(files.size(), 1U);
    const auto read = read_back(files[0]);
    EXPECT_EQ(read["subject"], mail.subject);
    EXPECT_EQ(read["old_subject"], mail.subject);
    EXPECT_EQ(read["from"], "憑證註冊中心");
    EXPECT_EQ(read["to"], mail.to.name);
    EXPECT_EQ(read["to_address"], mail.to.address);
    EXPECT_EQ(read["text"], with_crlf(mail.text));
    EXPECT_EQ(read["defects"], nlohmann::json::array());
    EXPECT_EQ(read["eight_bit"], false);
    EXPECT_LE(read["longest_line"].get<int>(), 80);
    ASSERT_EQ(read["attachments"].size(), 2U);
    EXPECT_EQ(read["attachments"][0]["name"], mail.attachments[0].name);
    EXPECT_EQ(read["attachments"][0]["sha256"], sha256_hex(pdf));
    EXPECT_EQ(read["attachments"][1]["name"], "read me.txt");
    EXPECT_EQ(read["old_names"][0], mail.attachments[0].name);
}

TEST_P(MailEndToEnd, ManyMailsArriveOnceEachAndBadAddressesDoNotSlowThemDown) {
    std::vector<MailId> good;
    std::vector<MailId> bad;
    for (int i = 0; i < 30; ++i) {
        const std::string number = std::to_string(i);
        good.push_back(put(test::a_mail("good:" + number)));
        bad.push_back(put(test::a_mail("bad:" + number, "unknown" + number + "@example.test")));
    }

    const auto before = std::chrono::steady_clock::now();
    const RunReport report = Sender(db(), postfix()).run_until_idle();
    const auto took = std::chrono::steady_clock::now() - before;

    EXPECT_EQ(report.sent, 30);
    EXPECT_EQ(report.failed, 30);
    EXPECT_FALSE(report.host_trouble);
    EXPECT_LT(took, std::chrono::seconds(20));  // one session for all would take about a minute
    for (const auto id : good) {
        EXPECT_EQ(delivered(look(id).message_id, 1).size(), 1U);
    }
    for (const auto id : bad) {
        EXPECT_EQ(look(id).summary.failure, "mail.dead_mailbox");
    }
}

// The reports of a real mail server, from its mouth to our rows: an unknown user, a full mailbox,
// one that stays full (delayed first, given up then), and one that is well.
TEST_P(MailEndToEnd, WhatComesBackIsKnownToHaveComeBack) {
    const BounceMailbox mailbox{required("SEALDESK_TEST_BOUNCE_MAILDIR"), "bounce@example.test"};
    ASSERT_FALSE(mailbox.folder.empty()) << "an older mail server runs; start another";
    const MailId gone = put(test::a_mail("gone", "gone1@example.test"), mailbox.address);
    const MailId full = put(test::a_mail("full", "full+1@example.test"), mailbox.address);
    const MailId later = put(test::a_mail("later", "later1@example.test"), mailbox.address);
    const MailId well = put(test::a_mail("well"), mailbox.address);
    ASSERT_EQ(Sender(db(), postfix()).run_until_idle().sent, 4);

    BounceCount all;
    for (int tries = 0; tries < 300 && (all.bounced < 3 || all.noted < 1); ++tries) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        const BounceCount count = take_bounces(db(), mailbox);
        ASSERT_FALSE(count.trouble) << count.trouble->detail;
        all.bounced += count.bounced;
        all.noted += count.noted;
    }

    EXPECT_EQ(all.bounced, 3);
    EXPECT_GE(all.noted, 1);
    for (const MailId id : {gone, full, later}) {
        EXPECT_EQ(look(id).summary.state, State::Bounced);
    }
    EXPECT_TRUE(look(gone).last_reply.starts_with("5.1.1")) << look(gone).last_reply;
    EXPECT_TRUE(look(full).last_reply.starts_with("5.2.2")) << look(full).last_reply;
    EXPECT_TRUE(look(later).last_reply.starts_with("4.2.2")) << look(later).last_reply;
    EXPECT_EQ(look(well).summary.state, State::Sent);
    const auto suppressed = [&](const std::string& address) {
        return transact(db(), "test.suppressed",
                        [&](Tx& tx) { return is_suppressed(tx, address); });
    };
    EXPECT_TRUE(suppressed("gone1@example.test"));
    EXPECT_FALSE(suppressed("full+1@example.test"));
    EXPECT_FALSE(suppressed("later1@example.test"));
}

SEALDESK_ON_EVERY_BACKEND(MailEndToEnd);

}  // namespace
}  // namespace sealdesk::mail
