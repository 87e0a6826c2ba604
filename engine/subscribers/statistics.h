#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/tally.h"
#include "store/tx.h"

namespace sealdesk::subscribers {

/// What the records say of the certificates and accounts of these schemes in that time:
/// certificates.issued, .activated, .held, .released, .revoked by scheme and profile,
/// accounts.opened by scheme. Costs what there is of that time.
[[nodiscard]] std::vector<Tally> count_in(store::Tx& tx, const TimeSpan& span,
                                          std::span<const std::string> schemes);

/// certificates.expired: those whose end lies in that time and that were not revoked before. No
/// event tells of it; nobody does anything when a certificate ends.
[[nodiscard]] std::vector<Tally> count_expired(store::Tx& tx, const TimeSpan& span);

}  // namespace sealdesk::subscribers
