#pragma once

#include <string>
#include <string_view>

#include "requests/office.h"
#include "store/tx.h"
#include "subscribers/token_step.h"

// What people do with a card after it is made: subscribers/token_life.h says what follows.
namespace sealdesk::effects {

/// The card of this number or, of one that has none yet, of this token id. NotFound card.unknown;
/// Refused card.no_card for a key store.
[[nodiscard]] Result<subscribers::Token> find_card(store::Tx& tx, std::string_view number);

struct CardStep {
    std::string number;  ///< as of find_card()
    subscribers::TokenEvent event;
    std::string reason;  ///< why, for the auditor: 1 to 300 characters
    std::string actor;
};

/// Takes the step in one commit with its consequences; a card that is resumed is accepted again at
/// once when everything in it was. Errors: those of find_card() and subscribers::take_step();
/// Invalid card.reason_missing, card.reason_long; Refused card.second_person when who reported the
/// loss confirms it, in a scheme with four eyes.
[[nodiscard]] Result<subscribers::Token> step_card(store::Tx& tx, const requests::Office& office,
                                                   const CardStep& step);

}  // namespace sealdesk::effects
