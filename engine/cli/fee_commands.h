#pragma once

#include "cli/program.h"

namespace sealdesk::cli {

/// `report cash`: the cash list of a day.
void add_cash_report(CLI::App& report_command, Program& program);

}  // namespace sealdesk::cli
