#include "effects/parcel_steps.h"

#include <algorithm>

#include "effects/apart.h"
#include "effects/matter.h"
#include "effects/replace_slip.h"
#include "effects/unopened.h"
#include "requests/request_store.h"
#include "subscribers/token_step.h"

namespace sealdesk::effects {
namespace {

using parcels::Parcel;
using parcels::ParcelState;
using subscribers::Token;
using subscribers::TokenEvent;
using subscribers::TokenState;

/// What the record of a collection says.
constexpr std::string_view kIdentityChecked = "身分證件與印鑑已核對 identity and seals checked";

/// The cards in a parcel, as they stand now.
std::vector<Token> cards_in(store::Tx& tx, const Parcel& parcel) {
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

/// The step for the cards of a parcel that can take it.
Outcome move_cards(store::Tx& tx, const Parcel& parcel, TokenEvent event, std::string_view actor) {
    for (const Token& card : cards_in(tx, parcel)) {
        if (subscribers::find_transition(card.state, event) == nullptr) {
            continue;
        }
        const auto moved = subscribers::take_step(tx, card, event, {std::string(actor)});
        if (!moved) {
            return moved.error();
        }
    }
    return done();
}

Outcome void_slips_in(store::Tx& tx, const Parcel& parcel, const std::string& actor) {
    for (const parcels::Item& item : parcels::items_of(tx, parcel.id)) {
        const auto slip = item.kind == kSlipItem ? slips::find_slip(tx, item.reference) : Error{};
        if (!slip || slip->state == slips::SlipState::Void ||
            slip->state == slips::SlipState::Used) {
            continue;
        }
        const Outcome voided =
            slips::void_slip(tx, {slip->id, std::string(slips::kReturnedReason), actor});
        if (!voided) {
            return voided;
        }
        kill_password_of(tx, *slip);
    }
    return done();
}

/// Slips that went out under the parcel's number, in the same envelope (T 6.3).
Outcome take_slips_beside(store::Tx& tx, const Parcel& parcel, const ParcelStep& step) {
    for (const slips::Slip& one : slips::slips_under(tx, parcel.tracking)) {
        if (one.request != parcel.request || one.state != slips::SlipState::Posted) {
            continue;
        }
        const Outcome back = take_slip_back(tx, one, {step.reason, tx.now()}, step.actor);
        if (!back) {
            return back;
        }
    }
    return done();
}

/// A card that is not made yet, or that is out of hand, is not posted.
Outcome check_cards(const std::vector<Token>& cards, const std::string& parcel) {
    for (const Token& card : cards) {
        if (card.state == TokenState::Ordered) {
            return Error{ErrorKind::Refused, "parcel.card_not_made",
                         "The card in it is not made yet; `sealdesk token made` when the card "
                         "centre reports it.",
                         parcel, "M 4.2.1.2"};
        }
        if (card.state != TokenState::Personalised && card.state != TokenState::Shipped) {
            return Error{ErrorKind::Refused, "parcel.card_not_there",
                         "The card in it is " + std::string(to_text(card.state)) +
                             "; look at `sealdesk card show`, and void the parcel if it is not "
                             "needed.",
                         parcel, "M 4.2.1.2"};
        }
    }
    return done();
}

/// Whether the scheme hands things over against a form (M 4.2.1.2); else who brings the notice and
/// an identity document gets it.
bool has_collection_form(const requests::Office& office, std::string_view scheme_id) {
    const scheme::Scheme* scheme = scheme::find_scheme(office.schemes, scheme_id);
    return scheme == nullptr || std::ranges::any_of(scheme->forms, [](const scheme::Form& form) {
               return std::ranges::any_of(form.effects, [](const scheme::Effect& effect) {
                   return effect.kind == "parcel.release";
               });
           });
}

}  // namespace

Outcome check_postable(store::Tx& tx, const Parcel& parcel) {
    return check_cards(cards_in(tx, parcel), parcel.number);
}

std::vector<Parcel> parcels_with(store::Tx& tx, const Token& card) {
    const std::string prefix = "request:";
    const auto request = card.order_key.starts_with(prefix)
                             ? requests::find_request(tx, card.order_key.substr(prefix.size()))
                             : Result<requests::Request>(Error{});
    if (!request) {
        return {};
    }
    auto found = parcels::parcels_of(tx, request->id);
    std::erase_if(found, [&](const Parcel& one) {
        return std::ranges::none_of(parcels::items_of(tx, one.id), [&](const parcels::Item& item) {
            return item.kind == kCardItem && item.reference == card.order_key;
        });
    });
    return found;
}

bool lies_in_parcel(store::Tx& tx, const Token& card) {
    return std::ranges::any_of(parcels_with(tx, card), [](const Parcel& one) {
        return one.state == ParcelState::AtCounter || one.state == ParcelState::Released;
    });
}

Outcome post_parcel(store::Tx& tx, const requests::Office& office, const ParcelStep& step) {
    const auto parcel = parcels::find_parcel(tx, step.number);
    if (!parcel) {
        return parcel.error();
    }
    if (parcel->state == ParcelState::Waiting) {
        Outcome right = check_postable(tx, *parcel);
        if (right) {
            right = check_card_apart(tx, office, *parcel, step.tracking, step.actor);
        }
        if (!right) {
            return right;
        }
    }
    Outcome posted = parcels::post(tx, step.number, step.tracking, step.actor);
    return posted ? move_cards(tx, *parcel, TokenEvent::Post, step.actor) : posted;
}

Outcome take_parcel_back(store::Tx& tx, const ParcelStep& step) {
    Outcome returned = parcels::take_back(tx, step.number, step.reason, step.actor);
    if (!returned) {
        return returned;
    }
    const Parcel parcel = parcels::find_parcel(tx, step.number).value();
    returned = void_slips_in(tx, parcel, step.actor);
    returned = returned ? take_slips_beside(tx, parcel, step) : returned;
    return returned ? move_cards(tx, parcel, TokenEvent::KeepAtCounter, step.actor) : returned;
}

Outcome collect_parcel(store::Tx& tx, const requests::Office& office, const ParcelStep& step) {
    const auto parcel = parcels::find_parcel(tx, step.number);
    if (!parcel) {
        return parcel.error();
    }
    if (parcel->state == ParcelState::AtCounter && !has_collection_form(office, parcel->scheme)) {
        const auto released = parcels::release_to(tx, parcel->subscriber, step.number);
        if (!released) {
            return released.error();
        }
    }
    const bool may_leave = parcels::find_parcel(tx, step.number)->state == ParcelState::Released;
    if (may_leave) {
        if (!step.identity_checked) {
            return Error{ErrorKind::Refused, "parcel.identity_unchecked",
                         "Look at the identity cards of who collects and, for an entity, of the "
                         "responsible person and the proxy, compare the seals with the collection "
                         "form, and say so: --identity-checked.",
                         parcel->number, "M 4.2.1.2"};
        }
        Outcome right = check_card_apart(tx, office, *parcel, {}, step.actor);
        if (!right) {
            return right;
        }
    }
    Outcome collected = parcels::collect(tx, step.number, step.actor,
                                         step.identity_checked ? kIdentityChecked : "");
    return collected ? move_cards(tx, *parcel, TokenEvent::Collect, step.actor) : collected;
}

Outcome deliver_parcel(store::Tx& tx, std::string_view number, const parcels::Delivery& delivery,
                       std::string_view actor) {
    Outcome confirmed = parcels::confirm_delivery(tx, number, delivery, actor);
    return confirmed ? move_cards(tx, parcels::find_parcel(tx, number).value(), TokenEvent::Receive,
                                  actor)
                     : confirmed;
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
    Outcome made = subscribers::card_made(tx, *token, card_number, actor);
    if (!made || !lies_in_parcel(tx, *token)) {
        return made;
    }
    const auto kept = subscribers::take_step(tx, subscribers::find_token(tx, token->id).value(),
                                             TokenEvent::KeepAtCounter, {std::string(actor)});
    return kept ? done() : Outcome(kept.error());
}

}  // namespace sealdesk::effects
