#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/calendar.h"
#include "requests/office.h"
#include "scheme/scheme.h"
#include "store/tx.h"

// T 5.1.5: how long it took from the decision until slip and goods were handed over, posted or
// sent, and whether that kept what the form promises.
namespace sealdesk::effects {

/// A promise and what became of it.
struct Promise {
    std::string delivery;  ///< "counter", "post", "electronic"
    Instant decided_at;
    Instant due;
    std::optional<Instant> out_at;  ///< none: still in the house
    std::string item = {};          ///< number of the slip or parcel
    std::string request = {};

    /// Handed over in time, or (still in the house) not late yet at `now`.
    [[nodiscard]] bool is_kept(Instant now) const { return out_at.value_or(now) <= due; }
};

/// The promise of a delivery that was decided at a time. Hours count while the counter is open,
/// working days end at closing time, by the office's calendar (requests::end_of_promise).
[[nodiscard]] Promise measure_promise(const Calendar& calendar, const scheme::Scheme& scheme,
                                      const scheme::Deadline& deadline, Instant decided_at,
                                      std::optional<Instant> out_at);

/// Sums of one way of delivery. Times are of what is out, from the decision on; zero when nothing
/// is.
struct PromiseFigures {
    std::string delivery;
    std::int64_t count = 0;  ///< of promises, open ones too
    std::int64_t out = 0;
    std::int64_t kept = 0;  ///< of those out
    std::int64_t late = 0;  ///< of all: went out late, or is late in the house
    std::chrono::microseconds median{0};
    std::chrono::microseconds percentile_95{0};  ///< nearest rank
};
/// By way of delivery: counter, post, electronic; only those there are.
[[nodiscard]] std::vector<PromiseFigures> figures_of(const std::vector<Promise>& promises,
                                                     Instant now);

/// Every promise of requests that were approved from `from` on, before `until`: one for each kind
/// of slip of a request (the first that left the house counts; a slip that is void and was never
/// out is no promise of its own) and one for each parcel. Forms whose applicant chooses no delivery
/// promise none. Pages through the requests in transactions of its own.
[[nodiscard]] std::vector<Promise> promises_between(const requests::Office& office, Instant from,
                                                    Instant until);

}  // namespace sealdesk::effects
