// M 4.9: what goes back when a service ends. Properties, over many fees and terms.
#include "requests/pro_rata.h"

#include <algorithm>
#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

namespace sealdesk::requests {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::sys_days;

constexpr auto kFrom = 2026y / 1 / 1;
constexpr auto kUntil = 2027y / 1 / 1;  // 365 days

TEST(ProRata, IsTheShareOfTheDaysLeftToTheNearestDollar) {
    EXPECT_EQ(pro_rata_refund(365, kFrom, kUntil, kUntil), 0);
    EXPECT_EQ(pro_rata_refund(365, kFrom, kUntil, sys_days{kUntil} - days{1}), 1);
    EXPECT_EQ(pro_rata_refund(365, kFrom, kUntil, sys_days{kUntil} - days{100}), 100);
    EXPECT_EQ(pro_rata_refund(1000, kFrom, kUntil, sys_days{kUntil} - days{100}), 274);  // 273.97
    EXPECT_EQ(pro_rata_refund(1, 2026y / 1 / 1, 2026y / 1 / 3, 2026y / 1 / 2),
              0);  // 0.5 up, but 80 %
    EXPECT_EQ(pro_rata_refund(3, 2026y / 1 / 1, 2026y / 1 / 3, 2026y / 1 / 2), 2);  // 1.5 up
}

// M 4.9: at most 80 %.
TEST(ProRata, IsAtMostEightyPerCentRoundedDown) {
    EXPECT_EQ(pro_rata_refund(500, kFrom, kUntil, kFrom), 400);
    EXPECT_EQ(pro_rata_refund(999, kFrom, kUntil, kFrom), 799);          // 799.2
    EXPECT_EQ(pro_rata_refund(500, kFrom, kUntil, 2025y / 1 / 1), 400);  // before it began
    EXPECT_EQ(pro_rata_refund(500, kFrom, kUntil, 2030y / 1 / 1), 0);
    EXPECT_EQ(pro_rata_refund(0, kFrom, kUntil, kFrom), 0);
    EXPECT_EQ(pro_rata_refund(500, kFrom, kFrom, kFrom), 0);  // no time at all
}

TEST(ProRata, HoldsForEveryFeeAndTerm) {
    constexpr unsigned kSeed = 49;
    std::mt19937 draw(kSeed);
    for (int round = 0; round < 20'000; ++round) {
        const std::int64_t amount = draw() % 100'000;
        const sys_days from = sys_days{kFrom} + days{draw() % 1000};
        const int term = int(draw() % 4000) + 1;
        const sys_days until = from + days{term};
        const sys_days end = from + days{int(draw() % 5000) - 500};
        const std::int64_t back = pro_rata_refund(amount, from, until, end);
        ASSERT_GE(back, 0) << "seed " << kSeed << " round " << round;
        ASSERT_LE(back * 100, amount * kEndOfServicePercentMax) << "round " << round;
        // A day later never gives more, a larger fee never less.
        ASSERT_GE(back, pro_rata_refund(amount, from, until, end + days{1})) << "round " << round;
        ASSERT_LE(back, pro_rata_refund(amount + 1, from, until, end)) << "round " << round;
        // Within half a dollar of the exact share, where the 80 % do not bind.
        const std::int64_t left = std::clamp<std::int64_t>((until - end).count(), 0, term);
        if (back < amount * kEndOfServicePercentMax / 100) {
            ASSERT_LE(std::abs(2 * (back * term - amount * left)), term) << "round " << round;
        }
    }
}

}  // namespace
}  // namespace sealdesk::requests
