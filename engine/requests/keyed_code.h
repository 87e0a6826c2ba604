#pragma once

#include <optional>
#include <span>
#include <string>

#include "requests/request_store.h"

namespace sealdesk::requests {

/// Keeps the verifiers of the user codes on these forms until they are decided: apart from the
/// payload, which is signed and shown.
void keep_user_codes(store::Tx& tx, std::span<const NewRequest> fresh);

/// The verifier of the user code on a form; nothing when it had none or is decided.
[[nodiscard]] std::optional<std::string> user_code_on(store::Tx& tx, RequestId request);

/// Forgets it: it has become the subscriber's, or the form was rejected or withdrawn.
void forget_user_code(store::Tx& tx, RequestId request);

}  // namespace sealdesk::requests
