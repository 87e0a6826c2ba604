// E-delivered slips that nobody opens: reminded once, then void; never those that were used.
#include "jobs/unopened_slips.h"

#include <gmock/gmock.h>

#include "effects/replace_slip.h"
#include "effects/unopened.h"
#include "requests/office_desk.h"
#include "slips/wait.h"
#include "subscribers/account.h"
#include "subscribers/subscriber.h"
#include "support/failing_connection.h"

namespace sealdesk::jobs {
namespace {

using slips::SlipState;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

class UnopenedSlipsTest : public test::OfficeDesk {
protected:
    void SetUp() override {
        OfficeDesk::SetUp();
        auto form = registration();
        form["slip_delivery"] = "電子化";
        approved_registration(form);
        run_effects();
    }

    UnopenedSlips sweep_on(store::Database& database) {
        const requests::Office office = office_on(database);
        const effects::Works works = works_of(office);
        return sweep_unopened_slips(works);
    }
    UnopenedSlips sweep() { return sweep_on(db()); }

    template <class Work>
    auto in_tx(Work&& work) {
        return store::transact(db(), "test.unopened", work);
    }
    [[nodiscard]] slips::Slip slip() {
        return in_tx([](store::Tx& tx) { return slips::list_slips(tx, {}).front(); });
    }
    [[nodiscard]] subscribers::Account account() {
        const AccountId id = slip().account;
        return in_tx([&](store::Tx& tx) { return subscribers::get_account(tx, id); });
    }
    [[nodiscard]] std::int64_t mails(const std::string& kind) {
        return connection()
            .query("SELECT COUNT(*) FROM mail_outbox WHERE kind = ?",
                   std::vector<store::Value>{kind})
            .front()
            .number(0);
    }
    [[nodiscard]] std::int64_t letters() {
        return connection()
            .query("SELECT COUNT(*) FROM print_item WHERE kind = 'letter'", {})
            .front()
            .number(0);
    }
    void use_password() {
        in_tx([&](store::Tx& tx) {
            const auto found =
                subscribers::get_account(tx, slips::list_slips(tx, {}).front().account);
            slips::mark_used(tx, found.id, found.generation);
        });
    }
};

// The desk's clock stands at 20 November; house defaults: 7 and 30 calendar days.
TEST_P(UnopenedSlipsTest, OneReminderAfterSevenDaysAndTheEndAfterThirty) {
    EXPECT_EQ(sweep().reminded, 0);
    clock().advance(24h * 6 + 14h);  // 26 November, 23:15
    EXPECT_EQ(sweep().reminded, 0);
    clock().advance(1h);  // the 27th has begun
    EXPECT_EQ(in_tx(unopened_slips_due).reminded, 1);
    EXPECT_EQ(sweep().reminded, 1);
    EXPECT_EQ(sweep().reminded, 0);
    run_effects();
    EXPECT_EQ(mails("notice"), 1);
    EXPECT_TRUE(in_tx([&](store::Tx& tx) {
                    return slips::wait_of(tx, slips::list_slips(tx, {}).front().id);
                })->reminded_at);

    clock().advance(24h * 23);  // 20 December, 00:15: the last day
    EXPECT_EQ(sweep().voided, 0);
    clock().advance(24h);
    EXPECT_EQ(in_tx(unopened_slips_due).voided, 1);
    EXPECT_EQ(sweep().voided, 1);
    EXPECT_EQ(sweep().voided, 0);
    run_effects();

    EXPECT_EQ(slip().state, SlipState::Void);
    EXPECT_EQ(slip().void_reason, "unopened");
    EXPECT_EQ(account().state, subscribers::AccountState::Waiting);
    EXPECT_EQ(account().verifier, std::nullopt);
    EXPECT_EQ(mails("notice"), 2);
    EXPECT_EQ(rows_in("slip"), 1);  // no other one: that takes a form
}

// A night that did not run: reminder first, and only then the end.
TEST_P(UnopenedSlipsTest, AfterALongStandstillTheReaderIsRemindedAndVoidedInOrder) {
    clock().advance(24h * 40);

    const UnopenedSlips swept = sweep();

    EXPECT_EQ(swept.reminded, 1);
    EXPECT_EQ(swept.voided, 1);
}

TEST_P(UnopenedSlipsTest, AUsedSlipIsLeftAlone) {
    use_password();
    clock().advance(24h * 60);

    EXPECT_EQ(sweep().reminded, 0);
    EXPECT_EQ(sweep().voided, 0);
    EXPECT_EQ(slip().state, SlipState::Used);
    EXPECT_EQ(account().state, subscribers::AccountState::Active);
}

TEST_P(UnopenedSlipsTest, APasswordUsedSinceTheLookIsNotTouched) {
    clock().advance(24h * 40);
    const auto due =
        in_tx([](store::Tx& tx) { return slips::waits_due(tx, slips::WaitStep::Remind, 10); });
    ASSERT_EQ(due.size(), 1U);
    use_password();

    const auto reminded =
        in_tx([&](store::Tx& tx) { return effects::remind_of_slip(tx, due.front()); });
    const auto voided =
        in_tx([&](store::Tx& tx) { return effects::void_unopened(tx, due.front()); });

    ASSERT_TRUE(reminded && voided);
    EXPECT_FALSE(*reminded);
    EXPECT_FALSE(*voided);
    EXPECT_EQ(slip().state, SlipState::Used);
}

TEST_P(UnopenedSlipsTest, WhicheverWriteFailsItIsRemindedOnceAndVoidedOnce) {
    clock().advance(24h * 40);
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 80);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            sweep_on(broken);
        } catch (const Failure&) {
            const bool is_void = slip().state == SlipState::Void;
            EXPECT_EQ(account().state == subscribers::AccountState::Waiting, is_void) << write;
            continue;
        }
        ASSERT_FALSE(failing.has_failed());
        EXPECT_GT(write, 10);
        break;
    }
    run_effects();
    EXPECT_EQ(slip().state, SlipState::Void);
    EXPECT_EQ(mails("notice"), 2);
}

// Item by item what a clerk does when a mail came back.
TEST_P(UnopenedSlipsTest, APassingBounceIsListedAndAPermanentOneEndsTheSlip) {
    const std::string key = "slip:" + slip().number;
    EXPECT_TRUE(in_tx([&](store::Tx& tx) { return effects::slip_mail_bounced(tx, key, false); }));
    const auto listed = in_tx([](store::Tx& tx) { return slips::list_bounced(tx, 10); });
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_FALSE(listed.front().bounced_for_good);
    EXPECT_EQ(slip().state, SlipState::Sent);

    for (int again = 0; again < 2; ++again) {
        const auto told =
            in_tx([&](store::Tx& tx) { return effects::slip_mail_bounced(tx, key, true); });
        EXPECT_TRUE(told);
    }
    run_effects();

    EXPECT_EQ(slip().void_reason, "bounced");
    EXPECT_EQ(account().state, subscribers::AccountState::Waiting);
    EXPECT_EQ(mails("notice"), 0);
    EXPECT_EQ(letters(), 2);  // the result's and this one: mail does not arrive there
    EXPECT_TRUE(in_tx([](store::Tx& tx) { return slips::list_bounced(tx, 10); }).empty());
}

TEST_P(UnopenedSlipsTest, ABounceOfAnotherMailOrOfAUsedSlipChangesNothing) {
    use_password();
    for (const std::string& key :
         {std::string("result:1"), "slip:" + slip().number, std::string("slip:S999")}) {
        EXPECT_TRUE(
            in_tx([&](store::Tx& tx) { return effects::slip_mail_bounced(tx, key, true); }));
    }
    EXPECT_EQ(slip().state, SlipState::Used);
}

// The clerk hears that the address was wrong: nothing else goes there.
TEST_P(UnopenedSlipsTest, AWrongAddressEndsTheSlipWithoutAnother) {
    const auto ended = effects::replace_lost_slip(db(), slip().number, "wrong_address", "dee");

    ASSERT_TRUE(ended) << ended.error().code;
    EXPECT_EQ(*ended, "");
    EXPECT_EQ(rows_in("slip"), 1);
    EXPECT_EQ(slip().state, SlipState::Void);
    EXPECT_EQ(account().verifier, std::nullopt);
    EXPECT_EQ(
        connection().query("SELECT state FROM mail_outbox WHERE kind = 'slip'", {}).front().text(0),
        "superseded");
    EXPECT_EQ(connection()
                  .query("SELECT state FROM print_item WHERE sealed IS NOT NULL", {})
                  .front()
                  .text(0),
              "void");
}

TEST_P(UnopenedSlipsTest, SlipsOnPaperRunOutOnlyWhereTheSchemeSaysSo) {
    approved_registration(registration("B123456780"));
    run_effects();
    const auto paper = in_tx([](store::Tx& tx) { return slips::list_slips(tx, {}).back(); });
    const auto leaves = [&] {
        in_tx([&](store::Tx& tx) { effects::begin_paper_wait(tx, office_on(db()), paper); });
        return in_tx([&](store::Tx& tx) { return slips::wait_of(tx, paper.id); });
    };
    EXPECT_FALSE(leaves());

    scheme_definition().slips.void_paper_after_days = 90;
    EXPECT_EQ(to_taipei_text(*leaves()->terms.void_at).substr(0, 16), "2027-02-19 00:00");
}

SEALDESK_ON_EVERY_BACKEND(UnopenedSlipsTest);

}  // namespace
}  // namespace sealdesk::jobs
