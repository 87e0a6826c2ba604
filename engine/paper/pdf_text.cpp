#include "paper/pdf_text.h"

#include "base/text.h"

namespace sealdesk::paper {

void put_hex16(std::string& out, unsigned value) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (unsigned shift = 16; shift > 0; shift -= 4) {
        out += digits[value >> (shift - 4) & 0xFU];
    }
}

std::string utf16(std::string_view utf8) {
    std::string out;
    const auto put = [&](char32_t unit) {
        out += char(unit >> 8U & 0xFFU);
        out += char(unit & 0xFFU);
    };
    for (const char32_t character : to_code_points(utf8)) {
        if (character >= 0x10000) {
            put(0xD800 + ((character - 0x10000) >> 10U));
            put(0xDC00 + ((character - 0x10000) & 0x3FFU));
        } else {
            put(character);
        }
    }
    return out;
}

}  // namespace sealdesk::paper
