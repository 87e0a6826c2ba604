#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "officers/officer_key.h"
#include "requests/office.h"
#include "requests/request.h"

namespace sealdesk::requests {

/// Which proposals of a batch an officer confirms.
struct Confirmation {
    std::string batch;              ///< number
    std::vector<std::string> only;  ///< request numbers; empty: all that are open
    std::string officer;            ///< login
    std::string note;  ///< kept with each check, such as how the register was looked up
};

/// The officer has looked each entity up in the register (M 4.4.3, M 4.4.7, M 4.4.9): every open
/// check of each proposal is recorded as passed, and each is approved by a signed decision of its
/// own, in the order of the file. Four eyes as everywhere: who imported the file confirms nothing.
/// `on_result` hears of each: the state, or why not; a refusal does not stop the others. Proposals
/// that are decided already are passed over. Errors: registry.no_batch; registry.not_in_batch for a
/// number that is no open proposal of this batch (nothing is confirmed then).
Outcome confirm_batch(
    const Office& office, const Confirmation& confirmation, officers::OfficerKey& key,
    const std::function<void(const std::string& request, const Result<State>& state)>& on_result);

}  // namespace sealdesk::requests
