#pragma once

#include "cli/program.h"

// What the files of `card` share.
namespace sealdesk::cli {

void add_card_pin_commands(CLI::App& card, Program& program);

}  // namespace sealdesk::cli
