#pragma once

#include <cstdint>

#include "base/progress.h"
#include "requests/office.h"

namespace sealdesk::requests {

/// What time brings to forms that are with their applicants. Both cost what is due, whatever there
/// is besides; several workers may run them at once.

/// Orders a reminder (job "reminder", key of the return's decision) for every form whose last days
/// have begun; returns how many.
[[nodiscard]] int remind_of_corrections(const Office& office, const GoOn& go_on = go_on_always);

/// Closes every request whose time for correction is over: rejected by rule, with a decision that
/// nobody signs (kByRule), its letter and its audit event in one commit each. Returns how many.
[[nodiscard]] int close_lapsed_requests(const Office& office, const GoOn& go_on = go_on_always);

/// How many forms the two would move now.
struct Overdue {
    std::int64_t to_remind = 0;
    std::int64_t to_close = 0;
};
[[nodiscard]] Overdue overdue_now(store::Tx& tx);

}  // namespace sealdesk::requests
