#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "store/tx.h"

// A round of direct issuance 逕行發證: the requests of one file of the register, whose time for
// acceptance runs from the last certificate of the round (M 4.4.5 (5)).
namespace sealdesk::requests {

/// The batch that a request came with; nothing for a form of an applicant.
[[nodiscard]] std::optional<RegistryBatchId> round_of(store::Tx& tx, RequestId request);

/// When the last certificate of the round was issued; nothing before the first.
[[nodiscard]] std::optional<Instant> last_issue_of(store::Tx& tx, RegistryBatchId round);

/// Certificates of the round that nobody has accepted, by key, at most `limit` after the given.
[[nodiscard]] std::vector<CertificateId> unaccepted_of(store::Tx& tx, RegistryBatchId round,
                                                       std::int64_t after, int limit);

}  // namespace sealdesk::requests
