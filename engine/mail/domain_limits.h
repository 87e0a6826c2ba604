#pragma once

#include <map>
#include <string>
#include <string_view>

namespace sealdesk::mail {

/// How fast one domain takes mails from us; 0: as fast as it will.
struct DomainLimit {
    int sessions = 0;    ///< mails under way to it at once, in one process
    int per_minute = 0;  ///< mails in one minute of the clock, over all workers
};

/// The limits by domain, in lower case; "*" stands for each domain that is not named.
using DomainLimits = std::map<std::string, DomainLimit>;

/// The domain of an address, in lower case.
[[nodiscard]] std::string domain_of(std::string_view address);

[[nodiscard]] DomainLimit limit_of(const DomainLimits& limits, const std::string& domain);

}  // namespace sealdesk::mail
