#include "effects/card_life.h"

#include "base/text.h"
#include "effects/acceptance.h"
#include "subscribers/subscriber.h"

namespace sealdesk::effects {
namespace {

using subscribers::Token;
using subscribers::TokenEvent;
using subscribers::TokenState;

/// Of token_step.reason.
constexpr std::size_t kReasonCharactersMax = 300;

Outcome check_reason(const CardStep& step) {
    if (trim(step.reason).empty()) {
        return Error{ErrorKind::Invalid,
                     "card.reason_missing",
                     "Say why, in a few words: an auditor will read it.",
                     step.number,
                     {}};
    }
    if (to_code_points(step.reason).size() > kReasonCharactersMax) {
        return Error{ErrorKind::Invalid,
                     "card.reason_long",
                     "A reason has 300 characters at most.",
                     step.number,
                     {}};
    }
    return done();
}

/// A loss is confirmed by somebody else than reported it (four eyes, M 5.2): it revokes (M 4.4.1).
Outcome check_second_person(store::Tx& tx, const requests::Office& office, const Token& card,
                            const CardStep& step) {
    if (card.state != TokenState::Lost || step.event != TokenEvent::Retire) {
        return done();
    }
    const auto subscriber = subscribers::get_subscriber(tx, card.subscriber);
    const scheme::Scheme* scheme = scheme::find_scheme(office.schemes, subscriber.scheme);
    const auto way = subscribers::steps_of(tx, card.id);
    const bool same = !way.empty() && way.back().actor == step.actor;
    if (scheme == nullptr || scheme->officers_min < 2 || !same) {
        return done();
    }
    return Error{ErrorKind::Refused, "card.second_person",
                 "Who reported the loss does not confirm it: another officer retires the card.",
                 step.number, "M 5.2"};
}

}  // namespace

Result<Token> find_card(store::Tx& tx, std::string_view number) {
    auto card = subscribers::token_of_card(tx, number);
    if (!card) {
        const auto id = parse_number(number);
        card = id ? subscribers::find_token(tx, TokenId(*id)) : std::nullopt;
    }
    if (!card) {
        return Error{ErrorKind::NotFound,
                     "card.unknown",
                     "There is no card of this number.",
                     std::string(number),
                     {}};
    }
    if (card->kind == subscribers::TokenKind::NonCard) {
        return Error{ErrorKind::Refused, "card.no_card",
                     "This is a key store, not a card; its certificate is held and revoked by "
                     "itself.",
                     std::string(number), "M 1.3.5.1"};
    }
    return *std::move(card);
}

Result<Token> step_card(store::Tx& tx, const requests::Office& office, const CardStep& step) {
    const Outcome right = check_reason(step);
    if (!right) {
        return right.error();
    }
    auto card = find_card(tx, step.number);
    if (!card) {
        return card;
    }
    const Outcome second = check_second_person(tx, office, *card, step);
    if (!second) {
        return second.error();
    }
    const auto taken = subscribers::take_step(tx, *card, step.event, {step.actor, step.reason});
    if (!taken) {
        return taken.error();
    }
    if (step.event == TokenEvent::Resume) {
        const Outcome accepted = accept_whole_token(tx, card->id, step.actor);
        if (!accepted) {
            return accepted.error();
        }
    }
    return subscribers::find_token(tx, card->id).value();
}

}  // namespace sealdesk::effects
