#pragma once

#include <chrono>
#include <map>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace sealdesk {

/// Working days in Taiwan. Without data: Monday to Friday. The government's yearly file adds
/// holidays and make-up working Saturdays (行政機關辦公日曆表; columns 西元日期, 星期,
/// 是否放假 0 or 2, 備註).
class Calendar {
public:
    Calendar() = default;

    /// Reads the government's CSV (UTF-8, with or without BOM; dates as YYYYMMDD). Error (Invalid)
    /// calendar.bad_file with the line.
    [[nodiscard]] static Result<Calendar> parse(std::string_view csv, std::string_view file_name);

    [[nodiscard]] bool is_working_day(std::chrono::year_month_day day) const;

    /// The end of the working day (17:30 in Taipei) that lies `count` working days after the day
    /// of `from`: the day itself does not count (T 5.1.5: "about three working days").
    [[nodiscard]] Instant after_working_days(Instant from, int count) const;

private:
    std::map<std::chrono::sys_days, bool> known_;  ///< true: a working day
};

}  // namespace sealdesk
