#include "parcels/parcel.h"

#include "audit/log.h"
#include "base/numbering.h"
#include "parcels/parcel_store.h"
#include "queue/queue.h"
#include "store/counters.h"

namespace sealdesk::parcels {
namespace {

/// The post gives a registered-mail number out again some day; two within a year are a mistake.
constexpr std::chrono::days kTrackingReused{365};

Error not_now(const Parcel& parcel) {
    return {ErrorKind::Refused, "parcel.not_now",
            "Not possible while the parcel is " + std::string(to_text(parcel.state)) + ".",
            parcel.number, "T 3.2.6"};
}

Error note_missing(std::string_view number) {
    return {ErrorKind::Invalid, "parcel.note_missing",
            "Say why, in a few words: an auditor will read it.", std::string(number), "T 3.2.6"};
}

Error delivered(const Parcel& parcel) {
    return {ErrorKind::Refused, "parcel.delivered",
            "The post has confirmed its delivery; compare the confirmation with the record.",
            parcel.number, "M 4.2.1.2"};
}

/// The day on which it was handed to the post.
std::chrono::year_month_day posted_on(store::Tx& tx, const Parcel& parcel) {
    Instant at = parcel.ordered_at;
    for (const Movement& step : movements_of(tx, parcel.id)) {
        at = step.state == ParcelState::Posted ? step.at : at;
    }
    return day_in_taipei(at);
}

void record(store::Tx& tx, const Parcel& parcel, ParcelState to, const Movement& movement) {
    add_movement(tx, parcel.id, movement);
    audit::append(tx,
                  {"parcel." + std::string(to_text(to)), movement.actor, "parcel:" + parcel.number,
                   movement.reference.empty() ? nlohmann::json::object()
                                              : nlohmann::json{{"reference", movement.reference}}});
}

void order_notice(store::Tx& tx, const Parcel& parcel) {
    queue::enqueue(tx, kNoticeJob, parcel.number, parcel.id.value(), tx.now());
}

/// One step: the state, the record of it, the audit event.
struct Step {
    ParcelState from;
    ParcelState to;
    std::string_view actor;
    std::string reference = {};
    std::string note = {};
};

Outcome take_step(store::Tx& tx, const Parcel& parcel, const Step& step) {
    if (parcel.state != step.from) {
        return not_now(parcel);
    }
    const std::string tracking = step.to == ParcelState::Posted ? step.reference : parcel.tracking;
    if (!save_move(tx, parcel, step.to, tracking)) {
        return not_now(get_parcel(tx, parcel.id));
    }
    record(tx, parcel, step.to,
           {step.to, std::string(step.actor), step.reference, step.note, tx.now()});
    return done();
}

}  // namespace

Parcel order_parcel(store::Tx& tx, const NewParcel& fresh) {
    if (auto known = parcel_of_order(tx, fresh.dedup_key)) {
        return *std::move(known);
    }
    const ParcelState state = fresh.to_counter ? ParcelState::AtCounter : ParcelState::Waiting;
    Parcel parcel{.id = ParcelId(tx.new_id()),
                  .number = store::take_number(tx, 'G', "parcel"),
                  .scheme = fresh.scheme,
                  .request = fresh.request,
                  .subscriber = fresh.subscriber,
                  .to = fresh.to,
                  .state = state,
                  .tracking = {},
                  .ordered_at = tx.now(),
                  .changed_at = tx.now()};
    insert_parcel(tx, fresh, parcel);
    record(tx, parcel, state, {state, "system", {}, {}, tx.now()});
    if (fresh.to_counter) {
        order_notice(tx, parcel);
    }
    return parcel;
}

Outcome post(store::Tx& tx, std::string_view number, std::string_view tracking,
             std::string_view actor) {
    if (!is_registered_mail_number(tracking)) {
        return Error{ErrorKind::Invalid, "parcel.tracking_needed",
                     "A posted parcel takes its registered-mail number: 6 to 24 of 0-9 A-Z -.",
                     std::string(number), "T 3.2.6"};
    }
    const auto parcel = find_parcel(tx, number);
    if (!parcel) {
        return parcel.error();
    }
    if (parcel->state == ParcelState::Posted && parcel->tracking == tracking) {
        return done();
    }
    const std::string other = posted_under(tx, tracking, parcel->id, tx.now() - kTrackingReused);
    if (!other.empty()) {
        return Error{ErrorKind::Refused, "parcel.tracking_used",
                     "Parcel " + other + " was posted under this registered-mail number.",
                     std::string(number), "T 3.2.6"};
    }
    return take_step(tx, *parcel,
                     {ParcelState::Waiting, ParcelState::Posted, actor, std::string(tracking)});
}

Outcome take_back(store::Tx& tx, std::string_view number, std::string_view why,
                  std::string_view actor) {
    if (why.empty()) {
        return note_missing(number);
    }
    const auto parcel = find_parcel(tx, number);
    if (!parcel) {
        return parcel.error();
    }
    if (parcel->state == ParcelState::AtCounter) {
        return done();
    }
    if (delivery_of(tx, parcel->id)) {
        return delivered(*parcel);
    }
    Outcome moved = take_step(
        tx, *parcel,
        {ParcelState::Posted, ParcelState::AtCounter, actor, parcel->tracking, std::string(why)});
    if (moved) {
        order_notice(tx, *parcel);
    }
    return moved;
}

Result<int> release_to(store::Tx& tx, SubscriberId subscriber, std::string_view request_number) {
    int released = 0;
    for (const Parcel& parcel : parcels_of(tx, subscriber, ParcelState::AtCounter)) {
        const Outcome moved = take_step(
            tx, parcel,
            {ParcelState::AtCounter, ParcelState::Released, "system", std::string(request_number)});
        if (!moved) {
            return moved.error();
        }
        ++released;
    }
    return released;
}

Outcome collect(store::Tx& tx, std::string_view number, std::string_view actor,
                std::string_view note) {
    const auto parcel = find_parcel(tx, number);
    if (!parcel) {
        return parcel.error();
    }
    if (parcel->state == ParcelState::Collected) {
        return done();
    }
    if (parcel->state == ParcelState::AtCounter) {
        return Error{ErrorKind::Refused, "parcel.form_needed",
                     "It is handed over against an approved collection form: seals and identity "
                     "cards are checked there.",
                     parcel->number, "M 4.2.1.2"};
    }
    return take_step(tx, *parcel,
                     {ParcelState::Released, ParcelState::Collected, actor, {}, std::string(note)});
}

Outcome check_delivery(store::Tx& tx, const Parcel& parcel, const Delivery& delivery) {
    if (delivery_of(tx, parcel.id)) {
        return delivered(parcel);
    }
    if (parcel.state != ParcelState::Posted) {
        return not_now(parcel);
    }
    const auto day = std::chrono::sys_days{day_in_taipei(delivery.at)};
    if (delivery.at > tx.now() || day < std::chrono::sys_days{posted_on(tx, parcel)}) {
        return Error{ErrorKind::Refused, "parcel.delivery_time",
                     "It cannot have arrived before the day on which it was posted, nor in the "
                     "time to come; compare the registered-mail number and the day.",
                     parcel.number, "M 4.2.1.2"};
    }
    return done();
}

Outcome confirm_delivery(store::Tx& tx, std::string_view number, const Delivery& delivery,
                         std::string_view actor) {
    const auto parcel = find_parcel(tx, number);
    if (!parcel) {
        return parcel.error();
    }
    const auto known = delivery_of(tx, parcel->id);
    if (known && known->at == delivery.at && known->signed_by == delivery.signed_by) {
        return done();
    }
    Outcome right = check_delivery(tx, *parcel, delivery);
    if (!right) {
        return right;
    }
    insert_delivery(tx, parcel->id, delivery, actor);
    audit::append(tx, {"parcel.delivered",
                       std::string(actor),
                       "parcel:" + parcel->number,
                       {{"reference", parcel->tracking}, {"at", to_utc_text(delivery.at)}}});
    return done();
}

Outcome void_parcel(store::Tx& tx, std::string_view number, std::string_view why,
                    std::string_view actor) {
    if (why.empty()) {
        return note_missing(number);
    }
    const auto parcel = find_parcel(tx, number);
    if (!parcel) {
        return parcel.error();
    }
    if (parcel->state == ParcelState::Void) {
        return done();
    }
    if (parcel->state == ParcelState::Collected) {
        return not_now(*parcel);
    }
    if (delivery_of(tx, parcel->id)) {
        return delivered(*parcel);
    }
    return take_step(tx, *parcel, {parcel->state, ParcelState::Void, actor, {}, std::string(why)});
}

}  // namespace sealdesk::parcels
