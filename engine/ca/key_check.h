#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "ca/profile.h"
#include "ca/weak_key_list.h"

namespace sealdesk::ca {

/// A subject's public key, checked.
struct SubjectKey {
    std::string spki;    ///< DER SubjectPublicKeyInfo
    std::string sha256;  ///< of it, hexadecimal: a key has one owner (ca_key)
    std::string key_id;  ///< 20 bytes: leftmost 160 bits of SHA-256 of the key (RFC 7093 §2 (1))
};

/// Reads a DER SubjectPublicKeyInfo without OpenSSL's slow decoder and refuses weak keys. Errors
/// (Invalid; M 6.1.5): ca.key_unreadable; ca.weak_key for RSA shorter or longer than the profile
/// allows, for an even modulus or a small factor, and for any other kind but, where the profile
/// allows it, P-256; ca.weak_exponent when it is even or outside 2^16 < e < 2^256 (NIST SP 800-89
/// §5.3.3 d, Baseline Requirements §6.1.6); ca.roca_key, ca.close_primes (modulus_check.h);
/// ca.listed_key when it is among the `known` ones.
[[nodiscard]] Result<SubjectKey> check_key(std::string_view spki, const Profile& profile,
                                           const WeakKeyList& known = {});

/// The public key of a PKCS#10 request (PEM or DER) whose own signature verifies: proof of
/// possession (M 3.1.7). Errors (Invalid): ca.csr_unreadable, ca.no_possession also for SHA-1 and
/// weaker (M 7).
[[nodiscard]] Result<std::string> public_key_of_csr(std::string_view csr);

}  // namespace sealdesk::ca
