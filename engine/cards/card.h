#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

namespace sealdesk::cards {

/// The two keys of a subscriber's card (M 1.3.5.1, C 8.2).
enum class KeySlot { Signature, Encryption };
[[nodiscard]] std::string_view to_text(KeySlot slot);

enum class Credential { Pin, Puk };

/// What the card tells of its PIN without being told one.
struct PinState {
    bool verified = false;
    int tries_left = 0;  ///< meaningless while verified
    [[nodiscard]] bool locked() const { return !verified && tries_left == 0; }
};

/// What a PIN or PUK looks like on a kind of card: the office's rule (T 4.9.7: 6 to 16 letters and
/// digits) as far as the card can hold it. PIV has 6 to 8 digits (SP 800-73-4 §2.4.3).
struct PinForm {
    std::size_t length_min = 6;
    std::size_t length_max = 8;
    bool letters = false;           ///< letters and digits; otherwise digits only
    std::size_t padded_length = 8;  ///< filled with FF up to this
};

/// The key that lets a station write on a card (PIV: 9B).
struct ManagementKey {
    enum class Kind : std::uint8_t {
        TripleDes = 0x03,
        Aes128 = 0x08,
        Aes192 = 0x0A,
        Aes256 = 0x0C
    };
    Kind kind = Kind::TripleDes;
    Secret bytes;  ///< 24, 16, 24 or 32
};

/// What the office needs of a card, whatever applet is on it. One object serves one card while it
/// lies in the reader, and one thread.
///
/// Errors of every call, besides those named there: those of Transport; (Refused)
/// card.wrong_pin with the tries left in `where`, card.pin_locked, card.puk_locked,
/// card.no_permission (the PIN or the management key has to be shown first), card.full,
/// card.no_key, card.not_supported; (Internal) card.bad_answer for what the applet's standard does
/// not allow, with the status word.
class Card {
public:
    virtual ~Card() = default;

    /// Chooses the applet; once, before anything else. Error (Invalid) card.wrong_card: there is no
    /// such applet on this card.
    [[nodiscard]] virtual Outcome select() = 0;

    /// The card's own number, 32 hexadecimal digits; empty on a blank card (PIV: GUID in the
    /// CHUID).
    [[nodiscard]] virtual Result<std::string> identity() = 0;
    [[nodiscard]] virtual Outcome write_identity(std::string_view identity, Instant expiry) = 0;

    [[nodiscard]] virtual Result<PinState> pin_state() = 0;
    [[nodiscard]] virtual Outcome verify_pin(const Secret& pin) = 0;
    /// With the old one; a wrong old one costs a try. Error (Invalid) card.bad_pin_form when the
    /// new one is not of the card's form: nothing was sent.
    [[nodiscard]] virtual Outcome change(Credential which, const Secret& old,
                                         const Secret& fresh) = 0;
    /// A new PIN with the PUK; the PIN's tries are full again, and it counts as not verified.
    [[nodiscard]] virtual Outcome unblock(const Secret& puk, const Secret& fresh_pin) = 0;

    /// Both prove to each other that they know the key. Error (Refused) card.wrong_management_key.
    [[nodiscard]] virtual Outcome authenticate(const ManagementKey& key) = 0;
    /// Error (Refused) card.not_supported: no standard command does it.
    [[nodiscard]] virtual Outcome change_management_key(const ManagementKey& fresh) = 0;

    /// Makes an RSA-2048 key in the card, over one that may be there, and returns its public half:
    /// DER SubjectPublicKeyInfo. Takes seconds to a minute on real cards.
    [[nodiscard]] virtual Result<std::string> generate(KeySlot slot) = 0;

    /// PKCS#1 v1.5 over a SHA-256 digest of 32 bytes, by the RSA-2048 key of the slot. The
    /// signature key asks for verify_pin() before each.
    [[nodiscard]] virtual Result<std::string> sign_digest(KeySlot slot,
                                                          std::string_view digest) = 0;

    /// DER; empty when there is none.
    [[nodiscard]] virtual Result<std::string> certificate(KeySlot slot) = 0;
    [[nodiscard]] virtual Outcome write_certificate(KeySlot slot, std::string_view der) = 0;
};

}  // namespace sealdesk::cards
