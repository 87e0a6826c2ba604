#include "cli/card_commands.h"

#include <CLI/CLI.hpp>

namespace sealdesk::cli {

void add_card_commands(CLI::App& app, Program& program) {
    auto* card = app.add_subcommand("card", program.text("晶片卡", "cards"));
    card->require_subcommand(1);
    add_card_pin_commands(*card, program);
}

}  // namespace sealdesk::cli
