#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "ca/ca_key.h"
#include "ca/to_be_signed.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

namespace sealdesk::ca {

struct CaFiles;

/// An opened CA: the one place that holds its key.
class Authority {
public:
    /// Opens the key, or goes to the module that has it: then `passphrase` is the PIN. Errors as
    /// LocalCa::open.
    [[nodiscard]] static Result<Authority> open(const CaFiles& files, const Secret& passphrase);
    [[nodiscard]] static Result<Authority> with_key(CaKey key, crypto::Certificate certificate);

    [[nodiscard]] const crypto::Certificate& certificate() const { return certificate_; }
    /// The key for its file, encrypted under another passphrase; only a key in memory can be.
    [[nodiscard]] std::string key_pem(const Secret& passphrase) const {
        SEALDESK_CHECK(key_.in_memory() != nullptr);
        return key_.in_memory()->to_pem(passphrase);
    }
    [[nodiscard]] const Issuer& issuer() const { return issuer_; }
    /// The key identifier in hexadecimal: how rows name this CA.
    [[nodiscard]] const std::string& id() const { return id_; }

    /// Signs and verifies with the public key before anything leaves: a fault of the machine must
    /// not give the key away (a wrong RSA signature can) or an unusable certificate. Throws
    /// Failure (Internal) ca.signature_wrong.
    [[nodiscard]] std::string sign(std::string_view tbs) const;
    [[nodiscard]] std::string sign_digest(std::string_view sha256) const;

    /// A MAC only this CA can make, over an order and the bytes to be signed for it. Recovery
    /// signs what it finds stored: without the MAC, whoever can write to the database could have
    /// anything signed. 64 hexadecimal digits.
    [[nodiscard]] std::string seal(std::string_view order_key, std::string_view tbs) const;

private:
    Authority(CaKey key, crypto::PublicKey public_key, crypto::Certificate certificate,
              Issuer issuer);

    CaKey key_;
    crypto::PublicKey public_key_;
    crypto::Certificate certificate_;
    Issuer issuer_;
    std::string id_;
    Secret seal_key_;
};

}  // namespace sealdesk::ca
