#pragma once

#include "cli/program.h"

namespace sealdesk::cli {

/// `ca responder`, `ca presign`, `ca serve`: what the signing module tells everybody.
void add_ca_service_commands(CLI::App& ca, Program& program);

}  // namespace sealdesk::cli
