#pragma once

#include "cli/program.h"

namespace sealdesk::cli {

// The parts of `fee`, one file each.
void add_invoice_commands(CLI::App& fee, Program& program);
void add_cash_commands(CLI::App& fee, Program& program);
void add_end_of_service(CLI::App& fee, Program& program);

}  // namespace sealdesk::cli
