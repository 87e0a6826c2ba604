#pragma once

#include <string>
#include <string_view>

#include "parcels/parcel.h"
#include "store/tx.h"

// Steps of a parcel that has a card in it: the card goes with its parcel.
namespace sealdesk::effects {

/// Kind of a parcels::Item that is a card; its reference is the token's order key.
inline constexpr std::string_view kCardItem = "card";

/// parcels::post(); Refused parcel.card_not_made while the card centre has not made the card.
Outcome post_parcel(store::Tx& tx, std::string_view number, std::string_view tracking,
                    std::string_view actor);

/// parcels::take_back(); the card lies at the counter, too (M 4.2.1.2 (2)).
Outcome take_parcel_back(store::Tx& tx, std::string_view number, std::string_view why,
                         std::string_view actor);

/// The card centre reports the finished card of a request and the number printed on it. Errors:
/// token.not_ordered (NotFound), those of subscribers::card_made().
Outcome report_card(store::Tx& tx, std::string_view request_number, std::string_view card_number,
                    std::string_view actor);

}  // namespace sealdesk::effects
