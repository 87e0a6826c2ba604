#pragma once

#include <string>

#include "cards/card.h"
#include "effects/login.h"
#include "effects/puk_change.h"

// The PIN of a subscriber's card: changed with the old one, or set anew where it was forgotten or
// three wrong tries have locked it. Each call is one visit of the card, which lies in the reader
// and is selected here. The office's rule for a PIN (T 4.9.7: 6 to 16 letters and digits) holds as
// far as the card's PinForm does: a PIV card takes 6 to 8 digits. Nothing of a PIN or PUK is sent
// twice by itself.
//
// A new PIN is judged before anything is sent. Errors (all): those of Transport; (Invalid)
// card.wrong_card, card.bad_pin_form; (Refused) card.weak_pin (T 4.9.7: a run such as 123456, or of
// the subscriber's data), card.not_ours.
namespace sealdesk::effects {

/// The old PIN and the new one.
struct PinChange {
    const Secret& old;
    const Secret& fresh;
};

/// T 4.9.6, M 6.4.1. The card's identity. Errors: (Refused) card.pin_unchanged; card.wrong_pin with
/// the tries left in `where`; card.pin_locked (T 4.1.3).
[[nodiscard]] Result<std::string> change_pin(const requests::Office& office, cards::Card& card,
                                             const cards::PinForm& form, const PinChange& wanted);

/// What setting a PIN anew takes: the unblock service with its key.
struct PinDesk {
    const requests::Office& office;
    const PukVault& vault;
    const crypto::Certificate& certificate;  ///< of the unblock service
    const crypto::KeyPair& key;              ///< its key
    cards::PinForm form = {};
};

/// The two differ in how the card stands at the start; in the card they are one command.
enum class PinWork {
    Reset,    ///< forgotten (T 4.9.1, T 4.9.3), whether the card is locked or not
    Unblock,  ///< locked by wrong tries (T 4.9.4, M 6.2.8)
};

struct PinWish {
    PinWork work;
    const Secret& fresh;
    bool last_try = false;  ///< also when a wrong PUK would lock the card for ever
};

/// For a subscriber who has come in with the website password (T 4.9.5). The PUK opens the card, is
/// used up with that, and a fresh one takes its place in the same visit; each opening is an event
/// puk.opened. The card's identity.
///
/// A card that is pulled in between, or a crash, leaves the vault knowing both PUKs that the card
/// may have, and the next call finishes: of the card's PUK tries one is lost at most, and the right
/// PUK gives it back. Errors (Refused): card.of_another, card.not_in_use,
/// card.certificates_revoked, card.not_locked, puk.not_kept, card.puk_last_try, card.wrong_puk,
/// card.puk_locked; card.puk_not_renewed when the PIN is set and the PUK was not changed: call
/// again.
[[nodiscard]] Result<std::string> renew_pin(const PinDesk& desk, cards::Card& card,
                                            const Visitor& visitor, const PinWish& wish);

/// The same at the counter, by a person who has identified the card's holder (M 6.2.8), where the
/// scheme has no website accounts. Error (Refused) card.needs_website_password where it has.
[[nodiscard]] Result<std::string> renew_pin_at_counter(const PinDesk& desk, cards::Card& card,
                                                       const std::string& login,
                                                       const PinWish& wish);

}  // namespace sealdesk::effects
