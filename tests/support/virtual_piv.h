#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/key.h"

namespace sealdesk::test {

/// In what applets differ, where the standard leaves it open or they do not keep to it.
struct PivManner {
    bool third_wrong_pin_says_63c0 = true;  ///< otherwise 6983 at once
    std::size_t piece = 256;                ///< bytes of a long answer sent at a time
    bool extended_length = false;           ///< otherwise 6700
    bool emptied_object_is_absent = true;   ///< 6A82; otherwise 9000 without data
    bool letters_in_pin = false;
    bool refuses_early = false;  ///< a signature without PIN at the first part, not the last
    bool select_forgets_pin = false;
    bool comes_with_chuid = false;  ///< a card holder identifier of the maker's is on it
    std::uint16_t wrong_answer_status = 0x6982;  ///< to a wrong answer with key 9B
    bool sets_management_key = false;            ///< knows Yubico's command INS FF
    bool corrects_length = false;  ///< 6Cxx when more was asked for than there is (as T=0 does)
    int pin_tries = 3;
    int puk_tries = 3;
    std::size_t object_size_max = 3052;  ///< 6A84 above it

    /// As two independent applets were measured to behave.
    [[nodiscard]] static PivManner first();
    [[nodiscard]] static PivManner second();
};

/// What goes wrong at one APDU, once.
struct CardFault {
    enum class Kind {
        RemovedBefore,  ///< taken out before the card did what it was told
        RemovedAfter,   ///< it did it, and was taken out before it could say so
        StatusInstead,  ///< it did nothing, and says `status`
        StatusAfter,    ///< it did it, and says `status`
        Slow            ///< it takes `delay` longer
    };
    std::uint64_t at;  ///< number of the APDU, counted from 1 as apdus() counts
    Kind kind;
    std::uint16_t status = 0x6F00;
    std::chrono::milliseconds delay{0};
};

/// One card with a PIV applet (NIST SP 800-73-4 part 2), in memory. Keys, objects, PIN, PUK and
/// their tries live as long as the object; what was verified ends with power. As it comes from
/// the maker: PIN 123456, PUK 12345678, key 9B 3DES 0102030405060708 three times, no keys, no
/// certificates. Several threads may use it.
class VirtualPiv {
public:
    using KeySource = std::function<crypto::KeyPair()>;

    /// `keys`: where GENERATE takes its keys; by default OpenSSL makes one.
    explicit VirtualPiv(PivManner manner = {}, KeySource keys = {});

    /// One command APDU; data and status word. Empty when a fault took the card out: it has no
    /// power then.
    [[nodiscard]] std::string apdu(std::string_view command);
    void power_off();
    void reset() { power_off(); }

    void add_fault(const CardFault& fault);
    /// From now on each APDU fails with this probability, in one of the ways above but Slow.
    void fail_at_random(double rate, std::uint64_t seed);
    void forget_faults();
    /// APDUs since the card was made, GET RESPONSE and those that failed included.
    [[nodiscard]] std::uint64_t apdus() const;
    [[nodiscard]] std::uint64_t faults_happened() const;
    /// What the chip itself took so far, in this process: not the host's time.
    [[nodiscard]] std::chrono::steady_clock::duration busy() const;

    // What a test wants to know, without asking the card.
    [[nodiscard]] std::string pin() const;
    [[nodiscard]] std::string puk() const;
    [[nodiscard]] int pin_tries_left() const;
    [[nodiscard]] int puk_tries_left() const;
    [[nodiscard]] bool pin_verified() const;
    [[nodiscard]] std::string management_key() const;
    [[nodiscard]] unsigned management_algorithm() const;
    /// The content of object 53 of this tag ("5FC10A" as a number); empty when there is none.
    [[nodiscard]] std::string object(std::uint32_t tag) const;
    /// DER out of the certificate object of 9A, 9C, 9D or 9E; empty when there is none.
    [[nodiscard]] std::string certificate(unsigned slot) const;
    /// DER SubjectPublicKeyInfo of the slot's key; empty when there is none.
    [[nodiscard]] std::string public_key(unsigned slot) const;

    // What the card's maker, or an earlier owner, left behind.
    void set_pin(std::string_view pin);
    void set_puk(std::string_view puk);
    void set_management_key(unsigned algorithm, std::string_view key);
    void set_object(std::uint32_t tag, std::string_view content);
    void set_key(unsigned slot, crypto::KeyPair key);

private:
    struct Command {
        unsigned cla = 0;
        unsigned instruction = 0;
        unsigned p1 = 0;
        unsigned p2 = 0;
        std::string data;
        std::size_t wanted = 0;  ///< Le as a number; 0 when there is none
        bool extended = false;
        [[nodiscard]] bool continues(const Command& earlier) const;
    };
    struct Reply {
        std::string data;
        unsigned status;
    };
    struct Reference {
        std::string value;  ///< padded with FF to 8
        int tries_max;
        int tries_left;
    };
    /// What ends with power.
    struct Session {
        bool selected = false;
        bool pin_verified = false;
        bool pin_is_fresh = false;  ///< verified by the command before
        bool managed = false;       ///< 9B was shown
        std::string challenge;
        std::string witness;
        std::optional<Command> chain;  ///< parts so far
        std::string rest;              ///< of a long answer
        std::optional<Command> corrected;
    };

    static std::optional<Command> read(std::string_view bytes);
    std::optional<CardFault> due_fault();
    std::string answer(std::string_view bytes);
    std::string chained(Command command);
    std::string send(const Command& command, Reply reply);
    Reply execute(const Command& command);

    Reply select(const Command& command);
    Reply get_data(const Command& command);
    Reply put_data(const Command& command);
    Reply verify(const Command& command);
    Reply change_reference(const Command& command);
    Reply reset_retry_counter(const Command& command);
    Reply generate(const Command& command);
    Reply general_authenticate(const Command& command);
    Reply authenticate_management(const Command& command);
    Reply use_key(const Command& command);
    Reply put_management_key(const Command& command);
    unsigned check_reference(Reference& reference, std::string_view shown, bool is_pin);
    [[nodiscard]] unsigned wrong_status(const Reference& reference, bool is_pin) const;
    [[nodiscard]] bool is_pin_form(std::string_view value) const;
    [[nodiscard]] bool may_use(unsigned slot) const;

    mutable std::mutex mutex_;
    PivManner manner_;
    KeySource make_key_;
    Reference pin_;
    Reference puk_;
    unsigned management_algorithm_ = 0x03;
    std::string management_key_;
    std::map<std::uint32_t, std::string> objects_;
    std::map<unsigned, crypto::KeyPair> keys_;
    Session session_;

    std::uint64_t apdus_ = 0;
    std::chrono::steady_clock::duration busy_{};
    std::uint64_t faults_happened_ = 0;
    std::vector<CardFault> faults_;
    double fault_rate_ = 0;
    std::mt19937_64 chance_;
};

}  // namespace sealdesk::test
