#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace sealdesk::crypto {

/// Where a hardware security module is, as PKCS #11 (OASIS, v2.40) names it.
struct HsmPlace {
    std::filesystem::path module = {};  ///< the vendor's library, such as libsofthsm2.so
    std::string token = {};             ///< its label, at most 32 bytes
};

/// An RSA key inside a hardware security module. It never leaves it: every signature is made there.
/// One object serves one thread and holds a session of its own; the module is loaded once a
/// process and stays.
///
/// Errors of both ways to one, besides those named there. (Invalid) hsm.no_module,
/// hsm.module_unusable, hsm.token_not_found, hsm.several_tokens; (Refused) hsm.pin_wrong,
/// hsm.pin_locked. A module that breaks off in the middle throws Failure (Unavailable) hsm.failed.
class HsmKey {
public:
    /// Logs in and finds the private key of this label. Errors: (Invalid) hsm.key_not_found,
    /// hsm.several_keys.
    [[nodiscard]] static Result<HsmKey> open(const HsmPlace& place, std::string_view label,
                                             const Secret& pin);

    /// Makes a key in the token, which neither shows it nor gives it out (CKA_SENSITIVE, not
    /// CKA_EXTRACTABLE) and only signs with it. Error (Refused) hsm.key_exists.
    [[nodiscard]] static Result<HsmKey> generate_rsa(const HsmPlace& place, std::string_view label,
                                                     const Secret& pin, int bits);

    HsmKey(HsmKey&&) noexcept;
    HsmKey& operator=(HsmKey&&) noexcept;
    ~HsmKey();

    /// DER SubjectPublicKeyInfo, as KeyPair::public_key().
    [[nodiscard]] std::string public_key() const;

    /// As KeyPair::sign_digest(): PKCS#1 v1.5 over a SHA-256 digest of 32 bytes. Throws Failure
    /// (Unavailable) hsm.failed, also when the token was taken away.
    [[nodiscard]] std::string sign_digest(std::string_view digest) const;

    [[nodiscard]] static bool is_rsa() { return true; }

private:
    struct Parts;
    explicit HsmKey(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

/// What a token tells without a PIN.
struct HsmState {
    bool pin_tries_few = false;  ///< a wrong PIN was given since the last right one
    bool pin_locked = false;
    std::vector<std::string> public_keys;  ///< of a label: DER SubjectPublicKeyInfo
};

/// Asks the token; no PIN is tried. Errors: those of HsmKey about module and token.
[[nodiscard]] Result<HsmState> look_at_hsm(const HsmPlace& place, std::string_view label);

}  // namespace sealdesk::crypto
