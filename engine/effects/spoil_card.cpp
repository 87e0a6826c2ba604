#include "effects/card_queue.h"
#include "effects/personalise.h"
#include "queue/queue.h"
#include "slips/slip.h"
#include "subscribers/certificate.h"
#include "subscribers/token_step.h"

namespace sealdesk::effects {
namespace {

using cards::CardRecord;
using cards::CardState;
using subscribers::Token;
using subscribers::TokenState;

Error not_to_spoil(std::string code, std::string detail, const CardRecord& card) {
    return {ErrorKind::Refused, std::move(code), std::move(detail), card.number, {}};
}

Outcome void_pin_slips(store::Tx& tx, const CardRecord& card, std::string_view actor) {
    for (const auto& slip : slips::list_slips(tx, {.account = AccountId(card.id.value())})) {
        if (slip.state == slips::SlipState::Void) {
            continue;
        }
        Outcome voided = slips::void_slip(tx, {slip.id, "card-spoiled", std::string(actor)});
        if (!voided) {
            return voided;
        }
    }
    return done();
}

void have_revoked(store::Tx& tx, const Token& token) {
    for (const auto& one : subscribers::living_in(tx, token)) {
        queue::enqueue(tx, "certificate.revoke-card", one.serial, one.id.value(), tx.now());
    }
}

Outcome spoil_in(store::Tx& tx, CardRecord card, std::string_view why, std::string_view actor) {
    if (card.state == CardState::Spoiled) {
        return not_to_spoil("card.is_spoiled", "The card was spoiled before.", card);
    }
    const Token token = subscribers::find_token(tx, card.token).value();
    if (card.state == CardState::Complete && token.state != TokenState::Personalised) {
        return not_to_spoil("card.gone", "The card has left the office; report it lost or damaged.",
                            card);
    }
    Outcome voided = void_pin_slips(tx, card, actor);
    if (!voided) {
        return voided;
    }
    have_revoked(tx, token);
    Outcome waits =
        card.state == CardState::Complete
            ? subscribers::card_unmade(
                  tx, token, {std::string(actor), std::string(why.substr(0, kSpoiledWhyMax))})
            : done();
    if (!waits) {
        return waits;
    }
    card.state = CardState::Spoiled;
    card.spoiled_why = std::string(why.substr(0, kSpoiledWhyMax));
    card.pin_page.clear();
    card.actor = std::string(actor);
    record_card(tx, card, "spoiled", actor, {{"why", card.spoiled_why}});
    return cards::save_card(tx, card);
}

}  // namespace

Outcome spoil_card(store::Database& database, std::string_view number, std::string_view why,
                   std::string_view actor) {
    return store::transact(database, "card.spoil", [&](store::Tx& tx) -> Outcome {
        auto card = cards::card_of_number(tx, number);
        if (!card) {
            return Error{ErrorKind::NotFound,
                         "card.unknown",
                         "There is no card of this number.",
                         std::string(number),
                         {}};
        }
        return spoil_in(tx, *std::move(card), why, actor);
    });
}

}  // namespace sealdesk::effects
