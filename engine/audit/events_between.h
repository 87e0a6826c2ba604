#pragma once

#include <functional>
#include <string_view>

#include "audit/chain.h"
#include "base/clock.h"
#include "store/tx.h"

namespace sealdesk::audit {

/// Gives every event of one kind in that time to `look`, by time. Found by an index, so that a
/// month costs what it had of the kind, however long the log is; memory stays flat.
void for_each_event(store::Tx& tx, std::string_view kind, const TimeSpan& span,
                    const std::function<void(const Record&)>& look);

}  // namespace sealdesk::audit
