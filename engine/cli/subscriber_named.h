#pragma once

#include <string>

#include "base/id.h"
#include "base/result.h"
#include "store/tx.h"

namespace sealdesk::cli {

/// A subscriber is named on the command line by its account or, where the scheme has none, by the
/// number of one of its requests; never by personal data. Error: account.unknown.
[[nodiscard]] Result<SubscriberId> subscriber_named(store::Tx& tx, const std::string& name);

}  // namespace sealdesk::cli
