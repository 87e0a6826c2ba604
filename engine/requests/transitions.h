#pragma once

#include <span>

#include "base/result.h"
#include "requests/request.h"

namespace sealdesk::requests {

/// What the guards of the table look at. Made by the use case; the table itself is pure.
struct Situation {
    State state;
    std::string_view keyed_by;
    std::string_view actor;
    std::span<const Check> checks = {};
    std::int64_t officers_min = 2;  ///< the scheme's: 1 = who keyed or examined may decide
    std::span<const Keying> keyings = {};
};

/// Where an event leads, or why it may not happen. The one place that knows: every pair of state
/// and event stands in one table, and a pair that is missing or doubled does not compile.
///
/// Refusals: request.not_now (the pair is not allowed), request.checks_open, request.check_failed
/// (approving over a failed check), request.same_officer (four eyes: who keyed the form or
/// examined the seal decides nothing about it, M 4.2.1.1, M 5.2), keying.open, keying.differs.
[[nodiscard]] Result<State> decide_transition(const Situation& situation, Event event);

/// True when the table lets this event happen in this state, whoever acts.
[[nodiscard]] bool is_possible(State state, Event event);

}  // namespace sealdesk::requests
