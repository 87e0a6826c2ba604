#pragma once

#include <string>

#include "base/result.h"
#include "store/tx.h"
#include "subscribers/token.h"

namespace sealdesk::effects {

/// On whose word a certificate is accepted, and the rule by which one on hold is not.
struct Accepting {
    std::string by;  ///< actor
    std::string held_rule;
    bool after_receipt = false;  ///< scheme::CardPolicy::receipt_unlocks_activation
};

/// The subscriber has checked the content and accepts it (T 4.3.2, M 4.3); the token that it lies
/// in is accepted when everything in it is. Again changes nothing. Refused: certificate.on_hold;
/// card.not_received while the card that it lies in has not reached its subscriber.
Outcome accept_certificate(store::Tx& tx, const subscribers::Certificate& certificate,
                           const Accepting& how);

/// A token is accepted when everything in it is and the table allows it.
Outcome accept_whole_token(store::Tx& tx, TokenId id, const std::string& by);

}  // namespace sealdesk::effects
