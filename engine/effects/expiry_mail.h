#pragma once

#include <span>
#include <string>

#include "effects/works.h"
#include "subscribers/certificate.h"
#include "subscribers/subscriber.h"

namespace sealdesk::effects {

/// A certificate that ends, with what its reader is told of it.
struct EndingCertificate {
    subscribers::Certificate certificate;
    subscribers::Subscriber holder;
    bool on_hold = false;
};

/// Tells one reader, in the caller's transaction, that certificates of one scheme end: by mail,
/// with a calendar entry for each day of an end; by letter where the contact has no mail address
/// (of the first certificate only: a letter is a certificate's). `key` is the telling's own: a
/// second call with it changes nothing. Audit: certificate.expiry-told, one a certificate.
Outcome tell_expiry(store::Tx& tx, const Works& works, const scheme::Scheme& scheme,
                    const subscribers::Contact& to, std::span<const EndingCertificate> ending,
                    const std::string& key);

}  // namespace sealdesk::effects
