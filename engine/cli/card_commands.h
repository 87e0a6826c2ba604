#pragma once

#include <string>
#include <vector>

#include "cli/program.h"

// Parts of `sealdesk card` and what goes with it, one file each.
namespace sealdesk::cli {

void add_card_pin_commands(CLI::App& card, Program& program);
void add_card_station_commands(CLI::App& card, Program& program);

/// The table, lists, and what happens to a card after it is made.
void add_card_life_commands(CLI::App& card, Program& program);

/// `parcel delivered`: the post's confirmations.
void add_parcel_delivered_command(CLI::App& parcel, Program& program);

/// `parcel returned`: what the post brings back.
void add_parcel_returned_command(CLI::App& parcel, Program& program);

/// `parcel promises`: T 5.1.5.
void add_parcel_promises_command(CLI::App& parcel, Program& program);

/// `parcel labels`, `mail-list`, `post-list`, `numbers`: what goes to the post.
void add_parcel_post_commands(CLI::App& parcel, Program& program);

/// Every state of a token, as --state takes it.
[[nodiscard]] std::vector<std::string> token_states();

}  // namespace sealdesk::cli
