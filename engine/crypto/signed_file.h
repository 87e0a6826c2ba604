#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/cms.h"

namespace sealdesk::crypto {

/// A detached signature put together with what it is over and the certificates above its signer:
/// one CMS (DER) that is verified by itself, also by `openssl cms -verify -inform DER`. The
/// signature stays as it was made. Error (Invalid) cms.unreadable.
[[nodiscard]] Result<std::string> make_signed_file(std::string_view signature,
                                                   std::string_view content,
                                                   std::span<const Certificate> chain);

/// What such a file says. Nobody is believed yet: `signer` is who the file itself names.
struct SignedFile {
    std::string content;
    std::string signature;  ///< detached, as sign_detached() makes them
    SignerInfo signer;
    std::vector<Certificate> others;  ///< further certificates in it
};

/// Verifies the signature with the certificate inside, as strictly as verify_detached(); whether
/// that certificate is to be trusted is the caller's question: pinned, or is_certified_by().
/// Errors: those of verify_detached(); (Invalid) cms.unknown_signer when it names no certificate
/// that is in the file.
[[nodiscard]] Result<SignedFile> open_signed_file(std::string_view file);

/// Whether `issuer` signed `certificate`, and names it so. Revocation is not looked at.
[[nodiscard]] bool is_certified_by(const Certificate& certificate, const Certificate& issuer);

}  // namespace sealdesk::crypto
