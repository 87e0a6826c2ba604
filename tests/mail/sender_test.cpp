#include "mail/sender.h"

#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "base/digest.h"
#include "mail/delivery_rules.h"
#include "mail/mail_samples.h"
#include "mail/outbox.h"
#include "support/backends.h"
#include "support/failing_connection.h"
#include "support/smtp_peer.h"

namespace sealdesk::mail {
namespace {

using sealdesk::test::FailingConnection;
using sealdesk::test::PeerStep;
using sealdesk::test::SmtpPeer;
using std::chrono::milliseconds;
using std::chrono::minutes;
using store::transact;
using store::Tx;
using test::a_large_mail;
using test::a_mail;
using test::code_of;
using test::our_identity;
using test::settings_for;

class MailSender : public sealdesk::test::OnEveryBackend {
protected:
    MailId put(const std::string& key, const std::string& to = "wang@example.test") {
        return put(a_mail(key, to));
    }

    MailId put(const OutgoingMail& mail) {
        const auto enqueued = transact(db(), "test.enqueue",
                                       [&](Tx& tx) { return enqueue(tx, our_identity(), mail); });
        EXPECT_EQ(code_of(enqueued), "ok");
        return enqueued.value().id;
    }

    RunReport run() {
        Sender sender(db(), settings_for(peer()), SenderSettings{.block = 4});
        return sender.run_until_idle();
    }

    MailDetail look(MailId id) {
        return transact(db(), "test.show", [&](Tx& tx) { return show(tx, id); }).value();
    }

    std::int64_t in_state(State state) {
        const auto counts =
            transact(db(), "test.counts", [](Tx& tx) { return counts_by_state(tx); });
        for (const auto& count : counts) {
            if (count.state == state) {
                return count.count;
            }
        }
        return -1;
    }

    // Copies of each mail the peer took, by the digest of its bytes (which hold the Message-ID).
    std::map<std::string, int> copies() {
        std::map<std::string, int> count;
        for (const auto& mail : peer().mails()) {
            ++count[sha256_hex(mail.bytes)];
        }
        return count;
    }

    // The oracle: what we say of every mail agrees with what the peer took.
    void expect_books_agree() {
        const auto taken = copies();
        std::size_t known = 0;
        const auto all = transact(db(), "test.list", [](Tx& tx) { return list(tx, {}); });
        for (const auto& mail : all) {
            const auto found = taken.find(look(mail.id).body_sha256);
            const int count = found == taken.end() ? 0 : found->second;
            known += found == taken.end() ? 0 : 1;
            EXPECT_LE(count, 1 + mail.doubts) << to_text(mail.state);
            EXPECT_LE(count, 1 + kDoubtsMax);
            if (mail.state == State::Sent) {
                EXPECT_GE(count, 1) << "said to be sent, and never taken";
            }
        }
        EXPECT_EQ(known, taken.size()) << "the peer has bytes that no row has";
    }

    SmtpPeer& peer() { return peer_; }

private:
    SmtpPeer peer_;
};

TEST_P(MailSender, WhoStopsItBetweenWavesHasEveryMailSentOnceByTheNextRun) {
    for (int i = 0; i < 60; ++i) {
        put("slip:" + std::to_string(i));
    }
    std::atomic<bool> stop{false};
    SenderSettings settings;
    settings.watch = {[&](std::int64_t, std::int64_t) { stop = true; }, &stop};
    Sender stopped(db(), settings_for(peer()), settings);
    const RunReport part = stopped.run_until_idle();
    EXPECT_GT(part.sent, 0);
    EXPECT_LT(part.sent, 32);
    EXPECT_EQ(in_state(State::Queued), 60 - part.sent);
    EXPECT_EQ(part.sent + run().sent, 60);
    EXPECT_EQ(peer().mails().size(), 60U);
    expect_books_agree();
}

TEST_P(MailSender, SendsWhatIsQueuedOnceAndThenNothing) {
    for (int i = 0; i < 11; ++i) {
        put("slip:" + std::to_string(i));
    }

    const RunReport first = run();
    const RunReport second = run();

    EXPECT_EQ(first.sent, 11);
    EXPECT_EQ(second.sent, 0);
    EXPECT_EQ(peer().mails().size(), 11U);
    EXPECT_EQ(in_state(State::Sent), 11);
    EXPECT_EQ(peer().sessions(), 1);
    expect_books_agree();
}

TEST_P(MailSender, LargeBlocksGoOverSeveralSessionsAbreast) {
    for (int i = 0; i < 50; ++i) {
        put("slip:" + std::to_string(i));
    }

    const RunReport report = Sender(db(), settings_for(peer())).run_until_idle();

    EXPECT_EQ(report.sent, 50);
    EXPECT_EQ(peer().sessions(), 4);
    expect_books_agree();
}

TEST_P(MailSender, AServerThatAllowsOneSessionGetsOne) {
    peer().fault({.at = PeerStep::Greeting,
                  .say = "421 4.7.0 too many connections\r\n",
                  .close = true,
                  .times = -1,
                  .pass_first = 1});
    for (int i = 0; i < 40; ++i) {
        put("slip:" + std::to_string(i));
    }

    const RunReport report = Sender(db(), settings_for(peer())).run_until_idle();

    EXPECT_EQ(report.sent, 40);
    EXPECT_FALSE(report.host_trouble);
    EXPECT_LE(peer().sessions(), 3);
}

// One of the mails of a wave is in every kind of trouble; its neighbours do not notice.
TEST_P(MailSender, MailsOfOneWaveShareCommitsButNotTroubles) {
    peer().fault({.at = PeerStep::Recipient, .say = "550 5.1.1 no\r\n", .only_for = "gone"});
    peer().fault({.at = PeerStep::Recipient, .say = "450 4.2.0 busy\r\n", .only_for = "busy"});
    peer().fault({.at = PeerStep::Body, .only_for = "torn"});
    peer().fault({.at = PeerStep::Dot, .close = true, .keep = true, .only_for = "lost"});
    for (const char* who : {"gone", "busy", "lost"}) {
        put(std::string("slip:") + who, std::string(who) + "@example.test");
    }
    put(a_large_mail("slip:torn", "torn@example.test"));
    for (int i = 0; i < 36; ++i) {
        put("slip:" + std::to_string(i));
    }

    const RunReport report = Sender(db(), settings_for(peer())).run_until_idle();

    EXPECT_EQ(report.sent, 36);
    EXPECT_EQ(report.failed, 1);
    EXPECT_EQ(report.deferred, 2);
    EXPECT_EQ(report.in_doubt, 1);
    expect_books_agree();
    clock().advance(minutes(2));
    EXPECT_EQ(run().sent, 3);
    expect_books_agree();
}

TEST_P(MailSender, HandsOverNoMoreThanItIsAskedFor) {
    for (int i = 0; i < 6; ++i) {
        put("slip:" + std::to_string(i));
    }
    Sender sender(db(), settings_for(peer()));

    EXPECT_EQ(sender.run_until_idle(4).sent, 4);
    EXPECT_EQ(in_state(State::Queued), 2);
}

TEST_P(MailSender, ARefusedMailboxFailsItsMailSuppressesTheAddressAndStopsNoOther) {
    peer().fault({.at = PeerStep::Recipient,
                  .say = "550 5.1.1 <gone@example.test>: unknown\r\n",
                  .times = -1,
                  .only_for = "gone"});
    const MailId dead = put("slip:1", "gone@example.test");
    for (int i = 2; i < 12; ++i) {
        put("slip:" + std::to_string(i));
    }

    const RunReport report = run();

    EXPECT_EQ(report.sent, 10);
    EXPECT_EQ(report.failed, 1);
    EXPECT_FALSE(report.host_trouble);
    EXPECT_EQ(look(dead).summary.failure, "mail.dead_mailbox");
    EXPECT_EQ(look(dead).summary.last_code, 550);
    EXPECT_TRUE(
        transact(db(), "test.look", [](Tx& tx) { return is_suppressed(tx, "gone@example.test"); }));
    expect_books_agree();
}

// Postfix slows a session down after ten errors; ours is replaced after four refusals.
TEST_P(MailSender, ManyRefusalsGoOverManySessions) {
    peer().fault(
        {.at = PeerStep::Recipient, .say = "550 5.1.1 no\r\n", .times = -1, .only_for = "gone"});
    for (int i = 0; i < 20; ++i) {
        put("slip:" + std::to_string(i), "gone" + std::to_string(i) + "@example.test");
    }

    const RunReport report = run();

    EXPECT_EQ(report.failed, 20);
    EXPECT_EQ(peer().sessions(), 5);
}

TEST_P(MailSender, ATemporaryRefusalIsTriedAgainInItsTime) {
    peer().fault({.at = PeerStep::Dot, .say = "451 4.3.0 try later\r\n", .times = 2});
    const MailId id = put("slip:1");

    EXPECT_EQ(run().deferred, 1);
    EXPECT_EQ(look(id).summary.state, State::Deferred);
    EXPECT_EQ(run().sent, 0);  // not yet
    clock().advance(minutes(2));
    EXPECT_EQ(run().deferred, 1);
    clock().advance(minutes(2) + minutes(1));
    EXPECT_EQ(run().sent, 1);

    EXPECT_EQ(look(id).summary.attempts, 3);
    EXPECT_EQ(look(id).summary.doubts, 0);
    expect_books_agree();
}

TEST_P(MailSender, ALostBodyIsNoDoubt) {
    peer().fault({.at = PeerStep::Body});
    const MailId id = put(a_large_mail("slip:1"));

    EXPECT_EQ(run().deferred, 1);
    clock().advance(minutes(2));
    EXPECT_EQ(run().sent, 1);

    EXPECT_EQ(look(id).summary.doubts, 0);
    EXPECT_EQ(peer().mails().size(), 1U);
}

TEST_P(MailSender, AnAnswerLostOnTheWayIsResentOnceWithTheSameBytes) {
    peer().fault({.at = PeerStep::Dot, .close = true, .keep = true});
    const MailId id = put("slip:1");

    EXPECT_EQ(run().in_doubt, 1);
    EXPECT_EQ(look(id).summary.state, State::InDoubt);
    clock().advance(minutes(2));
    EXPECT_EQ(run().sent, 1);

    ASSERT_EQ(peer().mails().size(), 2U);
    EXPECT_EQ(peer().mails()[0].bytes, peer().mails()[1].bytes);
    EXPECT_EQ(look(id).summary.doubts, 1);
    expect_books_agree();
}

TEST_P(MailSender, ASecondLostAnswerParksTheMailUntilAPersonDecides) {
    peer().fault({.at = PeerStep::Dot, .close = true, .times = 2});
    const MailId id = put("slip:1");
    (void)run();
    clock().advance(minutes(2));
    EXPECT_EQ(run().in_doubt, 1);
    clock().advance(std::chrono::hours(48));
    EXPECT_EQ(run().sent, 0);
    EXPECT_FALSE(look(id).summary.next_at);

    const auto retried =
        transact(db(), "test.retry", [&](Tx& tx) { return retry(tx, id, "officer:1"); });

    EXPECT_EQ(code_of(retried), "ok");
    EXPECT_EQ(run().sent, 1);
    expect_books_agree();
}

// A session that the server ends between two mails says nothing about the next mail.
TEST_P(MailSender, AnOldSessionThatEndsCostsNoMailAnAttempt) {
    for (const std::string& goodbye : {std::string("421 4.7.0 enough\r\n"), std::string()}) {
        peer().fault({.at = PeerStep::Sender, .say = goodbye, .close = true, .pass_first = 2});
        const int before = peer().sessions();
        for (int i = 0; i < 5; ++i) {
            put("slip:" + goodbye.substr(0, 3) + std::to_string(i));
        }

        const RunReport report = run();

        EXPECT_EQ(report.sent, 5);
        EXPECT_EQ(report.deferred, 0);
        EXPECT_EQ(peer().sessions() - before, 2);
    }
    expect_books_agree();
}

// On a new session the same goodbye counts: else one mail could keep the run busy for ever.
TEST_P(MailSender, ANewSessionThatEndsAtOnceDefersTheMail) {
    peer().fault({.at = PeerStep::Recipient, .close = true, .times = 1});
    const MailId id = put("slip:1");

    EXPECT_EQ(run().deferred, 1);

    EXPECT_EQ(look(id).summary.attempts, 1);
    EXPECT_EQ(look(id).summary.failure, "mail.connection_lost");
}

TEST_P(MailSender, AHostInTroublePausesTheRunAndBlamesNoMail) {
    peer().fault({.at = PeerStep::Login, .say = "535 5.7.8 no\r\n"});
    const MailId id = put("slip:1");
    Sender sender(db(), settings_for(peer()));

    const RunReport first = sender.run_until_idle();
    const RunReport second = sender.run_until_idle();

    ASSERT_TRUE(first.host_trouble);
    EXPECT_EQ(first.host_trouble->code, "mail.login_refused");
    ASSERT_TRUE(second.host_trouble);
    EXPECT_EQ(second.paused_until, first.paused_until);
    EXPECT_EQ(peer().sessions(), 1);  // the second run did not even knock
    EXPECT_EQ(look(id).summary.state, State::Queued);
    EXPECT_EQ(look(id).summary.attempts, 0);
    clock().advance(minutes(2));
    EXPECT_EQ(sender.run_until_idle().sent, 1);
}

TEST_P(MailSender, ARefusedSenderAddressIsTheHostsTroubleToo) {
    peer().fault({.at = PeerStep::Sender, .say = "553 5.1.8 who?\r\n", .times = -1});
    for (int i = 0; i < 6; ++i) {
        put("slip:" + std::to_string(i));
    }

    const RunReport report = run();

    ASSERT_TRUE(report.host_trouble);
    EXPECT_EQ(report.host_trouble->code, "mail.host_refuses");
    EXPECT_EQ(in_state(State::Queued), 6);
}

TEST_P(MailSender, FourTroublesInARowThatAreNotAboutMailboxesStopTheRun) {
    peer().fault({.at = PeerStep::Dot, .say = "554 5.7.1 spam\r\n", .times = -1});
    for (int i = 0; i < 12; ++i) {
        put("slip:" + std::to_string(i));
    }

    const RunReport report = run();

    EXPECT_TRUE(report.host_trouble);
    EXPECT_EQ(report.failed, kHostDoubtsMax);
    EXPECT_EQ(in_state(State::Queued), 12 - kHostDoubtsMax);
}

TEST_P(MailSender, TwoSendersAtOnceSendEachMailOnce) {
    constexpr int mail_count = 60;
    for (int i = 0; i < mail_count; ++i) {
        put("slip:" + std::to_string(i));
    }
    // Each has claimed a block before it is greeted: both have something to send, whoever is
    // faster.
    peer().fault({.at = PeerStep::Greeting,
                  .say = "220 localhost ready\r\n",
                  .wait = std::chrono::milliseconds(500),
                  .times = 2});
    const auto work = [this](std::int64_t& sent) {
        const auto own = another_connection();
        SystemRandom randomness;
        ManualClock now(clock().now());
        store::Database database(*own, now, randomness);
        Sender sender(database, settings_for(peer()), SenderSettings{.block = 4});
        sent = sender.run_until_idle().sent;
    };
    std::int64_t by_first = 0;
    std::int64_t by_second = 0;

    std::thread first([&] { work(by_first); });
    std::thread second([&] { work(by_second); });
    first.join();
    second.join();

    EXPECT_EQ(by_first + by_second, mail_count);
    EXPECT_GT(by_first, 0);
    EXPECT_GT(by_second, 0);
    EXPECT_EQ(peer().mails().size(), std::size_t{mail_count});
    expect_books_agree();
}

TEST_P(MailSender, WhateverWriteFailsNoMailIsLostAndNoneSentTwiceWithoutADoubt) {
    constexpr int mail_count = 10;  // two sessions abreast
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 120);
        for (int i = 0; i < mail_count; ++i) {
            put("slip:" + std::to_string(write) + ":" + std::to_string(i));
        }
        FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        bool failed = false;
        try {
            Sender sender(broken, settings_for(peer()));
            (void)sender.run_until_idle();
        } catch (const Failure&) {
            failed = true;
        }
        clock().advance(minutes(16));  // the dead sender's lease
        const RunReport after = run();
        EXPECT_FALSE(after.host_trouble);
        ASSERT_EQ(in_state(State::Sent), mail_count * (write + 1))
            << "after failing write " << write;
        expect_books_agree();
        if (!failed) {
            EXPECT_GE(write, 12);  // claims, marks, settlements were each made to fail
            break;
        }
    }
}

// transact() repeats what the database asks to have repeated; the mail must not be repeated.
TEST_P(MailSender, ARepeatedTransactionRepeatsNoMail) {
    using Moment = FailingConnection::Moment;
    std::vector<std::pair<store::Trouble, Moment>> troubles{{store::Trouble::Retry, Moment::Before},
                                                            {store::Trouble::Lost, Moment::Before}};
    if (on_mysql()) {
        troubles.emplace_back(store::Trouble::Lost, Moment::After);
    }
    std::size_t mails = 0;
    for (const auto& [trouble, moment] : troubles) {
        for (int write = 0;; ++write) {
            ASSERT_LT(write, 60);
            put("slip:" + std::to_string(mails++));
            put("slip:" + std::to_string(mails++));
            FailingConnection failing(connection(), write, trouble, moment);
            store::Database shaky(failing, clock(), random());
            Sender sender(shaky, settings_for(peer()));
            EXPECT_EQ(sender.run_until_idle().sent, 2) << "write " << write;
            ASSERT_EQ(peer().mails().size(), mails) << "write " << write;
            if (!failing.has_failed()) {
                break;
            }
        }
    }
    EXPECT_EQ(in_state(State::Sent), static_cast<std::int64_t>(mails));
    expect_books_agree();
}

TEST_P(MailSender, AMailSupersededBehindTheSendersBackIsDropped) {
    const MailId id = put("slip:1");
    // The peer's slow answer to RCPT is the moment in which the slip is voided.
    peer().fault({.at = PeerStep::Recipient, .wait = milliseconds(300)});
    std::thread officer([this] {
        const auto own = another_connection();
        SystemRandom randomness;
        ManualClock now(clock().now());
        store::Database database(*own, now, randomness);
        Superseded outcome = Superseded::Done;
        for (int i = 0; i < 100 && outcome == Superseded::Done; ++i) {
            std::this_thread::sleep_for(milliseconds(100));
            outcome = transact(database, "test.supersede",
                               [](Tx& tx) { return supersede(tx, "slip:1", "officer:1"); });
        }
    });

    const RunReport report = run();
    officer.join();

    EXPECT_EQ(report.sent, 0);
    EXPECT_EQ(look(id).summary.state, State::Superseded);
    EXPECT_TRUE(peer().mails().empty());
}

SEALDESK_ON_EVERY_BACKEND(MailSender);

}  // namespace
}  // namespace sealdesk::mail
