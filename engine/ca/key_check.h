#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "ca/profile.h"

namespace sealdesk::ca {

/// A subject's public key, checked.
struct SubjectKey {
    std::string spki;    ///< DER SubjectPublicKeyInfo
    std::string sha256;  ///< of it, hexadecimal: a key has one owner (ca_key)
    std::string key_id;  ///< 20 bytes: leftmost 160 bits of SHA-256 of the key (RFC 7093 §2 (1))
};

/// Reads a DER SubjectPublicKeyInfo without OpenSSL's slow decoder and refuses weak keys: RSA
/// shorter or longer than the profile allows, an even modulus or one with a prime factor below
/// 752, an exponent that is even or outside 2^16 < e < 2^256 (NIST SP 800-89 §5.3.3); any other
/// kind but, where the profile allows it, P-256. Errors (Invalid): ca.key_unreadable, ca.weak_key
/// (M 6.1.5).
[[nodiscard]] Result<SubjectKey> check_key(std::string_view spki, const Profile& profile);

/// The public key of a PKCS#10 request (PEM or DER) whose own signature verifies: proof of
/// possession (M 3.1.7). Errors (Invalid): ca.csr_unreadable, ca.no_possession also for SHA-1 and
/// weaker (M 7).
[[nodiscard]] Result<std::string> public_key_of_csr(std::string_view csr);

}  // namespace sealdesk::ca
