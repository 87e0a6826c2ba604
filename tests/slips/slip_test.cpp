#include "slips/slip.h"

#include <gtest/gtest.h>

#include "base/numbering.h"
#include "slips/print_desk.h"
#include "support/failing_connection.h"

namespace sealdesk::slips {
namespace {

class Slips : public PrintDesk {
protected:
    Outcome void_one(const Slip& slip, const std::string& reason = "lost") {
        return store::transact(db(), "test.void", [&](store::Tx& tx) {
            return void_slip(tx, {slip.id, reason, "officer:1"});
        });
    }
};
SEALDESK_ON_EVERY_BACKEND(Slips);

TEST_P(Slips, ANewSlipHasANumberWithACheckDigitAndWaits) {
    const Slip first = new_slip(1, Delivery::Counter);
    const Slip second = new_slip(2, Delivery::Post);

    EXPECT_EQ(first.number.substr(0, 12), "S115-000001-");
    EXPECT_EQ(second.number.substr(0, 12), "S115-000002-");
    EXPECT_TRUE(is_number('S', first.number));
    EXPECT_EQ(first.state, SlipState::Waiting);
    EXPECT_EQ(first.recipient.name, "張㛢𠮷");
    EXPECT_EQ(first.fields.at("strikes"), "3");
}

TEST_P(Slips, ASlipIsMadeOnceForEachPassword) {
    const Slip first = new_slip(1, Delivery::Counter);
    const Slip again = new_slip(1, Delivery::Counter);

    EXPECT_EQ(first.id, again.id);
    EXPECT_EQ(ledger().in, 1);
}

TEST_P(Slips, AreFoundByNumberAndListedByStateAccountAndRequest) {
    const Slip one = new_slip(1, Delivery::Counter);
    const Slip two = new_slip(2, Delivery::Counter);
    ASSERT_EQ(code_of(void_one(two)), "ok");

    store::transact(db(), "test.read", [&](store::Tx& tx) {
        EXPECT_EQ(find_slip(tx, one.number)->id, one.id);
        EXPECT_EQ(code_of(find_slip(tx, "S115-999999-0")), "slips.not_found");
        EXPECT_EQ(list_slips(tx, {}).size(), 2U);
        EXPECT_EQ(list_slips(tx, {.state = SlipState::Void}).front().id, two.id);
        EXPECT_EQ(list_slips(tx, {.account = one.account}).front().id, one.id);
        EXPECT_EQ(list_slips(tx, {.request = two.request}).front().id, two.id);
        EXPECT_EQ(list_slips(tx, {.after = two.id.value()}).size(), 0U);
    });
}

TEST_P(Slips, AVoidSlipStaysVoid) {
    const Slip slip = new_slip(1, Delivery::Counter);

    EXPECT_EQ(code_of(void_one(slip, "Lost it")), "slips.bad_reason");
    EXPECT_EQ(code_of(void_one(slip)), "ok");
    EXPECT_EQ(code_of(void_one(slip)), "slips.is_void");
    EXPECT_EQ(reload(slip.id).void_reason, "lost");
}

// domain.md: a slip is never printed twice; a lost one is voided and a new secret is made.
TEST_P(Slips, ALostSlipIsVoidedAndReplaced) {
    const Slip lost = new_slip(1, Delivery::Post);

    const auto fresh = store::transact(db(), "test.replace", [&](store::Tx& tx) {
        return replace_slip(tx, {lost.id, "lost", "officer:1"}, 2);
    });

    ASSERT_TRUE(fresh) << fresh.error().code;
    EXPECT_EQ(reload(lost.id).state, SlipState::Void);
    EXPECT_EQ(fresh->state, SlipState::Waiting);
    EXPECT_EQ(fresh->replaces, lost.id);
    EXPECT_EQ(fresh->account_generation, 2);
    EXPECT_EQ(fresh->recipient.address, lost.recipient.address);
    EXPECT_NE(fresh->number, lost.number);
}

TEST_P(Slips, AResetVoidsWhatIsLive) {
    const Slip slip = new_slip(1, Delivery::Counter);
    new_slip(2, Delivery::Counter);

    const auto voided = store::transact(db(), "test.reset", [&](store::Tx& tx) {
        return void_slips_of(tx, slip.account, "reset", "system");
    });

    EXPECT_EQ(voided, 1);
    EXPECT_EQ(reload(slip.id).state, SlipState::Void);
    EXPECT_EQ(ledger().voided, 1);
    EXPECT_EQ(ledger().open, 1);
}

// G 7: a difference of one is an error.
TEST_P(Slips, ALostRowShowsInTheLedger) {
    new_slip(1, Delivery::Counter);
    const Slip middle = new_slip(2, Delivery::Counter);
    new_slip(3, Delivery::Counter);
    EXPECT_EQ(ledger().difference(), 0);

    store::transact(db(), "test.lose", [&](store::Tx& tx) {
        tx.execute("DELETE FROM slip WHERE id = ?", middle.id.value());
    });

    EXPECT_EQ(ledger().difference(), 1);
}

TEST_P(Slips, NothingIsHalfDoneWhicheverWriteFails) {
    const Slip lost = new_slip(1, Delivery::Counter);
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 60);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        bool failed = false;
        try {
            const auto replaced = store::transact(broken, "test.replace", [&](store::Tx& tx) {
                return replace_slip(tx, {lost.id, "lost", "officer:1"}, 2);
            });
            ASSERT_TRUE(replaced);
        } catch (const Failure&) {
            failed = true;
        }
        if (!failed) {
            break;
        }
        EXPECT_EQ(reload(lost.id).state, SlipState::Waiting) << "write " << write;
        EXPECT_EQ(ledger().in, 1) << "write " << write;
    }
    EXPECT_EQ(reload(lost.id).state, SlipState::Void);
    EXPECT_EQ(ledger().in, 2);
    EXPECT_EQ(ledger().difference(), 0);
}

}  // namespace
}  // namespace sealdesk::slips
