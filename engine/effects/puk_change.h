#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "cards/card.h"
#include "crypto/certificate.h"
#include "store/tx.h"
#include "subscribers/puk_vault.h"

// Puts PUKs into cards that nobody knows but the vault. Needed for it is the certificate of the
// unblock service only; what was sealed to it opens with its key, in card_pin.h.
namespace sealdesk::effects {

/// A PIV card's PUK has 8 bytes (SP 800-73-4 part 2 §2.4.3), and not every applet takes more than
/// digits. Entropy: 26 bits, of which three tries are had.
inline constexpr std::size_t kPukLength = 8;

class PukVault {
public:
    /// `service`: of the unblock service; an RSA key for encryption.
    PukVault(store::Database& database, crypto::Certificate service)
        : database_(database), service_(std::move(service)) {}

    /// What subscribers::keep_puk() and begin_puk_change() keep.
    [[nodiscard]] std::string seal(const Secret& puk) const;

    /// A fresh random PUK in place of `old`, which the card has for certain: sealed and stored,
    /// then told to the card, then noted as its own. A card pulled in between has one of the two,
    /// and the vault both. Errors: puk.change_pending; card.wrong_puk with the tries left, nothing
    /// having changed; those of Card::change().
    [[nodiscard]] Outcome replace(cards::Card& card, const std::string& identity, const Secret& old,
                                  const std::string& actor) const;

    /// The personalisation station's: the card's first own PUK in place of the one it came with.
    /// Called again after a card was pulled it finds out, with one PUK try at most, which of the
    /// two the card has, and finishes; where the card has one of its own it does nothing. Errors:
    /// those of replace(); card.puk_last_try when tries were lost in this way twice.
    [[nodiscard]] Outcome put_first(cards::Card& card, const std::string& identity,
                                    const Secret& delivered, const std::string& actor) const;

private:
    store::Database& database_;
    crypto::Certificate service_;
};

/// The card has said which PUK it has: kept, with its event, in the caller's transaction.
void settle_with_event(store::Tx& tx, const subscribers::KeptPuk& seen, subscribers::PukOf which,
                       int tries_left, const std::string& actor);

/// The tries left that an error of a card names; nothing when it is not about a wrong PUK.
[[nodiscard]] std::optional<int> puk_tries_left(const Error& error);

/// Error (Refused) card.puk_last_try when not more than one try may be left (the one that would
/// lock the card for ever) unless the person who holds the card wants it tried.
[[nodiscard]] Outcome check_puk_tries(const std::string& identity, int tries_left, bool last_try);

/// How events name a card.
[[nodiscard]] std::string subject_of_card(const std::string& identity);

}  // namespace sealdesk::effects
