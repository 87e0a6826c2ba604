#pragma once

#include "scheme/scheme.h"
#include "store/tx.h"
#include "subscribers/certificate.h"

namespace sealdesk::effects {

/// From when on a certificate may be replaced (T 4.4.1, M 3.1.8): midnight in Taipei at the start
/// of the day that many months before the day of its end; in a month without such a day, the
/// month's last (Civil Code §121: months are counted by the calendar). So what ends on 31 March is
/// renewed from 28 February.
[[nodiscard]] Instant renewal_opens(Instant not_after, int months);

/// Whether this certificate may be replaced now, as its scheme says. Refused, with the scheme's
/// citations: renewal.revoked, renewal.expired, renewal.on_hold (a hold is open, or the CA has not
/// confirmed its release), renewal.once (it came of a replacement itself), renewal.too_early.
Outcome check_renewable(store::Tx& tx, const scheme::RenewalPolicy& policy,
                        const subscribers::Certificate& certificate);

/// Whether the subscriber had a certificate for this key (DER SubjectPublicKeyInfo) before: a
/// replacement is for a new one (C 6.3, M 3.2.1).
[[nodiscard]] bool has_certificate(store::Tx& tx, SubscriberId subscriber,
                                   const std::string& public_key);

}  // namespace sealdesk::effects
