#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audit/checkpoint.h"
#include "jobs/day_book.h"

// The day book 日結: which day was closed with which sums, so that no sum can be changed
// afterwards.
//
// A closing is what the machine states, so the audit key signs it (M 4.5), by itself in the night;
// the cash that people counted is signed by people (requests/cash.h), and the closing says whether.
namespace sealdesk::jobs {

/// What a day is closed with.
struct ClosingDesk {
    const std::vector<scheme::Scheme>& schemes;
    std::span<const CrlPlace> crls;
    const audit::CheckpointSigner& signer;
    std::string by;  ///< actor
};

/// Closes a day: reads all ledgers, signs the sums with the audit log's end and keeps them, in one
/// commit. A day with a difference is kept as well, as one that does not close. Refused:
/// day.not_yet (it has not come), day.closed, day.later_closed (its sums would be of another day).
[[nodiscard]] Result<DayBook> close_day(store::Database& database, const ClosingDesk& desk,
                                        std::chrono::year_month_day day);

/// Whether yesterday waits to be closed: it is not, nor any later day, and the desk was there.
[[nodiscard]] bool is_yesterday_open(store::Tx& tx);

/// The books of a day as they were closed; nothing while they were not. They are believed when
/// verify_days() finds nothing.
[[nodiscard]] std::optional<DayBook> closed_day(store::Tx& tx, std::chrono::year_month_day day);

/// What is wrong with the closings.
struct DayFinding {
    /// day.altered   a closing is not as it was signed, or not in its place
    /// day.missing   the audit log knows a closing that is not there
    /// day.rewritten the audit log is not the one that was closed on
    std::string code;
    std::string day;
    std::string detail;
};

struct DaysVerified {
    std::int64_t sound = 0;     ///< closings
    std::int64_t unclosed = 0;  ///< of these, days that did not close
    std::optional<DayFinding> finding;
};

/// Proves all closings: numbers without gaps, each naming the hash of the one before, signed by one
/// of the audit certificates, its sums the row's, and known to the audit log, of which it names an
/// event that is still the same.
[[nodiscard]] DaysVerified verify_days(store::Database& database,
                                       std::span<const crypto::Certificate> trusted);

}  // namespace sealdesk::jobs
