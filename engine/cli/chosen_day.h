#pragma once

#include "cli/desk.h"

namespace sealdesk::cli {

/// A day as clerks write it (115/11/20, 2026-11-20 …); empty: today. Errors: those of read_date().
[[nodiscard]] Result<std::chrono::year_month_day> chosen_day(const Desk& desk,
                                                             const std::string& text);

/// A month: 2026-11, 2026/11, 115/11, 115-11; empty: this one. Error: report.month.
[[nodiscard]] Result<std::chrono::year_month> chosen_month(const Desk& desk,
                                                           const std::string& text);

}  // namespace sealdesk::cli
