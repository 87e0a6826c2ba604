#include "effects/acceptance.h"

#include <algorithm>

#include "audit/log.h"
#include "subscribers/acceptance.h"
#include "subscribers/hold.h"
#include "subscribers/token.h"

namespace sealdesk::effects {
namespace {

using subscribers::Certificate;

/// A token is accepted when everything alive in it is.
Outcome accept_token(store::Tx& tx, const Certificate& certificate) {
    const auto id = subscribers::token_holding(tx, certificate.id);
    const auto token = id ? subscribers::find_token(tx, *id) : std::nullopt;
    if (!token || !subscribers::can_move(token->state, subscribers::TokenState::Accepted)) {
        return done();
    }
    const auto inside = subscribers::certificates_in(tx, token->id);
    const bool whole = std::ranges::all_of(
        inside, [&](CertificateId one) { return subscribers::accepted_at(tx, one).has_value(); });
    return whole ? subscribers::move_token(tx, *token, subscribers::TokenState::Accepted) : done();
}

}  // namespace

Outcome accept_certificate(store::Tx& tx, const Certificate& certificate, const Accepting& how) {
    if (!subscribers::open_holds(tx, certificate.id).empty()) {
        return Error{ErrorKind::Refused, "certificate.on_hold",
                     "The certificate is on hold; have it released before you accept it.",
                     certificate.serial, how.held_rule};
    }
    if (!subscribers::accept_certificate(tx, certificate.id, how.by)) {
        return done();
    }
    audit::append(tx, {"certificate.accepted", how.by, "certificate:" + certificate.serial,
                       nlohmann::json::object()});
    return accept_token(tx, certificate);
}

}  // namespace sealdesk::effects
