#include <algorithm>
#include <utility>

#include <openssl/rand.h>

#include "base/error.h"
#include "base/text.h"
#include "support/card_ber.h"
#include "support/card_keys.h"
#include "support/virtual_piv.h"

// The commands of the applet: NIST SP 800-73-4 part 2, §3.
namespace sealdesk::test {
namespace {

constexpr unsigned kOk = 0x9000;
constexpr unsigned kWrongLength = 0x6700;
constexpr unsigned kNotAllowed = 0x6982;
constexpr unsigned kBlocked = 0x6983;
constexpr unsigned kWrongData = 0x6A80;
constexpr unsigned kUnknownObject = 0x6A81;
constexpr unsigned kAbsent = 0x6A82;
constexpr unsigned kFull = 0x6A84;
constexpr unsigned kWrongParameters = 0x6A86;
constexpr unsigned kUnknownReference = 0x6A88;
constexpr unsigned kUnknownCommand = 0x6D00;
constexpr unsigned kRsa2048Number = 0x07;
constexpr std::size_t kPinSize = 8;

const std::string& piv_aid() {
    static const std::string aid = from_hex("a000000308000010000100");
    return aid;
}

bool is_slot(unsigned reference) {
    return reference == 0x9A || reference == 0x9C || reference == 0x9D || reference == 0x9E;
}

/// Objects that are read only with the PIN: fingerprints, face, printed information, iris.
bool needs_pin_to_read(std::uint32_t tag) {
    return tag == 0x5FC103 || tag == 0x5FC108 || tag == 0x5FC109 || tag == 0x5FC121;
}

bool is_object(std::uint32_t tag) { return tag >= 0x5FC101 && tag <= 0x5FC123; }

std::optional<std::uint32_t> asked_tag(std::string_view bytes) {
    const auto list = find_ber(bytes, 0x5C);
    if (!list || list->empty() || list->size() > 3) {
        return std::nullopt;
    }
    std::uint32_t tag = 0;
    for (const char octet : *list) {
        tag = tag << 8U | static_cast<unsigned char>(octet);
    }
    return tag;
}

std::string random_block(std::size_t size) {
    std::string block(size, '\0');
    SEALDESK_CHECK(
        RAND_bytes(reinterpret_cast<unsigned char*>(block.data()), static_cast<int>(size)) == 1);
    return block;
}

}  // namespace

VirtualPiv::Reply VirtualPiv::select(const Command& command) {
    if (command.p1 != 0x04 || command.data.size() < 5 || !piv_aid().starts_with(command.data)) {
        return {{}, kAbsent};  // what was selected stays so
    }
    session_.managed = false;
    session_.pin_verified = session_.pin_verified && !manner_.select_forgets_pin;
    session_.pin_is_fresh = false;
    session_.selected = true;
    return {
        ber(0x61, ber(0x4F, piv_aid().substr(5)) + ber(0x79, ber(0x4F, piv_aid().substr(0, 5)))),
        kOk};
}

VirtualPiv::Reply VirtualPiv::get_data(const Command& command) {
    const auto tag = asked_tag(command.data);
    if (command.p1 != 0x3F || command.p2 != 0xFF) {
        return {{}, kWrongParameters};
    }
    if (!tag) {
        return {{}, kWrongData};
    }
    if (*tag == 0x7E) {  // discovery: this PIN, no other
        return {ber(0x7E, ber(0x4F, piv_aid()) + ber(0x5F2F, std::string("\x40\x00", 2))), kOk};
    }
    if (needs_pin_to_read(*tag) && !session_.pin_verified) {
        return {{}, kNotAllowed};
    }
    const auto found = objects_.find(*tag);
    if (found == objects_.end()) {
        return {{}, kAbsent};
    }
    if (found->second.empty()) {
        return {{}, manner_.emptied_object_is_absent ? kAbsent : kOk};
    }
    return {ber(0x53, found->second), kOk};
}

VirtualPiv::Reply VirtualPiv::put_data(const Command& command) {
    if (command.p1 != 0x3F || command.p2 != 0xFF) {
        return {{}, kWrongParameters};
    }
    if (!session_.managed) {
        return {{}, kNotAllowed};
    }
    std::string_view rest = command.data;
    const auto list = take_ber(rest);
    const auto tag = asked_tag(command.data);
    const auto content = take_ber(rest);
    if (!list || !tag || !content || content->tag != 0x53 || !rest.empty()) {
        return {{}, kWrongData};
    }
    if (!is_object(*tag)) {
        return {{}, kUnknownObject};
    }
    if (content->content.size() > manner_.object_size_max) {
        return {{}, kFull};
    }
    objects_[*tag] = content->content;
    return {{}, kOk};
}

bool VirtualPiv::is_pin_form(std::string_view value) const {
    if (value.size() != kPinSize) {
        return false;
    }
    const std::string_view text = value.substr(0, value.find('\xFF'));
    const bool allowed = std::ranges::all_of(text, [&](char c) {
        const bool digit = c >= '0' && c <= '9';
        const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        return digit || (letter && manner_.letters_in_pin);
    });
    return text.size() >= 6 && allowed &&
           value.find_first_not_of('\xFF', text.size()) == std::string_view::npos;
}

unsigned VirtualPiv::wrong_status(const Reference& reference, bool is_pin) const {
    const bool says_63c0 = is_pin && manner_.third_wrong_pin_says_63c0;
    return reference.tries_left > 0 || says_63c0
               ? 0x63C0U + static_cast<unsigned>(reference.tries_left)
               : kBlocked;
}

/// Compares, counts, and says how it went.
unsigned VirtualPiv::check_reference(Reference& reference, std::string_view shown, bool is_pin) {
    if (reference.tries_left == 0) {
        return kBlocked;
    }
    if (shown != reference.value) {
        --reference.tries_left;
        if (is_pin) {
            session_.pin_verified = false;
        }
        return wrong_status(reference, is_pin);
    }
    reference.tries_left = reference.tries_max;
    return kOk;
}

VirtualPiv::Reply VirtualPiv::verify(const Command& command) {
    session_.pin_is_fresh = false;
    if (command.p1 != 0x00 && command.p1 != 0xFF) {
        return {{}, kWrongParameters};
    }
    if (command.p2 != 0x80) {
        return {{}, kUnknownReference};
    }
    if (command.p1 == 0xFF) {
        session_.pin_verified = false;
        return {{}, command.data.empty() ? kOk : kWrongData};
    }
    if (command.data.empty()) {
        if (session_.pin_verified) {
            return {{}, kOk};
        }
        return {{},
                pin_.tries_left == 0 ? kBlocked : 0x63C0U + static_cast<unsigned>(pin_.tries_left)};
    }
    if (pin_.tries_left > 0 && !is_pin_form(command.data)) {
        return {{}, kWrongData};  // costs no try
    }
    const unsigned status = check_reference(pin_, command.data, true);
    session_.pin_verified = status == kOk;
    session_.pin_is_fresh = status == kOk;
    return {{}, status};
}

VirtualPiv::Reply VirtualPiv::change_reference(const Command& command) {
    const bool is_pin = command.p2 == 0x80;
    if (command.p1 != 0x00) {
        return {{}, kWrongParameters};
    }
    if (!is_pin && command.p2 != 0x81) {
        return {{}, kUnknownReference};
    }
    Reference& reference = is_pin ? pin_ : puk_;
    if (reference.tries_left == 0) {
        return {{}, kBlocked};
    }
    const std::string_view bytes = command.data;
    if (bytes.size() != 2 * kPinSize || (is_pin && !is_pin_form(bytes.substr(0, kPinSize)))) {
        return {{}, kWrongData};
    }
    const unsigned status = check_reference(reference, bytes.substr(0, kPinSize), is_pin);
    if (status != kOk) {
        return {{}, status};
    }
    session_.pin_verified = session_.pin_verified || is_pin;  // even when the new one is refused
    const std::string_view fresh = bytes.substr(kPinSize);
    if (is_pin && !is_pin_form(fresh)) {
        return {{}, kWrongData};
    }
    reference.value = fresh;  // a PUK is any eight bytes (part 1, §2.4.3)
    return {{}, kOk};
}

VirtualPiv::Reply VirtualPiv::reset_retry_counter(const Command& command) {
    if (command.p1 != 0x00) {
        return {{}, kWrongParameters};
    }
    if (command.p2 != 0x80) {
        return {{}, kUnknownReference};
    }
    if (command.data.size() != 2 * kPinSize) {
        return {{}, puk_.tries_left == 0 ? kBlocked : kWrongData};
    }
    const std::string_view bytes = command.data;
    const unsigned status = check_reference(puk_, bytes.substr(0, kPinSize), false);
    if (status != kOk) {
        return {{}, status};
    }
    if (!is_pin_form(bytes.substr(kPinSize))) {
        return {{}, kWrongData};
    }
    pin_.value = bytes.substr(kPinSize);
    pin_.tries_left = pin_.tries_max;
    session_.pin_verified = false;
    return {{}, kOk};
}

VirtualPiv::Reply VirtualPiv::generate(const Command& command) {
    if (command.p1 != 0x00 || !is_slot(command.p2)) {
        return {{}, kWrongParameters};
    }
    if (!session_.managed) {
        return {{}, kNotAllowed};
    }
    const auto request = find_ber(command.data, 0xAC);
    const auto algorithm = request ? find_ber(*request, 0x80) : std::nullopt;
    if (!algorithm || *algorithm != std::string_view("\x07", 1)) {
        return {{}, kWrongData};
    }
    const auto made = keys_.insert_or_assign(command.p2, make_key_()).first;
    return {ber(0x7F49,
                ber(0x81, rsa_modulus(made->second)) + ber(0x82, std::string("\x01\x00\x01", 3))),
            kOk};
}

bool VirtualPiv::may_use(unsigned slot) const {
    switch (slot) {
        case 0x9C: return session_.pin_verified && session_.pin_is_fresh;
        case 0x9E: return true;
        default: return session_.pin_verified;
    }
}

VirtualPiv::Reply VirtualPiv::general_authenticate(const Command& command) {
    if (command.p2 == 0x9B) {
        return authenticate_management(command);
    }
    return is_slot(command.p2) ? use_key(command) : Reply{{}, kWrongParameters};
}

VirtualPiv::Reply VirtualPiv::use_key(const Command& command) {
    if (!may_use(command.p2)) {
        return {{}, kNotAllowed};
    }
    const auto key = keys_.find(command.p2);
    if (key == keys_.end() || command.p1 != kRsa2048Number) {
        return {{}, kWrongParameters};
    }
    const auto outer = find_ber(command.data, 0x7C);
    const auto block = outer ? find_ber(*outer, 0x81) : std::nullopt;
    if (!block || !find_ber(*outer, 0x82) || block->size() != rsa_modulus(key->second).size()) {
        return {{}, kWrongData};
    }
    const std::string result = rsa_private(key->second, *block);
    return result.empty() ? Reply{{}, kWrongData} : Reply{ber(0x7C, ber(0x82, result)), kOk};
}

VirtualPiv::Reply VirtualPiv::authenticate_management(const Command& command) {
    const bool default_algorithm = command.p1 == 0x00 && management_algorithm_ == 0x03;
    if (command.p1 != management_algorithm_ && !default_algorithm) {
        return {{}, kWrongParameters};
    }
    const std::size_t size = cipher_block_size(management_algorithm_);
    const auto cipher = [&](std::string_view block) {
        return cipher_block(management_algorithm_, management_key_, block, true);
    };
    const auto outer = find_ber(command.data, 0x7C);
    const auto part = [&](std::uint32_t tag) {
        return outer ? find_ber(*outer, tag) : std::nullopt;
    };
    const auto witness = part(0x80);
    const auto challenge = part(0x81);
    const auto response = part(0x82);
    const std::string awaited_witness = std::exchange(session_.witness, {});
    const std::string given_challenge = std::exchange(session_.challenge, {});
    if (witness && witness->empty()) {
        session_.witness = random_block(size);
        return {ber(0x7C, ber(0x80, cipher(session_.witness))), kOk};
    }
    if (!witness && challenge && challenge->empty()) {
        session_.challenge = random_block(size);
        return {ber(0x7C, ber(0x81, session_.challenge)), kOk};
    }
    if (witness && challenge && challenge->size() == size && *witness == awaited_witness) {
        session_.managed = true;
        return {ber(0x7C, ber(0x82, cipher(*challenge))), kOk};
    }
    if (response && !given_challenge.empty() && *response == cipher(given_challenge)) {
        session_.managed = true;
        return {{}, kOk};
    }
    // One of the two measured applets keeps what was shown before.
    session_.managed = session_.managed && manner_.wrong_answer_status == kWrongData;
    return {{}, manner_.wrong_answer_status};
}

/// Yubico's SET MANAGEMENT KEY: algorithm, 9B, length, key.
VirtualPiv::Reply VirtualPiv::put_management_key(const Command& command) {
    if (!manner_.sets_management_key) {
        return {{}, kUnknownCommand};
    }
    if (!session_.managed) {
        return {{}, kNotAllowed};
    }
    const std::string_view bytes = command.data;
    if (bytes.size() < 3 || static_cast<unsigned char>(bytes[1]) != 0x9B) {
        return {{}, kWrongData};
    }
    const unsigned algorithm = static_cast<unsigned char>(bytes[0]);
    const std::size_t size = cipher_key_size(algorithm);
    if (size == 0 || static_cast<unsigned char>(bytes[2]) != size || bytes.size() != 3 + size) {
        return {{}, kWrongLength};
    }
    management_algorithm_ = algorithm;
    management_key_ = bytes.substr(3);
    return {{}, kOk};
}

}  // namespace sealdesk::test
