#pragma once

#include <cstdint>
#include <string>

namespace sealdesk {

/// How often something happened in a span of time, as records say; the month's statistics, which
/// are counted from the audit log, are compared with it.
struct Tally {
    std::string figure;  ///< "certificates.issued"
    std::string scheme;  ///< empty: of no scheme
    std::string kind;    ///< certificate profile, form, delivery …; empty: all kinds together
    std::string reason;  ///< of revocations
    std::int64_t count;
};

}  // namespace sealdesk
