#include "base/calendar.h"

#include "base/text.h"

namespace sealdesk {
namespace {

/// "20260101" → a day; nothing when it is none.
std::optional<std::chrono::sys_days> parse_day(std::string_view text) {
    const auto number = parse_number(text);
    if (!number || text.size() != 8) {
        return std::nullopt;
    }
    const std::chrono::year_month_day day{std::chrono::year{int(*number / 10000)},
                                          std::chrono::month{unsigned(*number / 100 % 100)},
                                          std::chrono::day{unsigned(*number % 100)}};
    if (!day.ok()) {
        return std::nullopt;
    }
    return std::chrono::sys_days{day};
}

constexpr int kDaysAheadMax = 3660;  ///< ten years: more than any promise of an office

}  // namespace

// The government's yearly file, 政府行政機關辦公日曆表 (G 1).
Result<Calendar> Calendar::parse(std::string_view csv, std::string_view file_name) {
    Calendar calendar;
    int line_number = 0;
    for (const std::string& line : split(csv, '\n')) {
        ++line_number;
        const auto cells = split(trim(line), ',');
        if (line_number == 1 || cells.empty()) {
            continue;  // the headings
        }
        const auto day = parse_day(cells[0]);
        if (!day || cells.size() < 3 || (cells[2] != "0" && cells[2] != "2")) {
            return Error{ErrorKind::Invalid,
                         "calendar.bad_file",
                         "Expected 西元日期 (YYYYMMDD), 星期, 是否放假 (0 or 2), 備註; get the "
                         "file again from the government's site.",
                         std::string(file_name) + ":" + std::to_string(line_number),
                         {}};
        }
        calendar.known_[*day] = cells[2] == "0";
    }
    return calendar;
}

bool Calendar::is_working_day(std::chrono::year_month_day day) const {
    const std::chrono::sys_days date{day};
    const auto known = known_.find(date);
    if (known != known_.end()) {
        return known->second;
    }
    const std::chrono::weekday weekday{date};
    return weekday != std::chrono::Saturday && weekday != std::chrono::Sunday;
}

Instant Calendar::after_working_days(Instant from, int count) const {
    std::chrono::sys_days day{day_in_taipei(from)};
    for (int ahead = 0; count > 0 && ahead < kDaysAheadMax; ++ahead) {
        day += std::chrono::days{1};
        count -= is_working_day(std::chrono::year_month_day{day}) ? 1 : 0;
    }
    constexpr std::chrono::minutes closing_time{17 * 60 + 30};
    return start_of_day_in_taipei(std::chrono::year_month_day{day}) + closing_time;
}

}  // namespace sealdesk
