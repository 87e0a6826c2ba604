// The calendar entry that goes with a notice (RFC 5545).
#include "mail/calendar_event.h"

#include <sstream>

#include <gmock/gmock.h>

namespace sealdesk::mail {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const Instant kStamp = from_stored(1'795'137'300'000'000);  // 2026-11-20 09:15 in Taipei

CalendarEvent event() {
    return {"expiry-0a01@example.test", 2026y / 12 / 31, "到期", "台灣好茶 0a01", 7};
}

/// RFC 5545 §3.1: what was folded is put together again.
std::string unfolded(std::string file) {
    for (std::size_t at = 0; (at = file.find("\r\n ")) != std::string::npos;) {
        file.erase(at, 3);
    }
    return file;
}

TEST(CalendarFile, IsADayWithAnAlarm) {
    const CalendarEvent events[] = {event()};
    const std::string file = calendar_file(events, kStamp);
    EXPECT_THAT(file, StartsWith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"));
    EXPECT_THAT(file, EndsWith("END:VEVENT\r\nEND:VCALENDAR\r\n"));
    EXPECT_THAT(file, HasSubstr("UID:expiry-0a01@example.test\r\n"));
    EXPECT_THAT(file, HasSubstr("DTSTAMP:20261120T011500Z\r\n"));
    EXPECT_THAT(file, HasSubstr("DTSTART;VALUE=DATE:20261231\r\nDTEND;VALUE=DATE:20270101\r\n"));
    EXPECT_THAT(file, HasSubstr("TRIGGER:-P7D\r\n"));
}

TEST(CalendarFile, HasNoAlarmWhereNoneIsWanted) {
    CalendarEvent quiet = event();
    quiet.alarm_days = 0;
    EXPECT_THAT(calendar_file({&quiet, 1}, kStamp), Not(HasSubstr("VALARM")));
}

TEST(CalendarFile, LinesAreFoldedBetweenCharactersAndNothingIsLost) {
    CalendarEvent wide = event();
    for (int i = 0; i < 40; ++i) {
        wide.description += i % 3 == 0 ? "𠮷" : "堃x";
    }
    const std::string file = calendar_file({&wide, 1}, kStamp);
    std::istringstream lines(file);
    for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(line.size(), 76U) << line;  // 75 and CR
        EXPECT_NE(static_cast<unsigned char>(line.front()) & 0xC0U, 0x80U) << line;
    }
    EXPECT_THAT(unfolded(file), HasSubstr("DESCRIPTION:" + wide.description + "\r\n"));
}

TEST(CalendarFile, WhatHasAMeaningInTheFormatIsEscaped) {
    CalendarEvent sly = event();
    sly.summary = "a;b,c\\d\r\nUID:other\x01";
    EXPECT_THAT(unfolded(calendar_file({&sly, 1}, kStamp)),
                HasSubstr("SUMMARY:a\\;b\\,c\\\\d\\nUID:other\r\n"));
}

}  // namespace
}  // namespace sealdesk::mail
