// 補正: until when, the reminder, and what becomes of a form that does not come back.
#include <gmock/gmock.h>

#include "mail/outbox.h"
#include "queue/queue.h"
#include "requests/lapse.h"
#include "requests/office_desk.h"
#include "requests/return_store.h"
#include "support/calendar_file.h"
#include "support/failing_connection.h"

namespace sealdesk::requests {
namespace {

using namespace std::chrono_literals;

// The clock stands at Friday 2026-11-20 09:15; 30 days later is Sunday 20 December, so the last
// day is Monday the 21st, the reminder goes out on the 14th, and the office closes on the 22nd.
class CorrectionTime : public test::OfficeDesk {
protected:
    std::string returned_form() {
        const auto fate = receive("registration", registration());
        EXPECT_EQ(decide(fate.request, Verdict::Return, "ann"), "returned");
        return fate.request;
    }
    std::string resubmit(const std::string& number) {
        const Request before = load(number);
        const auto state =
            amend(office_on(db()), number,
                  {before.payload, "[]", before.applicant_name, before.applicant_kind, {}, "dee"});
        return state ? std::string(to_text(*state)) : state.error().code;
    }
    void move_to(std::chrono::year_month_day day, std::chrono::minutes time) {
        clock().set(start_of_day_in_taipei(day) + time);
    }
    int remind() { return remind_of_corrections(office_on(db())); }
    Overdue overdue() {
        return store::transact(db(), "test.overdue", [](store::Tx& tx) { return overdue_now(tx); });
    }
    int close() { return close_lapsed_requests(office_on(db())); }
    std::int64_t mails_about(const std::string& text) {
        return connection()
            .query("SELECT COUNT(*) FROM mail_outbox WHERE dedup_key LIKE ?",
                   std::vector<store::Value>{text + "%"})
            .front()
            .number(0);
    }
};

TEST_P(CorrectionTime, TheReminderGoesOutOnceWhenTheLastDaysBegin) {
    returned_form();
    run_effects();
    move_to(2026y / 12 / 14, 8h);
    EXPECT_EQ(remind(), 0);

    move_to(2026y / 12 / 14, 9h);
    EXPECT_EQ(overdue().to_remind, 1);
    EXPECT_EQ(remind_of_corrections(office_on(db()), [] { return false; }), 0);
    EXPECT_EQ(remind(), 1);
    EXPECT_EQ(remind(), 0);
    EXPECT_EQ(overdue().to_remind, 0);
    run_effects();
    EXPECT_EQ(mails_about("reminder:"), 1);
}

TEST_P(CorrectionTime, ACorrectionOnTheLastDayCountsAndOneKeyedTheDayAfterToo) {
    const std::string number = returned_form();
    move_to(2026y / 12 / 21, 23h);
    EXPECT_EQ(close(), 0);
    move_to(2026y / 12 / 22, 9h);  // the last day's post is keyed
    EXPECT_EQ(close(), 0);
    EXPECT_EQ(resubmit(number), "received");

    move_to(2027y / 1 / 4, 9h);
    EXPECT_EQ(close(), 0);
    EXPECT_EQ(state_of(number), "received");
}

TEST_P(CorrectionTime, WhatIsNotCorrectedIsRejectedByRuleWithItsLetter) {
    const std::string number = returned_form();
    run_effects();
    move_to(2026y / 12 / 22, 17h + 30min);

    EXPECT_EQ(close(), 1);
    EXPECT_EQ(close(), 0);

    EXPECT_EQ(state_of(number), "rejected");
    EXPECT_EQ(resubmit(number), "request.not_now");
    const auto verified = verify_decisions(office_on(db()), number);
    ASSERT_TRUE(verified) << verified.error().code;
    EXPECT_EQ(verified->back().outcome, "reject");
    EXPECT_EQ(verified->back().officer, "system");
    EXPECT_EQ(verified->back().signed_by, "");
    run_effects();
    EXPECT_EQ(mails_about("result:"), 2);  // of the return, and of its end
}

TEST_P(CorrectionTime, ADecisionByRuleThatTheChainDoesNotKnowIsFound) {
    const std::string number = returned_form();
    move_to(2026y / 12 / 22, 18h);
    EXPECT_EQ(close(), 1);
    connection().execute(
        "UPDATE decision SET document = REPLACE(document, '115/12/21', '115/12/20') "
        "WHERE officer = 'system'",
        {});
    const auto verified = verify_decisions(office_on(db()), number);
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().code, "decision.altered");
}

TEST_P(CorrectionTime, ThePromiseStandsAndGoesOn) {
    const auto fate = receive("registration", registration());  // T 5.1.5: within an hour
    clock().advance(20min);
    EXPECT_EQ(decide(fate.request, Verdict::Return, "ann"), "returned");
    EXPECT_FALSE(load(fate.request).due_at);

    clock().advance(48h);
    EXPECT_EQ(resubmit(fate.request), "received");
    EXPECT_EQ(*load(fate.request).due_at, clock().now() + 1h);  // 40 minutes were left: one hour
}

TEST_P(CorrectionTime, AnEditNeitherProlongsNorShortensThePromise) {
    const auto fate = receive("registration", registration());
    const auto due = load(fate.request).due_at;
    clock().advance(30min);
    EXPECT_EQ(resubmit(fate.request), "received");  // an edit: the form is not with the applicant
    EXPECT_EQ(load(fate.request).due_at, due);
}

TEST_P(CorrectionTime, OfficersChooseGroundsThatTheSchemeHasWordsFor) {
    const auto fate = receive("registration", registration());
    const Ruling unknown{Verdict::Return, {}, "ann", {"no_such_ground"}};
    const auto refused = requests::decide(office_on(db()), fate.request, unknown, key_of("ann"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "decision.unknown_deficiency");

    const Ruling ruling{Verdict::Return, {"電話請一併更正"}, "ann", {"second_document"}};
    ASSERT_TRUE(requests::decide(office_on(db()), fate.request, ruling, key_of("ann")));
    const RequestId id = load(fate.request).id;
    const auto decisions = store::transact(db(), "test.decisions",
                                           [&](store::Tx& tx) { return decisions_of(tx, id); });
    EXPECT_THAT(decisions.front().reasons, ::testing::HasSubstr("T 5.1.2.2 甲(2)"));
    EXPECT_THAT(decisions.front().reasons, ::testing::HasSubstr("電話請一併更正"));
}

TEST_P(CorrectionTime, AFormWithoutAPeriodStaysWithItsApplicant) {
    definition("registration").return_period.reset();
    const std::string number = returned_form();
    move_to(2027y / 12 / 1, 9h);
    EXPECT_EQ(remind() + close(), 0);
    EXPECT_EQ(state_of(number), "returned");
}

TEST_P(CorrectionTime, ClosingIsAllOrNothingWhateverWriteFails) {
    const std::string number = returned_form();
    run_effects();
    move_to(2026y / 12 / 22, 18h);
    const std::int64_t decisions = rows_in("decision");
    const std::int64_t jobs = rows_in("job");
    const std::int64_t events = rows_in("audit_event");
    int write = 0;
    for (;; ++write) {
        ASSERT_LT(write, 60);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            EXPECT_EQ(close_lapsed_requests(office_on(broken)), 1);
        } catch (const Failure&) {
            if (state_of(number) == "rejected") {
                break;  // the commit before the last, empty look
            }
            ASSERT_EQ(rows_in("decision"), decisions) << "write " << write;
            ASSERT_EQ(rows_in("job"), jobs) << "write " << write;
            ASSERT_EQ(rows_in("audit_event"), events) << "write " << write;
            continue;
        }
        break;
    }
    EXPECT_GT(write, 6);
    EXPECT_EQ(state_of(number), "rejected");
    EXPECT_EQ(rows_in("decision"), decisions + 1);
    EXPECT_EQ(rows_in("job"), jobs + 2);
    EXPECT_EQ(rows_in("audit_event"), events + 1);
}

TEST_P(CorrectionTime, RemindingIsAllOrNothingWhateverWriteFails) {
    returned_form();
    run_effects();
    move_to(2026y / 12 / 14, 9h);
    const std::int64_t jobs = rows_in("job");
    const std::int64_t events = rows_in("audit_event");
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 40);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            EXPECT_EQ(remind_of_corrections(office_on(broken)), 1);
        } catch (const Failure&) {
            if (rows_in("job") > jobs) {
                break;
            }
            ASSERT_EQ(rows_in("audit_event"), events) << "write " << write;
            continue;
        }
        break;
    }
    EXPECT_EQ(rows_in("job"), jobs + 1);
    EXPECT_EQ(rows_in("audit_event"), events + 1);
    EXPECT_EQ(remind(), 0);
}

SEALDESK_ON_EVERY_BACKEND(CorrectionTime);

}  // namespace
}  // namespace sealdesk::requests
