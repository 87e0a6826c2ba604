#include "mail/outbox.h"

#include <gtest/gtest.h>

#include "mail/outbox_desk.h"
#include "mail/outbox_events.h"
#include "support/failing_connection.h"

namespace sealdesk::mail {
namespace {

using store::transact;
using store::Tx;
using test::a_mail;
using test::code_of;
using test::our_identity;

class Outbox : public test::OutboxDesk {};

TEST_P(Outbox, AMailIsWrittenOnceHoweverOftenItIsAskedFor) {
    const Enqueued first = put(a_mail("slip:1"));
    const Enqueued again = put(a_mail("slip:1"));

    EXPECT_TRUE(first.is_new);
    EXPECT_FALSE(again.is_new);
    EXPECT_EQ(first.id, again.id);
    EXPECT_EQ(count("SELECT COUNT(id) FROM mail_outbox"), 1);
    EXPECT_EQ(count("SELECT COUNT(mail_id) FROM mail_body"), 1);
}

TEST_P(Outbox, AMailStandsOrFallsWithTheCallersTransaction) {
    const auto refused = transact(db(), "test.enqueue", [&](Tx& tx) -> Outcome {
        EXPECT_TRUE(enqueue(tx, our_identity(), a_mail("slip:1")));
        return Error{ErrorKind::Refused, "test.no", "", {}, {}};
    });

    EXPECT_EQ(code_of(refused), "test.no");
    EXPECT_EQ(count("SELECT COUNT(id) FROM mail_outbox"), 0);
}

TEST_P(Outbox, NothingIsHalfWrittenWhicheverWriteFails) {
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 20);
        sealdesk::test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            (void)transact(broken, "test.enqueue",
                           [&](Tx& tx) { return enqueue(tx, our_identity(), a_mail("slip:1")); });
        } catch (const Failure&) {
            ASSERT_EQ(count("SELECT COUNT(id) FROM mail_outbox"), 0) << write;
            ASSERT_EQ(count("SELECT COUNT(mail_id) FROM mail_body"), 0) << write;
            continue;
        }
        ASSERT_FALSE(failing.has_failed());
        EXPECT_GE(write, 5);  // BEGIN, mail, body, audit, COMMIT were each made to fail
        break;
    }
    EXPECT_EQ(count("SELECT COUNT(id) FROM mail_outbox"), 1);
}

TEST_P(Outbox, MessageIdsComeFromTheKeyAndTellNothingOfIt) {
    const MailDetail mail = look(put(a_mail("slip:4711")).id);

    EXPECT_EQ(mail.message_id.find("4711"), std::string::npos);
    EXPECT_NE(mail.message_id.find("@ra.example.test>"), std::string::npos);
    EXPECT_EQ(mail.subject, "您的憑證帳號密碼單");
    ASSERT_EQ(mail.attachments.size(), 1U);
    EXPECT_EQ(mail.attachments[0].name, "密碼單.pdf");
    EXPECT_EQ(mail.attachments[0].bytes, 19);
    ASSERT_EQ(mail.history.size(), 1U);
    EXPECT_EQ(mail.history[0].kind, "mail.enqueued");
    EXPECT_EQ(mail.summary.state, State::Queued);
    EXPECT_EQ(mail.summary.subject_ref, 4711);
}

TEST_P(Outbox, WhatCannotBeSentIsRefusedAtOnce) {
    OutgoingMail bad_key = a_mail("slip 1");
    OutgoingMail bad_kind = a_mail("slip:1");
    bad_kind.kind = "Slip";
    const OutgoingMail bad_address = a_mail("slip:1", "wang@\r\nexample.test");
    const auto try_it = [&](const OutgoingMail& mail) {
        return code_of(transact(db(), "test.enqueue",
                                [&](Tx& tx) { return enqueue(tx, our_identity(), mail); }));
    };

    EXPECT_EQ(try_it(bad_key), "mail.bad_key");
    EXPECT_EQ(try_it(bad_kind), "mail.bad_key");
    EXPECT_EQ(try_it(bad_address), "mail.bad_address");
    EXPECT_EQ(count("SELECT COUNT(id) FROM mail_outbox"), 0);
}

TEST_P(Outbox, AuditEventsHoldNoAddress) {
    put(a_mail("slip:1"));
    const auto mail = take().at(0);
    end(mail, Ruling{.next = State::Failed, .failure = "mail.dead_mailbox", .suppress = true},
        Reply{550, "5.1.1", "5.1.1 <wang@example.test>: unknown"});

    EXPECT_GE(count("SELECT COUNT(*) FROM audit_event"), 2);
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_event WHERE detail LIKE '%wang%'"), 0);  // M 2.8.1
}

TEST_P(Outbox, ASuppressedAddressFailsVisiblyUntilSomeoneLiftsIt) {
    put(a_mail("slip:1", "Gone@Example.test"));
    end(take().at(0),
        Ruling{.next = State::Failed, .failure = "mail.dead_mailbox", .suppress = true},
        Reply{550, "5.1.1", "unknown"});

    const Enqueued second = put(a_mail("slip:2", "gone@example.TEST"));
    EXPECT_EQ(second.state, State::Failed);
    EXPECT_EQ(look(second.id).summary.failure, "mail.suppressed");
    const auto again = [&] {
        return transact(db(), "test.retry",
                        [&](Tx& tx) { return retry(tx, second.id, "officer:1"); });
    };
    EXPECT_EQ(code_of(again()), "mail.suppressed");
    const auto known = transact(db(), "test.list", [](Tx& tx) { return suppressions(tx, "", 10); });
    ASSERT_EQ(known.size(), 1U);
    EXPECT_EQ(known[0].address, "gone@example.test");
    EXPECT_EQ(known[0].reason, "5.1.1");

    const auto lift = [&] {
        return transact(db(), "test.lift", [&](Tx& tx) {
            return unsuppress(tx, "GONE@example.test", {"officer:1", "owner called"});
        });
    };
    EXPECT_EQ(code_of(lift()), "ok");
    EXPECT_EQ(code_of(lift()), "mail.not_suppressed");
    EXPECT_EQ(code_of(again()), "ok");
    EXPECT_EQ(look(second.id).summary.state, State::Queued);
}

TEST_P(Outbox, MailsThatWaitedWhileTheirAddressWasSuppressedFailUntried) {
    const MailId id = put(a_mail("slip:1")).id;
    transact(db(), "test.suppress",
             [&](Tx& tx) { suppress(tx, "wang@example.test", "manual", id); });

    EXPECT_TRUE(take().empty());
    EXPECT_EQ(look(id).summary.failure, "mail.suppressed");
}

TEST_P(Outbox, ClaimedMailsAreNobodyElses) {
    for (int i = 0; i < 5; ++i) {
        put(a_mail("slip:" + std::to_string(i)));
    }

    const auto first = take("elsewhere/1", 3);
    const auto second = take("elsewhere/2", 10);

    EXPECT_EQ(first.size(), 3U);
    EXPECT_EQ(second.size(), 2U);
    EXPECT_TRUE(take("elsewhere/3").empty());
}

TEST_P(Outbox, ABlockIsBoundedByBytesButNeverEmpty) {
    for (int i = 0; i < 3; ++i) {
        put(a_mail("slip:" + std::to_string(i)));
    }
    const ClaimOptions options{"elsewhere/1", std::chrono::minutes(15), 10, 1};

    const auto block = transact(db(), "test.claim", [&](Tx& tx) { return claim(tx, options); });

    EXPECT_EQ(block.mails.size(), 1U);
}

TEST_P(Outbox, AMailThatWasDamagedInStorageIsNotSent) {
    const MailId id = put(a_mail("slip:1")).id;
    connection().execute("UPDATE mail_body SET bytes = ?",
                         std::vector<store::Value>{store::Blob{"Subject: x\r\n\r\nother\r\n"}});

    EXPECT_TRUE(take().empty());
    EXPECT_EQ(look(id).summary.failure, "mail.damaged");
}

TEST_P(Outbox, ALeaseThatRanOutGivesTheMailToAnotherAndStopsTheFirst) {
    const MailId id = put(a_mail("slip:1")).id;
    const auto slow = take("elsewhere/1").at(0);
    clock().advance(std::chrono::minutes(16));
    const auto quick = take("elsewhere/2").at(0);

    EXPECT_EQ(mark(slow), DotMark::Overtaken);
    EXPECT_EQ(mark(quick), DotMark::Marked);
    EXPECT_EQ(end(slow, Ruling{.next = State::Failed, .failure = "mail.refused"}), State::Dot);
    EXPECT_EQ(end(quick, Ruling{.next = State::Sent}, Reply{250, "2.0.0", "ok"}), State::Sent);
    EXPECT_EQ(look(id).summary.state, State::Sent);
}

// An unknown COMMIT is repeated by transact(); the second time must find the first one's work.
TEST_P(Outbox, MarkingAndSettlingTwiceIsDoingItOnce) {
    const MailId id = put(a_mail("slip:1")).id;
    const auto mail = take().at(0);

    EXPECT_EQ(mark(mail), DotMark::Marked);
    EXPECT_EQ(mark(mail), DotMark::Marked);
    EXPECT_EQ(end(mail, Ruling{.next = State::Sent}, Reply{250, "", "ok"}), State::Sent);
    EXPECT_EQ(end(mail, Ruling{.next = State::Sent}, Reply{250, "", "ok"}), State::Sent);
    EXPECT_EQ(look(id).summary.attempts, 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_event WHERE kind = 'mail.sent'"), 1);
}

TEST_P(Outbox, ADeadSendersMailsComeBackEachByItsState) {
    const MailId before = put(a_mail("slip:1")).id;
    const MailId after = put(a_mail("slip:2")).id;
    for (const auto& mail : take("elsewhere/1")) {
        if (mail.id == after) {
            ASSERT_EQ(mark(mail), DotMark::Marked);
        }
    }
    clock().advance(std::chrono::minutes(16));

    const auto taken = take("elsewhere/2");

    EXPECT_EQ(taken.size(), 2U);
    EXPECT_EQ(look(before).summary.doubts, 0);
    EXPECT_EQ(look(after).summary.doubts, 1);
}

TEST_P(Outbox, TheSecondDoubtParksAMailForAPerson) {
    const MailId id = put(a_mail("slip:1")).id;
    for (int i = 0; i < 2; ++i) {
        const auto taken = take("elsewhere/" + std::to_string(i));
        ASSERT_EQ(taken.size(), 1U);
        ASSERT_EQ(mark(taken[0]), DotMark::Marked);
        clock().advance(std::chrono::minutes(16));
    }

    EXPECT_TRUE(take("elsewhere/9").empty());
    const MailSummary parked = look(id).summary;
    EXPECT_EQ(parked.state, State::InDoubt);
    EXPECT_EQ(parked.doubts, 2);
    EXPECT_FALSE(parked.next_at);
    EXPECT_EQ(parked.failure, "mail.in_doubt");
}

TEST_P(Outbox, AnAnswerThatComesAfterTheLeaseStillEndsTheDoubt) {
    const MailId id = put(a_mail("slip:1")).id;
    const auto slow = take("elsewhere/1").at(0);
    ASSERT_EQ(mark(slow), DotMark::Marked);
    clock().advance(std::chrono::minutes(16));
    connection().execute("UPDATE mail_outbox SET doubts = 1", {});  // the one resend is used up
    EXPECT_TRUE(take("elsewhere/2").empty());
    EXPECT_EQ(look(id).summary.state, State::InDoubt);

    EXPECT_EQ(end(slow, Ruling{.next = State::Sent}, Reply{250, "", "ok"}), State::Sent);
    EXPECT_EQ(look(id).summary.state, State::Sent);
}

TEST_P(Outbox, SupersedingTakesBackWhatHasNotLeft) {
    put(a_mail("slip:1"));
    EXPECT_EQ(take_back("slip:1"), Superseded::Done);
    EXPECT_EQ(take_back("slip:1"), Superseded::NoNeed);
    EXPECT_EQ(take_back("slip:none"), Superseded::NoNeed);
    EXPECT_TRUE(take().empty());

    put(a_mail("slip:2"));
    const auto sent = take().at(0);
    ASSERT_EQ(mark(sent), DotMark::Marked);
    end(sent, Ruling{.next = State::Sent}, Reply{250, "", "ok"});
    EXPECT_EQ(take_back("slip:2"), Superseded::TooLate);
}

TEST_P(Outbox, AMailSupersededWhileASenderHoldsItIsDropped) {
    const MailId before_dot = put(a_mail("slip:1")).id;
    const auto sending = take().at(0);
    EXPECT_EQ(take_back("slip:1"), Superseded::Withdrawing);
    EXPECT_EQ(mark(sending), DotMark::Withdrawn);
    EXPECT_EQ(look(before_dot).summary.state, State::Superseded);

    const MailId refused = put(a_mail("slip:2")).id;
    const auto in_dot = take().at(0);
    ASSERT_EQ(mark(in_dot), DotMark::Marked);
    EXPECT_EQ(take_back("slip:2"), Superseded::Withdrawing);
    end(in_dot, Ruling{.next = State::Deferred, .next_at = clock().now()}, Reply{451, "", "later"});
    EXPECT_EQ(look(refused).summary.state, State::Superseded);

    const MailId taken = put(a_mail("slip:3")).id;
    const auto accepted = take().at(0);
    ASSERT_EQ(mark(accepted), DotMark::Marked);
    EXPECT_EQ(take_back("slip:3"), Superseded::Withdrawing);
    end(accepted, Ruling{.next = State::Sent}, Reply{250, "", "ok"});
    EXPECT_EQ(look(taken).summary.state, State::Sent);  // the truth, not the wish

    const MailId released = put(a_mail("slip:4")).id;
    const auto held = take();
    EXPECT_EQ(take_back("slip:4"), Superseded::Withdrawing);
    transact(db(), "test.release", [&](Tx& tx) { release(tx, held); });
    EXPECT_EQ(look(released).summary.state, State::Superseded);

    const MailId orphaned = put(a_mail("slip:5")).id;
    ASSERT_EQ(take().size(), 1U);
    EXPECT_EQ(take_back("slip:5"), Superseded::Withdrawing);
    clock().advance(std::chrono::minutes(16));
    EXPECT_TRUE(take("elsewhere/2").empty());
    EXPECT_EQ(look(orphaned).summary.state, State::Superseded);
}

TEST_P(Outbox, TheLedgerOfADayCloses) {
    const Instant morning = clock().now();
    put(a_mail("slip:old"));
    clock().advance(std::chrono::hours(24));
    const Instant day = clock().now();
    for (int i = 0; i < 4; ++i) {
        put(a_mail("slip:" + std::to_string(i)));
    }
    const auto mails = take();
    ASSERT_EQ(mails.size(), 5U);
    end(mails[0], Ruling{.next = State::Sent}, Reply{250, "", "ok"});
    end(mails[1], Ruling{.next = State::Sent}, Reply{250, "", "ok"});
    end(mails[2], Ruling{.next = State::Failed, .failure = "mail.refused"}, Reply{554, "", "no"});
    clock().advance(std::chrono::hours(24));
    const Instant evening = clock().now();
    put(a_mail("slip:tomorrow"));
    end(mails[3], Ruling{.next = State::Sent}, Reply{250, "", "ok"});

    const auto sums = [&](Instant from, Instant to) {
        return transact(db(), "test.ledger", [&](Tx& tx) { return ledger(tx, from, to); });
    };
    const MailLedger today = sums(day, evening);

    EXPECT_EQ(today.open_before, 1);
    EXPECT_EQ(today.in, 4);
    EXPECT_EQ(today.sent, 2);
    EXPECT_EQ(today.failed, 1);
    EXPECT_EQ(today.open_after, 2);
    EXPECT_EQ(sums(morning, day).open_after, today.open_before);
    EXPECT_EQ(today.open_before + today.in,
              today.sent + today.failed + today.superseded + today.open_after);
    const auto counts = transact(db(), "test.counts", [](Tx& tx) { return counts_by_state(tx); });
    ASSERT_EQ(counts.size(), 9U);
    std::int64_t all = 0;
    for (const auto& one : counts) {
        all += one.count;
    }
    EXPECT_EQ(all, 6);
}

TEST_P(Outbox, ListsPageByKeyAndFilter) {
    std::vector<std::int64_t> ids;
    for (int i = 0; i < 5; ++i) {
        OutgoingMail mail = a_mail("slip:" + std::to_string(i));
        mail.subject_ref = i % 2 == 0 ? 1 : 2;
        ids.push_back(put(mail).id.value());
    }
    const auto page = [&](const MailFilter& filter) {
        return transact(db(), "test.list", [&](Tx& tx) { return list(tx, filter); });
    };
    std::sort(ids.begin(), ids.end());

    const auto first = page({.count_max = 2});
    ASSERT_EQ(first.size(), 2U);
    EXPECT_EQ(first[0].id.value(), ids[0]);
    EXPECT_EQ(page({.after = first[1].id.value()}).size(), 3U);
    EXPECT_EQ(page({.subject_ref = 1}).size(), 3U);
    EXPECT_EQ(page({.state = State::Queued}).size(), 5U);
    EXPECT_TRUE(page({.state = State::Sent}).empty());
    EXPECT_TRUE(page({.state = State::Sent, .subject_ref = 1}).empty());
}

TEST_P(Outbox, AClockThatWasSetBackParksNoMailForLong) {
    put(a_mail("slip:1"));
    clock().set(clock().now() - std::chrono::hours(24 * 365));

    EXPECT_TRUE(take().empty());
    clock().advance(std::chrono::minutes(73));  // the longest pause of ours
    EXPECT_EQ(take().size(), 1U);
}

SEALDESK_ON_EVERY_BACKEND(Outbox);

}  // namespace
}  // namespace sealdesk::mail
