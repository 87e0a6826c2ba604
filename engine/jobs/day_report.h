#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "jobs/crls.h"
#include "jobs/job_run.h"
#include "jobs/month_report.h"
#include "store/tx.h"

namespace sealdesk::jobs {

/// One ledger of the office since its first day: what came in, how it ended, what is still open.
/// in == out + open, or something was lost (idea 1 of the house).
struct Ledger {
    std::string name;
    std::int64_t in = 0;
    std::int64_t out = 0;
    std::int64_t open = 0;
    [[nodiscard]] std::int64_t difference() const { return in - out - open; }
};

/// What one day moved.
struct DayCounts {
    std::int64_t accepted = 0;
    std::int64_t refused = 0;
    std::int64_t duplicate = 0;
    std::int64_t files_refused = 0;  ///< as a whole, none of their rows read
    std::int64_t mails_in = 0;
    std::int64_t mails_sent = 0;
    std::int64_t mails_bounced = 0;  ///< came back on that day
    std::int64_t fee_lines = 0;
    std::int64_t fees_twd = 0;
    std::int64_t taken_twd = 0;  ///< in cash
};

struct DayReport {
    std::chrono::year_month_day day;
    DayCounts counts;
    std::vector<Ledger> ledgers;
    std::vector<CrlStanding> crls;
    std::vector<JobRun> runs;  ///< that were planned for the day
    /// Between what the audit log and the records say of this day; see disagreements_in().
    std::vector<Disagreement> disagreements = {};
    [[nodiscard]] bool closes() const;
};

/// Reads every ledger in the caller's transaction, so that all sums are of one moment; `crls` are
/// the CAs whose CRLs are looked at.
[[nodiscard]] DayReport report_day(store::Tx& tx, std::chrono::year_month_day day,
                                   std::span<const CrlPlace> crls = {});

/// The same with the day's disagreements between log and records, which costs what the day had.
[[nodiscard]] DayReport report_whole_day(store::Tx& tx, std::chrono::year_month_day day,
                                         const std::vector<scheme::Scheme>& schemes,
                                         std::span<const CrlPlace> crls);

}  // namespace sealdesk::jobs
