#pragma once

#include <vector>

#include "requests/decide.h"
#include "store/tx.h"

namespace sealdesk::requests {

/// Keeps a decision as signed. One for each version of a request.
void insert_decision(store::Tx& tx, const Decision& decision);

}  // namespace sealdesk::requests
