#pragma once

#include <cstdint>

#include "effects/works.h"

// The announced numbers (T 4.13.1) as files that the website offers or copies:
//
//   <repository>/SCHEME/statistics/2026-11.json   for programs
//   <repository>/SCHEME/statistics/2026-11.csv    for spreadsheets
//   <repository>/SCHEME/statistics/2026-11.html   for people
namespace sealdesk::jobs {

/// Makes the files of each month of the last year that is over and has none; how many months. The
/// same month gives the same bytes, whoever makes them, so that it may be cut off and run again.
/// Internal report.disagreement: the audit log and the records do not agree on a number, and
/// nothing is announced before somebody has found out why.
[[nodiscard]] Result<std::int64_t> publish_statistics(const effects::Works& works);

/// How many it would make files of now: months, of each scheme.
[[nodiscard]] std::int64_t statistics_due(store::Tx& tx, const effects::Works& works);

/// Where the files of a scheme lie.
[[nodiscard]] std::filesystem::path statistics_folder(const std::filesystem::path& repository,
                                                      const std::string& scheme);

}  // namespace sealdesk::jobs
