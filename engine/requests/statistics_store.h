#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "requests/request.h"
#include "store/tx.h"

/// What statistics read of requests; for this room only.
namespace sealdesk::requests {

/// A request that is open.
struct OpenTimes {
    std::string scheme;
    Instant received_at;
    std::optional<Instant> due_at;
};
[[nodiscard]] std::vector<OpenTimes> open_times(store::Tx& tx, State state);

/// A request that has ended.
struct EndedTimes {
    RequestId id;
    std::string scheme;
    std::string form;
    State state;
    Instant received_at;
    std::optional<Instant> due_at;
    std::optional<Instant> decided_at;
    Instant closed_at;
};
[[nodiscard]] std::vector<EndedTimes> ended_times(store::Tx& tx, const TimeSpan& span);

/// The times that requests which ended in that span were with their applicants, by id.
[[nodiscard]] std::multimap<std::int64_t, TimeSpan> times_away(store::Tx& tx, const TimeSpan& span);

}  // namespace sealdesk::requests
