#include "base/number_series.h"

#include <gtest/gtest.h>

namespace sealdesk {
namespace {

using Check = NumberSeries::Check;

TEST(NumberSeries, TheDigitsAtTheEndRunOn) {
    const auto series = NumberSeries::of("AB-000998");

    ASSERT_TRUE(series);
    EXPECT_EQ(series->pattern(), "AB-######");
    EXPECT_EQ(series->value_of("AB-000998"), 998);
    EXPECT_EQ(series->number(1001), "AB-001001");
    EXPECT_FALSE(series->value_of("AC-000998"));
    EXPECT_FALSE(series->value_of("AB-00099"));
    EXPECT_TRUE(series->holds(999'999));
    EXPECT_FALSE(series->holds(1'000'000));
    EXPECT_FALSE(NumberSeries::of("AB"));
    EXPECT_FALSE(NumberSeries::of("ab1"));
    EXPECT_FALSE(NumberSeries::of(""));
}

// Universal Postal Union, S10: the example of the standard is RB 473124829 (check digit 9).
TEST(NumberSeries, AnItemOfTheUnionHasItsCheckDigit) {
    const auto series = NumberSeries::parse("RB########*TW", Check::S10);

    ASSERT_TRUE(series);
    EXPECT_EQ(series->number(47'312'482), "RB473124829TW");
    EXPECT_EQ(series->value_of("RB473124829TW"), 47'312'482);
    EXPECT_FALSE(series->value_of("RB473124828TW"));
}

TEST(NumberSeries, LuhnsDigitIsOverAllBeforeIt) {
    EXPECT_EQ(NumberSeries::parse("##########*", Check::Luhn)->number(7'992'739'871),
              "79927398713");  // the usual example
}

TEST(NumberSeries, WhatIsNoPatternIsNone) {
    EXPECT_FALSE(NumberSeries::parse("RR########TW", Check::S10));  // no place for the digit
    EXPECT_FALSE(NumberSeries::parse("RR########*TW", Check::None));
    EXPECT_FALSE(NumberSeries::parse("RR#######*TW", Check::S10));  // seven
    EXPECT_FALSE(NumberSeries::parse("##-##", Check::None));
    EXPECT_FALSE(NumberSeries::parse("*####", Check::Luhn));
    EXPECT_FALSE(NumberSeries::parse("RR", Check::None));
    EXPECT_FALSE(NumberSeries::check_from("mod7"));
    EXPECT_EQ(NumberSeries::check_from("s10"), Check::S10);
    EXPECT_EQ(NumberSeries::to_text(Check::Luhn), "luhn");
}

}  // namespace
}  // namespace sealdesk
