#include "cards/piv_card.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "cards/pin_form.h"
#include "cards/tlv.h"
#include "crypto/block_cipher.h"
#include "crypto/rsa_encoding.h"

// Numbers without a name here are those of NIST SP 800-73-4 part 2 (commands) and part 1, table 2
// and 3 (objects), and SP 800-78-4, table 6-2 (algorithms).
namespace sealdesk::cards {
namespace {

constexpr std::string_view kPivAid("\xA0\x00\x00\x03\x08\x00\x00\x10\x00\x01\x00", 11);
constexpr std::string_view kChuid("\x5F\xC1\x02", 3);  // Card Holder Unique Identifier
constexpr std::string_view kSignatureCertificate("\x5F\xC1\x0A", 3);
constexpr std::string_view kEncryptionCertificate("\x5F\xC1\x0B", 3);

constexpr std::uint8_t kSelect = 0xA4;
constexpr std::uint8_t kGetData = 0xCB;
constexpr std::uint8_t kPutData = 0xDB;
constexpr std::uint8_t kVerify = 0x20;
constexpr std::uint8_t kChangeReference = 0x24;
constexpr std::uint8_t kResetRetryCounter = 0x2C;
constexpr std::uint8_t kGeneralAuthenticate = 0x87;
constexpr std::uint8_t kGenerateKey = 0x47;
constexpr std::uint8_t kSetManagementKey = 0xFF;  // Yubico's

constexpr std::uint8_t kPinReference = 0x80;
constexpr std::uint8_t kPukReference = 0x81;
constexpr std::uint8_t kManagementReference = 0x9B;
constexpr std::uint8_t kRsa2048 = 0x07;
constexpr std::size_t kRsaBytes = 256;
constexpr std::size_t kPukLength = 8;

constexpr unsigned kTriesLeft = 0x63C0;  // 63Cx: x tries are left
constexpr std::uint16_t kLocked = 0x6983;
constexpr std::uint16_t kNotPermitted = 0x6982;
constexpr std::uint16_t kBadData = 0x6A80;
constexpr std::uint16_t kNotFound = 0x6A82;
constexpr std::uint16_t kNoSpace = 0x6A84;
constexpr std::uint16_t kBadReference = 0x6A86;
constexpr std::uint16_t kUnknownInstruction = 0x6D00;

std::uint8_t key_reference(KeySlot slot) { return slot == KeySlot::Signature ? 0x9C : 0x9D; }

std::string_view certificate_object(KeySlot slot) {
    return slot == KeySlot::Signature ? kSignatureCertificate : kEncryptionCertificate;
}

bool is_tries_left(std::uint16_t status) { return (status & 0xFFF0U) == kTriesLeft; }

Error card_error(ErrorKind kind, std::string code, std::string detail, std::string where) {
    return {kind, std::move(code), std::move(detail), std::move(where), {}};
}

/// What a status word that is no success means, whichever command it answers.
Error refusal(std::uint16_t status, const std::string& reader) {
    switch (status) {
        case kNotPermitted:
            return card_error(ErrorKind::Refused, "card.no_permission",
                              "The card asks for its PIN, or for the station's key, first.",
                              reader);
        case kNoSpace:
            return card_error(ErrorKind::Refused, "card.full",
                              "The card has no room for this; is it of the right kind?", reader);
        case kBadReference:
            return card_error(ErrorKind::Refused, "card.no_key",
                              "There is no such key in the card.", reader);
        case kUnknownInstruction:
            return card_error(ErrorKind::Refused, "card.not_supported",
                              "This card does not know the command.", reader);
        default:
            return card_error(ErrorKind::Internal, "card.bad_answer",
                              "The card answered what its standard does not foresee; take another.",
                              reader + ", " + status_text(status));
    }
}

Error bad_answer(const std::string& reader) {
    return card_error(ErrorKind::Internal, "card.bad_answer",
                      "The card's answer cannot be read; take another card.", reader);
}

/// A PIN or PUK that was not the right one.
Error wrong_reference(std::uint16_t status, std::uint8_t reference, const std::string& reader) {
    const unsigned left = is_tries_left(status) ? status & 0x000FU : 0;
    if (left > 0) {
        return card_error(
            ErrorKind::Refused, reference == kPukReference ? "card.wrong_puk" : "card.wrong_pin",
            "This is not what the card knows; the number says how many tries are left.",
            std::to_string(left));
    }
    if (reference == kPukReference) {
        return card_error(ErrorKind::Refused, "card.puk_locked",
                          "The card's PUK is locked after too many wrong tries: the card cannot be "
                          "used any more; have its certificates revoked and make another.",
                          reader);
    }
    return {ErrorKind::Refused, "card.pin_locked",
            "The PIN is locked after three wrong tries; have the card unblocked.", reader,
            "T 4.1.3, M 6.2.8"};
}

bool is_wrong_reference(std::uint16_t status) { return is_tries_left(status) || status == kLocked; }

crypto::BlockCipher cipher_of(ManagementKey::Kind kind) {
    switch (kind) {
        case ManagementKey::Kind::TripleDes: return crypto::BlockCipher::TripleDes;
        case ManagementKey::Kind::Aes128: return crypto::BlockCipher::Aes128;
        case ManagementKey::Kind::Aes192: return crypto::BlockCipher::Aes192;
        case ManagementKey::Kind::Aes256: break;
    }
    return crypto::BlockCipher::Aes256;
}

/// Padded with FF (SP 800-73-4 §2.4.3), into the bytes given.
void pad(std::span<char> out, std::string_view text) {
    SEALDESK_CHECK(text.size() <= out.size());
    std::ranges::fill(std::ranges::copy(text, out.begin()).out, out.end(), '\xff');
}

/// CHUID (part 1, 3.1.2): FASC-N of a card outside the federal government (all nines), the GUID,
/// and when the card ends.
std::string chuid_of(std::string_view identity, Instant expiry) {
    constexpr std::string_view foreign_fasc_n(
        "\xd4\xe7\x39\xda\x73\x9c\xed\x39\xce\x73\x9d\x83\x68\x58\x21\x08\x42\x10\x84\x21\xc8\x42"
        "\x10\xc3\xeb",
        25);
    std::string day = to_utc_text(expiry).substr(0, 10);
    std::erase(day, '-');
    return tlv(0x30, foreign_fasc_n) + tlv(0x34, from_hex(identity)) + tlv(0x35, day) +
           tlv(0x3E, {}) + tlv(0xFE, {});
}

}  // namespace

std::string_view to_text(KeySlot slot) {
    return slot == KeySlot::Signature ? "signature" : "encryption";
}

PivCard::PivCard(Transport& transport, Random& random, const PinForm& form)
    : channel_(transport), random_(random), form_(form) {}

Outcome PivCard::select() {
    const auto answer = channel_.send({kSelect, 0x04, 0x00, kPivAid});
    if (!answer) {
        return answer.error();
    }
    const auto properties = find_tlv(answer->data.reveal(), 0x61);
    if (!answer->ok() || !properties) {
        return card_error(ErrorKind::Invalid, "card.wrong_card",
                          "This card has no PIV applet; put in a card of the right kind.",
                          channel_.reader());
    }
    return done();
}

/// The content of a data object; empty when it is not there. An object that was emptied is either
/// absent or answers nothing, by the applet's manner.
Result<std::string> PivCard::read_object(std::string_view tag) {
    const std::string request = tlv(0x5C, tag);
    const auto answer = channel_.send({kGetData, 0x3F, 0xFF, request});
    if (!answer) {
        return answer.error();
    }
    if (answer->status == kNotFound || (answer->ok() && answer->data.size() == 0)) {
        return std::string();
    }
    if (!answer->ok()) {
        return refusal(answer->status, channel_.reader());
    }
    const auto content = find_tlv(answer->data.reveal(), 0x53);
    return content ? Result<std::string>(std::string(*content)) : bad_answer(channel_.reader());
}

Outcome PivCard::write_object(std::string_view tag, std::string_view content) {
    const std::string request = tlv(0x5C, tag) + tlv(0x53, content);
    const auto answer = channel_.send({kPutData, 0x3F, 0xFF, request, false});
    if (!answer) {
        return answer.error();
    }
    return answer->ok() ? done() : Outcome(refusal(answer->status, channel_.reader()));
}

Result<std::string> PivCard::identity() {
    const auto chuid = read_object(kChuid);
    if (!chuid) {
        return chuid.error();
    }
    const auto guid = find_tlv(*chuid, 0x34);
    return guid && guid->size() == 16 ? to_hex(*guid) : std::string();
}

Outcome PivCard::write_identity(std::string_view identity, Instant expiry) {
    return write_object(kChuid, chuid_of(identity, expiry));
}

Result<PinState> PivCard::pin_state() {
    const auto answer = channel_.send({kVerify, 0x00, kPinReference, {}, false});
    if (!answer) {
        return answer.error();
    }
    if (answer->ok()) {
        return PinState{.verified = true, .tries_left = 0};
    }
    if (!is_wrong_reference(answer->status)) {
        return refusal(answer->status, channel_.reader());
    }
    return PinState{.verified = false,
                    .tries_left = answer->status == kLocked ? 0 : answer->status & 0x000F};
}

Outcome PivCard::verify_pin(const Secret& pin) {
    Outcome readable = check_pin_form(pin, form_);
    if (!readable) {
        return readable;
    }
    Secret padded(form_.padded_length);
    pad(padded.fill(), pin.reveal());
    const auto answer = channel_.send({kVerify, 0x00, kPinReference, padded.reveal(), false});
    if (!answer) {
        return answer.error();
    }
    if (is_wrong_reference(answer->status)) {
        return wrong_reference(answer->status, kPinReference, channel_.reader());
    }
    return answer->ok() ? done() : Outcome(refusal(answer->status, channel_.reader()));
}

/// CHANGE REFERENCE DATA and RESET RETRY COUNTER: what is known, then what is new.
Outcome PivCard::change_reference(std::uint8_t instruction, std::uint8_t reference,
                                  const Secret& known, const Secret& fresh) {
    // The PUK has 8 bytes whatever the PIN's form (SP 800-73-4 §3.2.2, §3.2.3).
    const bool takes_puk = reference == kPukReference || instruction == kResetRetryCounter;
    const std::size_t known_length = takes_puk ? kPukLength : form_.padded_length;
    const std::size_t fresh_length = reference == kPukReference ? kPukLength : form_.padded_length;
    if (known.size() > known_length || fresh.size() > fresh_length) {
        return card_error(ErrorKind::Invalid, "card.bad_pin_form",
                          "The card takes a PIN of another form; nothing was sent to it.",
                          std::to_string(fresh_length));
    }
    Secret both(known_length + fresh_length);
    pad(both.fill().first(known_length), known.reveal());
    pad(both.fill().subspan(known_length), fresh.reveal());
    const auto answer = channel_.send({instruction, 0x00, reference, both.reveal(), false});
    if (!answer) {
        return answer.error();
    }
    if (is_wrong_reference(answer->status)) {
        return wrong_reference(answer->status, takes_puk ? kPukReference : reference,
                               channel_.reader());
    }
    if (answer->status == kBadData) {
        return card_error(ErrorKind::Refused, "card.bad_pin_form",
                          "The card does not take this PIN; choose another.", channel_.reader());
    }
    return answer->ok() ? done() : Outcome(refusal(answer->status, channel_.reader()));
}

Outcome PivCard::change(Credential which, const Secret& old, const Secret& fresh) {
    if (which == Credential::Puk) {
        return change_reference(kChangeReference, kPukReference, old, fresh);
    }
    Outcome readable = check_pin_form(fresh, form_);
    return readable ? change_reference(kChangeReference, kPinReference, old, fresh) : readable;
}

Outcome PivCard::unblock(const Secret& puk, const Secret& fresh_pin) {
    Outcome readable = check_pin_form(fresh_pin, form_);
    return readable ? change_reference(kResetRetryCounter, kPinReference, puk, fresh_pin)
                    : readable;
}

/// Mutual authentication (part 2, 3.2.4 and appendix A.1.2): the card's witness is opened and sent
/// back with our challenge, which it must encrypt rightly.
Outcome PivCard::authenticate(const ManagementKey& key) {
    const auto algorithm = static_cast<std::uint8_t>(key.kind);
    const auto cipher = cipher_of(key.kind);
    const std::string ask = tlv(0x7C, tlv(0x80, {}));
    const auto asked = channel_.send({kGeneralAuthenticate, algorithm, kManagementReference, ask});
    if (!asked) {
        return asked.error();
    }
    const Error wrong = card_error(ErrorKind::Refused, "card.wrong_management_key",
                                   "This is not the key by which the card lets a station write; "
                                   "check the settings of this lot of cards.",
                                   channel_.reader());
    if (!asked->ok()) {
        return asked->status == kNotPermitted || asked->status == kBadReference ||
                       asked->status == kBadData
                   ? wrong
                   : refusal(asked->status, channel_.reader());
    }
    const auto outer = find_tlv(asked->data.reveal(), 0x7C);
    const auto witness = outer ? find_tlv(*outer, 0x80) : std::nullopt;
    if (!witness || witness->size() != crypto::block_size(cipher)) {
        return bad_answer(channel_.reader());
    }
    std::string challenge(crypto::block_size(cipher), '\0');
    random_.fill(challenge);
    const std::string proof = tlv(
        0x7C, tlv(0x80, crypto::decrypt_block(cipher, key.bytes, *witness)) + tlv(0x81, challenge));
    const auto proved =
        channel_.send({kGeneralAuthenticate, algorithm, kManagementReference, proof});
    if (!proved) {
        return proved.error();
    }
    const auto response = find_tlv(proved->data.reveal(), 0x7C);
    const auto cryptogram = response ? find_tlv(*response, 0x82) : std::nullopt;
    const bool knows = proved->ok() && cryptogram &&
                       *cryptogram == crypto::encrypt_block(cipher, key.bytes, challenge);
    return knows ? done() : Outcome(wrong);
}

Outcome PivCard::change_management_key(const ManagementKey& fresh) {
    Secret data(3 + fresh.bytes.size());
    const auto out = data.fill();
    out[0] = static_cast<char>(fresh.kind);
    out[1] = static_cast<char>(kManagementReference);
    out[2] = static_cast<char>(fresh.bytes.size());
    std::ranges::copy(fresh.bytes.reveal(), out.subspan(3).begin());
    const auto answer = channel_.send({kSetManagementKey, 0xFF, 0xFF, data.reveal(), false});
    if (!answer) {
        return answer.error();
    }
    return answer->ok() ? done() : Outcome(refusal(answer->status, channel_.reader()));
}

Result<std::string> PivCard::generate(KeySlot slot) {
    const std::string algorithm(1, static_cast<char>(kRsa2048));
    const std::string request = tlv(0xAC, tlv(0x80, algorithm));
    const auto answer = channel_.send({kGenerateKey, 0x00, key_reference(slot), request});
    if (!answer) {
        return answer.error();
    }
    if (!answer->ok()) {
        return refusal(answer->status, channel_.reader());
    }
    const auto key = find_tlv(answer->data.reveal(), 0x7F49);
    const auto modulus = key ? find_tlv(*key, 0x81) : std::nullopt;
    const auto exponent = key ? find_tlv(*key, 0x82) : std::nullopt;
    return modulus && exponent && modulus->size() >= kRsaBytes
               ? Result<std::string>(crypto::rsa_public_key(*modulus, *exponent))
               : bad_answer(channel_.reader());
}

Result<std::string> PivCard::sign_digest(KeySlot slot, std::string_view digest) {
    const std::string block = crypto::rsa_signature_block(digest, kRsaBytes);
    const std::string request = tlv(0x7C, tlv(0x82, {}) + tlv(0x81, block));
    const auto answer =
        channel_.send({kGeneralAuthenticate, kRsa2048, key_reference(slot), request});
    if (!answer) {
        return answer.error();
    }
    if (!answer->ok()) {
        return refusal(answer->status, channel_.reader());
    }
    const auto outer = find_tlv(answer->data.reveal(), 0x7C);
    const auto signature = outer ? find_tlv(*outer, 0x82) : std::nullopt;
    return signature && signature->size() == kRsaBytes
               ? Result<std::string>(std::string(*signature))
               : bad_answer(channel_.reader());
}

Result<std::string> PivCard::certificate(KeySlot slot) {
    auto object = read_object(certificate_object(slot));
    if (!object || object->empty()) {
        return object;
    }
    const auto der = find_tlv(*object, 0x70);
    return std::string(der.value_or(std::string_view()));
}

Outcome PivCard::write_certificate(KeySlot slot, std::string_view der) {
    constexpr std::string_view not_compressed("\0", 1);
    return write_object(certificate_object(slot),
                        tlv(0x70, der) + tlv(0x71, not_compressed) + tlv(0xFE, {}));
}

}  // namespace sealdesk::cards
