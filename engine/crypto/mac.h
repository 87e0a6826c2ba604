#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"

namespace sealdesk::crypto {

/// HMAC-SHA-256 (RFC 2104): 32 raw bytes.
[[nodiscard]] std::string hmac_sha256(const Secret& key, std::string_view bytes);

/// Compares two MACs or digests in constant time.
[[nodiscard]] bool same_bytes(std::string_view a, std::string_view b);

}  // namespace sealdesk::crypto
