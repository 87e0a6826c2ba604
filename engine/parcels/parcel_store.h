#pragma once

#include "parcels/parcel.h"

// The room's SQL; nothing outside it includes this.
namespace sealdesk::parcels {

[[nodiscard]] std::optional<Parcel> parcel_of_order(store::Tx& tx, std::string_view dedup_key);
void insert_parcel(store::Tx& tx, const NewParcel& fresh, const Parcel& parcel);

/// Moves a parcel that was seen in a state; false when it is in another by now.
bool save_move(store::Tx& tx, const Parcel& seen, ParcelState to, std::string_view tracking);

/// Adds a step to the record, after those that are there.
void add_movement(store::Tx& tx, ParcelId id, const Movement& movement);

[[nodiscard]] std::vector<Parcel> parcels_of(store::Tx& tx, SubscriberId subscriber,
                                             ParcelState state);

void insert_delivery(store::Tx& tx, ParcelId id, const Delivery& delivery, std::string_view actor);

/// Number of another parcel that was posted under this registered-mail number since `since`, or "".
[[nodiscard]] std::string posted_under(store::Tx& tx, std::string_view tracking,
                                       ParcelId other_than, Instant since);

}  // namespace sealdesk::parcels
