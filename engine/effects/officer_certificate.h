#pragma once

#include <string>
#include <string_view>

#include "ca/ca_client.h"
#include "effects/works.h"
#include "officers/officer.h"

// The certificates of officers' cards (M 1.3.2): ordered on an administrator's signed word.
namespace sealdesk::effects {

/// The certificate profile of officers' cards.
inline constexpr std::string_view kOfficerProfile = "officer";

/// What the administrator signs: whose key it is.
struct OfficerWish {
    std::string scheme;  ///< whose CA certifies it
    std::string login;
    std::string name;
    std::string roles;
    std::string csr;            ///< PKCS#10, as the card signed it
    std::string administrator;  ///< login
    Instant at;
};

/// The document, as it is kept among the desk's files.
[[nodiscard]] std::string document_of(const OfficerWish& wish);

/// The order that such a document stands for. `approval_sha256`: of the signature over it.
[[nodiscard]] ca::Order officer_order(std::string_view document, std::string approval_sha256);

/// Job that looks whether what came of an order belongs to somebody, and has it revoked when it
/// does not: the card was pulled, or the process died. Its key is "SCHEME/DOCUMENT/APPROVAL".
inline constexpr std::string_view kSettleOfficerJob = "officer.settle-certificate";

/// How long a person has to come to the end with a card; the job runs afterwards.
inline constexpr std::chrono::hours kEnrolmentMax{1};

Outcome run_officer_settlement(const Works& works, const queue::Job& job);

/// Revokes the certificate that an officer had before (RFC 5280 §5.3.1): who finds a lost card must
/// not be believed.
Outcome run_officer_revocation(const Works& works, const queue::Job& job);

}  // namespace sealdesk::effects
