#pragma once

#include <vector>

#include "base/clock.h"
#include "base/tally.h"
#include "requests/office.h"
#include "store/tx.h"

namespace sealdesk::requests {

/// What the records say of requests in that time: requests.received, .approved, .rejected,
/// .returned, .withdrawn, .completed by scheme and form. Costs what there is of that time.
[[nodiscard]] std::vector<Tally> count_in(store::Tx& tx, const TimeSpan& span);

/// How long something took or has lasted: office time, as far as the scheme states its hours, and
/// never the time that a form was with its applicant. A median is the lower one of two.
struct Durations {
    std::int64_t count = 0;
    std::chrono::minutes median{0};
    std::chrono::minutes p95{0};  ///< 19 of 20 took no longer
    std::chrono::minutes longest{0};
};

/// Those of a list in any order.
[[nodiscard]] Durations durations_of(std::vector<std::chrono::minutes> times);

/// The open requests of a scheme in one state.
struct QueueAge {
    std::string scheme;
    State state;
    std::int64_t overdue = 0;  ///< their promised end is over
    int oldest_days = 0;       ///< working days since receipt
    int median_days = 0;
    Durations age;  ///< since receipt
};

/// By scheme and state. Costs what is open.
[[nodiscard]] std::vector<QueueAge> queue_ages(store::Tx& tx,
                                               const std::vector<scheme::Scheme>& schemes,
                                               const Calendar& calendar);

/// How the requests of one form that ended in a span of time were served.
struct ServiceTime {
    std::string scheme;
    std::string form;
    std::int64_t kept = 0;  ///< ended by the promised end (T 5.1.5, M 4.4.4, M 4.4.8)
    std::int64_t late = 0;
    std::int64_t unpromised = 0;  ///< nothing was promised, or the applicant withdrew
    std::int64_t done_within_day =
        0;  ///< carried out by the end of the working day after (M 4.4.8)
    std::int64_t done_later = 0;
    Durations decision;  ///< from receipt to decision
    Durations carried;   ///< from approval to completion
    Durations whole;     ///< from receipt to the end
};

/// By scheme and form. Costs what ended in that time.
[[nodiscard]] std::vector<ServiceTime> service_times(store::Tx& tx,
                                                     const std::vector<scheme::Scheme>& schemes,
                                                     const Calendar& calendar,
                                                     const TimeSpan& span);

}  // namespace sealdesk::requests
