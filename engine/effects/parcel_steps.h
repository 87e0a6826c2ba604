#pragma once

#include <string>
#include <string_view>

#include "parcels/parcel.h"
#include "requests/office.h"
#include "store/tx.h"
#include "subscribers/token.h"

// Steps of a parcel that has a card in it: the card goes with its parcel.
namespace sealdesk::effects {

/// Kind of a parcels::Item that is a card; its reference is the token's order key.
inline constexpr std::string_view kCardItem = "card";

/// What is done to a parcel, and by whom.
struct ParcelStep {
    std::string number;
    std::string actor;
    std::string tracking = {};  ///< of post_parcel
    std::string reason = {};    ///< of take_parcel_back
    /// Of collect_parcel: the identity cards of the responsible person and of the proxy were seen,
    /// and the seals are those of the approved collection form.
    bool identity_checked = false;
};

/// The parcels of the request that ordered a card, with the card in them.
[[nodiscard]] std::vector<parcels::Parcel> parcels_with(store::Tx& tx,
                                                        const subscribers::Token& card);

/// Whether it lies in a parcel at the counter.
[[nodiscard]] bool lies_in_parcel(store::Tx& tx, const subscribers::Token& card);

/// Whether the cards in it are made and at hand. Refused: parcel.card_not_made,
/// parcel.card_not_there.
[[nodiscard]] Outcome check_postable(store::Tx& tx, const parcels::Parcel& parcel);

/// parcels::post(); the cards in it are shipped. Refused parcel.card_not_made while the card centre
/// has not made the card; those of check_card_apart() and take_step().
Outcome post_parcel(store::Tx& tx, const requests::Office& office, const ParcelStep& step);

/// parcels::take_back(); the card lies at the counter, too (M 4.2.1.2 (2)). A slip in it or
/// posted under its number has been out of our hands: it is void, and its password dead.
Outcome take_parcel_back(store::Tx& tx, const ParcelStep& step);

/// parcels::collect(); the cards in it are the subscriber's now, and the record says that identity
/// was checked. Where the scheme has no collection form, none is asked for. Refused
/// parcel.identity_unchecked; as check_card_apart().
Outcome collect_parcel(store::Tx& tx, const requests::Office& office, const ParcelStep& step);

/// parcels::confirm_delivery(); the cards in it are the subscriber's now. One that was reported
/// lost meanwhile stays so.
Outcome deliver_parcel(store::Tx& tx, std::string_view number, const parcels::Delivery& delivery,
                       std::string_view actor);

/// The card centre reports the finished card of a request and the number printed on it; it lies at
/// the counter when its parcel does. Errors: token.not_ordered (NotFound), those of
/// subscribers::card_made().
Outcome report_card(store::Tx& tx, std::string_view request_number, std::string_view card_number,
                    std::string_view actor);

}  // namespace sealdesk::effects
