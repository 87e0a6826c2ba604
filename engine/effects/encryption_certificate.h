#pragma once

#include <optional>

#include "crypto/certificate.h"
#include "store/tx.h"
#include "subscribers/certificate.h"

namespace sealdesk::effects {

/// To whom a slip can be sent electronically without a code (T 5.1.4). The newest certificate of
/// its own to which something for a subscriber may be encrypted: it takes keys (M 6.1.9), the
/// subscriber has accepted it, and it is neither expired nor revoked nor on hold, nor is a hold on
/// its way to the CA, nor was its token lost or given up.
struct EncryptionCertificate {
    subscribers::Certificate known;
    crypto::Certificate certificate;
};
[[nodiscard]] std::optional<EncryptionCertificate> encryption_certificate_of(
    store::Tx& tx, SubscriberId subscriber);

}  // namespace sealdesk::effects
