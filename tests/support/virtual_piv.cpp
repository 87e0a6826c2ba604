#include "support/virtual_piv.h"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "support/card_ber.h"
#include "support/card_keys.h"

namespace sealdesk::test {
namespace {

constexpr unsigned kChainedClass = 0x10;
constexpr unsigned kGetResponseCode = 0xC0;
constexpr unsigned kVerifyCode = 0x20;
constexpr unsigned kAuthenticateCode = 0x87;
constexpr unsigned kManagementSlot = 0x9B;
constexpr std::size_t kShortAnswerMax = 256;
constexpr std::size_t kChainMax = 8192;

std::size_t byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}

std::size_t word_at(std::string_view bytes, std::size_t at) {
    return byte_at(bytes, at) << 8U | byte_at(bytes, at + 1);
}

std::string status_bytes(std::size_t status) {
    return {static_cast<char>(status >> 8U), static_cast<char>(status & 0xFFU)};
}

std::string padded(std::string_view text) {
    SEALDESK_CHECK(text.size() <= 8);
    return std::string(text) + std::string(8 - text.size(), '\xFF');
}

std::string unpadded(const std::string& value) { return value.substr(0, value.find('\xFF')); }

/// FASC-N of zeros, a GUID, an expiry date, no signature (SP 800-73-4 part 1, table 9).
std::string makers_chuid() {
    return ber(0x30, std::string(25, '\0')) +
           ber(0x34, from_hex("00112233445566778899aabbccddeeff")) + ber(0x35, "20401231") +
           ber(0x3E, {}) + ber(0xFE, {});
}

}  // namespace

PivManner PivManner::first() {
    return {.third_wrong_pin_says_63c0 = true,
            .piece = 255,
            .extended_length = true,
            .emptied_object_is_absent = true,
            .letters_in_pin = false,
            .refuses_early = true,
            .comes_with_chuid = true,
            .wrong_answer_status = 0x6A80};
}

PivManner PivManner::second() {
    return {.third_wrong_pin_says_63c0 = false,
            .piece = 256,
            .extended_length = false,
            .emptied_object_is_absent = false,
            .letters_in_pin = true,
            .select_forgets_pin = true,
            .wrong_answer_status = 0x6982};
}

VirtualPiv::VirtualPiv(PivManner manner, KeySource keys)
    : manner_(manner),
      make_key_(keys ? std::move(keys) : [] { return crypto::KeyPair::generate_rsa(2048); }),
      pin_{padded("123456"), manner.pin_tries, manner.pin_tries},
      puk_{padded("12345678"), manner.puk_tries, manner.puk_tries},
      management_key_(from_hex("010203040506070801020304050607080102030405060708")) {
    objects_[0x5FC10C] =  // key history: no retired keys
        ber(0xC1, std::string(1, '\0')) + ber(0xC2, std::string(1, '\0')) + ber(0xFE, {});
    if (manner.comes_with_chuid) {
        objects_[0x5FC102] = makers_chuid();
    }
}

bool VirtualPiv::Command::continues(const Command& earlier) const {
    return instruction == earlier.instruction && p1 == earlier.p1 && p2 == earlier.p2;
}

std::optional<VirtualPiv::Command> VirtualPiv::read(std::string_view bytes) {
    if (bytes.size() < 4) {
        return std::nullopt;
    }
    Command command{.cla = static_cast<unsigned>(byte_at(bytes, 0)),
                    .instruction = static_cast<unsigned>(byte_at(bytes, 1)),
                    .p1 = static_cast<unsigned>(byte_at(bytes, 2)),
                    .p2 = static_cast<unsigned>(byte_at(bytes, 3)),
                    .data = {}};
    std::string_view body = bytes.substr(4);
    if (body.empty()) {
        return command;
    }
    command.extended = body.size() >= 3 && body[0] == '\0';
    if (command.extended) {
        body.remove_prefix(1);
    }
    const std::size_t width = command.extended ? 2 : 1;
    const std::size_t all = command.extended ? 65536 : 256;
    const auto number = [&](std::string_view from) {
        return width == 2 ? word_at(from, 0) : byte_at(from, 0);
    };
    if (body.size() > width) {
        const std::size_t length = number(body);
        body.remove_prefix(width);
        if (length == 0 || body.size() < length) {
            return std::nullopt;
        }
        command.data = body.substr(0, length);
        body.remove_prefix(length);
    }
    if (!body.empty() && body.size() != width) {
        return std::nullopt;
    }
    if (!body.empty()) {
        const std::size_t wanted = number(body);
        command.wanted = wanted == 0 ? all : wanted;
    }
    return command;
}

std::string VirtualPiv::apdu(std::string_view command) {
    std::optional<CardFault> fault;
    {
        const std::lock_guard lock(mutex_);
        ++apdus_;
        fault = due_fault();
    }
    using Kind = CardFault::Kind;
    if (fault && fault->kind == Kind::Slow) {
        std::this_thread::sleep_for(fault->delay);
        fault.reset();
    }
    const std::lock_guard lock(mutex_);
    std::string answered;
    if (!fault || fault->kind == Kind::RemovedAfter || fault->kind == Kind::StatusAfter) {
        const auto begun = std::chrono::steady_clock::now();
        answered = answer(command);
        busy_ += std::chrono::steady_clock::now() - begun;
    }
    if (!fault) {
        return answered;
    }
    session_.rest.clear();
    if (fault->kind == Kind::RemovedBefore || fault->kind == Kind::RemovedAfter) {
        session_ = {};
        return {};
    }
    return status_bytes(fault->status);
}

std::optional<CardFault> VirtualPiv::due_fault() {
    std::optional<CardFault> due;
    const auto planned =
        std::ranges::find_if(faults_, [&](const CardFault& fault) { return fault.at == apdus_; });
    if (planned != faults_.end()) {
        due = *planned;
        faults_.erase(planned);
    } else if (fault_rate_ > 0 && std::bernoulli_distribution(fault_rate_)(chance_)) {
        using Kind = CardFault::Kind;
        constexpr std::array kinds{Kind::RemovedBefore, Kind::RemovedAfter, Kind::StatusInstead,
                                   Kind::StatusAfter};
        due = CardFault{.at = apdus_, .kind = kinds.at(chance_() % kinds.size())};
    }
    faults_happened_ += due ? 1 : 0;
    return due;
}

std::string VirtualPiv::answer(std::string_view bytes) {
    const auto command = read(bytes);
    if (!command || (command->extended && !manner_.extended_length)) {
        session_.chain.reset();
        return status_bytes(0x6700);
    }
    if ((command->cla & ~kChainedClass) != 0) {
        return status_bytes(0x6E00);
    }
    if (command->instruction == kGetResponseCode) {
        session_.chain.reset();
        std::string rest = std::exchange(session_.rest, {});
        return rest.empty() ? status_bytes(0x6985) : send(*command, {std::move(rest), 0x9000});
    }
    if (const auto corrected = std::exchange(session_.corrected, {});
        corrected && command->continues(*corrected) && command->data == corrected->data &&
        command->wanted == session_.rest.size()) {
        return send(*command, {std::exchange(session_.rest, {}), 0x9000});
    }
    session_.rest.clear();
    return chained(*command);
}

std::string VirtualPiv::chained(Command command) {
    if (auto chain = std::exchange(session_.chain, {}); chain && command.continues(*chain)) {
        command.data.insert(0, chain->data);
    }
    if ((command.cla & kChainedClass) == 0) {
        const Reply reply = execute(command);
        return send(command, reply);
    }
    const bool uses_key = command.instruction == kAuthenticateCode && command.p2 != kManagementSlot;
    if (command.data.size() > kChainMax) {
        return status_bytes(0x6700);
    }
    if (uses_key && manner_.refuses_early && !may_use(command.p2)) {
        return status_bytes(0x6982);
    }
    session_.pin_is_fresh = session_.pin_is_fresh && uses_key;
    session_.chain = std::move(command);
    return status_bytes(0x9000);
}

/// As much of the answer as was asked for and goes into a piece; the rest waits.
std::string VirtualPiv::send(const Command& command, Reply reply) {
    if (manner_.corrects_length && !reply.data.empty() && command.wanted > reply.data.size() &&
        reply.data.size() < kShortAnswerMax) {
        session_.corrected = command;
        session_.rest = std::move(reply.data);
        return status_bytes(0x6C00 + session_.rest.size());
    }
    const std::size_t limit =
        command.wanted == 0 ? manner_.piece : std::min(command.wanted, manner_.piece);
    if (reply.data.size() <= limit) {
        return reply.data + status_bytes(reply.status);
    }
    session_.rest = reply.data.substr(limit);
    const std::size_t more = std::min(session_.rest.size(), manner_.piece);
    return reply.data.substr(0, limit) + status_bytes(0x6100 + more % kShortAnswerMax);
}

VirtualPiv::Reply VirtualPiv::execute(const Command& command) {
    if (command.instruction == 0xA4) {
        return select(command);
    }
    if (!session_.selected) {
        return {{}, 0x6D00};  // no applet there yet
    }
    if (command.instruction == kVerifyCode) {
        return verify(command);
    }
    const Reply reply = [&]() -> Reply {
        switch (command.instruction) {
            case 0x24: return change_reference(command);
            case 0x2C: return reset_retry_counter(command);
            case 0x47: return generate(command);
            case kAuthenticateCode: return general_authenticate(command);
            case 0xCB: return get_data(command);
            case 0xDB: return put_data(command);
            case 0xFF: return put_management_key(command);
            default: return {{}, 0x6D00};
        }
    }();
    session_.pin_is_fresh = false;
    return reply;
}

void VirtualPiv::power_off() {
    const std::lock_guard lock(mutex_);
    session_ = {};
}

void VirtualPiv::add_fault(const CardFault& fault) {
    const std::lock_guard lock(mutex_);
    faults_.push_back(fault);
}

void VirtualPiv::fail_at_random(double rate, std::uint64_t seed) {
    const std::lock_guard lock(mutex_);
    fault_rate_ = rate;
    chance_.seed(seed);
}

void VirtualPiv::forget_faults() {
    const std::lock_guard lock(mutex_);
    faults_.clear();
    fault_rate_ = 0;
}

std::uint64_t VirtualPiv::apdus() const {
    const std::lock_guard lock(mutex_);
    return apdus_;
}
std::chrono::steady_clock::duration VirtualPiv::busy() const {
    const std::lock_guard lock(mutex_);
    return busy_;
}

std::uint64_t VirtualPiv::faults_happened() const {
    const std::lock_guard lock(mutex_);
    return faults_happened_;
}

std::string VirtualPiv::pin() const {
    const std::lock_guard lock(mutex_);
    return unpadded(pin_.value);
}

std::string VirtualPiv::puk() const {
    const std::lock_guard lock(mutex_);
    return unpadded(puk_.value);
}

int VirtualPiv::pin_tries_left() const {
    const std::lock_guard lock(mutex_);
    return pin_.tries_left;
}

int VirtualPiv::puk_tries_left() const {
    const std::lock_guard lock(mutex_);
    return puk_.tries_left;
}

bool VirtualPiv::pin_verified() const {
    const std::lock_guard lock(mutex_);
    return session_.pin_verified;
}

std::string VirtualPiv::management_key() const {
    const std::lock_guard lock(mutex_);
    return management_key_;
}

unsigned VirtualPiv::management_algorithm() const {
    const std::lock_guard lock(mutex_);
    return management_algorithm_;
}

std::string VirtualPiv::object(std::uint32_t tag) const {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(tag);
    return found == objects_.end() ? std::string() : found->second;
}

std::string VirtualPiv::certificate(unsigned slot) const {
    static const std::map<unsigned, std::uint32_t> places{
        {0x9A, 0x5FC105}, {0x9C, 0x5FC10A}, {0x9D, 0x5FC10B}, {0x9E, 0x5FC101}};
    return std::string(find_ber(object(places.at(slot)), 0x70).value_or(std::string_view()));
}

std::string VirtualPiv::public_key(unsigned slot) const {
    const std::lock_guard lock(mutex_);
    const auto found = keys_.find(slot);
    return found == keys_.end() ? std::string() : found->second.public_key();
}

void VirtualPiv::set_pin(std::string_view pin) {
    const std::lock_guard lock(mutex_);
    pin_.value = padded(pin);
    pin_.tries_left = pin_.tries_max;
}

void VirtualPiv::set_puk(std::string_view puk) {
    const std::lock_guard lock(mutex_);
    puk_.value = padded(puk);
    puk_.tries_left = puk_.tries_max;
}

void VirtualPiv::set_management_key(unsigned algorithm, std::string_view key) {
    SEALDESK_CHECK(key.size() == cipher_key_size(algorithm));
    const std::lock_guard lock(mutex_);
    management_algorithm_ = algorithm;
    management_key_ = key;
}

void VirtualPiv::set_object(std::uint32_t tag, std::string_view content) {
    const std::lock_guard lock(mutex_);
    objects_[tag] = content;
}

void VirtualPiv::set_key(unsigned slot, crypto::KeyPair key) {
    const std::lock_guard lock(mutex_);
    keys_.insert_or_assign(slot, std::move(key));
}

}  // namespace sealdesk::test
