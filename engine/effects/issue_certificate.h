#pragma once

#include <string>
#include <string_view>

#include "ca/ca_client.h"
#include "ca/profile.h"
#include "requests/office.h"

namespace sealdesk::effects {

/// What a subscriber hands in for a certificate.
struct Application {
    std::string request_number;  ///< the approved registration it stands on
    std::string csr;             ///< PKCS#10, PEM or DER
    std::string profile = {};    ///< of the product's certificates; empty: its first
    std::string by;              ///< who asks: an actor for the audit log
};

/// Orders the certificate that the approved registration's form names (its profile) from the CA,
/// with the subject the RA approved, and keeps the answer. The order is named after the request
/// and the CSR, so that a repeat after a crash or a lost answer gets the same certificate.
/// Refused: certificate.not_approved, certificate.no_profile, and what the CA refuses.
[[nodiscard]] Result<ca::IssuedCertificate> issue_certificate(const requests::Office& office,
                                                              ca::CaClient& authority,
                                                              const ca::Profiles& profiles,
                                                              const Application& application);

}  // namespace sealdesk::effects
