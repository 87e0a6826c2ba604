#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/desk.h"
#include "requests/decide.h"
#include "requests/seal_figures.h"

namespace sealdesk::cli {

/// `request list`: everything that waits for a person, the nearest deadline first, or what a filter
/// names; `due_within_hours`: only what is promised by then (0: overdue).
/// --json: one object a line: {"request","record","form","state","received_at","due_at",
/// "open_checks":[…],"applicant","overdue","time_left"}, of a returned one also "correction_until".
Outcome list_queue(Program& program, Desk& desk, const std::string& check, const std::string& state,
                   std::optional<int> due_within_hours);

/// `request show`. --json: one document a request with "fields", "checks", "findings", "scans",
/// "decisions", "fees", "slips".
Outcome show_requests(Program& program, Desk& desk, const std::vector<std::string>& numbers);

/// `request compare`. --json: {"request","seals":[{"role","specimen","impression","comparison"}]}.
void print_seals(Program& program, const requests::Request& request,
                 const std::vector<requests::SealFigures>& seals);

/// `request verify`, one line a decision.
void print_verifications(Program& program, const std::string& number,
                         const std::vector<requests::Verification>& verified);

}  // namespace sealdesk::cli
