#pragma once

#include <string>

#include "base/result.h"
#include "store/tx.h"
#include "subscribers/certificate.h"

namespace sealdesk::effects {

/// On whose word a certificate is accepted, and the rule by which one on hold is not.
struct Accepting {
    std::string by;  ///< actor
    std::string held_rule;
};

/// The subscriber has checked the content and accepts it (T 4.3.2, M 4.3); the token that it lies
/// in is accepted when everything in it is. Again changes nothing. Refused: certificate.on_hold.
Outcome accept_certificate(store::Tx& tx, const subscribers::Certificate& certificate,
                           const Accepting& how);

}  // namespace sealdesk::effects
