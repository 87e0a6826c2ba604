#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/key.h"

namespace sealdesk::crypto {

/// A private key that somebody else holds, such as a card: its public half, and a way to have a
/// digest signed.
struct OutsideKey {
    std::string public_key;  ///< DER SubjectPublicKeyInfo
    /// Over a SHA-256 digest of 32 bytes, as KeyPair::sign_digest().
    std::function<Result<std::string>(std::string_view digest)> sign_digest;

    /// The digest signed, and seen to be signed by this very key. Errors: those of sign_digest;
    /// (Invalid) key.unreadable for a bad public key; (Internal) key.wrong_signature when what
    /// came back verifies with another key or with none.
    [[nodiscard]] Result<std::string> sign(std::string_view digest) const;
};

/// A key of this process, asked in the same way; it must outlive the result.
[[nodiscard]] OutsideKey as_outside_key(const KeyPair& key);

}  // namespace sealdesk::crypto
