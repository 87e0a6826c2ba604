#include "cli/card_commands.h"

#include <CLI/CLI.hpp>

namespace sealdesk::cli {

void add_card_commands(CLI::App& app, Program& program) {
    auto* card = app.add_subcommand(
        "card", program.text("憑證IC卡：清單、去向、掛失、停用、毀損、退回、終止",
                             "cards: where they are; lost, suspended, damaged, returned, retired"));
    card->require_subcommand(1);
    add_card_life_commands(*card, program);
}

}  // namespace sealdesk::cli
