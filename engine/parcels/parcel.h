#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "store/tx.h"

namespace sealdesk::parcels {

/// Where a parcel stands. Stored as text.
enum class ParcelState {
    Waiting,    ///< 待寄: the post room packs it
    Posted,     ///< 已郵寄, under a registered-mail number (T 3.2.6)
    AtCounter,  ///< 候領: undeliverable, or picked up from the start (M 4.2.1.2)
    Released,   ///< 可領取: the collection form is approved, somebody may take it
    Collected,  ///< 已領取
    Void,       ///< 作廢: lost, destroyed, not needed any more
};
inline constexpr int kParcelStateCount = 6;
[[nodiscard]] std::string_view to_text(ParcelState state);
/// Nothing for a text that is no state.
[[nodiscard]] std::optional<ParcelState> parcel_state_from(std::string_view text);
/// Posted, collected and void parcels have come to an end; a posted one may still come back.
[[nodiscard]] constexpr bool is_settled(ParcelState state) {
    return state == ParcelState::Posted || state == ParcelState::Collected ||
           state == ParcelState::Void;
}

/// A thing in a parcel: its kind ("card", "slip", "letter" …) and its number. Never a secret.
struct Item {
    std::string kind;
    std::string reference;
};

/// Whom a parcel is addressed to, as on its label: later changes of the contact do not touch it.
struct Addressee {
    std::string name;
    std::string postal_code;  ///< may be empty
    std::string address;
};

struct NewParcel {
    std::string dedup_key;  ///< the order's own key; at most 80 characters
    std::string scheme;
    RequestId request;  ///< the approval it stands on
    SubscriberId subscriber;
    Addressee to;
    std::vector<Item> items;
    bool to_counter = false;  ///< not posted: the addressee comes for it (M 4.2.1.2 (1))
};

struct Parcel {
    ParcelId id;
    std::string number;  ///< such as "G115-000042-7"
    std::string scheme;
    RequestId request;
    SubscriberId subscriber;
    Addressee to;
    ParcelState state;
    std::string tracking;  ///< registered-mail number; empty before it is posted
    Instant ordered_at;
    Instant changed_at;
};

/// One step of a parcel's way.
struct Movement {
    ParcelState state;
    std::string actor;
    std::string reference;  ///< registered-mail number, or number of the collection form
    std::string note;
    Instant at;
};

/// Orders a parcel, waiting to be posted or lying at the counter. The same dedup_key again gives
/// the parcel that is there, unchanged. Of one that lies at the counter the addressee is told, as
/// of an undeliverable one.
Parcel order_parcel(store::Tx& tx, const NewParcel& fresh);

/// The kind of job that tells an addressee where the parcel waits; its subject is the parcel's id.
inline constexpr std::string_view kNoticeJob = "parcel.notice";

// The steps. Each is one CAS UPDATE, one movement and one audit event in the caller's transaction;
// asking for a step that was taken already, with the same reference, changes nothing. Refused:
// parcel.not_now (with the state it is in); NotFound: parcel.unknown.

/// Posted under a registered-mail number (T 3.2.6): 6 to 24 of 0-9 A-Z -. Errors (Invalid):
/// parcel.tracking_needed; (Refused) parcel.tracking_used within the last year by another parcel.
Outcome post(store::Tx& tx, std::string_view number, std::string_view tracking,
             std::string_view actor);

/// Came back from the post: it lies at the counter and the addressee is told (M 4.2.1.2 (2)).
/// `why` is what the post wrote on it; Invalid parcel.note_missing without; Refused
/// parcel.delivered.
Outcome take_back(store::Tx& tx, std::string_view number, std::string_view why,
                  std::string_view actor);

/// A collection form of the subscriber was approved: all that lies at the counter for it may be
/// taken away. Returns how many: none where a card came to the counter without a parcel of ours.
Result<int> release_to(store::Tx& tx, SubscriberId subscriber, std::string_view request_number);

/// Handed over at the counter; `note` says what was looked at. Refused parcel.form_needed while no
/// collection form is approved.
Outcome collect(store::Tx& tx, std::string_view number, std::string_view actor,
                std::string_view note = {});

/// What the post says of a registered item that arrived.
struct Delivery {
    Instant at;
    std::string signed_by;  ///< as the post has it; may be empty; at most 60 characters
};

/// The post confirms that a posted parcel arrived (M 4.2.1.2 (2): signed for); the same again
/// changes nothing. From then on it can neither come back nor be void. Refused: parcel.not_now;
/// parcel.delivery_time (before the day it was posted, or to come); parcel.delivered (confirmed
/// otherwise before).
Outcome confirm_delivery(store::Tx& tx, std::string_view number, const Delivery& delivery,
                         std::string_view actor);
/// What confirm_delivery() would refuse, for a rehearsal.
[[nodiscard]] Outcome check_delivery(store::Tx& tx, const Parcel& parcel, const Delivery& delivery);
[[nodiscard]] std::optional<Delivery> delivery_of(store::Tx& tx, ParcelId id);

/// Lost, destroyed or not needed any more; `why` as for take_back().
Outcome void_parcel(store::Tx& tx, std::string_view number, std::string_view why,
                    std::string_view actor);

[[nodiscard]] Result<Parcel> find_parcel(store::Tx& tx, std::string_view number);
[[nodiscard]] Parcel get_parcel(store::Tx& tx, ParcelId id);
/// The newest that was posted under this registered-mail number.
[[nodiscard]] std::optional<Parcel> parcel_under(store::Tx& tx, std::string_view tracking);
/// All parcels of a request, oldest first.
[[nodiscard]] std::vector<Parcel> parcels_of(store::Tx& tx, RequestId request);
[[nodiscard]] std::vector<Item> items_of(store::Tx& tx, ParcelId id);
[[nodiscard]] std::vector<Movement> movements_of(store::Tx& tx, ParcelId id);  ///< oldest first

/// Which parcels are listed, at most `limit` after the given id (0: from the first).
struct ParcelFilter {
    std::optional<ParcelState> state = {};
    std::int64_t after = 0;
    int limit = 500;
};
[[nodiscard]] std::vector<Parcel> list_parcels(store::Tx& tx, const ParcelFilter& filter);

/// Whether a parcel of this request has not left the office yet: waiting to be posted.
[[nodiscard]] bool has_unposted(store::Tx& tx, RequestId request);

/// One ledger of the day report: ordered = settled + open, counted from the orders (their first
/// movements) and from the states.
struct ParcelCounts {
    std::int64_t ordered = 0;
    std::int64_t settled = 0;  ///< posted, collected, void
    std::int64_t open = 0;     ///< waiting, at the counter, released
};
[[nodiscard]] ParcelCounts count_parcels(store::Tx& tx);

}  // namespace sealdesk::parcels
