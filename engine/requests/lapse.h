#pragma once

#include "requests/office.h"

namespace sealdesk::requests {

/// What time brings to forms that are with their applicants. Both cost what is due, whatever there
/// is besides; several workers may run them at once.

/// Orders a reminder (job "reminder", key of the return's decision) for every form whose last days
/// have begun; returns how many.
[[nodiscard]] int remind_of_corrections(const Office& office);

/// Closes every request whose time for correction is over: rejected by rule, with a decision that
/// nobody signs (kByRule), its letter and its audit event in one commit each. Returns how many.
[[nodiscard]] int close_lapsed_requests(const Office& office);

}  // namespace sealdesk::requests
