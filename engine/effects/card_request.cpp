#include "effects/card_request.h"

#include "crypto/certificate.h"
#include "crypto/cms.h"
#include "subscribers/acceptance.h"
#include "subscribers/hold.h"

namespace sealdesk::effects {

using subscribers::Certificate;

Result<CardRequest> read_card_request(const requests::Office& office, std::string_view cms) {
    const auto serial = crypto::claimed_signer(cms);
    if (!serial) {
        return serial.error();
    }
    auto signer = store::transact(office.database, "certificate.signer", [&](store::Tx& tx) {
        return subscribers::find_certificate(tx, *serial);
    });
    if (!signer) {
        return Error{ErrorKind::NotFound,
                     "certificate.unknown",
                     "There is no certificate of this serial number.",
                     *serial,
                     {}};
    }
    const auto certificate = crypto::Certificate::parse(signer->der);
    if (!certificate) {
        return certificate.error();
    }
    auto content = crypto::verify_attached(cms, *certificate);
    if (!content) {
        return content.error();
    }
    return CardRequest(*std::move(signer), *std::move(content), std::string(cms));
}

Result<subscribers::Token> signing_card(store::Tx& tx, const Certificate& signer,
                                        const std::string& rule) {
    const auto id = subscribers::token_holding(tx, signer.id);
    auto card = id ? subscribers::find_token(tx, *id) : std::nullopt;
    if (!card || card->kind != subscribers::TokenKind::Primary) {
        return Error{ErrorKind::Refused, "card.not_primary",
                     "Only the primary card's signature orders on-line; apply on paper.",
                     signer.serial, rule};
    }
    const bool in_force = signer.state == subscribers::CertificateState::Issued &&
                          signer.is_alive_at(tx.now()) &&
                          subscribers::open_holds(tx, signer.id).empty() &&
                          subscribers::accepted_at(tx, signer.id).has_value();
    if (!in_force) {
        return Error{ErrorKind::Refused, "card.not_in_force",
                     "The signing certificate is revoked, expired, on hold or was never accepted.",
                     signer.serial, rule};
    }
    return *std::move(card);
}

}  // namespace sealdesk::effects
