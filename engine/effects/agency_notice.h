#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "effects/works.h"
#include "subscribers/agency_notice.h"
#include "subscribers/certificate.h"

namespace sealdesk::effects {

/// What became of a certificate.
struct AgencyNews {
    const subscribers::Certificate& certificate;
    subscribers::CertificateState state;
    std::string reason;  ///< of a revocation
    std::string order_key;
};

/// T 4.5.2, T 4.7.4: opens the notice to whoever relies on the scheme's certificates, in the commit
/// that records the change. Nothing when the scheme names nobody. Serial numbers only.
void tell_agency(store::Tx& tx, const scheme::Scheme& scheme, const AgencyNews& news);

/// Mails every notice that is due, with its document (JSON) and the RA's detached signature over it
/// (CMS) attached: at first in the pass in which it was opened, then once a day until the agency
/// has acknowledged it. A notice that a later one of the same certificate has overtaken is told
/// once. Units of work: "notice.read", "notice.send". `trouble`: why one was not told; it stays
/// due. Errors of Works::sign and mail::enqueue, notice.no_agency.
struct Told {
    std::int64_t count = 0;
    std::optional<Error> trouble = {};
};
[[nodiscard]] Told send_agency_notices(const Works& works);

/// Ends a notice by the agency's answer and takes back a mail of it that has not left. Errors:
/// those of subscribers::acknowledge_notice().
[[nodiscard]] Result<subscribers::AgencyNotice> acknowledge(
    store::Tx& tx, const subscribers::Acknowledgement& answer);

}  // namespace sealdesk::effects
