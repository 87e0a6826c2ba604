#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "jobs/month_report.h"

namespace sealdesk::jobs {

/// The certificates of one of the months before, for the course of a year.
struct MonthOfCourse {
    std::chrono::year_month month;
    Figures figures;
};

/// So many months, the last one being the report's.
inline constexpr int kCourseMonths = 12;

/// Counts them in the caller's transaction. Costs what these months had.
[[nodiscard]] std::vector<MonthOfCourse> course_until(store::Tx& tx, std::chrono::year_month last);

/// The report as one page by itself with charts, each beside a table of its numbers.
[[nodiscard]] std::string month_page(const MonthReport& report,
                                     const std::vector<MonthOfCourse>& course,
                                     const std::vector<scheme::Scheme>& schemes);

}  // namespace sealdesk::jobs
