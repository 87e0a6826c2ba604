#pragma once

#include <cstdint>

#include "base/progress.h"
#include "effects/works.h"

namespace sealdesk::jobs {

struct UnopenedSlips {
    std::int64_t reminded = 0;
    std::int64_t voided = 0;
};

/// E-delivered account slips (T 5.1.4) whose password nobody used in the scheme's time (e_delivery
/// and slips in scheme.yaml): first a reminder, then they are void and their readers told. Each is
/// looked at when its own time has come, which was fixed when it left; so the cost grows with what
/// is due. Units of work, one a slip: "slip.remind", "slip.run-out".
UnopenedSlips sweep_unopened_slips(const effects::Works& works, const GoOn& go_on = go_on_always);

/// How many it would remind of and void now.
[[nodiscard]] UnopenedSlips unopened_slips_due(store::Tx& tx);

}  // namespace sealdesk::jobs
