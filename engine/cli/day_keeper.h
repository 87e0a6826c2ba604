#pragma once

#include <filesystem>

#include "cli/desk.h"
#include "jobs/day_closing.h"

namespace sealdesk::cli {

/// Closes a day with the desk's audit key, and keeps its page beside the books. Errors: those of
/// open_audit_key() and jobs::close_day().
[[nodiscard]] Result<jobs::DayBook> close_books(const Program& program, Desk& desk,
                                                std::chrono::year_month_day day);

/// The night's: closes yesterday when that is still open and the audit key opens without people;
/// whether it did. Internal report.difference: it is kept as a day that does not close.
[[nodiscard]] Result<bool> close_yesterday(const Program& program, Desk& desk);

/// The page of a day that was closed: <desk>/reports/day-2026-11-27.pdf.
[[nodiscard]] std::filesystem::path page_of_day(const Desk& desk, const std::string& day);

/// What a book that does not close is reported as.
[[nodiscard]] Error does_not_close(const std::string& day);

}  // namespace sealdesk::cli
