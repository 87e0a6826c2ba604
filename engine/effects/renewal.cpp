#include "effects/renewal.h"

#include <algorithm>

#include "crypto/certificate.h"
#include "subscribers/application.h"
#include "subscribers/hold.h"

namespace sealdesk::effects {

Instant renewal_opens(Instant not_after, int months) {
    const auto last = day_in_taipei(not_after);
    const auto month =
        std::chrono::year_month(last.year(), last.month()) - std::chrono::months(months);
    const std::chrono::year_month_day day(month.year(), month.month(), last.day());
    return start_of_day_in_taipei(
        day.ok() ? day
                 : std::chrono::year_month_day(month.year() / month.month() / std::chrono::last));
}

Outcome check_renewable(store::Tx& tx, const scheme::RenewalPolicy& policy,
                        const subscribers::Certificate& certificate) {
    const auto refused = [&](std::string code, std::string detail, const std::string& rule) {
        return Error{ErrorKind::Refused, std::move(code), std::move(detail), certificate.serial,
                     rule};
    };
    if (certificate.state == subscribers::CertificateState::Revoked) {
        return refused("renewal.revoked",
                       "The certificate is revoked and is not replaced; apply anew.",
                       policy.revoked_rule);
    }
    if (tx.now() > certificate.not_after) {
        return refused("renewal.expired",
                       "The certificate has expired; register and apply anew on paper.",
                       policy.rule);
    }
    if (certificate.state == subscribers::CertificateState::Held ||
        !subscribers::open_holds(tx, certificate.id).empty()) {
        return refused("renewal.on_hold",
                       "The certificate is on hold; have it released first, while it is valid.",
                       policy.held_rule);
    }
    const auto origin = subscribers::find_application(tx, certificate.order_key);
    if (policy.once && origin && origin->replaces) {
        return refused("renewal.once",
                       "The certificate was itself replaced on-line, which is done once; apply on "
                       "paper.",
                       policy.rule);
    }
    const Instant opens = renewal_opens(certificate.not_after, policy.months);
    if (tx.now() < opens) {
        return refused("renewal.too_early",
                       "The certificate is replaced from " + to_iso_text(day_in_taipei(opens)) +
                           " until its end, not earlier.",
                       policy.rule);
    }
    return done();
}

bool has_certificate(store::Tx& tx, SubscriberId subscriber, const std::string& public_key) {
    const auto known = subscribers::certificates_of(tx, subscriber);
    return std::ranges::any_of(known, [&](const subscribers::Certificate& one) {
        const auto parsed = crypto::Certificate::parse_keyless(one.der);
        return parsed && parsed->public_key() == public_key;
    });
}

}  // namespace sealdesk::effects
