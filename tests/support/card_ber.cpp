#include "support/card_ber.h"

namespace sealdesk::test {
namespace {

std::optional<std::uint32_t> take_octet(std::string_view& rest) {
    if (rest.empty()) {
        return std::nullopt;
    }
    const auto octet = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    return octet;
}

std::string big_endian(std::size_t number) {
    std::string bytes;
    for (; number > 0; number >>= 8U) {
        bytes.insert(bytes.begin(), static_cast<char>(number & 0xFFU));
    }
    return bytes;
}

}  // namespace

std::optional<BerElement> take_ber(std::string_view& rest) {
    auto octet = take_octet(rest);
    if (!octet) {
        return std::nullopt;
    }
    std::uint32_t tag = *octet;
    if ((tag & 0x1FU) == 0x1F) {
        do {
            octet = take_octet(rest);
            if (!octet || tag > 0xFFFF) {
                return std::nullopt;
            }
            tag = tag << 8U | *octet;
        } while ((*octet & 0x80U) != 0);
    }
    octet = take_octet(rest);
    if (!octet) {
        return std::nullopt;
    }
    std::size_t length = *octet;
    if (length > 0x7F) {
        const std::size_t width = length & 0x7FU;
        if (width == 0 || width > 2) {
            return std::nullopt;
        }
        length = 0;
        for (std::size_t i = 0; i < width; ++i) {
            octet = take_octet(rest);
            if (!octet) {
                return std::nullopt;
            }
            length = length << 8U | *octet;
        }
    }
    if (rest.size() < length) {
        return std::nullopt;
    }
    const BerElement element{tag, rest.substr(0, length)};
    rest.remove_prefix(length);
    return element;
}

std::optional<std::string_view> find_ber(std::string_view bytes, std::uint32_t tag) {
    while (const auto element = take_ber(bytes)) {
        if (element->tag == tag) {
            return element->content;
        }
    }
    return std::nullopt;
}

std::string ber(std::uint32_t tag, std::string_view content) {
    std::string bytes = big_endian(tag);
    const std::string length = big_endian(content.size());
    if (content.size() > 0x7F) {
        bytes += static_cast<char>(0x80U | length.size());
    }
    bytes += length.empty() ? std::string(1, '\0') : length;
    return bytes.append(content);
}

}  // namespace sealdesk::test
