#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "ca/ca_client.h"
#include "crypto/certificate.h"
#include "crypto/pkcs12.h"

namespace sealdesk::ca {

/// Keys beside the CA's own, each certified by it for one use, by the profile of this name.
inline constexpr std::string_view kOcspProfile = "ocsp-responder";
inline constexpr std::string_view kCmpProfile = "cmp-server";
inline constexpr std::string_view kRaProfile = "registration-authority";

/// What a service key is for, and where it lies.
struct ServiceKey {
    std::string_view profile;
    std::string common_name;
    std::filesystem::path file;  ///< PKCS#12, mode 0600
};

/// Makes a fresh key (P-256 for CMP, else RSA-2048), has the CA certify it, and writes both under
/// the passphrase (a machine's, of 100 bits or more) in place of the former. `approval_sha256`: of
/// the signed word that asked for it. Errors: those of CaClient::issue_all.
[[nodiscard]] Result<crypto::Certificate> make_service_key(CaClient& authority,
                                                           const ServiceKey& wanted,
                                                           const std::string& approval_sha256,
                                                           const Secret& passphrase);

/// Reads one. Errors: those of crypto::open_pkcs12.
[[nodiscard]] Result<crypto::Pkcs12> load_service_key(const std::filesystem::path& file,
                                                      const Secret& passphrase);

}  // namespace sealdesk::ca
