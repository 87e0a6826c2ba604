#include "effects/parcel_steps.h"

#include "audit/log.h"
#include "effects/matter.h"
#include "requests/request_store.h"
#include "subscribers/token.h"

namespace sealdesk::effects {
namespace {

using subscribers::Token;
using subscribers::TokenState;

/// The cards in a parcel, as they stand now.
std::vector<Token> cards_in(store::Tx& tx, const parcels::Parcel& parcel) {
    std::vector<Token> cards;
    for (const parcels::Item& item : parcels::items_of(tx, parcel.id)) {
        auto token =
            item.kind == kCardItem ? subscribers::token_of_order(tx, item.reference) : std::nullopt;
        if (token) {
            cards.push_back(*std::move(token));
        }
    }
    return cards;
}

}  // namespace

Outcome post_parcel(store::Tx& tx, std::string_view number, std::string_view tracking,
                    std::string_view actor) {
    const auto parcel = parcels::find_parcel(tx, number);
    if (!parcel) {
        return parcel.error();
    }
    for (const Token& card : cards_in(tx, *parcel)) {
        if (card.state == TokenState::Ordered) {
            return Error{ErrorKind::Refused, "parcel.card_not_made",
                         "The card in it is not made yet; `sealdesk token made` when the card "
                         "centre reports it.",
                         std::string(number), "M 4.2.1.2"};
        }
    }
    return parcels::post(tx, number, tracking, actor);
}

Outcome take_parcel_back(store::Tx& tx, std::string_view number, std::string_view why,
                         std::string_view actor) {
    Outcome returned = parcels::take_back(tx, number, why, actor);
    if (!returned) {
        return returned;
    }
    for (const Token& card : cards_in(tx, parcels::find_parcel(tx, number).value())) {
        if (card.state == TokenState::Made) {
            Outcome moved = subscribers::move_token(tx, card, TokenState::AtCounter);
            if (!moved) {
                return moved;
            }
        }
    }
    return returned;
}

Outcome report_card(store::Tx& tx, std::string_view request_number, std::string_view card_number,
                    std::string_view actor) {
    const auto request = requests::find_request(tx, request_number);
    if (!request) {
        return request.error();
    }
    const auto token = subscribers::token_of_order(tx, token_order_key(*request));
    if (!token) {
        return Error{ErrorKind::NotFound, "token.not_ordered",
                     "This request has ordered no card; check its number and whether its effects "
                     "have run.",
                     std::string(request_number), "M 4.2.1.2"};
    }
    if (token->card_number == card_number) {
        return done();  // reported before
    }
    Outcome made = subscribers::card_made(tx, *token, card_number);
    if (made) {
        audit::append(tx, {"token.made",
                           std::string(actor),
                           "token:" + std::to_string(token->id.value()),
                           {{"request", request_number}}});
    }
    return made;
}

}  // namespace sealdesk::effects
