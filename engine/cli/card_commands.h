#pragma once

#include "cli/program.h"

// What the files of `card` share; nothing else includes it.
namespace sealdesk::cli {

void add_card_pin_commands(CLI::App& card, Program& program);
void add_card_station_commands(CLI::App& card, Program& program);

}  // namespace sealdesk::cli
