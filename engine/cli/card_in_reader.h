#pragma once

#include <memory>
#include <string>

#include "cards/card.h"
#include "cards/reader.h"
#include "cli/desk.h"

namespace sealdesk::cli {

/// A card in a reader, for this process alone, its applet chosen. When it goes, the card is reset.
struct CardInReader {
    cards::Readers readers;
    std::string reader;
    std::unique_ptr<cards::Transport> wire;  ///< what `card` speaks over
    std::unique_ptr<cards::Card> card;
};

/// `part` of the reader's name; empty: the only reader. Errors: those of cards::Readers and
/// Card::select().
[[nodiscard]] Result<CardInReader> open_card(Random& random, const std::string& part);

/// The key by which the office's blank cards let a station write: the setting
/// card.management_key_file, hexadecimal, of the kind card.management_key_kind. Errors: those of
/// read_password_file(); (Invalid) card.bad_management_key when it is missing, or not as long as
/// its kind.
[[nodiscard]] Result<cards::ManagementKey> management_key(const Settings& settings);

}  // namespace sealdesk::cli
