#include "effects/apart.h"

#include <algorithm>
#include <set>

#include "audit/actors.h"
#include "effects/parcel_steps.h"
#include "effects/unopened.h"
#include "officers/officer.h"
#include "subscribers/token_step.h"

namespace sealdesk::effects {
namespace {

/// Who has sent things of one kind on their way, and under which registered-mail numbers.
struct Sent {
    std::set<std::string> actors;
    std::set<std::string> tracking;
};

bool is_pin_slip(store::Tx& tx, const parcels::Item& item) {
    if (item.kind != kSlipItem) {
        return false;
    }
    const auto slip = slips::find_slip(tx, item.reference);
    return slip && slip->template_name == kPinSlipTemplate;
}

struct Contents {
    bool card = false;
    bool pin_slip = false;
    [[nodiscard]] bool has_both() const { return card && pin_slip; }
};

Contents look_into(store::Tx& tx, const parcels::Parcel& parcel) {
    Contents contents;
    for (const parcels::Item& item : parcels::items_of(tx, parcel.id)) {
        contents.card = contents.card || item.kind == kCardItem;
        contents.pin_slip = contents.pin_slip || is_pin_slip(tx, item);
    }
    return contents;
}

void add_parcel(store::Tx& tx, const parcels::Parcel& parcel, Sent& sent) {
    if (!parcel.tracking.empty()) {
        sent.tracking.insert(parcel.tracking);
    }
    for (const parcels::Movement& step : parcels::movements_of(tx, parcel.id)) {
        if (step.state == parcels::ParcelState::Posted ||
            step.state == parcels::ParcelState::Collected) {
            sent.actors.insert(step.actor);
        }
    }
}

Sent cards_sent(store::Tx& tx, RequestId request) {
    Sent sent;
    for (const parcels::Parcel& parcel : parcels::parcels_of(tx, request)) {
        if (look_into(tx, parcel).card) {
            add_parcel(tx, parcel, sent);
        }
    }
    return sent;
}

Sent pin_slips_sent(store::Tx& tx, RequestId request) {
    Sent sent;
    for (const slips::Slip& slip : slips::list_slips(tx, {.request = request})) {
        if (slip.template_name != kPinSlipTemplate) {
            continue;
        }
        if (!slip.tracking_number.empty()) {
            sent.tracking.insert(slip.tracking_number);
        }
        for (const char* kind : {"slip.posted", "slip.handed_over"}) {
            for (std::string& actor :
                 audit::actors_of(tx, kind, "slip:" + std::to_string(slip.id.value()))) {
                sent.actors.insert(std::move(actor));
            }
        }
    }
    for (const parcels::Parcel& parcel : parcels::parcels_of(tx, request)) {
        if (look_into(tx, parcel).pin_slip) {
            add_parcel(tx, parcel, sent);
        }
    }
    return sent;
}

/// The people who may hand out and have not touched the other one.
std::string who_may(store::Tx& tx, const Sent& other) {
    std::string names;
    for (const officers::Officer& one : officers::list(tx)) {
        if (one.state == officers::OfficerState::Active &&
            officers::may(one.roles, officers::Action::HandleSlips) &&
            !other.actors.contains(officers::actor_of(one.login))) {
            names += (names.empty() ? "" : ", ") + one.login;
        }
    }
    return names.empty() ? "nobody yet; add an operator" : names;
}

Error same_parcel(const std::string& where) {
    return {ErrorKind::Refused, "parcel.card_and_pin",
            "A card and its PIN slip never travel together: send each under a registered-mail "
            "number of its own.",
            where, "M 6.4.2"};
}

Outcome check_apart(store::Tx& tx, const Sent& other, const std::string& where,
                    std::string_view tracking, std::string_view actor) {
    if (!tracking.empty() && other.tracking.contains(std::string(tracking))) {
        return same_parcel(where);
    }
    if (other.actors.contains(std::string(actor))) {
        const std::string may = who_may(tx, other);
        return Error{ErrorKind::Refused, "parcel.same_person",
                     "Who sent or handed over the card does not do so with its PIN slip, nor the "
                     "other way round. May do it: " +
                         may + ".",
                     where + " (" + may + ")", "M 6.4.2"};
    }
    return done();
}

/// Made and still in the office: posted with its slip, in its parcel where there is one, or handed
/// over.
Outcome send_card_along(store::Tx& tx, const requests::Office& office, const slips::Slip& slip,
                        std::string_view tracking, std::string_view actor) {
    const auto token = subscribers::token_of_card(tx, slip.account_name);
    if (!token || token->state != subscribers::TokenState::Personalised) {
        return done();
    }
    if (!tracking.empty()) {
        for (const parcels::Parcel& parcel : parcels_with(tx, *token)) {
            if (parcel.state == parcels::ParcelState::Waiting) {
                return post_parcel(tx, office,
                                   {parcel.number, std::string(actor), std::string(tracking), {}});
            }
        }
    }
    const auto moved = subscribers::take_step(
        tx, *token,
        tracking.empty() ? subscribers::TokenEvent::Receive : subscribers::TokenEvent::Post,
        {std::string(actor)});
    return moved ? done() : Outcome(moved.error());
}

}  // namespace

Outcome slip_leaves(store::Tx& tx, const requests::Office& office, const slips::Slip& slip,
                    std::string_view tracking, std::string_view actor) {
    Outcome right = check_slip_apart(tx, office, slip, tracking, actor);
    if (!right) {
        return right;
    }
    begin_paper_wait(tx, office, slip);
    return slip.carries_pin() && !goes_apart(office, slip.scheme)
               ? send_card_along(tx, office, slip, tracking, actor)
               : done();
}

bool goes_apart(const requests::Office& office, std::string_view scheme_id) {
    const scheme::Scheme* scheme = scheme::find_scheme(office.schemes, scheme_id);
    return scheme != nullptr && scheme->cards.pin_slip_apart;
}

Outcome check_contents_apart(store::Tx& tx, const requests::Office& office,
                             const parcels::Parcel& parcel) {
    return goes_apart(office, parcel.scheme) && look_into(tx, parcel).has_both()
               ? Outcome(same_parcel(parcel.number))
               : done();
}

Outcome check_card_apart(store::Tx& tx, const requests::Office& office,
                         const parcels::Parcel& parcel, std::string_view tracking,
                         std::string_view actor) {
    if (!goes_apart(office, parcel.scheme)) {
        return done();
    }
    const Contents contents = look_into(tx, parcel);
    if (contents.has_both()) {
        return same_parcel(parcel.number);
    }
    if (contents.card) {
        return check_apart(tx, pin_slips_sent(tx, parcel.request), parcel.number, tracking, actor);
    }
    return contents.pin_slip
               ? check_apart(tx, cards_sent(tx, parcel.request), parcel.number, tracking, actor)
               : done();
}

Outcome check_slip_apart(store::Tx& tx, const requests::Office& office, const slips::Slip& slip,
                         std::string_view tracking, std::string_view actor) {
    if (slip.template_name != kPinSlipTemplate || !goes_apart(office, slip.scheme)) {
        return done();
    }
    return check_apart(tx, cards_sent(tx, slip.request), slip.number, tracking, actor);
}

}  // namespace sealdesk::effects
