// Crashes and failures in the middle of making and printing a batch.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/verifier.h"
#include "slips/print_desk.h"
#include "support/failing_connection.h"

namespace sealdesk::slips {
namespace {

class PrintFaults : public PrintDesk {
protected:
    /// Runs `step` on a connection whose `write`-th write fails; true when it got through.
    template <class Step>
    bool survives(int write, store::Trouble trouble, Step&& step) {
        test::FailingConnection failing(connection(), write, trouble);
        store::Database broken(failing, clock(), random());
        try {
            step(broken);
        } catch (const Failure&) {
            return false;
        }
        return true;
    }
    std::int64_t batches() {
        return store::transact(db(), "test.list", [](store::Tx& tx) {
            return std::int64_t(list_batches(tx, 0, 100).size());
        });
    }
    /// The first transaction of a batch is committed, the second fails; then the slip is void.
    void void_while_being_made(const Slip& lost) {
        for (int write = 0; batches() == 0; ++write) {
            ASSERT_LT(write, 50);
            survives(write, store::Trouble::Other, [&](auto& broken) { make_batch(broken); });
        }
        const auto voided = store::transact(db(), "test.void", [&](store::Tx& tx) {
            return void_slip(tx, {lost.id, "lost", "officer:1"});
        });
        ASSERT_TRUE(voided);
    }
};
SEALDESK_ON_EVERY_BACKEND(PrintFaults);

// Whichever write fails, the next run makes the same batch, and the password on paper is the one
// in force: nothing twice.
TEST_P(PrintFaults, AFailureWhileMakingIsMadeGoodByTheNextRun) {
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 200);
        const Slip slip = new_slip(write + 1, Delivery::Counter);
        const auto batches_before = batches();

        const bool got_through =
            survives(write, store::Trouble::Other, [&](auto& broken) { make_batch(broken); });
        const std::string number = got_through ? "" : make_batch();

        if (!got_through) {
            EXPECT_NE(number, "none") << "write " << write;
            ASSERT_EQ(print(number), "ok") << "write " << write;
            const auto passwords = printed_passwords(number);
            ASSERT_EQ(passwords.size(), 1U);
            EXPECT_TRUE(crypto::verifies(verifiers_[slip.account.value()], Secret(passwords[0])));
        }
        EXPECT_EQ(batches(), batches_before + 1) << "write " << write;
        EXPECT_EQ(ledger().difference(), 0);
        if (got_through) {
            break;
        }
    }
}

TEST_P(PrintFaults, ADatabaseThatAsksForARepetitionGetsIt) {
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 200);
        new_slip(write + 1, Delivery::Counter);
        const auto batches_before = batches();

        test::FailingConnection failing(connection(), write, store::Trouble::Retry);
        store::Database broken(failing, clock(), random());
        const std::string number = make_batch(broken);

        EXPECT_EQ(number.substr(0, 5), "P115-") << number;
        EXPECT_EQ(batches(), batches_before + 1);
        if (!failing.has_failed()) {
            break;
        }
    }
}

// The commit succeeded and its answer was lost: the batch is made once all the same.
TEST_P(PrintFaults, ALostAnswerToACommitMakesNoSecondBatch) {
    if (!on_mysql()) {
        return;  // an embedded database loses no answers: there is nothing to make fail
    }
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 200);
        const Slip slip = new_slip(write + 1, Delivery::Counter);
        const auto batches_before = batches();

        test::FailingConnection failing(connection(), write, store::Trouble::Lost,
                                        test::FailingConnection::Moment::After);
        store::Database broken(failing, clock(), random());
        const std::string number = make_batch(broken);

        EXPECT_EQ(number.substr(0, 5), "P115-") << number;
        EXPECT_EQ(batches(), batches_before + 1);
        EXPECT_EQ(reload(slip.id).state, SlipState::Batched);
        if (!failing.has_failed()) {
            break;
        }
        ASSERT_EQ(print(number), "ok");
        EXPECT_TRUE(crypto::verifies(verifiers_[slip.account.value()],
                                     Secret(printed_passwords(number).at(0))));
    }
}

// After a failure at any write of `slip print`, printing goes on from there: the file is written
// once, and a further call is refused.
TEST_P(PrintFaults, AFailureWhilePrintingIsMadeGoodByTheNextCall) {
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 200);
        const Slip slip = new_slip(write + 1, Delivery::Counter);
        const std::string number = make_batch();

        const bool got_through = survives(write, store::Trouble::Other, [&](auto& broken) {
            ASSERT_EQ(print(broken, number), "ok");
        });
        if (!got_through) {
            EXPECT_EQ(print(number), "ok") << "write " << write;
        }

        EXPECT_EQ(print(number), "slips.already_printed");
        EXPECT_EQ(reload(slip.id).state, SlipState::Printed);
        EXPECT_TRUE(crypto::verifies(verifiers_[slip.account.value()],
                                     Secret(printed_passwords(number).at(0))));
        if (got_through) {
            break;
        }
    }
}

// The one case in which it cannot be known whether paper has come out: the decision to print was
// committed and the file has gone.
TEST_P(PrintFaults, AFileThatWasTakenIsNotPrintedAgain) {
    new_slip(1, Delivery::Counter);
    const std::string number = make_batch();
    int write = 0;
    while (!std::filesystem::exists(print_folder() / "queue" / (number + ".pdf"))) {
        ASSERT_LT(write, 50);
        survives(write++, store::Trouble::Other,
                 [&](auto& broken) { static_cast<void>(print(broken, number)); });
    }
    std::filesystem::remove(print_folder() / "queue" / (number + ".pdf"));

    EXPECT_EQ(print(number), "slips.already_printed");
}

TEST_P(PrintFaults, ASlipVoidedWhileItsBatchIsMadeIsNotInIt) {
    const Slip lost = new_slip(1, Delivery::Counter, "張㛢");
    new_slip(2, Delivery::Counter, "周犇");
    void_while_being_made(lost);

    const std::string number = make_batch();

    ASSERT_EQ(print(number), "ok");
    EXPECT_THAT(queued_text(number), ::testing::HasSubstr("周犇"));
    EXPECT_THAT(queued_text(number), ::testing::Not(::testing::HasSubstr("張㛢")));
    EXPECT_EQ(verifiers_.count(1), 0U);
}

TEST_P(PrintFaults, ABatchWhoseSlipsWereAllVoidedIsClosedEmpty) {
    const Slip lost = new_slip(1, Delivery::Counter);
    void_while_being_made(lost);

    EXPECT_EQ(make_batch(), "none");
    EXPECT_EQ(ledger().difference(), 0);
}

}  // namespace
}  // namespace sealdesk::slips
