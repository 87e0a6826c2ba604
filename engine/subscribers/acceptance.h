#pragma once

#include <optional>
#include <string_view>

#include "base/id.h"
#include "store/tx.h"

namespace sealdesk::subscribers {

/// Notes that the subscriber has checked and accepted a certificate (M 4.3); false when it had
/// before. Only accepted certificates may be published; a job now does (subscribers/repository.h).
bool accept_certificate(store::Tx& tx, CertificateId certificate, std::string_view by);

/// When it was accepted; nothing while it was not. Within 18 months of issue, or it is held
/// (M 4.4.5).
[[nodiscard]] std::optional<Instant> accepted_at(store::Tx& tx, CertificateId certificate);

/// The number that tells a subscriber's certificates from those of a namesake: the serialNumber of
/// their subject (M 3.1.4, M 3.1.5). Made when it is first asked for, the same ever after.
[[nodiscard]] std::string subject_number(store::Tx& tx, SubscriberId subscriber);

}  // namespace sealdesk::subscribers
