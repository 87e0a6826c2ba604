#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "requests/office.h"

namespace sealdesk::requests {

/// A fee as charged, in whole New Taiwan dollars.
struct FeeLine {
    std::string item;
    std::int64_t amount_twd;
    std::string receipt_number;
    Instant charged_at;
};

/// Charges what the form says its values cost (T 6.1). The first call writes the lines, all under
/// one receipt number; later calls return them as they are.
std::vector<FeeLine> charge_fees(store::Tx& tx, const scheme::Form& form, const Request& request);

[[nodiscard]] std::vector<FeeLine> fees_of(store::Tx& tx, RequestId id);

/// Sum and number of fee lines charged in [from, until); for the day report.
struct FeeTotal {
    std::int64_t lines = 0;
    std::int64_t amount_twd = 0;
};
[[nodiscard]] FeeTotal fees_charged(store::Tx& tx, Instant from, Instant until);

}  // namespace sealdesk::requests
