#include "base/calendar.h"

#include <gtest/gtest.h>

#include "support/calendar_file.h"

namespace sealdesk {
namespace {

using namespace std::chrono_literals;
using test::calendar_csv;

constexpr auto kFriday = 2026y / 11 / 20;

Calendar calendar_of(const std::string& csv) {
    Calendar calendar;
    calendar.add(read_calendar_year(csv, "115.csv").value());
    return calendar;
}

std::string code_of(const std::string& csv) {
    const auto year = read_calendar_year(csv, "115.csv");
    return year ? "ok" : year.error().code + " " + year.error().where;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
    return text;
}

TEST(Calendar, CountsWorkingDaysFromTheDayAfter) {
    // T 5.1.5, G 1: about three working days; Friday's form is due on Wednesday.
    const Instant morning = start_of_day_in_taipei(kFriday) + 9h;
    EXPECT_EQ(to_taipei_text(Calendar().after_working_days(morning, 3)), "2026-11-25 17:30");
}

// G 1: working days follow the government calendar.
TEST(Calendar, KnowsHolidaysAndMakeUpSaturdays) {
    const auto calendar = calendar_of(calendar_csv(2026, {"20261123"}, {"20261121"}));
    EXPECT_TRUE(calendar.is_working_day(2026y / 11 / 21));
    EXPECT_TRUE(calendar.day(2026y / 11 / 21).is_make_up());
    EXPECT_FALSE(calendar.is_working_day(2026y / 11 / 23));
    EXPECT_TRUE(calendar.day(2026y / 11 / 23).is_holiday());
    EXPECT_TRUE(calendar.is_working_day(2026y / 11 / 24));
    EXPECT_FALSE(calendar.is_working_day(2026y / 11 / 22));  // an ordinary Sunday
    EXPECT_TRUE(calendar.knows(2026));
    EXPECT_FALSE(calendar.knows(2027));
    EXPECT_EQ(calendar.working_days_between(kFriday, 2026y / 11 / 24), 2);  // Saturday, Tuesday
    EXPECT_EQ(calendar.working_day_from(2026y / 11 / 22), 2026y / 11 / 24);
}

TEST(Calendar, YearsStandSideBySide) {
    Calendar calendar;
    calendar.add(read_calendar_year(calendar_csv(2026, {"20261231"}, {}), "115.csv").value());
    calendar.add(read_calendar_year(calendar_csv(2027, {"20270101"}, {}), "116.csv").value());
    const Instant eve = start_of_day_in_taipei(2026y / 12 / 30);
    EXPECT_EQ(to_taipei_text(calendar.after_working_days(eve, 1)), "2027-01-04 17:30");
}

TEST(Calendar, ReadsWhatItWrites) {
    const auto year = read_calendar_year(
        "\xEF\xBB\xBF" + calendar_csv(2024, {"20240101"}, {"20240217"}), "113.csv");
    ASSERT_TRUE(year) << year.error().where;
    EXPECT_EQ(year->days.size(), 366U);
    const auto again = read_calendar_year(to_csv(*year), "again");
    ASSERT_TRUE(again);
    EXPECT_EQ(to_csv(*again), to_csv(*year));
}

TEST(Calendar, SaysWhichRowIsWrong) {
    const std::string good = calendar_csv(2026, {"20261123"}, {"20261121"});
    EXPECT_EQ(code_of(good), "ok");
    EXPECT_EQ(code_of("date,weekday,off,note\n"), "calendar.bad_file 115.csv:1");
    EXPECT_EQ(code_of(replaced(good, "20260102,", "20260230,")), "calendar.bad_file 115.csv:3");
    EXPECT_EQ(code_of(replaced(good, "20260102,五,0", "20260102,五,1")),
              "calendar.bad_file 115.csv:3");
    EXPECT_EQ(code_of(replaced(good, "20260102,五", "20260102,六")), "calendar.weekday 115.csv:3");
    EXPECT_EQ(code_of(replaced(good, "20260102,五,0,\n", "")), "calendar.not_whole_year 115.csv:3");
    EXPECT_EQ(code_of(replaced(good, "20261231,四,0,\n", "")),
              "calendar.not_whole_year 115.csv:365");
    EXPECT_EQ(code_of(replaced(good, "補行上班", "")), "calendar.make_up 115.csv:326");
    EXPECT_EQ(code_of(replaced(good, "20261122,日,2", "20261122,日,0")),
              "calendar.make_up 115.csv:327");
}

TEST(Calendar, CountsOfficeTimeOnlyWhileTheCounterIsOpen) {
    const Calendar calendar;
    const OfficeHours hours{9h, 17h};
    const Instant late = start_of_day_in_taipei(kFriday) + 16h + 30min;
    EXPECT_EQ(to_taipei_text(calendar.after_office_time(late, 1h, hours)), "2026-11-23 09:30");
    EXPECT_EQ(to_taipei_text(calendar.after_office_time(late, 30min, hours)), "2026-11-20 17:00");
    EXPECT_EQ(
        calendar.office_time_between(late, calendar.after_office_time(late, 20h, hours), hours),
        20h);
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
