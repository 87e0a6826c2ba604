#pragma once

#include <chrono>
#include <cstdint>

namespace sealdesk::requests {

/// At most so many per cent of a fee go back when a service ends (M 4.9).
inline constexpr std::int64_t kEndOfServicePercentMax = 80;

/// What goes back of a fee that paid for the time from `from` to `until` when the service ends on
/// `end`: the fee times the days left over all days, rounded to the nearest dollar (half up), and
/// never more than 80 % of it, rounded down. Whole New Taiwan dollars. A service that ends before
/// the time began gives 80 %, one that ends after it nothing.
[[nodiscard]] std::int64_t pro_rata_refund(std::int64_t amount_twd,
                                           std::chrono::year_month_day from,
                                           std::chrono::year_month_day until,
                                           std::chrono::year_month_day end);

}  // namespace sealdesk::requests
