#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "cards/card.h"
#include "officers/officer_key.h"

namespace sealdesk::officers {

/// Where the PIN of an officer's card comes from, and how long it is remembered.
struct CardPin {
    /// Asks the officer. `tries_left`: what the card said, as long as it said nothing newer.
    std::function<Result<Secret>(int tries_left)> ask;
    std::chrono::minutes remembered;  ///< since it was shown to the card; then asked for again
};

/// An officer's key in the signature slot of a card (M 1.3.2): the key never leaves it. The card
/// wants its PIN before each signature (PIV slot 9C, SP 800-73-4 part 1 §3.3), the officer is asked
/// once in `remembered`: the PIN stays in this process's memory and goes to the card with each
/// signature, one command to show it and one to sign.
class CardKey final : public OfficerKey {
public:
    /// Reads the certificate from a card that was selected, and asks how many tries its PIN has
    /// left; nobody is asked for it yet. `card` and `clock` outlive the key. Errors: those of
    /// cards::Card; (Refused) card.no_certificate, card.pin_locked; those of
    /// crypto::Certificate::parse().
    [[nodiscard]] static Result<CardKey> open(cards::Card& card, const Clock& clock, CardPin pin);

    /// Besides: those of CardPin::ask and cards::Card. After card.wrong_pin the PIN is asked for
    /// anew; one that the card has refused is not sent again: (Refused) card.pin_refused_before.
    /// After an error of kind Unavailable (the card was taken out) nothing was signed, and each
    /// call says the same; with the card in its reader, open another key and repeat.
    [[nodiscard]] Result<std::string> sign(std::string_view bytes, Instant at) override;
    [[nodiscard]] const crypto::Certificate& certificate() const override { return certificate_; }

    /// Until when the PIN is remembered; nothing when it is not.
    [[nodiscard]] std::optional<Instant> remembered_until() const;

private:
    CardKey(cards::Card& card, const Clock& clock, CardPin pin, crypto::Certificate certificate,
            int tries_left);
    [[nodiscard]] Outcome show_pin();
    [[nodiscard]] Outcome ask_pin();
    [[nodiscard]] Result<std::string> sign_digest(std::string_view digest);
    [[nodiscard]] Error noted(Error error);

    cards::Card* card_;
    const Clock* clock_;
    CardPin pin_source_;
    crypto::Certificate certificate_;
    int tries_left_;
    std::optional<Secret> pin_;
    Instant shown_first_{};
    std::vector<Secret> refused_;  ///< by this card; never sent again
    std::optional<Error> gone_;    ///< the card, or its reader
};

}  // namespace sealdesk::officers
