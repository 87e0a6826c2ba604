#pragma once

#include <string>
#include <vector>

#include "jobs/day_book.h"

namespace sealdesk::jobs {

/// What the morning page shows.
struct DayPage {
    const DayBook& book;
    std::vector<std::string> job_lines = {};  ///< how the night's jobs ran; may be empty
    Instant made_at;
};

/// One A4 page, PDF: alarms on top in red words, ledgers with in, out, open and difference, the
/// day's counts, CRLs, cash, what was signed, and a line to sign on.
[[nodiscard]] std::string day_page(const DayPage& page);

}  // namespace sealdesk::jobs
