// The counter's time: promises, 補正, and the words that clerks read.
#include "requests/deadlines.h"

#include <gtest/gtest.h>

#include "support/calendar_file.h"

namespace sealdesk::requests {
namespace {

using namespace std::chrono_literals;
using scheme::Deadline;
using scheme::ReturnPeriod;

constexpr auto kFriday = 2026y / 11 / 20;

/// Monday 23 November off, Saturday 28 November made up for it.
Calendar calendar() {
    Calendar made;
    made.add(read_calendar_year(test::calendar_csv(2026, {"20261123"}, {"20261128"}), "t").value());
    return made;
}

Instant at(std::chrono::year_month_day day, std::chrono::minutes time) {
    return start_of_day_in_taipei(day) + time;
}

const Deadline kThreeDays{Deadline::Unit::WorkingDays, 3, "T 5.1.5"};
const Deadline kOneHour{Deadline::Unit::Hours, 1, "T 5.1.5"};

TEST(Deadlines, APromiseOfWorkingDaysKnowsHolidaysAndMakeUpSaturdays) {
    // T 5.1.5: three working days after Thursday the 26th: Friday, the made-up Saturday, Monday.
    EXPECT_EQ(to_taipei_text(end_of_promise(calendar(), {}, kThreeDays, at(2026y / 11 / 26, 10h))),
              "2026-11-30 17:30");
}

TEST(Deadlines, OfficeHoursOfASchemeRuleItsHoursAndItsClosingTime) {
    scheme::Scheme scheme;
    scheme.office_hours = OfficeHours{9h, 17h};
    const Instant late = at(kFriday, 16h + 30min);
    EXPECT_EQ(to_taipei_text(end_of_promise(calendar(), scheme, kOneHour, late)),
              "2026-11-24 09:30");
    EXPECT_EQ(to_taipei_text(end_of_promise(calendar(), {}, kOneHour, late)), "2026-11-20 17:30");
    EXPECT_EQ(to_taipei_text(end_of_promise(calendar(), scheme, kThreeDays, late)),
              "2026-11-26 17:00");
}

// The clock stands while the form is with the applicant; what was left goes on.
TEST(Deadlines, WhatWasLeftGoesOnAfterACorrection) {
    const Instant received = at(kFriday, 10h);
    const Instant due = end_of_promise(calendar(), {}, kThreeDays, received);  // the 26th
    const Instant returned = at(2026y / 11 / 24, 15h);                         // two days left
    const Instant back = at(2026y / 12 / 10, 9h);
    EXPECT_EQ(to_taipei_text(resumed_end(calendar(), {}, kThreeDays, due, returned, back)),
              "2026-12-14 17:30");
    // On its last day, or past it: one working day for examining all again.
    for (const auto day : {2026y / 11 / 26, 2026y / 11 / 30}) {
        EXPECT_EQ(to_taipei_text(resumed_end(calendar(), {}, kThreeDays, due, at(day, 15h), back)),
                  "2026-12-11 17:30");
    }
}

TEST(Deadlines, HoursGoOnLikewiseAndAreOneAtLeast) {
    const Deadline day{Deadline::Unit::Hours, 24, ""};
    const Instant received = at(kFriday, 10h);
    const Instant back = at(2026y / 12 / 10, 9h);
    EXPECT_EQ(resumed_end(calendar(), {}, day, received + 24h, received + 20h, back), back + 4h);
    EXPECT_EQ(resumed_end(calendar(), {}, kOneHour, received + 1h, received + 50min, back),
              back + 1h);
    scheme::Scheme scheme;
    scheme.office_hours = OfficeHours{9h, 17h};
    const Instant due = end_of_promise(calendar(), scheme, day, received);
    EXPECT_EQ(to_taipei_text(resumed_end(calendar(), scheme, day, due, received + 4h, back)),
              "2026-12-14 13:00");  // 20 hours of the counter's: 8, 8 and 4
}

TEST(Deadlines, TheLastDayOfACorrectionIsAWorkingDayAndCounts) {
    const ReturnPeriod days{ReturnPeriod::Unit::Days, 8, 3, "house default"};
    // Eight days after Friday the 20th is the made-up Saturday: a working day.
    const CorrectionDays made_up = correction_of(calendar(), {}, days, at(kFriday, 10h));
    EXPECT_EQ(made_up.last_day, 2026y / 11 / 28);
    EXPECT_EQ(to_taipei_text(*made_up.remind_at), "2026-11-25 09:00");
    EXPECT_EQ(to_taipei_text(made_up.close_at), "2026-11-30 17:30");
    // Without data it is a Saturday, and moves to Monday.
    EXPECT_EQ(correction_of(Calendar(), {}, days, at(kFriday, 10h)).last_day, 2026y / 11 / 30);

    const ReturnPeriod working{ReturnPeriod::Unit::WorkingDays, 5, 2, "house default"};
    const CorrectionDays five = correction_of(calendar(), {}, working, at(kFriday, 10h));
    EXPECT_EQ(five.last_day, 2026y / 11 / 28);  // 24, 25, 26, 27 and the made-up 28
    EXPECT_EQ(to_taipei_text(*five.remind_at), "2026-11-26 09:00");

    const ReturnPeriod short_one{ReturnPeriod::Unit::Days, 1, 7, "house default"};
    EXPECT_FALSE(correction_of(calendar(), {}, short_one, at(kFriday, 10h)).remind_at);
}

TEST(Deadlines, TheTimeLeftIsSaidInWords) {
    const Instant now = at(kFriday, 10h);
    const auto said = [&](Instant due) { return time_left(calendar(), due, now).zh; };
    EXPECT_EQ(said(at(kFriday, 17h + 30min)), "今日 17:30 前");
    EXPECT_EQ(said(at(2026y / 11 / 21, 9h)), "明日 09:00 前");
    EXPECT_EQ(said(at(2026y / 11 / 25, 17h + 30min)), "尚餘 2 個工作日（115/11/25）");
    EXPECT_EQ(said(at(kFriday, 9h)), "已逾期（11-20 09:00）");
    EXPECT_EQ(said(at(2026y / 11 / 18, 17h)), "逾期 2 個工作日");
    EXPECT_EQ(time_left(calendar(), at(2026y / 11 / 19, 17h), now).en, "overdue by 1 working day");
}

}  // namespace
}  // namespace sealdesk::requests
