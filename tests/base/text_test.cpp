#include "base/text.h"

#include <gtest/gtest.h>

namespace sealdesk {
namespace {

TEST(Text, KeepsCharactersOfEveryPlane) {
    const std::string name = "吳𠮷";

    EXPECT_TRUE(is_utf8(name));
    EXPECT_EQ(to_code_points(name), U"吳\U00020BB7");
    EXPECT_EQ(to_utf8(to_code_points(name)), name);
}

TEST(Text, RefusesMalformedUtf8) {
    EXPECT_FALSE(is_utf8("\xC0\xAF"));          // overlong
    EXPECT_FALSE(is_utf8("\xED\xA0\x80"));      // surrogate
    EXPECT_FALSE(is_utf8("\xF5\x80\x80\x80"));  // beyond U+10FFFF
    EXPECT_FALSE(is_utf8("\xE5\xBC"));          // cut off
}

TEST(Text, TurnsFullWidthIntoHalfWidth) { EXPECT_EQ(to_half_width("Ｇ１５７　Ａ"), "G157 A"); }

TEST(Text, CutsAndPadsToTerminalColumns) {
    EXPECT_EQ(fit_to_columns("王小明", 5), "王小 ");
    EXPECT_EQ(fit_to_columns("ab", 4), "ab  ");
}

TEST(Text, LinesAreBrokenWhereReadersExpectIt) {
    EXPECT_EQ(wrap_to_columns("take forms in: CSV", 10), "take forms\nin: CSV");
    EXPECT_EQ(wrap_to_columns("take  forms", 5), "take\nforms");
    EXPECT_EQ(wrap_to_columns("a longestword b", 6), "a\nlongestword\nb");
    EXPECT_EQ(wrap_to_columns("one\n two", 10), "one\ntwo");
    EXPECT_EQ(wrap_to_columns("憑證註冊窗口", 8), "憑證註冊\n窗口");
    EXPECT_EQ(wrap_to_columns("憑證註冊，窗口", 8), "憑證註\n冊，窗口");
    EXPECT_EQ(wrap_to_columns("PKCS#12 檔（一站式）", 10), "PKCS#12 檔\n（一站式）");
    EXPECT_EQ(wrap_to_columns("", 8), "");
}

TEST(Text, ExportedCellsAreNeverFormulas) {
    EXPECT_EQ(to_csv_cell("=1+1"), "'=1+1");
    EXPECT_EQ(to_csv_cell("＝1"), "'＝1");
    EXPECT_EQ(to_csv_cell("a,\"b\""), "\"a,\"\"b\"\"\"");
    EXPECT_EQ(to_csv_cell("plain"), "plain");
}

TEST(Text, MasksNamesForLogs) {
    EXPECT_EQ(mask_name("王小明"), "王○明");
    EXPECT_EQ(mask_name("張㛢"), "張○");
}

TEST(Text, EncodesBase64WithPadding) {
    EXPECT_EQ(to_base64("a"), "YQ==");
    EXPECT_EQ(to_base64("ab"), "YWI=");
    EXPECT_EQ(to_base64("abc"), "YWJj");
}

TEST(Text, ReadsOnlyWholeNumbers) {
    EXPECT_EQ(parse_number("10"), 10);
    EXPECT_EQ(parse_number("-1"), std::nullopt);
    EXPECT_EQ(parse_number("1x"), std::nullopt);
    EXPECT_EQ(parse_number(""), std::nullopt);
}

}  // namespace
}  // namespace sealdesk
