#include "officers/card_key.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "crypto/cms.h"

namespace sealdesk::officers {

Result<CardKey> CardKey::open(cards::Card& card, const Clock& clock, CardPin pin) {
    const auto der = card.certificate(cards::KeySlot::Signature);
    if (!der) {
        return der.error();
    }
    if (der->empty()) {
        return Error{ErrorKind::Refused,
                     "card.no_certificate",
                     "There is no certificate on this card; have it enrolled with officer add.",
                     {},
                     "M 1.3.2"};
    }
    auto certificate = crypto::Certificate::parse(*der);
    if (!certificate) {
        return certificate.error();
    }
    const auto state = card.pin_state();
    if (!state) {
        return state.error();
    }
    if (state->locked()) {
        return Error{ErrorKind::Refused,
                     "card.pin_locked",
                     "The PIN is locked after three wrong tries; have the card unblocked.",
                     {},
                     "T 4.1.3, M 6.2.8"};
    }
    return CardKey(card, clock, std::move(pin), *std::move(certificate), state->tries_left);
}

CardKey::CardKey(cards::Card& card, const Clock& clock, CardPin pin,
                 crypto::Certificate certificate, int tries_left)
    : card_(&card),
      clock_(&clock),
      pin_source_(std::move(pin)),
      certificate_(std::move(certificate)),
      tries_left_(tries_left) {}

std::optional<Instant> CardKey::remembered_until() const {
    return pin_ ? std::optional(shown_first_ + pin_source_.remembered) : std::nullopt;
}

/// A PIN that this card has not refused yet.
Outcome CardKey::ask_pin() {
    auto asked = pin_source_.ask(tries_left_);
    if (!asked) {
        return asked.error();
    }
    const auto is_same = [&](const Secret& other) { return other.same_as(*asked); };
    if (std::ranges::any_of(refused_, is_same)) {
        return Error{ErrorKind::Refused,
                     "card.pin_refused_before",
                     "The card has refused this PIN before, so it was not sent again; the number "
                     "says how many tries are left.",
                     std::to_string(tries_left_),
                     {}};
    }
    pin_ = *std::move(asked);
    shown_first_ = clock_->now();
    return done();
}

Outcome CardKey::show_pin() {
    if (pin_ && clock_->now() >= shown_first_ + pin_source_.remembered) {
        pin_.reset();
    }
    if (!pin_) {
        Outcome asked = ask_pin();
        if (!asked) {
            return asked;
        }
    }
    Outcome shown = card_->verify_pin(*pin_);
    if (!shown) {
        if (shown.error().code == "card.wrong_pin") {
            tries_left_ = static_cast<int>(parse_number(shown.error().where).value_or(0));
            refused_.push_back(*std::move(pin_));
        }
        pin_.reset();
    }
    return shown;
}

/// A card that went once is not asked again, and neither is the officer for its PIN.
Error CardKey::noted(Error error) {
    if (error.kind == ErrorKind::Unavailable) {
        gone_ = error;
        pin_.reset();
    }
    return error;
}

Result<std::string> CardKey::sign_digest(std::string_view digest) {
    if (gone_) {
        return *gone_;
    }
    const Outcome shown = show_pin();
    if (!shown) {
        return noted(shown.error());
    }
    auto signature = card_->sign_digest(cards::KeySlot::Signature, digest);
    return signature ? std::move(signature) : noted(signature.error());
}

Result<std::string> CardKey::sign(std::string_view bytes, Instant at) {
    return crypto::sign_detached(bytes,
                                 {certificate_.public_key(),
                                  [this](std::string_view digest) { return sign_digest(digest); }},
                                 certificate_, at);
}

}  // namespace sealdesk::officers
