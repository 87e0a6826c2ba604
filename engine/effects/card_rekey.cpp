#include "effects/card_rekey.h"

#include <algorithm>

#include "ca/key_check.h"
#include "effects/certificate_order.h"
#include "effects/renewal.h"
#include "requests/request_store.h"
#include "subscribers/token.h"

namespace sealdesk::effects {
namespace {

using subscribers::ApplicationKind;
using subscribers::Certificate;
using subscribers::CertificateApplication;

Error rekey_refused(std::string code, std::string detail, const std::string& where,
                    std::string rule) {
    return {ErrorKind::Refused, std::move(code), std::move(detail), where, std::move(rule)};
}

Result<scheme::RenewalPolicy> policy_of(const requests::Office& office, const Certificate& signer) {
    const scheme::Scheme* scheme = scheme::find_scheme(office.schemes, signer.scheme);
    if (scheme == nullptr || !scheme->renewal ||
        scheme->renewal->by != scheme::RenewalPolicy::By::PrimaryCard) {
        return rekey_refused("renewal.not_offered",
                             "Certificates of this scheme are not replaced on a signature.",
                             signer.serial, {});
    }
    return *scheme->renewal;
}

/// The newest certificate of the profile in the card.
Result<Certificate> present_in(store::Tx& tx, const subscribers::Token& card,
                               const std::string& profile, const std::string& rule) {
    auto known = subscribers::contents_of(tx, card.id);
    std::erase_if(known, [&](const Certificate& one) { return one.profile != profile; });
    if (known.empty()) {
        return rekey_refused("renewal.none", "The card has no certificate of this kind.", profile,
                             rule);
    }
    return known.back();
}

Result<CertificateApplication> begin_rekey(store::Tx& tx, const ApplicationDesk& desk,
                                           const CardRequest& request, const std::string& wanted) {
    const auto signer = subscribers::find_certificate_by_id(tx, request.signer().id);
    SEALDESK_CHECK(signer.has_value());  // rows are never removed
    const auto policy = policy_of(desk.office, *signer);
    if (!policy) {
        return policy.error();
    }
    const std::string profile = wanted.empty() ? signer->profile : wanted;
    const auto card = signing_card(tx, *signer, policy->rule);
    if (!card) {
        return card.error();
    }
    const auto present = present_in(tx, *card, profile, policy->rule);
    if (!present) {
        return present.error();
    }
    const auto stands_on = requests::get_request(tx, present->request);
    CertificateApplication fresh{.subscriber = signer->subscriber,
                                 .request = stands_on.id,
                                 .kind = ApplicationKind::Rekey,
                                 .profile = profile,
                                 .order_key = order_key_for(stands_on.number, request.content()),
                                 .replaces = present->id,
                                 .csr = request.content(),
                                 .word = request.word(),
                                 .by = "certificate:" + signer->serial};
    if (auto first = unfinished(tx, fresh)) {
        return *std::move(first);
    }
    const auto public_key = ca::public_key_of_csr(request.content());
    if (!public_key) {
        return public_key.error();
    }
    if (has_certificate(tx, signer->subscriber, *public_key)) {
        return rekey_refused("renewal.same_key",
                             "This key has a certificate already; make a new key.", signer->serial,
                             "M 3.2.1");
    }
    Outcome allowed = check_renewable(tx, *policy, *present);
    if (!allowed) {
        return allowed.error();
    }
    store_application(tx, fresh, stands_on.number);
    return fresh;
}

}  // namespace

Result<ca::IssuedCertificate> rekey_with_card(const ApplicationDesk& desk,
                                              const CardRequest& request,
                                              const std::string& profile) {
    return carry_through(desk, ApplicationKind::Rekey, request.content(),
                         [&](store::Tx& tx) { return begin_rekey(tx, desk, request, profile); });
}

}  // namespace sealdesk::effects
