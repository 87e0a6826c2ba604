// What becomes of our mails when the world reports about them.
#include "mail/bounces.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "audit/log.h"
#include "base/text.h"
#include "mail/bounce_samples.h"
#include "mail/delivery.h"
#include "mail/mail_samples.h"
#include "support/backends.h"
#include "support/child_test.h"
#include "support/failing_connection.h"

namespace sealdesk::mail {
namespace {

namespace fs = std::filesystem;
using store::transact;
using store::Tx;
using test::a_mail;
using test::a_report;
using test::code_of;
using test::ReportSample;

constexpr const char* kBounceAddress = "bounce@example.test";

BounceMailbox mailbox_in(const fs::path& folder) { return {folder / "Maildir", kBounceAddress}; }

class Bounces : public sealdesk::test::OnEveryBackend {
protected:
    void SetUp() override {
        OnEveryBackend::SetUp();
        for (const char* part : {"new", "cur", "tmp"}) {
            fs::create_directories(mailbox().folder / part);
        }
    }

    Result<MailboxCount> found() {
        return store::transact(db(), "test.found",
                               [&](store::Tx& tx) { return messages_in(tx, mailbox()); });
    }
    [[nodiscard]] BounceMailbox mailbox() const { return mailbox_in(folder()); }

    /// A mail that has been handed over.
    MailId sent_mail(const std::string& key, const std::string& to = "wang@example.test",
                     const std::string& bounce_address = kBounceAddress) {
        const MailId id = waiting_mail(key, to, bounce_address);
        end_handover(Ruling{.next = State::Sent}, Reply{250, "2.0.0", "queued"});
        return id;
    }
    MailId waiting_mail(const std::string& key, const std::string& to = "wang@example.test",
                        const std::string& bounce_address = kBounceAddress) {
        MailIdentity identity = test::our_identity();
        identity.bounce_address = bounce_address;
        return transact(db(), "test.enqueue",
                        [&](Tx& tx) { return enqueue(tx, identity, a_mail(key, to)); })
            .value()
            .id;
    }
    std::vector<ClaimedMail> claimed() {
        const ClaimOptions options{"elsewhere/1", std::chrono::minutes(15), 10, 16'000'000};
        return transact(db(), "test.claim", [&](Tx& tx) { return claim(tx, options); }).mails;
    }
    void end_handover(const Ruling& ruling, const Reply& reply) {
        const auto mails = claimed();
        ASSERT_EQ(mails.size(), 1U);
        const Settlement settlement{mails.data(), ruling, reply};
        transact(db(), "test.settle", [&](Tx& tx) { return settle(tx, {&settlement, 1}); });
    }

    [[nodiscard]] std::string sender_of(MailId id) {
        return connection()
            .query("SELECT envelope_from FROM mail_outbox WHERE id = " + std::to_string(id.value()),
                   {})[0]
            .text(0);
    }
    /// What a mail server says about a mail of ours.
    ReportSample about(MailId id) {
        const std::string sender = sender_of(id);
        return {.to = sender,
                .envelope_id = std::string(bounce_token(sender)),
                .message_id = look(id).message_id};
    }
    void arrives(const std::string& file, const std::string& bytes, const char* part = "new") {
        std::ofstream(mailbox().folder / part / file, std::ios::binary) << bytes;
    }
    void arrives(const std::string& file, const ReportSample& sample) {
        arrives(file, a_report(sample));
    }

    /// "bounced noted left" of one pass.
    std::string take() {
        const BounceCount count = take_bounces(db(), mailbox());
        EXPECT_FALSE(count.trouble) << count.trouble->detail;
        return std::to_string(count.bounced) + " " + std::to_string(count.noted) + " " +
               std::to_string(count.left);
    }
    MailDetail look(MailId id) {
        return transact(db(), "test.show", [&](Tx& tx) { return show(tx, id); }).value();
    }
    [[nodiscard]] std::string state_of(MailId id) {
        return std::string(to_text(look(id).summary.state));
    }
    [[nodiscard]] bool suppressed(const std::string& address) {
        return transact(db(), "test.suppressed",
                        [&](Tx& tx) { return is_suppressed(tx, address); });
    }
    [[nodiscard]] std::size_t files_in(const std::string& part) const {
        std::error_code absent;
        const fs::directory_iterator files(mailbox().folder / part, absent);
        return std::size_t(std::distance(begin(files), end(files)));
    }
    std::int64_t count(const std::string& sql) { return connection().query(sql, {})[0].number(0); }
};

TEST_P(Bounces, AMailThatCameBackIsBouncedAndItsAddressSuppressed) {
    const MailId id = sent_mail("slip:1");
    arrives("1.a.host", about(id));

    EXPECT_EQ(take(), "1 0 0");
    EXPECT_EQ(take(), "0 0 0");

    EXPECT_EQ(state_of(id), "bounced");
    EXPECT_EQ(look(id).summary.failure, "mail.bounced");
    EXPECT_EQ(look(id).last_reply, "5.1.1 550 5.1.1 <wang@example.test>: no such user");
    EXPECT_EQ(look(id).history.back().kind, "mail.bounced");
    EXPECT_EQ(look(id).history.back().detail.dump().find('@'), std::string::npos);
    EXPECT_TRUE(suppressed("wang@example.test"));
    EXPECT_EQ(files_in("new"), 0U);
    EXPECT_TRUE(fs::exists(mailbox().folder / ".done/cur/1.a.host:2,S"));
}

TEST_P(Bounces, TheLedgerClosesAndTheListsShowIt) {
    const MailId id = sent_mail("slip:1");
    const MailId other = sent_mail("slip:2", "lin@example.test");
    arrives("1.a.host", about(id));
    take();

    transact(db(), "test.look", [&](Tx& tx) {
        const MailLedger sums = ledger(tx, Instant{}, tx.now() + std::chrono::hours(1));
        EXPECT_EQ(sums.in, 2);
        EXPECT_EQ(sums.sent, 2);
        EXPECT_EQ(sums.failed, 0);
        EXPECT_EQ(bounced_between(tx, Instant{}, tx.now() + std::chrono::hours(1)), 1);
        const auto bounced = list(tx, {.state = State::Bounced});
        ASSERT_EQ(bounced.size(), 1U);
        EXPECT_EQ(bounced[0].id, id);
        const auto sent = list(tx, {.state = State::Sent});
        ASSERT_EQ(sent.size(), 1U);
        EXPECT_EQ(sent[0].id, other);
        for (const StateCount& one : counts_by_state(tx)) {
            const bool counted = one.state == State::Bounced || one.state == State::Sent;
            EXPECT_EQ(one.count, counted ? 1 : 0) << to_text(one.state);
        }
    });
}

TEST_P(Bounces, AFullMailboxSaysNothingAboutTheAddress) {
    const MailId full = sent_mail("slip:1");
    arrives("1.a.host", [&] {
        auto report = about(full);
        report.status = "5.2.2";
        return report;
    }());
    const MailId expired = sent_mail("slip:2", "lin@example.test");
    arrives("2.a.host", [&] {
        auto report = about(expired);
        report.status = "4.2.2";
        report.final_recipient = report.original_recipient = "lin@example.test";
        return report;
    }());

    EXPECT_EQ(take(), "2 0 0");

    EXPECT_EQ(state_of(full), "bounced");
    EXPECT_EQ(state_of(expired), "bounced");
    EXPECT_FALSE(suppressed("wang@example.test"));
    EXPECT_FALSE(suppressed("lin@example.test"));
}

TEST_P(Bounces, ADelayIsNotedAndWhatFollowsCounts) {
    const MailId id = sent_mail("slip:1");
    auto report = about(id);
    report.action = "delayed";
    report.status = "4.4.1";
    arrives("1.a.host", report);
    EXPECT_EQ(take(), "0 1 0");
    EXPECT_EQ(state_of(id), "sent");
    EXPECT_EQ(look(id).history.back().kind, "mail.reported");

    arrives("2.a.host", about(id));
    EXPECT_EQ(take(), "1 0 0");
    EXPECT_EQ(state_of(id), "bounced");
}

TEST_P(Bounces, AForgedReportIsBelievedByNobody) {
    const MailId id = sent_mail("slip:1");
    const std::string token(32, '0');
    const auto forged = [&](auto change) {
        auto report = about(id);
        change(report);
        return report;
    };
    // The Message-ID alone, another's token, no recipient of ours, an action nobody knows.
    arrives("1.a.host", forged([](auto& r) { r.to = "bounce@example.test", r.envelope_id = ""; }));
    arrives("2.a.host", forged([&](auto& r) {
                r.to = "bounce+" + token + "@example.test", r.envelope_id = token;
            }));
    arrives("3.a.host", forged([](auto& r) {
                r.final_recipient = r.original_recipient = "victim@example.test";
            }));
    arrives("4.a.host", forged([](auto& r) { r.action = "exploded"; }));

    EXPECT_EQ(take(), "0 0 4");
    EXPECT_EQ(take(), "0 0 0");

    EXPECT_EQ(state_of(id), "sent");
    EXPECT_EQ(count("SELECT COUNT(*) FROM mail_suppression"), 0);
    EXPECT_EQ(files_in("new"), 4U);
    EXPECT_EQ(found().value().left, 4);
}

TEST_P(Bounces, OneOfTheTwoWaysToTheTokenIsEnough) {
    const MailId by_id = sent_mail("slip:1");
    auto report = about(by_id);
    report.to = "bounce@example.test";  // the server cut the extension off
    report.original_recipient = "WANG@example.TEST";
    report.final_recipient = "wang.forwarded@elsewhere.test";
    arrives("1.a.host", report);
    const MailId by_sender = sent_mail("slip:2");
    report = about(by_sender);
    report.envelope_id = "";  // a server without RFC 3461
    report.original_recipient = "";
    report.message_id = "";
    arrives("2.a.host", report);

    EXPECT_EQ(take(), "2 0 0");

    EXPECT_EQ(state_of(by_id), "bounced");
    EXPECT_EQ(state_of(by_sender), "bounced");
}

TEST_P(Bounces, WithoutAnAddressOfItsOwnAMailIsKnownByItsMessageId) {
    const MailId id = sent_mail("slip:1", "wang@example.test", "");
    EXPECT_EQ(sender_of(id), test::our_identity().envelope_from);
    arrives("1.a.host", about(id));

    EXPECT_EQ(take(), "1 0 0");
    EXPECT_EQ(state_of(id), "bounced");
}

TEST_P(Bounces, WhatIsNoReportStaysForAPerson) {
    arrives("1.a.host", "From: wang@example.test\r\n\r\nPlease call me.\r\n");
    arrives("2.a.host:2,S", "Auto-Submitted: auto-replied\r\n\r\nOn holiday.\r\n", "cur");

    EXPECT_EQ(take(), "0 0 2");
    EXPECT_EQ(found().value().left, 2);
    fs::rename(mailbox().folder / "new/1.a.host", mailbox().folder / "cur/1.a.host:2,S");

    EXPECT_EQ(take(), "0 0 0");  // the same message, however a mail reader marks it
    EXPECT_EQ(files_in("cur"), 2U);
    EXPECT_EQ(count("SELECT COUNT(*) FROM mail_report"), 2);
}

TEST_P(Bounces, AReportEndsADoubt) {
    const MailId id = waiting_mail("slip:1");
    end_handover(Ruling{.next = State::InDoubt, .failure = "mail.in_doubt", .is_doubt = true}, {});
    EXPECT_EQ(state_of(id), "indoubt");
    auto report = about(id);
    report.status = "5.4.4";
    arrives("1.a.host", report);

    EXPECT_EQ(take(), "1 0 0");

    EXPECT_EQ(state_of(id), "bounced");
    EXPECT_TRUE(look(id).summary.settled_at);
    EXPECT_FALSE(look(id).summary.next_at);
}

TEST_P(Bounces, AReportWaitsWhileASenderHoldsTheMail) {
    const MailId id = waiting_mail("slip:1");
    const auto held = claimed();
    arrives("1.a.host", about(id));

    EXPECT_EQ(take(), "0 0 0");
    EXPECT_EQ(files_in("new"), 1U);

    const Settlement settlement{held.data(), Ruling{.next = State::Sent}, Reply{250, "", "ok"}};
    transact(db(), "test.settle", [&](Tx& tx) { return settle(tx, {&settlement, 1}); });
    EXPECT_EQ(take(), "1 0 0");
    EXPECT_EQ(state_of(id), "bounced");
}

TEST_P(Bounces, AClerkLiftsASuppressionAndSendsAgain) {
    const MailId id = sent_mail("slip:1");
    arrives("1.a.host", about(id));
    take();
    const auto again = [&] {
        return code_of(
            transact(db(), "test.retry", [&](Tx& tx) { return retry(tx, id, "officer:1"); }));
    };
    EXPECT_EQ(again(), "mail.suppressed");

    transact(db(), "test.lift", [&](Tx& tx) {
        EXPECT_TRUE(unsuppress(tx, "Wang@example.test", {"officer:1", "owner called"}));
    });
    EXPECT_EQ(again(), "ok");
    end_handover(Ruling{.next = State::Sent}, Reply{250, "", "ok"});

    EXPECT_EQ(state_of(id), "sent");
    auto second = about(id);
    arrives("2.a.host", second);
    EXPECT_EQ(take(), "1 0 0");
    EXPECT_EQ(state_of(id), "bounced");
}

TEST_P(Bounces, NothingIsHalfDoneWhicheverWriteFails) {
    const MailId id = sent_mail("slip:1");
    arrives("1.a.host", about(id));
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 30);
        sealdesk::test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            static_cast<void>(take_bounces(broken, mailbox()));
        } catch (const Failure&) {
            ASSERT_EQ(state_of(id), "sent") << write;
            ASSERT_FALSE(suppressed("wang@example.test")) << write;
            ASSERT_EQ(count("SELECT COUNT(*) FROM mail_report"), 0) << write;
            ASSERT_EQ(files_in("new"), 1U) << write;
            continue;
        }
        ASSERT_FALSE(failing.has_failed());
        EXPECT_GE(write, 6);
        break;
    }
    EXPECT_EQ(state_of(id), "bounced");
}

TEST_P(Bounces, AMailboxThatIsGoneIsTrouble) {
    fs::remove_all(mailbox().folder);
    const BounceCount count = take_bounces(db(), mailbox());
    ASSERT_TRUE(count.trouble);
    EXPECT_EQ(count.trouble->code, "mail.bounces_unreadable");
    EXPECT_EQ(code_of(found()), "mail.bounces_unreadable");
    EXPECT_FALSE(take_bounces(db(), {}).trouble);
}

SEALDESK_ON_EVERY_BACKEND(Bounces);

std::string environment_of_child(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
    return value == nullptr ? "" : value;
}

// Alone it proves that no mailbox is no trouble; as a child it takes the bounces.
TEST(BounceProcess, TakesWhatIsThere) {
    const std::string url = environment_of_child("SEALDESK_BOUNCE_CHILD_STORE");
    if (url.empty()) {
        return;
    }
    store::ConnectionOptions options;
    options.url = url;
    options.socket = environment_of_child("SEALDESK_BOUNCE_CHILD_SOCKET");
    const auto connection = store::open(options);
    const ManualClock clock(
        from_stored(parse_number(environment_of_child("SEALDESK_BOUNCE_CHILD_NOW")).value()));
    SystemRandom random;
    store::Database database(*connection, clock, random);
    EXPECT_FALSE(
        take_bounces(database, mailbox_in(environment_of_child("SEALDESK_BOUNCE_CHILD_FOLDER")))
            .trouble);
}

class KilledBounceJob : public Bounces {
protected:
    int run_process(const std::string& crash, const std::string& log = "") {
        return sealdesk::test::run_child_test(
            "BounceProcess.TakesWhatIsThere",
            {"SEALDESK_CRASH=" + crash, "SEALDESK_CRASH_LOG=" + log,
             "SEALDESK_BOUNCE_CHILD_STORE=" + options().url,
             "SEALDESK_BOUNCE_CHILD_SOCKET=" + options().socket,
             "SEALDESK_BOUNCE_CHILD_NOW=" + std::to_string(to_stored(clock().now())),
             "SEALDESK_BOUNCE_CHILD_FOLDER=" + folder().string()});
    }
};

TEST_P(KilledBounceJob, LosesAndDoublesNothingAtAnyPoint) {
    const std::string log = (folder() / "points").string();
    arrives("0.first", about(sent_mail("first")));
    run_process("", log);
    std::set<std::string> points;
    std::ifstream lines(log);
    for (std::string line; std::getline(lines, line);) {
        points.insert(line);
    }
    ASSERT_TRUE(points.contains("mail.report.before-commit"));
    ASSERT_TRUE(points.contains("mail.report.after-commit"));
    ASSERT_TRUE(points.contains("mail.report-filed"));

    for (const std::string& point : points) {
        const std::string to = "to-" + std::to_string(points.size()) + "@example.test";
        const MailId id = sent_mail(point, to);
        auto report = about(id);
        report.final_recipient = report.original_recipient = to;
        arrives(point + ".file", report);
        const auto before = count("SELECT COUNT(*) FROM mail_report");

        const int killed = run_process(point + ":1");
        const int finished = run_process("");

        ASSERT_TRUE(WIFSIGNALED(killed) && WTERMSIG(killed) == SIGKILL) << point;
        ASSERT_EQ(finished, 0) << point;
        EXPECT_EQ(state_of(id), "bounced") << point;
        EXPECT_EQ(count("SELECT COUNT(*) FROM mail_report"), before + 1) << point;
        EXPECT_EQ(files_in("new"), 0U) << point;
        const auto told = transact(db(), "test.events", [&](Tx& tx) {
            return audit::details_of(tx, "mail.bounced", "mail:" + std::to_string(id.value()));
        });
        EXPECT_EQ(told.size(), 1U) << point;
        transact(db(), "test.lift", [&](Tx& tx) {
            EXPECT_TRUE(unsuppress(tx, to, {"officer:1", "next round"}));
        });
    }
    EXPECT_EQ(files_in(".done/cur"), points.size() + 1);
}

SEALDESK_ON_EVERY_BACKEND(KilledBounceJob);

}  // namespace
}  // namespace sealdesk::mail
