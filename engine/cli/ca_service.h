#pragma once

#include "cli/program.h"

namespace sealdesk::cli {

/// `ca service-keys`, `ca presign`, `ca serve`: the signing module by HTTP.
void add_ca_service_commands(CLI::App& ca, Program& program);

/// `ca ra add | list | dismiss`: the RAs whose signed orders the CA carries out.
void add_ra_commands(CLI::App& ca, Program& program);

}  // namespace sealdesk::cli
