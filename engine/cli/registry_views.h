#pragma once

#include <string>

#include "cli/desk.h"
#include "requests/registry_import.h"

namespace sealdesk::cli {

/// One row of `registry import`. --json: {"file","row","record","fate","entity","change","request",
/// "duplicate_of","application","certificates":[{"serial","foresight"}],
/// "reasons":[{"rule","field","message"}]}; null where there is none.
void print_row(Program& program, const requests::RowReport& report);

/// Its last line. --json: {"batch","dry_run","repeated","rows","not_ours","no_effect","refused",
/// "duplicate","proposal","entities","certificates":{"held","released","revoked","still_held",
/// "unchanged"}}.
void print_summary(Program& program, const requests::RegistrySummary& summary, bool dry_run);

/// `registry list`. --json: {"batch","form","file","rows","not_ours",…,"started_at","finished"}.
Outcome list_batches(Program& program, Desk& desk);

/// `registry show`. --json, one object a kept row: {"row","record","fate","entity","request",
/// "state","duplicate_of","certificates","reasons"}.
Outcome show_batch(Program& program, Desk& desk, const std::string& number);

}  // namespace sealdesk::cli
