#pragma once

#include <string>

#include "effects/application_steps.h"
#include "effects/card_request.h"

// A subscriber replaces the certificates of its primary card on-line with the card's own signature
// (M 3.1.8, M 3.2.1, M 4.1.1.3 (2)): a PKCS#10 for the new key, inside a CMS that the present
// signature key of the card has signed. The CMS is kept: it is the word on which the RA orders.
namespace sealdesk::effects {

/// Another certificate of the signer's kind for the new key, in the same card; the present one
/// stays valid until its end, and the subscriber accepts the new one with its user code (M 4.3).
/// `profile` names the card's other certificate instead, for encryption. The same CMS again gets
/// the same certificate. Refused, with the scheme's citations: renewal.not_offered,
/// those of signing_card(), renewal.none (no such certificate in the card), renewal.same_key, those
/// of check_renewable(), and what the CA refuses; Invalid: ca.csr_unreadable, ca.no_possession.
[[nodiscard]] Result<ca::IssuedCertificate> rekey_with_card(const ApplicationDesk& desk,
                                                            const CardRequest& request,
                                                            const std::string& profile = {});

}  // namespace sealdesk::effects
