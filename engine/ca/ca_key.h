#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "crypto/hsm.h"
#include "crypto/key.h"

namespace sealdesk::ca {

/// A CA's private key: in this process's memory, or in a hardware security module (M 6.2.1).
class CaKey {
public:
    // Implicit on purpose: either is a CA's key.
    CaKey(crypto::KeyPair key) : key_(std::move(key)) {}  // NOLINT(google-explicit-constructor)
    CaKey(crypto::HsmKey key) : key_(std::move(key)) {}   // NOLINT(google-explicit-constructor)

    /// DER SubjectPublicKeyInfo.
    [[nodiscard]] std::string public_key() const {
        return std::visit([](const auto& key) { return key.public_key(); }, key_);
    }
    /// SHA-256 with PKCS#1 v1.5: the same digest gives the same signature wherever the key lies.
    [[nodiscard]] std::string sign_digest(std::string_view digest) const {
        return std::visit([&](const auto& key) { return key.sign_digest(digest); }, key_);
    }
    [[nodiscard]] bool is_rsa() const {
        return std::visit([](const auto& key) { return key.is_rsa(); }, key_);
    }

    /// Nothing when the key lies in a module, which does not give it out.
    [[nodiscard]] const crypto::KeyPair* in_memory() const {
        return std::get_if<crypto::KeyPair>(&key_);
    }

private:
    std::variant<crypto::KeyPair, crypto::HsmKey> key_;
};

}  // namespace sealdesk::ca
