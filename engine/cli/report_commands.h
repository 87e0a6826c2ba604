#pragma once

#include "cli/program.h"

namespace sealdesk::cli {

/// Adds `report month` to `report`.
void add_month_report(CLI::App& report_command, Program& program);

}  // namespace sealdesk::cli
