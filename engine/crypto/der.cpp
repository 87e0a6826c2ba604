#include "crypto/der.h"

#include <array>

#include "base/error.h"
#include "base/text.h"

namespace sealdesk::crypto::der {
namespace {

constexpr std::uint64_t kShortLength = 128;

/// Big-endian bytes without leading zeros; at least one.
std::string shortest_bytes(std::uint64_t number) {
    std::string bytes;
    do {
        bytes.insert(bytes.begin(), static_cast<char>(number & 0xffU));
        number >>= 8U;
    } while (number != 0);
    return bytes;
}

/// Base 128, most significant first, all but the last with the top bit set (X.690 §8.19).
void add_arc(std::string& out, std::uint64_t arc) {
    std::array<char, 10> groups{};
    std::size_t count = 0;
    do {
        groups.at(count++) = static_cast<char>(arc & 0x7fU);
        arc >>= 7U;
    } while (arc != 0);
    while (count > 0) {
        --count;
        out += static_cast<char>(static_cast<unsigned char>(groups.at(count)) |
                                 (count > 0 ? 0x80U : 0U));
    }
}

void add_digits(std::string& out, unsigned number, unsigned count) {
    out.resize(out.size() + count);
    for (auto digit = out.rbegin(); count > 0; --count, ++digit, number /= 10) {
        *digit = static_cast<char>('0' + number % 10);
    }
}

/// "20261126190000Z"
std::string time_text(Instant at) {
    const auto second = std::chrono::floor<std::chrono::seconds>(at);
    const auto day = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{second - day};
    const int year = int(date.year());
    SEALDESK_CHECK(year >= 1950 && year <= 9999);
    std::string text;
    add_digits(text, unsigned(year), 4);
    // snprintf would cost as much as all the rest of a CRL's entry.
    for (const unsigned two :
         {unsigned(date.month()), unsigned(date.day()), unsigned(clock.hours().count()),
          unsigned(clock.minutes().count()), unsigned(clock.seconds().count())}) {
        add_digits(text, two, 2);
    }
    return text + 'Z';
}

}  // namespace

std::string header(std::uint8_t tag, std::uint64_t length) {
    std::string out(1, static_cast<char>(tag));
    if (length < kShortLength) {
        out += static_cast<char>(length);
        return out;
    }
    const std::string bytes = shortest_bytes(length);
    out += static_cast<char>(0x80U | bytes.size());
    return out + bytes;
}

std::string element(std::uint8_t tag, std::initializer_list<std::string_view> parts) {
    std::size_t length = 0;
    for (const std::string_view part : parts) {
        length += part.size();
    }
    std::string out;
    out.reserve(length + 10);
    out += header(tag, length);
    for (const std::string_view part : parts) {
        out += part;
    }
    return out;
}

std::string integer(std::uint64_t number) { return integer_of(shortest_bytes(number)); }

std::string integer_of(std::string_view big_endian) {
    while (big_endian.size() > 1 && big_endian.front() == '\0') {
        big_endian.remove_prefix(1);
    }
    SEALDESK_CHECK(!big_endian.empty());
    // A set top bit would make it negative.
    const bool padded = (static_cast<unsigned char>(big_endian.front()) & 0x80U) != 0;
    return element(kInteger, {std::string_view("\0", padded ? 1 : 0), big_endian});
}

std::optional<std::string> object_identifier(std::string_view dotted) {
    std::string content;
    std::uint64_t first = 0;
    std::size_t count = 0;
    for (std::size_t at = 0; at <= dotted.size(); ++count) {
        const std::string_view text = dotted.substr(at, dotted.find('.', at) - at);
        at += text.size() + 1;
        const auto arc = parse_number(text);
        if (!arc || (count == 0 && *arc > 2) || (count == 1 && first < 2 && *arc > 39)) {
            return std::nullopt;
        }
        if (count == 0) {
            first = static_cast<std::uint64_t>(*arc);
        } else {
            add_arc(content, static_cast<std::uint64_t>(*arc) + (count == 1 ? first * 40 : 0));
        }
    }
    return count < 2 ? std::nullopt : std::optional(element(kObjectIdentifier, {content}));
}

std::string time(Instant at) {
    const std::string text = time_text(at);
    return text < "2050" ? element(kUtcTime, {std::string_view(text).substr(2)})
                         : element(kGeneralizedTime, {text});
}

std::string generalized_time(Instant at) { return element(kGeneralizedTime, {time_text(at)}); }

std::optional<Element> Reader::next() {
    if (rest_.empty() || !good_) {
        return std::nullopt;
    }
    good_ = false;
    if (rest_.size() < 2 || (static_cast<unsigned char>(rest_[0]) & 0x1fU) == 0x1fU) {
        return std::nullopt;
    }
    const auto first = static_cast<unsigned char>(rest_[1]);
    std::uint64_t length = first;
    std::size_t header_length = 2;
    if (first >= kShortLength) {
        const std::size_t count = first & 0x7fU;
        if (count == 0 || count > 4 || rest_.size() < 2 + count) {
            return std::nullopt;
        }
        length = 0;
        for (std::size_t i = 0; i < count; ++i) {
            length = length << 8U | static_cast<unsigned char>(rest_[2 + i]);
        }
        header_length += count;
        const bool shortest = length >= kShortLength && shortest_bytes(length).size() == count;
        if (!shortest) {
            return std::nullopt;
        }
    }
    if (length > rest_.size() - header_length) {
        return std::nullopt;
    }
    const Element found{static_cast<std::uint8_t>(rest_[0]),
                        rest_.substr(header_length, static_cast<std::size_t>(length)),
                        rest_.substr(0, header_length + static_cast<std::size_t>(length))};
    rest_.remove_prefix(found.whole.size());
    good_ = true;
    return found;
}

std::optional<Element> Reader::expect(std::uint8_t tag) {
    auto found = next();
    if (!found || found->tag != tag) {
        good_ = false;
        return std::nullopt;
    }
    return found;
}

}  // namespace sealdesk::crypto::der
