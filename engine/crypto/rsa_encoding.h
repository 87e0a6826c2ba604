#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// RSA for keys that lie in a token: what the host encodes before and after the token's own work.
namespace sealdesk::crypto {

/// DER SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) of two unsigned big-endian numbers.
[[nodiscard]] std::string rsa_public_key(std::string_view modulus, std::string_view exponent);

/// DER DigestInfo of a SHA-256 digest of 32 bytes (RFC 8017 §9.2).
[[nodiscard]] std::string sha256_digest_info(std::string_view digest);

/// EMSA-PKCS1-v1_5 of that, `size` bytes: what a raw RSA operation signs (RFC 8017 §9.2).
[[nodiscard]] std::string rsa_signature_block(std::string_view digest, std::size_t size);

}  // namespace sealdesk::crypto
