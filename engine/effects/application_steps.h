#pragma once

#include <functional>

#include "ca/ca_client.h"
#include "ca/profile.h"
#include "requests/office.h"
#include "subscribers/application.h"

// The way of a subscriber's own application: stored, ordered, kept. For this room.
namespace sealdesk::effects {

/// Judges and stores an application in the caller's transaction, and returns it; or returns what
/// has to be finished first (unfinished()).
using BeginApplication = std::function<Result<subscribers::CertificateApplication>(store::Tx&)>;

/// What of an application like this one is there already: itself, open or issued, or another one
/// that is open for the kind. Nothing: it may be judged and stored.
[[nodiscard]] std::optional<subscribers::CertificateApplication> unfinished(
    store::Tx& tx, const subscribers::CertificateApplication& fresh);

/// Stores it with its audit event.
void store_application(store::Tx& tx, const subscribers::CertificateApplication& fresh,
                       const std::string& request_number);

/// Whom an application goes to.
struct ApplicationDesk {
    const requests::Office& office;
    ca::CaClient& authority;
    const ca::Profiles& profiles;
};

/// Begins an application of this kind for this CSR and carries it out. An application that is open
/// already is carried out first. What the CA refuses is noted and closed; when its answer does not
/// come (Unavailable) the application stays open.
[[nodiscard]] Result<ca::IssuedCertificate> carry_through(const ApplicationDesk& desk,
                                                          subscribers::ApplicationKind kind,
                                                          const std::string& csr,
                                                          const BeginApplication& begin);

}  // namespace sealdesk::effects
