#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/tx.h"

// PUKs of cards, sealed to the unblock service (crypto::encrypt_to its certificate): one row a
// physical card. What is written here was sealed before; nothing here opens it.
namespace sealdesk::subscribers {

/// Of the two PUKs that a card may have while a change is under way. Stored as text.
enum class PukOf { None, Current, Next };
[[nodiscard]] std::string_view to_text(PukOf which);

/// Tries that a card allows its PUK after a right one: "at least", as no card tells without losing
/// one. SP 800-73-4 part 2 §2.4.3 leaves the number to the issuer; every applet measured has 3.
inline constexpr int kPukTries = 3;

struct KeptPuk {
    std::string card_identity;           ///< cards::Card::identity(): 32 hexadecimal digits
    std::optional<std::string> current;  ///< sealed; none: the one that the card came with
    std::optional<std::string> next;     ///< sealed; the card may have it already
    PukOf tried = PukOf::None;   ///< shown to the card while in doubt, and its answer is not known
    int tries_left = kPukTries;  ///< at least
    std::optional<Instant> opened_at{};  ///< since when the current one is used up

    [[nodiscard]] bool in_doubt() const { return next.has_value(); }
};

[[nodiscard]] std::optional<KeptPuk> find_puk(store::Tx& tx, std::string_view card_identity);

/// Keeps a PUK that the card has for certain; it takes the place of what was kept for it.
void keep_puk(store::Tx& tx, std::string_view card_identity, std::string_view sealed);

/// Keeps a fresh PUK before the card is told of it. Conflict puk.change_pending when another change
/// is under way: which of the two the card has must be found out first.
[[nodiscard]] Outcome begin_puk_change(store::Tx& tx, std::string_view card_identity,
                                       std::string_view sealed_next);

/// The card has confirmed the fresh one, which is unused. Conflict puk.no_change when none is under
/// way.
[[nodiscard]] Outcome confirm_puk_change(store::Tx& tx, std::string_view card_identity);

/// It is about to be opened: used up from now on, until another one is confirmed.
void note_puk_opened(store::Tx& tx, std::string_view card_identity);

/// It is about to be shown to the card. While it is in doubt which the card has, one try fewer is
/// counted on until the answer is there.
void note_puk_try(store::Tx& tx, const KeptPuk& seen, PukOf which);

/// The card has said which one it has (Current or Next), and how many tries are left at least.
/// Current where the row has none: the card is as it came, and the row goes.
void settle_puk(store::Tx& tx, const KeptPuk& seen, PukOf which, int tries_left);

}  // namespace sealdesk::subscribers
