#pragma once

#include <filesystem>
#include <string>

#include "base/secret.h"
#include "ca/ca_client.h"
#include "crypto/certificate.h"
#include "crypto/pkcs12.h"

namespace sealdesk::ca {

/// The profile of an OCSP responder's certificate.
inline constexpr std::string_view kResponderProfile = "ocsp-responder";

/// Makes a fresh RSA-2048 key for an OCSP responder, has the CA certify it, and writes both to
/// `file` (PKCS#12 under the passphrase, mode 0600) in place of the former. Errors: those of
/// CaClient::issue_all.
[[nodiscard]] Result<crypto::Certificate> make_responder(CaClient& authority,
                                                         const std::string& common_name,
                                                         const std::string& approval_sha256,
                                                         const std::filesystem::path& file,
                                                         const Secret& passphrase);

/// Reads it. Errors: those of open_pkcs12().
[[nodiscard]] Result<crypto::Pkcs12> load_responder(const std::filesystem::path& file,
                                                    const Secret& passphrase);

}  // namespace sealdesk::ca
