#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "jobs/figures.h"
#include "requests/statistics.h"

namespace sealdesk::jobs {

/// A number that the audit log and the records do not agree on: an event or a row was lost, or was
/// made by somebody else.
struct Disagreement {
    FigureKey key;  ///< without the applicant's kind
    std::int64_t from_log = 0;
    std::int64_t from_records = 0;
};

/// A month in numbers (T 4.13.1). Counted from the audit log, so that each can be proved;
/// certificates.expired alone is counted from the certificates' ends.
struct MonthReport {
    std::chrono::year_month month;
    std::string scheme;  ///< empty: all
    Instant made_at;
    bool is_over = false;  ///< the month: else it is what there was until now
    audit::ChainEnd chain;
    Figures figures;
    std::vector<Disagreement> disagreements;
    std::vector<requests::QueueAge> queues;  ///< as of now
    std::vector<requests::ServiceTime> service;

    [[nodiscard]] bool agrees() const { return disagreements.empty(); }
};

/// What a report is about.
struct MonthWanted {
    std::chrono::year_month month;
    std::string scheme = {};  ///< empty: all
};

/// Reads everything in the caller's transaction, so that all numbers are of one moment. Costs what
/// the month had, and what is open.
[[nodiscard]] MonthReport report_month(store::Tx& tx, const std::vector<scheme::Scheme>& schemes,
                                       const Calendar& calendar, const MonthWanted& wanted);

/// Where the audit log and the records of a span of time differ; costs what there is in that time.
[[nodiscard]] std::vector<Disagreement> disagreements_in(
    store::Tx& tx, const TimeSpan& span, const std::vector<scheme::Scheme>& schemes);

/// The sum of a figure over kinds, applicants and reasons; of one kind, where one is given.
[[nodiscard]] std::int64_t sum_of(const Figures& figures, std::string_view name,
                                  std::string_view scheme, std::string_view kind = {});

/// [{"figure","scheme","kind","reason","log","records"},…], as reports and closings hold it.
[[nodiscard]] nlohmann::json disagreements_json(const std::vector<Disagreement>& disagreements);

/// {"month","closes","figures",…}: what --json prints and the published file holds.
[[nodiscard]] std::string to_json(const MonthReport& report);

/// One line a figure, for a spreadsheet: UTF-8 with BOM, CRLF, every cell safe.
[[nodiscard]] std::string to_csv(const MonthReport& report);

}  // namespace sealdesk::jobs
