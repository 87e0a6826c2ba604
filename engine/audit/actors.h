#pragma once

#include <string>
#include <vector>

#include "store/tx.h"

namespace sealdesk::audit {

/// Who did what the events of one kind about one subject ("slip:789") say, oldest first, at most
/// 1,000: for rules about who has handled a thing before.
[[nodiscard]] std::vector<std::string> actors_of(store::Tx& tx, const std::string& kind,
                                                 const std::string& subject);

}  // namespace sealdesk::audit
