#include "base/numbering.h"

#include <gtest/gtest.h>

namespace sealdesk {
namespace {

TEST(Numbering, FollowsIso7064Mod1110) {
    EXPECT_EQ(check_digit("0794"), '5');  // the standard's own example: 07945
}

TEST(Numbering, FindsEveryWrongDigit) {
    const std::string number = make_number('R', 115, 42);
    ASSERT_TRUE(is_number('R', number));
    for (std::size_t i = 1; i < number.size(); ++i) {
        if (number[i] == '-') {
            continue;
        }
        for (char wrong = '0'; wrong <= '9'; ++wrong) {
            std::string typo = number;
            typo[i] = wrong;
            EXPECT_EQ(is_number('R', typo), wrong == number[i]) << typo;
        }
    }
}

TEST(Numbering, KeepsKindsApart) {
    EXPECT_FALSE(is_number('S', make_number('R', 115, 42)));
    EXPECT_FALSE(is_number('R', "R115-42-1"));
    EXPECT_FALSE(is_number('R', ""));
}

TEST(Numbering, AccountNamesCarryACheckDigit) {
    const std::string name = make_account_name("TP", 7);
    EXPECT_EQ(name.size(), 10U);
    EXPECT_EQ(name.back(), check_digit(name.substr(0, 9)));
}

}  // namespace
}  // namespace sealdesk
