#include "base/digest.h"
#include "base/text.h"
#include "effects/works.h"
#include "officers/officer.h"

namespace sealdesk::effects {

/// Revokes the certificate that an officer had before (M 1.3.2, RFC 5280 §5.3.1): who finds a lost
/// card must not be believed. The job's key says which, and why.
Outcome run_officer_revocation(const Works& works, const queue::Job& job) {
    const auto parts = split(job.key, '/');
    SEALDESK_CHECK(parts.size() == 3);  // officers::replace_certificate() writes it
    const bool lost = parts[2] == officers::to_text(officers::ReplacedFor::Lost);
    const auto authority = works.authority(parts[0]);
    if (!authority) {
        return authority.error();
    }
    const Outcome revoked =
        (*authority)
            ->revoke({.key = "officer-replaced:" + parts[1],
                      .serial = parts[1],
                      .reason = lost ? ca::Reason::KeyCompromise : ca::Reason::Superseded,
                      .approval_sha256 = sha256_hex(job.key)});
    const bool is_over = !revoked && (revoked.error().code == "ca.already_revoked" ||
                                      revoked.error().code == "ca.expired");
    if (!revoked && !is_over) {
        return revoked.error();
    }
    return store::transact(works.office.database, "effect.officer-revocation",
                           [&](store::Tx& tx) { return queue::complete(tx, job); });
}

}  // namespace sealdesk::effects
