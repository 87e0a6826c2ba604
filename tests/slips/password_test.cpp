#include "slips/password.h"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace sealdesk::slips {
namespace {

TEST(Password, HasNoLookAlikesAndBothLettersAndDigits) {
    SystemRandom random;
    for (int i = 0; i < 500; ++i) {
        const Secret password = make_password(random);

        ASSERT_EQ(password.size(), 14U);
        EXPECT_EQ(password.reveal().find_first_of("01BILOSZ"), std::string_view::npos);
        EXPECT_NE(password.reveal().find_first_of("23456789"), std::string_view::npos);
        EXPECT_NE(password.reveal().find_first_of("ACDEFGHJKMNPQRTUVWXY"), std::string_view::npos);
    }
}

TEST(Password, NoTwoAreAlike) {
    SystemRandom random;
    std::set<std::string> seen;
    for (int i = 0; i < 500; ++i) {
        seen.insert(std::string(make_password(random).reveal()));
    }

    EXPECT_EQ(seen.size(), 500U);
}

TEST(OpeningCode, CarriesItsCheckSymbol) {
    SystemRandom random;
    for (int i = 0; i < 200; ++i) {
        const Secret code = make_opening_code(random);

        EXPECT_EQ(code.size(), 19U);
        EXPECT_TRUE(is_opening_code(code.reveal()));
    }
}

// ISO 7064: a pure or hybrid system finds every single wrong symbol.
TEST(OpeningCode, EverySingleMisreadSymbolIsFound) {
    SystemRandom random;
    const Secret code = make_opening_code(random);
    const std::string right(code.reveal());

    for (std::size_t at = 0; at < right.size(); ++at) {
        for (const char symbol : kClearSymbols) {
            std::string wrong = right;
            wrong[at] = symbol;
            EXPECT_EQ(is_opening_code(wrong), wrong == right);
        }
    }
}

TEST(OpeningCode, OtherTextIsNone) {
    EXPECT_FALSE(is_opening_code(""));
    EXPECT_FALSE(is_opening_code("PWFV9KH2MXKAXGUG"));
    EXPECT_FALSE(is_opening_code("pwfv-9kh2-mxka-xgug"));
}

// At least 64 bits, whatever a scheme says: 15 symbols of 28.
TEST(OpeningCode, SaysHowStrongItIs) {
    EXPECT_EQ(opening_code_bits(), 72);
    EXPECT_EQ(kClearSymbols.size(), 28U);
}

}  // namespace
}  // namespace sealdesk::slips
