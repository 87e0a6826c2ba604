#include "effects/encryption_certificate.h"

#include "subscribers/acceptance.h"
#include "subscribers/hold.h"
#include "subscribers/token.h"

namespace sealdesk::effects {
namespace {

/// Its token is with the subscriber, or it lies in none that we know of.
bool is_in_good_hands(store::Tx& tx, CertificateId certificate) {
    const auto holding = subscribers::token_holding(tx, certificate);
    const auto token = holding ? subscribers::find_token(tx, *holding) : std::nullopt;
    return !token ||
           (token->state != subscribers::TokenState::Suspended &&
            token->state != subscribers::TokenState::Lost && !subscribers::is_over(token->state));
}

bool is_usable(store::Tx& tx, const subscribers::Certificate& one) {
    return one.state == subscribers::CertificateState::Issued && one.not_before <= tx.now() &&
           tx.now() <= one.not_after && subscribers::accepted_at(tx, one.id) &&
           subscribers::open_holds(tx, one.id).empty() && is_in_good_hands(tx, one.id);
}

}  // namespace

std::optional<EncryptionCertificate> encryption_certificate_of(store::Tx& tx,
                                                               SubscriberId subscriber) {
    std::optional<EncryptionCertificate> newest;
    for (subscribers::Certificate& one : subscribers::certificates_of(tx, subscriber)) {
        if (!is_usable(tx, one)) {
            continue;
        }
        auto parsed = crypto::Certificate::parse(one.der);
        if (parsed && parsed->takes_keys()) {
            newest.emplace(EncryptionCertificate{std::move(one), *std::move(parsed)});
        }
    }
    return newest;
}

}  // namespace sealdesk::effects
