#include "crypto/secret_shares.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "crypto/gf256.h"
#include "crypto/mac.h"

namespace sealdesk::crypto {
namespace {

constexpr std::string_view kHead = "sealdesk-share 1\n";
constexpr std::string_view kCheckLabel = "sealdesk-share-check 1\n";
constexpr std::string_view kMarkLabel = "sealdesk-share-mark 1\n";
constexpr std::size_t kSetIdLength = 16;
constexpr std::size_t kBlindLength = 32;
constexpr std::size_t kHexOfDigest = 64;

Error share_error(ErrorKind kind, std::string code, std::string detail, std::string where = {}) {
    return {kind, std::move(code), std::move(detail), std::move(where), "M 6.2.2"};
}

Error damaged(std::string where) {
    return share_error(ErrorKind::Invalid, "share.damaged",
                       "This share is damaged; use another copy of it, or another share.",
                       std::move(where));
}

std::string name_of(const Share& share) {
    return "share " + std::to_string(share.number) + " of set " + share.set.id;
}

bool are_sound(int threshold, int count) {
    return kSharesMin <= threshold && threshold <= count && count <= kSharesMax;
}

/// Everything of a set that its check covers, besides the secret.
std::string facts_of(const ShareSet& set) {
    return "set " + set.id + "\nshares " + std::to_string(set.threshold) + "/" +
           std::to_string(set.count) + "\n";
}

std::string check_of(const ShareSet& set, const Secret& blinded) {
    Sha256 digest;
    digest.add(kCheckLabel);
    digest.add(facts_of(set));
    digest.add(blinded.reveal());
    return digest.finish_hex();
}

std::string mark_of(const ShareSet& set, int number, const Secret& value) {
    Sha256 digest;
    digest.add(kMarkLabel);
    digest.add(facts_of(set));
    digest.add("number " + std::to_string(number) + "\ncheck " + set.check + "\n");
    digest.add(value.reveal());
    return digest.finish_hex();
}

/// Hexadecimal digits of a secret, without a table.
char hex_digit(unsigned nibble) {
    const unsigned is_letter = ((9U - nibble) >> 8U) & 0xffU;
    return static_cast<char>('0' + nibble + (is_letter & ('a' - '0' - 10U)));
}

/// The value of a digit 0–9 a–f; `wrong` is set for another character.
unsigned nibble_of(char digit, unsigned& wrong) {
    const unsigned as_number = static_cast<unsigned char>(digit) - unsigned{'0'};
    const unsigned as_letter = static_cast<unsigned char>(digit) - unsigned{'a'};
    const unsigned is_number = gf256::mask_of(as_number - 10U, 31);
    const unsigned is_letter = gf256::mask_of(as_letter - 6U, 31);
    const unsigned number_in_range = is_number & ~gf256::mask_of(as_number, 31);
    const unsigned letter_in_range = is_letter & ~gf256::mask_of(as_letter, 31);
    wrong |= ~(number_in_range | letter_in_range);
    return (number_in_range & as_number) | (letter_in_range & (as_letter + 10U));
}

std::optional<Secret> from_hex(std::string_view digits) {
    Secret bytes(digits.size() / 2);
    unsigned wrong = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const unsigned high = nibble_of(digits[2 * i], wrong);
        const unsigned low = nibble_of(digits[2 * i + 1], wrong);
        bytes.fill()[i] = static_cast<char>(high << 4U | low);
    }
    if (wrong != 0 || digits.size() % 2 != 0) {
        return std::nullopt;
    }
    return bytes;
}

bool is_hex(std::string_view text, std::size_t length) {
    return text.size() == length &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Reads lines "name value" one after another.
class Lines {
public:
    explicit Lines(std::string_view text) : rest_(text) {}

    /// The value of the next line; nothing when it has another name.
    std::optional<std::string_view> take(std::string_view name) {
        const std::size_t end = rest_.find('\n');
        if (end == std::string_view::npos || end <= name.size() || !rest_.starts_with(name) ||
            rest_[name.size()] != ' ') {
            return std::nullopt;
        }
        const std::string_view value = rest_.substr(name.size() + 1, end - name.size() - 1);
        rest_.remove_prefix(end + 1);
        return value;
    }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

std::optional<int> small_number(std::optional<std::string_view> text) {
    const auto number = text && text->size() <= 2 ? parse_number(*text) : std::nullopt;
    return number ? std::optional<int>(static_cast<int>(*number)) : std::nullopt;
}

/// "3/5" and the rest of a set's facts.
std::optional<ShareSet> read_set(Lines& lines) {
    const auto id = lines.take("set");
    const auto numbers = id ? lines.take("shares") : std::nullopt;
    const std::size_t slash = numbers ? numbers->find('/') : std::string_view::npos;
    if (slash == std::string_view::npos || !is_hex(*id, 2 * kSetIdLength)) {
        return std::nullopt;
    }
    const auto threshold = small_number(numbers->substr(0, slash));
    const auto count = small_number(numbers->substr(slash + 1));
    if (!threshold || !count || !are_sound(*threshold, *count)) {
        return std::nullopt;
    }
    return ShareSet{std::string(*id), *threshold, *count, {}};
}

/// Whether the shares belong together and are enough.
Outcome check_shares(std::span<const Share> shares) {
    std::array<bool, kSharesMax + 1> seen{};
    for (const Share& share : shares) {
        const bool whole = share.number >= 1 && share.number <= kSharesMax &&
                           are_sound(share.set.threshold, share.set.count) &&
                           share.value.size() > kBlindLength &&
                           same_bytes(mark_of(share.set, share.number, share.value), share.mark);
        if (!whole) {
            return damaged(name_of(share));
        }
        if (share.set != shares.front().set || share.value.size() != shares.front().value.size()) {
            return share_error(ErrorKind::Invalid, "share.other_set",
                               "These shares are not of one set; the older ones are good for "
                               "nothing any more.",
                               name_of(share));
        }
        if (std::exchange(seen.at(std::size_t(share.number)), true)) {
            return share_error(ErrorKind::Invalid, "share.repeated",
                               "The same share was given twice; each counts once.", name_of(share));
        }
    }
    const std::size_t needed = shares.empty() ? kSharesMin : std::size_t(shares[0].set.threshold);
    if (shares.size() < needed) {
        return share_error(ErrorKind::Refused, "share.too_few",
                           "There are " + std::to_string(shares.size()) + " shares and " +
                               std::to_string(needed) + " are needed; bring more holders.",
                           shares.empty() ? "" : "set " + shares[0].set.id);
    }
    return done();
}

}  // namespace

Result<std::vector<Share>> split_secret(const Secret& secret, int threshold, int count,
                                        Random& random) {
    SEALDESK_CHECK(secret.size() > 0 && secret.size() <= kSharedSecretMax);
    if (!are_sound(threshold, count)) {
        return share_error(ErrorKind::Invalid, "share.bad_numbers",
                           "Of n shares, 2 to 16, any m from 2 to n open the key: write m/n, as "
                           "in 3/5.",
                           std::to_string(threshold) + "/" + std::to_string(count));
    }
    std::array<char, kSetIdLength> id{};
    random.fill(id);
    Secret blinded(kBlindLength + secret.size());
    random.fill(blinded.fill().first(kBlindLength));
    secret.reveal().copy(blinded.fill().data() + kBlindLength, secret.size());

    ShareSet set{to_hex({id.data(), id.size()}), threshold, count, {}};
    set.check = check_of(set, blinded);
    std::vector<Share> shares;
    for (int number = 1; number <= count; ++number) {
        shares.push_back({set, number, Secret(blinded.size()), {}});
    }
    Secret higher(static_cast<std::size_t>(threshold - 1));
    for (std::size_t i = 0; i < blinded.size(); ++i) {
        random.fill(higher.fill());
        const auto constant = static_cast<std::uint8_t>(blinded.reveal()[i]);
        for (Share& share : shares) {
            share.value.fill()[i] = static_cast<char>(
                gf256::value_at(static_cast<std::uint8_t>(share.number), constant, higher.fill()));
        }
    }
    for (Share& share : shares) {
        share.mark = mark_of(share.set, share.number, share.value);
    }
    return shares;
}

Result<Secret> combine_shares(std::span<const Share> shares) {
    const Outcome belong_together = check_shares(shares);
    if (!belong_together) {
        return belong_together.error();
    }
    const ShareSet& set = shares.front().set;
    const auto used = shares.first(static_cast<std::size_t>(set.threshold));
    std::vector<std::uint8_t> numbers;
    for (const Share& share : used) {
        numbers.push_back(static_cast<std::uint8_t>(share.number));
    }
    Secret blinded(used.front().value.size());
    for (std::size_t k = 0; k < used.size(); ++k) {
        const std::uint8_t weight = gf256::weight_at_zero(numbers, k);
        const std::string_view value = used[k].value.reveal();
        for (std::size_t i = 0; i < blinded.size(); ++i) {
            const std::uint8_t part = gf256::multiply(static_cast<std::uint8_t>(value[i]), weight);
            blinded.fill()[i] = static_cast<char>(blinded.fill()[i] ^ part);
        }
    }
    if (!same_bytes(check_of(set, blinded), set.check)) {
        return share_error(ErrorKind::Invalid, "share.false",
                           "The shares do not give back what was split: one of them is false. Try "
                           "other holders' shares, and tell the auditor.",
                           "set " + set.id);
    }
    return Secret(blinded.reveal().substr(kBlindLength));
}

Secret to_text(const Share& share) {
    const std::string before = std::string(kHead) + facts_of(share.set) + "number " +
                               std::to_string(share.number) + "\ncheck " + share.set.check +
                               "\nvalue ";
    const std::string after = "\nmark " + share.mark + "\n";
    Secret text(before.size() + 2 * share.value.size() + after.size());
    char* at = text.fill().data();
    at += before.copy(at, before.size());
    for (const char byte : share.value.reveal()) {
        const auto bits = static_cast<unsigned char>(byte);
        *at++ = hex_digit(bits >> 4U);
        *at++ = hex_digit(bits & 0x0fU);
    }
    after.copy(at, after.size());
    return text;
}

Result<Share> parse_share(const Secret& text) {
    if (!text.reveal().starts_with(kHead)) {
        return damaged({});
    }
    Lines lines(text.reveal().substr(kHead.size()));
    auto set = read_set(lines);
    const auto number = set ? small_number(lines.take("number")) : std::nullopt;
    const auto check = number ? lines.take("check") : std::nullopt;
    const auto digits = check ? lines.take("value") : std::nullopt;
    const auto mark = digits ? lines.take("mark") : std::nullopt;
    if (!mark || !lines.at_end() || !is_hex(*check, kHexOfDigest) || !is_hex(*mark, kHexOfDigest)) {
        return damaged({});
    }
    auto value = from_hex(*digits);
    if (!value) {
        return damaged({});
    }
    set->check = *check;
    Share share{*std::move(set), *number, *std::move(value), std::string(*mark)};
    if (!same_bytes(mark_of(share.set, share.number, share.value), share.mark)) {
        return damaged(name_of(share));
    }
    return share;
}

}  // namespace sealdesk::crypto
