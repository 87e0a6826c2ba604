#pragma once

#include <string>
#include <vector>

#include "jobs/day_book.h"
#include "jobs/job_run.h"

namespace sealdesk::jobs {

/// What the morning page shows.
struct DayPage {
    const DayBook& book;
    std::vector<JobRun> runs = {};  ///< of the day's jobs
    Instant made_at;
};

/// One A4 page, PDF: alarms on top in red words, ledgers with in, out, open and difference, the
/// day's counts, CRLs, cash, what was signed, and a line to sign on.
[[nodiscard]] std::string day_page(const DayPage& page);

}  // namespace sealdesk::jobs
