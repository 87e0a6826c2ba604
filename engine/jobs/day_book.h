#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/log.h"
#include "jobs/day_report.h"

namespace sealdesk::jobs {

/// The books of one day as they are kept: the sums of its report, and what they rest on. It is
/// canonical JSON that is signed; the page that people read is made from it, too.
struct DayBook {
    std::int64_t number = 0;  ///< of the closing: 1, 2, 3 … without gaps; 0: not closed
    std::string day;          ///< "2026-11-27"
    std::string previous;     ///< SHA-256 of the document before; 64 zeros before the first
    std::string at;           ///< when it was closed, UTC
    audit::ChainEnd chain;    ///< the audit log then
    DayCounts counts;
    std::vector<Ledger> ledgers;
    std::vector<Disagreement> disagreements;

    struct Crl {
        std::string authority;
        std::int64_t number = 0;  ///< 0: none was ever issued
        bool in_time = false;
    };
    std::vector<Crl> crls;

    struct Cash {  ///< of a day on which cash moved
        std::int64_t expected_twd = 0;
        std::optional<std::int64_t> counted_twd;
        std::string signed_by;
    };
    std::optional<Cash> cash;

    /// What is wrong with the ledgers, each difference taken as positive; with the numbers that log
    /// and records disagree on. 0: every sum closes.
    [[nodiscard]] std::int64_t difference() const;
};

/// Reads the books of a day as they stand now, not closed, in the caller's transaction.
[[nodiscard]] DayBook read_day(store::Tx& tx, std::chrono::year_month_day day,
                               const std::vector<scheme::Scheme>& schemes,
                               std::span<const CrlPlace> crls);

/// Canonical: keys sorted, no blanks.
[[nodiscard]] std::string to_document(const DayBook& book);

/// Nothing when the text is not such a document.
[[nodiscard]] std::optional<DayBook> parse_day_book(std::string_view document);

/// What a person must look into, most urgent first; none on a good day.
[[nodiscard]] std::vector<Bilingual> alarms_of(const DayBook& book);

}  // namespace sealdesk::jobs
