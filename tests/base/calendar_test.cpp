#include "base/calendar.h"

#include <gtest/gtest.h>

namespace sealdesk {
namespace {

using namespace std::chrono_literals;

constexpr auto kFriday = 2026y / 11 / 20;

TEST(Calendar, CountsWorkingDaysFromTheDayAfter) {
    // T 5.1.5, G 1: about three working days; Friday's form is due on Wednesday.
    const Instant morning = start_of_day_in_taipei(kFriday) + 9h;
    EXPECT_EQ(to_taipei_text(Calendar().after_working_days(morning, 3)), "2026-11-25 17:30");
}

// G 1: working days follow the government calendar.
TEST(Calendar, KnowsHolidaysAndMakeUpSaturdays) {
    const auto calendar = Calendar::parse(
        "\xEF\xBB\xBF西元日期,星期,是否放假,備註\r\n20261121,六,0,補行上班\r\n20261123,一,2,"
        "假日\r\n",
        "115.csv");
    ASSERT_TRUE(calendar);
    EXPECT_TRUE(calendar->is_working_day(2026y / 11 / 21));
    EXPECT_FALSE(calendar->is_working_day(2026y / 11 / 23));
    EXPECT_TRUE(calendar->is_working_day(2026y / 11 / 24));
    EXPECT_FALSE(calendar->is_working_day(2026y / 11 / 22));  // an ordinary Sunday
}

TEST(Calendar, SaysWhichLineIsWrong) {
    const auto calendar = Calendar::parse("西元日期,星期,是否放假,備註\n20260230,一,0,\n", "c.csv");
    ASSERT_FALSE(calendar);
    EXPECT_EQ(calendar.error().code, "calendar.bad_file");
    EXPECT_EQ(calendar.error().where, "c.csv:2");
}

// G 3: the office's day is Taipei's, whatever the machine's zone; what is stored is UTC.
TEST(Calendar, CountsInTaipeiTimeAndStoresUtc) {
    const Instant late = start_of_day_in_taipei(kFriday) + 7h + 59min;  // Thursday still in UTC
    EXPECT_EQ(day_in_taipei(late), kFriday);
    EXPECT_EQ(to_utc_text(late).substr(0, 10), "2026-11-19");
    EXPECT_EQ(to_taipei_text(Calendar().after_working_days(late, 1)).substr(0, 10), "2026-11-23");
}

}  // namespace
}  // namespace sealdesk
