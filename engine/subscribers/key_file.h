#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/tx.h"

namespace sealdesk::subscribers {

/// Keeps the private key of an order, encrypted under the subscriber's own password (which is kept
/// nowhere): PKCS#8, PEM. It takes the place of the one that was kept for this order before.
void keep_sealed_key(store::Tx& tx, std::string_view order_key, std::string_view sealed);

[[nodiscard]] std::optional<std::string> sealed_key(store::Tx& tx, std::string_view order_key);

/// Erases those that were made before `until`, but none whose order the CA may still answer.
std::int64_t erase_sealed_keys(store::Tx& tx, Instant until);
/// How many it would erase.
[[nodiscard]] std::int64_t count_sealed_keys(store::Tx& tx, Instant until);

}  // namespace sealdesk::subscribers
