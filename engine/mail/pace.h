#pragma once

// Inside of mail/ only: mails to one domain, not more in a minute than it takes.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mail/domain_limits.h"
#include "store/tx.h"

namespace sealdesk::mail {

/// A mail that is about to be claimed.
struct Candidate {
    std::int64_t id;
    std::string recipient;
};

/// Those that may go now, in their order. The others become due in the minutes to come, as many in
/// each as the domain takes, so that nobody looks at them before. When another worker counts at the
/// same moment, none of that domain may go in this claim.
[[nodiscard]] std::vector<std::int64_t> within_pace(store::Tx& tx, const DomainLimits& limits,
                                                    std::span<const Candidate> candidates);

}  // namespace sealdesk::mail
