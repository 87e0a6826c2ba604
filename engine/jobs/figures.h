#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/chain.h"
#include "base/clock.h"
#include "store/tx.h"

// What a month's numbers (T 4.13.1) are counted from: one event of the audit log is one piece of
// one number.
namespace sealdesk::jobs {

/// What a number counts. Ordered as reports show them.
struct FigureKey {
    std::string name;       ///< "certificates.issued"
    std::string scheme;     ///< empty: of no scheme
    std::string kind;       ///< certificate profile; form; delivery of slips; kind of mail
    std::string applicant;  ///< the kind of applicant; empty: not known, or of none
    std::string reason;     ///< of a revocation, RFC 5280 §5.3.1

    bool operator<(const FigureKey& other) const;
};

/// A number, and between which events of the chain those lie that it counts.
struct Figure {
    std::int64_t count = 0;
    std::int64_t first_event = 0;  ///< chain position; 0: not counted from events
    std::int64_t last_event = 0;
};

using Figures = std::map<FigureKey, Figure>;

/// The names there are, in the order of reports, each with the kinds of event it is counted from
/// (none: from records).
struct FigureName {
    std::string_view name;
    std::vector<std::string> events;
};
[[nodiscard]] const std::vector<FigureName>& figure_names();

/// Counts the figures of these names (none given: all) in a span of time. What an event does not
/// say (those of former versions) is looked up in the records that it names. Costs what there is
/// in that time.
[[nodiscard]] Figures count_figures(store::Tx& tx, const TimeSpan& span,
                                    std::span<const std::string_view> names = {});

/// Every event that figures of this name count, in order of time, with what it is counted as.
void for_each_event_of(store::Tx& tx, const TimeSpan& span, std::string_view name,
                       const std::function<void(const audit::Record&, const FigureKey&)>& look);

}  // namespace sealdesk::jobs
