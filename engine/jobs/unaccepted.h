#pragma once

#include <chrono>
#include <cstdint>

#include "base/progress.h"
#include "effects/works.h"

namespace sealdesk::jobs {

/// Certificates issued before this moment have had `months` for their acceptance when `today`
/// begins. A month that lacks the day ends with its last (Civil Code §121).
[[nodiscard]] Instant issued_too_long_ago(std::chrono::year_month_day today, int months);

/// M 4.4.5 (4), (5): certificates that their subscribers have not accepted in the scheme's time are
/// put on hold (source automatic), and the subscribers told; a form releases them (M 4.4.9). The
/// time of a round of direct issuance runs from its last certificate. Each certificate is looked
/// at once, when its time has run out: one that a form has released is not held again. Returns how
/// many were put on hold. Units of work: "unaccepted.page", "unaccepted.round".
std::int64_t hold_unaccepted(const effects::Works& works, const GoOn& go_on = go_on_always);

/// How many it would put on hold now.
[[nodiscard]] std::int64_t unaccepted_due(store::Tx& tx, const effects::Works& works);

}  // namespace sealdesk::jobs
