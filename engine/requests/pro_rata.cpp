#include "requests/pro_rata.h"

#include <algorithm>

namespace sealdesk::requests {

std::int64_t pro_rata_refund(std::int64_t amount_twd, std::chrono::year_month_day from,
                             std::chrono::year_month_day until, std::chrono::year_month_day end) {
    using std::chrono::sys_days;
    const std::int64_t all = (sys_days{until} - sys_days{from}).count();
    if (amount_twd <= 0 || all <= 0) {
        return 0;
    }
    const std::int64_t left =
        std::clamp<std::int64_t>((sys_days{until} - sys_days{end}).count(), 0, all);
    const std::int64_t share = (2 * amount_twd * left + all) / (2 * all);
    return std::min(share, amount_twd * kEndOfServicePercentMax / 100);
}

}  // namespace sealdesk::requests
