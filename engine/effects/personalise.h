#pragma once

#include <functional>
#include <optional>
#include <string>

#include "ca/profile.h"
#include "cards/card.h"
#include "cards/card_record.h"
#include "effects/puk_change.h"
#include "effects/works.h"

// The card centre's station (M 2.1.3, M 4.2.1.1 (4) A, T 5.1.4): keys made in the card (M 6.1.1,
// M 6.1.3), certificates for them, a random PIN on a slip of its own, a random PUK in the vault.
namespace sealdesk::effects {

/// What every blank card of a lot comes with.
struct TransportSecrets {
    Secret puk;
    Secret pin;
    cards::ManagementKey management_key;
};

/// The office's own key of each card, where the card can take one; see card_keys.h.
using CardKeyOf = std::function<cards::ManagementKey(std::string_view identity)>;

/// One reader with what its work needs. One thread.
struct Station {
    const Works& works;
    /// Of a scheme's CA.
    std::function<Result<const ca::Profiles*>(const std::string& scheme)> profiles;
    const PukVault& vault;
    const TransportSecrets& transport;
    CardKeyOf own_key = {};  ///< none: the kind of card cannot change its management key
    cards::PinForm pin_form = {};
    std::string scheme = {};  ///< only this scheme's cards; empty: every one
    std::string actor;
    /// Told after each step, for a person who watches.
    std::function<void(const cards::CardRecord&)> progress = [](const cards::CardRecord&) {};
};

/// Random digits for a card: log2 10 = 3.3 bits each; three tries guess one of a million PINs of
/// six digits with 1 in 330,000 (T 4.1.3), eight digits one in 33 million.
inline constexpr std::size_t kCardPinLength = 8;

/// Carries the card in the reader as far as it goes. A blank card is taken for the oldest token
/// that waits for one; a card that was pulled out goes on where it stood. Each step is done in the
/// card first and recorded then, and found out again where it is not known, so that a card pulled
/// at any moment can be put in again:
///
///     reserved ─► named ─► keyed ─► certified ─► written ─► pin_set ─► puk_set ─► complete
///                   └──── keys are made at home (CardPolicy) ────┘
///
/// A card that answers what it must not is spoiled at once (spoil_card()). Errors: those of
/// cards::Card; (Refused) card.none_ordered, card.stock_empty (blank cards were not entered into
/// the stock), card.not_blank, card.already_complete, card.is_spoiled, card.too_many_tries (the
/// blank card allows more than three wrong PINs), card.key_known; what the CA says.
[[nodiscard]] Result<cards::CardRecord> personalise(const Station& station, cards::Card& card);

/// Ends a card that is in work or complete and still in the office: it is void, its PIN slip too,
/// and a job asks the CA to revoke its certificates; its token waits for another card, which is
/// begun only when the CA has confirmed. `why`: 1 to 60 bytes. Errors: card.unknown (NotFound),
/// card.is_spoiled, card.gone (Refused: it has left the office; report it lost or damaged).
inline constexpr std::size_t kSpoiledWhyMax = 60;
[[nodiscard]] Outcome spoil_card(store::Database& database, std::string_view number,
                                 std::string_view why, std::string_view actor);

}  // namespace sealdesk::effects
