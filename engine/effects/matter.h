#pragma once

#include "effects/works.h"
#include "requests/request_store.h"
#include "scheme/scheme.h"
#include "slips/slip.h"
#include "subscribers/account.h"
#include "subscribers/subscriber.h"

namespace sealdesk::effects {

/// What an effect is about: the request with its definition and values.
struct Matter {
    requests::Request request;
    const scheme::Scheme& scheme;
    const scheme::Form& form;
    scheme::Values values;

    [[nodiscard]] std::string value(const std::string& field) const;
    /// A text of the form or, failing that, of the scheme; empty when neither has it.
    [[nodiscard]] Bilingual text(const std::string& name) const;
};

[[nodiscard]] Matter read_matter(store::Tx& tx, const Works& works, RequestId id);

/// The subscriber the form is about. A form that registers its applicant makes it one, with the
/// contact and the seals on the form (seals that are on file stay). Refused:
/// subscriber.not_registered.
[[nodiscard]] Result<subscribers::Subscriber> applicant_of(store::Tx& tx, const Matter& matter);

/// How the token of an application is known: Token::order_key.
[[nodiscard]] std::string token_order_key(const requests::Request& request);

/// True when the applicant chose e-delivery of the slip.
[[nodiscard]] bool is_electronic(const Matter& matter);

/// Whom slips and letters go to when the form itself decides: its contact.
[[nodiscard]] subscribers::Contact contact_on_form(const Matter& matter);

/// The account a request made or reset, with its first slip.
struct Issued {
    subscribers::Subscriber subscriber;
    subscribers::Contact contact;  ///< whom the slip goes to, by the form's recipient rule
    subscribers::Account account;
    slips::Slip slip;
};

/// Makes, once for each request, what an approval means for the subscriber: of a registration the
/// subscriber, its contact, its seal specimens, its account and a waiting slip; of a reset a new
/// generation of the password (the old one and its slips are void at once) and a waiting slip.
/// Every handler that needs the account calls it, so the order of effects does not matter.
/// Refused: account.no_subscriber (the registration was never approved).
[[nodiscard]] Result<Issued> ensure_issued(store::Tx& tx, const Works& works, const Matter& matter);

}  // namespace sealdesk::effects
