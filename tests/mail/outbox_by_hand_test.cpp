// What a person does with mails, and what becomes of their texts.
#include "mail/outbox_desk.h"

namespace sealdesk::mail {
namespace {

using store::transact;
using store::Tx;
using test::a_mail;
using test::code_of;

class OutboxByHand : public test::OutboxDesk {};

TEST_P(OutboxByHand, RetryIsForWhatFailedOrWaits) {
    const MailId id = put(a_mail("slip:1")).id;
    const auto again = [&] {
        return transact(db(), "test.retry", [&](Tx& tx) { return retry(tx, id, "officer:1"); });
    };
    EXPECT_EQ(code_of(again()), "mail.not_retryable");  // queued already
    end(take().at(0), Ruling{.next = State::Failed, .failure = "mail.refused"},
        Reply{554, "", "no"});
    clock().advance(std::chrono::hours(24 * 30));
    EXPECT_EQ(code_of(again()), "ok");

    const auto mail = take();

    ASSERT_EQ(mail.size(), 1U);  // and not given up at once for being old
    end(mail[0], Ruling{.next = State::Sent}, Reply{250, "", "ok"});
    EXPECT_EQ(code_of(again()), "mail.not_retryable");
    const auto nobody =
        transact(db(), "test.retry", [&](Tx& tx) { return retry(tx, MailId(1), "officer:1"); });
    EXPECT_EQ(code_of(nobody), "mail.not_found");
}

TEST_P(OutboxByHand, APersonsWordEndsADoubt) {
    const MailId id = put(a_mail("slip:1")).id;
    const auto say = [&](Word word) {
        return transact(db(), "test.close",
                        [&](Tx& tx) { return close_by_hand(tx, id, word, "officer:1"); });
    };
    EXPECT_EQ(code_of(say(Word::Arrived)), "mail.not_closable");
    end(take().at(0), Ruling{.next = State::InDoubt, .failure = "mail.in_doubt", .is_doubt = true});

    EXPECT_EQ(code_of(say(Word::Arrived)), "ok");

    EXPECT_EQ(look(id).summary.state, State::Sent);
    EXPECT_EQ(code_of(say(Word::GivenUp)), "mail.not_closable");
}

TEST_P(OutboxByHand, WhatAPersonHasSeenToWaitsNoMore) {
    const auto waiting = [&] {
        const auto found = transact(db(), "test.waiting", [&](Tx& tx) {
            return std::pair(list(tx, {.waits_for_person = true}).size(),
                             count_waiting_for_person(tx));
        });
        EXPECT_EQ(std::int64_t(found.first), found.second);
        return found.second;
    };
    const auto see_to = [&](MailId id, const std::string& reason) {
        return code_of(transact(db(), "test.handle", [&](Tx& tx) {
            return handle(tx, id, {"officer:1", reason});
        }));
    };
    const MailId failed = put(a_mail("slip:1")).id;
    EXPECT_EQ(see_to(failed, "told"), "mail.not_to_handle");  // on its way
    end(take().at(0), Ruling{.next = State::Failed, .failure = "mail.refused"},
        Reply{554, "", "no"});
    const MailId doubtful = put(a_mail("slip:2")).id;
    end(take().at(0), Ruling{.next = State::InDoubt, .failure = "mail.in_doubt", .is_doubt = true});
    const std::int64_t in_doubt = waiting() - 1;

    EXPECT_EQ(see_to(failed, ""), "mail.bad_reason");
    EXPECT_EQ(see_to(failed, "told by telephone"), "ok");
    EXPECT_EQ(see_to(failed, "told by telephone"), "ok");
    EXPECT_EQ(waiting(), in_doubt);
    EXPECT_EQ(see_to(doubtful, "told by letter"), "ok");
    EXPECT_EQ(waiting(), 0);
    EXPECT_EQ(look(doubtful).summary.state, State::Failed);
    EXPECT_EQ(see_to(MailId(1), "x"), "mail.not_found");
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_event WHERE kind = 'mail.handled'"), 2);

    const auto again =
        transact(db(), "test.retry", [&](Tx& tx) { return retry(tx, failed, "officer:1"); });
    EXPECT_EQ(code_of(again), "ok");
    end(take().at(0), Ruling{.next = State::Failed, .failure = "mail.refused"},
        Reply{554, "", "no"});
    EXPECT_EQ(waiting(), 1);  // failed once more, and nobody has seen to that
}

TEST_P(OutboxByHand, BodiesArePurgedWhileHashesStay) {
    const MailId sent = put(a_mail("slip:1")).id;
    end(take().at(0), Ruling{.next = State::Sent}, Reply{250, "", "ok"});
    const MailId failed = put(a_mail("slip:3")).id;
    end(take().at(0), Ruling{.next = State::Failed, .failure = "mail.refused"},
        Reply{554, "", "no"});
    const MailId waiting = put(a_mail("slip:2")).id;
    clock().advance(std::chrono::hours(24 * 30));
    const auto purged = [&] {
        const Instant before = clock().now() - std::chrono::hours(24 * 7);
        return transact(db(), "test.purge", [&](Tx& tx) {
            const auto due = count_purgeable(tx, before);
            EXPECT_EQ(purge_bodies(tx, before, 100), due);
            return due;
        });
    };

    EXPECT_EQ(purged(), 1);
    EXPECT_EQ(purged(), 0);
    EXPECT_FALSE(look(failed).subject.empty());  // nobody has seen to it
    ASSERT_TRUE(transact(db(), "test.handle", [&](Tx& tx) {
        return handle(tx, failed, {"officer:1", "told by telephone"});
    }));
    EXPECT_EQ(purged(), 1);
    EXPECT_TRUE(look(failed).subject.empty());
    EXPECT_TRUE(look(sent).subject.empty());
    EXPECT_EQ(look(sent).body_sha256.size(), 64U);
    EXPECT_FALSE(look(waiting).subject.empty());
}

SEALDESK_ON_EVERY_BACKEND(OutboxByHand);

}  // namespace
}  // namespace sealdesk::mail
