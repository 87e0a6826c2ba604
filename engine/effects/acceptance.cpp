#include "effects/acceptance.h"

#include <algorithm>

#include "audit/log.h"
#include "subscribers/acceptance.h"
#include "subscribers/hold.h"
#include "subscribers/token_step.h"

namespace sealdesk::effects {
namespace {

using subscribers::Certificate;

/// The card that it lies in has reached its subscriber (M 4.3.1 (1) A). What lies in no card is
/// received by mail.
Outcome check_receipt(store::Tx& tx, const Certificate& certificate) {
    const auto id = subscribers::token_holding(tx, certificate.id);
    const auto token = id ? subscribers::find_token(tx, *id) : std::nullopt;
    const bool waits = token && token->kind != subscribers::TokenKind::NonCard &&
                       subscribers::is_on_its_way(token->state);
    if (!waits) {
        return done();
    }
    return Error{ErrorKind::Refused, "card.not_received",
                 "The card counts as received when the post confirms its delivery, when it is "
                 "collected, or when an officer confirms it (`sealdesk card received`); accept its "
                 "certificates then.",
                 token->name(), "M 4.3.1"};
}

}  // namespace

Outcome accept_certificate(store::Tx& tx, const Certificate& certificate, const Accepting& how) {
    if (!subscribers::open_holds(tx, certificate.id).empty()) {
        return Error{ErrorKind::Refused, "certificate.on_hold",
                     "The certificate is on hold; have it released before you accept it.",
                     certificate.serial, how.held_rule};
    }
    if (how.after_receipt) {
        Outcome received = check_receipt(tx, certificate);
        if (!received) {
            return received;
        }
    }
    if (!subscribers::accept_certificate(tx, certificate.id, how.by)) {
        return done();
    }
    audit::append(tx, {"certificate.accepted", how.by, "certificate:" + certificate.serial,
                       subscribers::facts_of(tx, certificate)});
    const auto token = subscribers::token_holding(tx, certificate.id);
    return token ? accept_whole_token(tx, *token, how.by) : done();
}

Outcome accept_whole_token(store::Tx& tx, TokenId id, const std::string& by) {
    using subscribers::TokenEvent;
    const auto token = subscribers::find_token(tx, id);
    const auto inside = subscribers::certificates_in(tx, id);
    const bool whole = !inside.empty() && std::ranges::all_of(inside, [&](CertificateId one) {
        return subscribers::accepted_at(tx, one).has_value();
    });
    if (!whole || subscribers::find_transition(token->state, TokenEvent::Accept) == nullptr) {
        return done();
    }
    const auto accepted = subscribers::take_step(tx, *token, TokenEvent::Accept, {by});
    return accepted ? done() : Outcome(accepted.error());
}

}  // namespace sealdesk::effects
