#pragma once

#include <string_view>

#include "parcels/parcel.h"
#include "requests/office.h"
#include "slips/slip.h"
#include "store/tx.h"

// A card and its PIN slip apart (M 6.4.2: the initial PIN reaches the user through a secure
// channel), where the scheme says so (scheme::CardPolicy).
// Where it says together (T 5.1.4, T 6.3) nothing is checked.
namespace sealdesk::effects {

/// Template of the slips that carry a card's PIN.
inline constexpr std::string_view kPinSlipTemplate = "pin-slip";

/// Kind of a parcels::Item that is a slip; its reference is the slip's number.
inline constexpr std::string_view kSlipItem = "slip";

/// Whether cards of this scheme and their PIN slips go apart.
[[nodiscard]] bool goes_apart(const requests::Office& office, std::string_view scheme);

/// Refused parcel.card_and_pin when the parcel holds a card and a PIN slip of such a scheme.
[[nodiscard]] Outcome check_contents_apart(store::Tx& tx, const requests::Office& office,
                                           const parcels::Parcel& parcel);

/// Whether this person may post the parcel under this registered-mail number, or (no number) hand
/// it over. Refused: parcel.card_and_pin when a card and a PIN slip of its request would travel
/// together; parcel.same_person when the same person has posted or handed over the PIN slip; it
/// says who may.
[[nodiscard]] Outcome check_card_apart(store::Tx& tx, const requests::Office& office,
                                       const parcels::Parcel& parcel, std::string_view tracking,
                                       std::string_view actor);

/// A slip leaves the office, posted under this number or handed over (no number):
/// check_slip_apart(); where the scheme says together (T 6.3), a PIN slip's card goes with it, in
/// the same envelope or into the same hands; and the slip's time begins (begin_paper_wait()).
/// Errors besides: those of post_parcel() and subscribers::take_step().
[[nodiscard]] Outcome slip_leaves(store::Tx& tx, const requests::Office& office,
                                  const slips::Slip& slip, std::string_view tracking,
                                  std::string_view actor);

/// The same for a PIN slip that is posted or handed over. Other slips may go as they like.
[[nodiscard]] Outcome check_slip_apart(store::Tx& tx, const requests::Office& office,
                                       const slips::Slip& slip, std::string_view tracking,
                                       std::string_view actor);

}  // namespace sealdesk::effects
