// User codes on both databases: strikes, locks, resets (M 4.1.1.1, M 4.4.7).
#include "subscribers/user_code.h"

#include <gtest/gtest.h>

#include "crypto/verifier.h"
#include "support/backends.h"

namespace sealdesk::subscribers {
namespace {

/// Cheap on purpose: these tests are about counting.
constexpr crypto::VerifierCost kCheap{4, 8, 1};
constexpr int kStrikes = 3;

class UserCodes : public test::OnEveryBackend {
protected:
    template <class Work>
    auto in_tx(Work&& work) {
        return store::transact(db(), "test.user-code", work);
    }
    void set(std::string_view code, bool preset = false) {
        in_tx([&](store::Tx& tx) {
            set_user_code(tx, kSubscriber, crypto::make_verifier(Secret(code), tx.random(), kCheap),
                          preset);
        });
    }
    UserCode read() {
        return in_tx([](store::Tx& tx) { return user_code_of(tx, kSubscriber).value(); });
    }
    CodeTry attempt(std::string_view code) {
        return in_tx([&](store::Tx& tx) {
            return try_user_code(tx, user_code_of(tx, kSubscriber).value(), Secret(code), kStrikes);
        });
    }

    static constexpr SubscriberId kSubscriber{7};
};

TEST_P(UserCodes, ThreeWrongTriesLockAndARightOneForgetsTheOthers) {
    set("Tea-4411");
    EXPECT_EQ(attempt("wrong"), CodeTry::Wrong);
    EXPECT_EQ(attempt("wrong"), CodeTry::Wrong);
    EXPECT_EQ(attempt("Tea-4411"), CodeTry::Accepted);
    EXPECT_EQ(read().failures, 0);
    EXPECT_EQ(attempt("wrong"), CodeTry::Wrong);
    EXPECT_EQ(attempt("wrong"), CodeTry::Wrong);
    EXPECT_EQ(attempt("wrong"), CodeTry::Locked);
    EXPECT_EQ(attempt("Tea-4411"), CodeTry::Locked);
}

// M 4.4.7: the counter puts a new code in force.
TEST_P(UserCodes, ANewCodeUnlocksAndTheOldOneIsGone) {
    set("Tea-4411");
    for (int i = 0; i < kStrikes; ++i) {
        attempt("wrong");
    }
    set("Rice-882");
    EXPECT_EQ(attempt("Tea-4411"), CodeTry::Wrong);
    EXPECT_EQ(attempt("Rice-882"), CodeTry::Accepted);
    EXPECT_EQ(read().generation, 2);
}

TEST_P(UserCodes, TwoTriesAtOnceAreTwoStrikes) {
    set("Tea-4411");
    const UserCode seen = read();
    attempt("wrong");
    const auto late = [&] {
        in_tx([&](store::Tx& tx) { return try_user_code(tx, seen, Secret("wrong"), kStrikes); });
    };
    EXPECT_THROW(late(), Failure);
    EXPECT_EQ(read().failures, 1);
}

// M 4.3.2: a preset code only opens the way to another.
TEST_P(UserCodes, APresetCodeMustBeChanged) {
    set("A1234567890690428", true);
    EXPECT_EQ(attempt("A1234567890690428"), CodeTry::MustChange);
    const auto change = [&](std::string_view fresh) {
        const Outcome changed = in_tx([&](store::Tx& tx) {
            return change_user_code(tx, user_code_of(tx, kSubscriber).value(), Secret(fresh));
        });
        return changed ? "done" : changed.error().code;
    };
    EXPECT_EQ(change("A1234567890690428"), "user_code.unchanged");
    EXPECT_EQ(change("Tea-4411"), "done");
    EXPECT_EQ(attempt("Tea-4411"), CodeTry::Accepted);
}

SEALDESK_ON_EVERY_BACKEND(UserCodes);

}  // namespace
}  // namespace sealdesk::subscribers
