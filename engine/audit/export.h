#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "store/tx.h"

namespace sealdesk::audit {

/// What an auditor asks for; an empty member asks for everything.
struct ExportFilter {
    std::string kind;             ///< exactly this kind, such as "request.decided"
    std::string subject;          ///< exactly this subject, such as "request:4711"
    std::optional<Instant> from;  ///< inclusive
    std::optional<Instant> to;    ///< exclusive
};

/// Gives every matching event to `sink` as one line of JSON without its newline, in order:
/// {"sequence","at","at_utc","kind","actor","subject","detail","hash"}. `detail` is the text as
/// it was hashed and `at` the microseconds, so that the hashes of an unfiltered export can be
/// recomputed from it (audit/chain.h). Memory stays flat. Returns the number of lines.
std::int64_t export_events(store::Database& database, const ExportFilter& filter,
                           const std::function<void(std::string_view line)>& sink);

}  // namespace sealdesk::audit
