#include "mail/delivery_rules.h"

#include <gtest/gtest.h>

#include "base/process_name.h"

namespace sealdesk::mail {
namespace {

using std::chrono::microseconds;
using std::chrono::minutes;

const Instant kNow = from_stored(1'795'137'300'000'000);
const Standing kFresh{.attempts = 0, .doubts = 0, .give_up_at = kNow + kLifetime};

Handover refusal(Stage stage, int code, const std::string& enhanced) {
    const Verdict verdict = code < 500 ? Verdict::Temporary : Verdict::Permanent;
    return Handover{verdict, stage, Reply{code, enhanced, {}}};
}

Ruling ruling_on(const Handover& handover, const Standing& standing = kFresh) {
    SystemRandom random;
    return rule_on(handover, standing, kNow, random);
}

TEST(DeliveryRules, PausesDoubleUpToAnHourWithinTwentyPercent) {
    SystemRandom random;
    const int expected[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
    for (int failures = 0; failures < 9; ++failures) {
        const microseconds exact = minutes(expected[failures]);
        for (int i = 0; i < 200; ++i) {
            const auto pause = retry_pause(failures, random);
            EXPECT_GE(pause, exact * 8 / 10);
            EXPECT_LE(pause, exact * 12 / 10);
        }
    }
}

TEST(DeliveryRules, WhatTheServerDidNotTakeIsTriedLater) {
    for (const Handover& handover :
         {refusal(Stage::Recipient, 450, "4.2.0"), refusal(Stage::Answer, 451, "4.3.0"),
          Handover{Verdict::Lost, Stage::Body, {}}}) {
        const Ruling ruling = ruling_on(handover);
        EXPECT_EQ(ruling.next, State::Deferred);
        EXPECT_TRUE(ruling.counts);
        EXPECT_FALSE(ruling.is_doubt);
        ASSERT_TRUE(ruling.next_at);
        EXPECT_GT(*ruling.next_at, kNow);
    }
}

TEST(DeliveryRules, NothingIsTriedBeyondItsUse) {
    Standing late = kFresh;
    late.give_up_at = kNow + minutes(5);
    late.attempts = 4;  // the next pause is about 16 minutes

    const Ruling ruling = ruling_on(refusal(Stage::Recipient, 450, ""), late);

    EXPECT_EQ(ruling.next, State::Failed);
    EXPECT_EQ(ruling.failure, "mail.given_up");
}

// A copy may have arrived: to call it failed would be a guess.
TEST(DeliveryRules, AMailOnceInDoubtIsNeverCalledFailedForBeingLate) {
    const Standing late{.attempts = 4, .doubts = 1, .give_up_at = kNow + minutes(5)};

    EXPECT_EQ(ruling_on(refusal(Stage::Recipient, 450, ""), late).next, State::InDoubt);
    EXPECT_FALSE(ruling_on(refusal(Stage::Recipient, 450, ""), late).next_at);
    EXPECT_EQ(rule_on_expired(late).next, State::InDoubt);
    EXPECT_EQ(rule_on_expired(kFresh).next, State::Failed);
}

TEST(DeliveryRules, NoAnswerToTheDotIsResentOnceThenParked) {
    const Handover unknown{Verdict::Unknown, Stage::Answer, {}};
    Standing once = kFresh;
    once.doubts = 1;

    const Ruling first = ruling_on(unknown);
    const Ruling second = ruling_on(unknown, once);

    EXPECT_EQ(first.next, State::InDoubt);
    EXPECT_TRUE(first.is_doubt);
    EXPECT_TRUE(first.next_at);
    EXPECT_EQ(second.next, State::InDoubt);
    EXPECT_FALSE(second.next_at);
}

TEST(DeliveryRules, DeadMailboxesAreSuppressedOthersAreNot) {
    for (const char* code : {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}) {
        const Ruling ruling = ruling_on(refusal(Stage::Recipient, 550, code));
        EXPECT_EQ(ruling.next, State::Failed) << code;
        EXPECT_TRUE(ruling.suppress) << code;
        EXPECT_FALSE(ruling.host_suspect) << code;
    }
    for (const char* code : {"", "5.2.2", "5.3.4", "5.7.1", "5.6.0"}) {
        const Ruling ruling = ruling_on(refusal(Stage::Recipient, 550, code));
        EXPECT_EQ(ruling.next, State::Failed) << code;
        EXPECT_FALSE(ruling.suppress) << code;
    }
}

TEST(DeliveryRules, WhatIsAboutUsStopsTheRunAndBlamesNoMail) {
    for (const Handover& handover :
         {refusal(Stage::Sender, 530, "5.7.0"), refusal(Stage::Recipient, 535, ""),
          refusal(Stage::Sender, 553, "5.1.8"), refusal(Stage::Sender, 550, "5.7.1")}) {
        const Ruling ruling = ruling_on(handover);
        EXPECT_EQ(ruling.next, State::Queued);
        EXPECT_TRUE(ruling.blames_host);
        EXPECT_FALSE(ruling.counts);
        EXPECT_EQ(ruling.next_at, kNow);
    }
}

TEST(DeliveryRules, SeveralRefusalsByPolicyMeanTheHost) {
    const Ruling ruling = ruling_on(refusal(Stage::Recipient, 554, "5.7.1"));

    EXPECT_EQ(ruling.next, State::Failed);
    EXPECT_TRUE(ruling.host_suspect);
    EXPECT_FALSE(ruling.suppress);
}

TEST(DeliveryRules, ADeadSendersMailIsInDoubtOnlyAfterTheDotMark) {
    Standing once = kFresh;
    once.doubts = 1;

    EXPECT_EQ(rule_on_dead_sender(false, kFresh, kNow).next, State::Queued);
    EXPECT_FALSE(rule_on_dead_sender(false, kFresh, kNow).is_doubt);
    EXPECT_EQ(rule_on_dead_sender(true, kFresh, kNow).next, State::InDoubt);
    EXPECT_EQ(rule_on_dead_sender(true, kFresh, kNow).next_at, kNow);
    EXPECT_FALSE(rule_on_dead_sender(true, once, kNow).next_at);
}

TEST(ProcessName, ALivingProcessIsNotDead) {
    EXPECT_FALSE(is_certainly_dead(this_process()));
    EXPECT_FALSE(is_certainly_dead(this_process() + "/17"));
}

TEST(ProcessName, AnotherStartTimeUnderTheSamePidIsDeath) {
    const std::string me = this_process();
    EXPECT_TRUE(is_certainly_dead(me.substr(0, me.rfind('/')) + "/1"));
}

TEST(ProcessName, WhatRanElsewhereMayLive) {
    const std::string me = this_process();
    EXPECT_FALSE(is_certainly_dead("other" + me));
    EXPECT_FALSE(is_certainly_dead(""));
    EXPECT_FALSE(is_certainly_dead("a/b/c"));
    EXPECT_FALSE(is_certainly_dead("////"));
}

}  // namespace
}  // namespace sealdesk::mail
