#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace sealdesk {

/// One day of the government's calendar (行政機關辦公日曆表).
struct CalendarDay {
    std::chrono::year_month_day day;
    bool working;
    std::string note;  ///< 備註: 春節, 補行上班 …; may be empty

    /// A working Saturday.
    [[nodiscard]] bool is_make_up() const;
    /// A day off from Monday to Friday.
    [[nodiscard]] bool is_holiday() const;
};

/// A whole year, every day once, in order.
struct CalendarYear {
    int year;
    std::vector<CalendarDay> days;
};

/// Reads the government's yearly CSV: headings 西元日期, 星期, 是否放假, 備註; dates as YYYYMMDD,
/// 是否放假 0 (working) or 2 (off). UTF-8, with or without BOM. Errors (Invalid), `where` = file
/// and row: calendar.bad_file (headings or a cell), calendar.weekday (星期 is not the date's),
/// calendar.not_whole_year (a day is missing, twice or of another year), calendar.make_up (a
/// working Sunday, or a working Saturday whose note does not say 補班 or 補行上班).
[[nodiscard]] Result<CalendarYear> read_calendar_year(std::string_view csv,
                                                      std::string_view file_name);

/// The year as the CSV that read_calendar_year() reads, always the same bytes for the same days.
[[nodiscard]] std::string to_csv(const CalendarYear& year);

/// When the counter is open on a working day, from midnight in Taipei.
struct OfficeHours {
    std::chrono::minutes open;
    std::chrono::minutes close;
};

/// When a working day ends where a scheme does not say: 17:30, a house default.
inline constexpr std::chrono::minutes kClosingTime{17 * 60 + 30};

/// Working days in Taiwan. A year that is not known counts Monday to Friday.
class Calendar {
public:
    /// A year, in place of what was known of it.
    void add(const CalendarYear& year);

    [[nodiscard]] bool knows(int year) const;
    [[nodiscard]] bool is_working_day(std::chrono::year_month_day day) const;
    [[nodiscard]] CalendarDay day(std::chrono::year_month_day day) const;

    /// The day itself, or the first working day after it.
    [[nodiscard]] std::chrono::year_month_day working_day_from(
        std::chrono::year_month_day day) const;

    /// How many working days lie after `from`, up to and with `until`; 0 when it is not later.
    [[nodiscard]] int working_days_between(std::chrono::year_month_day from,
                                           std::chrono::year_month_day until) const;

    /// The closing time of the working day that lies `count` working days after the day of `from`:
    /// the day itself does not count (T 5.1.5: "about three working days").
    [[nodiscard]] Instant after_working_days(Instant from, int count,
                                             std::chrono::minutes closing = kClosingTime) const;

    /// `work` later, counting only while the counter is open.
    [[nodiscard]] Instant after_office_time(Instant from, std::chrono::microseconds work,
                                            const OfficeHours& hours) const;

    /// How long the counter is open between the two.
    [[nodiscard]] std::chrono::microseconds office_time_between(Instant from, Instant until,
                                                                const OfficeHours& hours) const;

private:
    std::map<std::chrono::sys_days, CalendarDay> known_;
};

}  // namespace sealdesk
