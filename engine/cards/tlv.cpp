#include "cards/tlv.h"

namespace sealdesk::cards {
namespace {

constexpr std::size_t kTagBytesMax = 3;
constexpr std::size_t kLengthBytesMax = 3;

/// Takes big-endian bytes off the front.
std::optional<std::uint32_t> take_number(std::string_view& bytes, std::size_t count) {
    if (bytes.size() < count) {
        return std::nullopt;
    }
    std::uint32_t number = 0;
    for (const char byte : bytes.substr(0, count)) {
        number = number << 8U | static_cast<unsigned char>(byte);
    }
    bytes.remove_prefix(count);
    return number;
}

/// One byte, or more when its low five bits are all set; each further one announces the next.
std::optional<std::uint32_t> take_tag(std::string_view& bytes) {
    std::size_t count = 1;
    if (!bytes.empty() && (static_cast<unsigned char>(bytes[0]) & 0x1FU) == 0x1FU) {
        do {
            ++count;
        } while (count <= bytes.size() && count <= kTagBytesMax &&
                 (static_cast<unsigned char>(bytes[count - 1]) & 0x80U) != 0);
    }
    return count > kTagBytesMax ? std::nullopt : take_number(bytes, count);
}

std::optional<std::uint32_t> take_length(std::string_view& bytes) {
    const auto first = take_number(bytes, 1);
    if (!first || *first < 0x80U) {
        return first;
    }
    const std::size_t count = *first & 0x7FU;
    return count == 0 || count > kLengthBytesMax ? std::nullopt : take_number(bytes, count);
}

void append_number(std::string& out, std::uint32_t number, unsigned bytes) {
    for (unsigned i = bytes; i > 0; --i) {
        out.push_back(static_cast<char>(number >> (8U * (i - 1)) & 0xFFU));
    }
}

unsigned bytes_of(std::uint32_t number) {
    unsigned bytes = 1;
    while (number > 0xFFU) {
        number >>= 8U;
        ++bytes;
    }
    return bytes;
}

}  // namespace

std::string tlv(std::uint32_t tag, std::string_view content) {
    std::string out;
    append_number(out, tag, bytes_of(tag));
    const auto length = static_cast<std::uint32_t>(content.size());
    if (length >= 0x80U) {
        out.push_back(static_cast<char>(0x80U | bytes_of(length)));
    }
    append_number(out, length, bytes_of(length));
    out += content;
    return out;
}

std::optional<std::string_view> find_tlv(std::string_view bytes, std::uint32_t tag) {
    while (!bytes.empty()) {
        const auto met = take_tag(bytes);
        const auto length = met ? take_length(bytes) : std::nullopt;
        if (!length || *length > bytes.size()) {
            return std::nullopt;
        }
        if (*met == tag) {
            return bytes.substr(0, *length);
        }
        bytes.remove_prefix(*length);
    }
    return std::nullopt;
}

}  // namespace sealdesk::cards
