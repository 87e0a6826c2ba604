#pragma once

#include <string>
#include <vector>

#include "requests/request.h"
#include "store/tx.h"

namespace sealdesk::requests {

/// Fields of fresh requests that wait for a second keying.
void insert_keyings(store::Tx& tx, const std::vector<Keying>& fresh);

/// Those of one request, in the order in which its form names them.
[[nodiscard]] std::vector<Keying> keyings_of(store::Tx& tx, RequestId request);

/// Ids of requests with a field in this state, oldest first.
[[nodiscard]] std::vector<RequestId> requests_with_keying(store::Tx& tx, KeyingState state,
                                                          std::int64_t after_id, int limit);

/// Moves a field on that was seen as `seen`; false when somebody else did first.
bool save_keying(store::Tx& tx, const Keying& seen, const Keying& next);

}  // namespace sealdesk::requests
