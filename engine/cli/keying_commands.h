#pragma once

#include "cli/program.h"

namespace sealdesk::cli {

/// `request keying`, `request key`, `request settle`: the second keying of forms that ask for it.
void add_keying_commands(CLI::App& request, Program& program);

}  // namespace sealdesk::cli
