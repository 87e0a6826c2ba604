#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "base/error.h"

namespace sealdesk {
namespace {

constexpr std::string_view kBase64Symbols =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoBase64 = 255;

constexpr std::array<std::uint8_t, 256> base64_values() {
    std::array<std::uint8_t, 256> values{};
    values.fill(kNoBase64);
    for (std::size_t i = 0; i < kBase64Symbols.size(); ++i) {
        values[static_cast<unsigned char>(kBase64Symbols[i])] = static_cast<std::uint8_t>(i);
    }
    return values;
}

constexpr auto kBase64Values = base64_values();

/// How long a sequence is that begins with this byte; 0 when none does.
std::size_t sequence_length(unsigned first) {
    return first < 0x80                     ? 1
           : first >= 0xC2 && first <= 0xDF ? 2
           : first >= 0xE0 && first <= 0xEF ? 3
           : first >= 0xF0 && first <= 0xF4 ? 4
                                            : 0;
}

/// A code point of Unicode that is no surrogate and needs `length` bytes.
bool is_scalar_of_length(char32_t value, std::size_t length) {
    const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    return !overlong && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
}

/// Reads one code point at `at`; returns its length in bytes, 0 when malformed.
std::size_t read_code_point(std::string_view bytes, std::size_t at, char32_t& out) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[at + i]); };
    const unsigned first = byte(0);
    const std::size_t length = sequence_length(first);
    if (length <= 1) {
        out = first;
        return length;
    }
    if (at + length > bytes.size()) {
        return 0;
    }
    char32_t value = first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) {
            return 0;
        }
        value = (value << 6) | (byte(i) & 0x3FU);
    }
    out = value;
    return is_scalar_of_length(value, length) ? length : 0;
}

bool is_wide(char32_t c) {
    return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
           (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
           (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x1F64F) || c >= 0x20000;
}

/// Where the piece of a text ends that must not be broken: a word, or a wide character or blank,
/// and the closing signs after it.
std::size_t end_of_piece(std::u32string_view text, std::size_t at) {
    constexpr std::u32string_view closing = U"，。、；：！？）」』》…";
    const auto is_alone = [&](char32_t c) { return c == U' ' || c == U'\n' || is_wide(c); };
    std::size_t end = at + 1;
    if (text[at] == U' ' || text[at] == U'\n') {
        return end;
    }
    while (end < text.size() && !is_alone(text[at]) && !is_alone(text[end])) {
        ++end;
    }
    while (end < text.size() && closing.find(text[end]) != std::u32string_view::npos) {
        ++end;
    }
    return end;
}

constexpr std::string_view kIdeographicSpace = "\u3000";

bool is_ascii_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// How many bytes at the beginning are ASCII, looked at eight at a time.
std::size_t ascii_prefix(std::string_view bytes) {
    constexpr std::uint64_t high_bits = 0x8080808080808080U;
    std::size_t at = 0;
    for (std::uint64_t eight = 0; at + sizeof eight <= bytes.size(); at += sizeof eight) {
        std::memcpy(&eight, bytes.data() + at, sizeof eight);
        if ((eight & high_bits) != 0) {
            break;
        }
    }
    return at;
}

}  // namespace

bool is_utf8(std::string_view bytes) {
    char32_t c = 0;
    for (std::size_t at = ascii_prefix(bytes); at < bytes.size();) {
        if (static_cast<unsigned char>(bytes[at]) < 0x80) {
            ++at;
            continue;
        }
        const std::size_t length = read_code_point(bytes, at, c);
        if (length == 0) {
            return false;
        }
        at += length;
    }
    return true;
}

std::u32string to_code_points(std::string_view utf8) {
    std::u32string out;
    out.reserve(utf8.size());
    char32_t c = 0;
    for (std::size_t at = 0; at < utf8.size();) {
        const std::size_t length = read_code_point(utf8, at, c);
        if (length == 0) {
            break;
        }
        out.push_back(c);
        at += length;
    }
    return out;
}

void append_utf8(std::string& out, char32_t c) {
    const auto put = [&out](unsigned byte) { out.push_back(static_cast<char>(byte)); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0U | (c >> 6));
        put(0x80U | (c & 0x3FU));
    } else if (c < 0x10000) {
        put(0xE0U | (c >> 12));
        put(0x80U | ((c >> 6) & 0x3FU));
        put(0x80U | (c & 0x3FU));
    } else {
        put(0xF0U | (c >> 18));
        put(0x80U | ((c >> 12) & 0x3FU));
        put(0x80U | ((c >> 6) & 0x3FU));
        put(0x80U | (c & 0x3FU));
    }
}

std::string to_utf8(std::u32string_view code_points) {
    std::string out;
    out.reserve(code_points.size() * 3);
    for (const char32_t c : code_points) {
        append_utf8(out, c);
    }
    return out;
}

std::string trim(std::string_view utf8) {
    for (;;) {
        if (utf8.starts_with(kIdeographicSpace)) {
            utf8.remove_prefix(kIdeographicSpace.size());
        } else if (!utf8.empty() && is_ascii_blank(utf8.front())) {
            utf8.remove_prefix(1);
        } else if (utf8.ends_with(kIdeographicSpace)) {
            utf8.remove_suffix(kIdeographicSpace.size());
        } else if (!utf8.empty() && is_ascii_blank(utf8.back())) {
            utf8.remove_suffix(1);
        } else {
            return std::string(utf8);
        }
    }
}

std::string to_half_width(std::string_view utf8) {
    // Full-width forms begin with the byte EF, the ideographic space with E3.
    if (utf8.find_first_of("\xEF\xE3") == std::string_view::npos) {
        return std::string(utf8);
    }
    std::u32string text = to_code_points(utf8);
    for (char32_t& c : text) {
        if (c >= 0xFF01 && c <= 0xFF5E) {
            c = c - 0xFF01 + 0x21;
        } else if (c == 0x3000) {
            c = U' ';
        }
    }
    return to_utf8(text);
}

std::string to_upper_ascii(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return out;
}

std::string to_lower_ascii(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> pieces;
    if (text.empty()) {
        return pieces;
    }
    std::size_t begin = 0;
    for (;;) {
        const std::size_t end = text.find(separator, begin);
        pieces.emplace_back(text.substr(begin, end - begin));
        if (end == std::string_view::npos) {
            return pieces;
        }
        begin = end + 1;
    }
}

int display_width(std::string_view utf8) {
    int columns = 0;
    for (const char32_t c : to_code_points(utf8)) {
        columns += is_wide(c) ? 2 : 1;
    }
    return columns;
}

std::string fit_to_columns(std::string_view utf8, int columns) {
    std::string out;
    int used = 0;
    for (const char32_t c : to_code_points(utf8)) {
        const int width = is_wide(c) ? 2 : 1;
        if (used + width > columns) {
            break;
        }
        append_utf8(out, c);
        used += width;
    }
    out.append(static_cast<std::size_t>(std::max(0, columns - used)), ' ');
    return out;
}

std::string wrap_to_columns(std::string_view utf8, int columns) {
    std::string out;
    int used = 0;
    const std::u32string text = to_code_points(utf8);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = end_of_piece(text, at);
        std::string piece;
        for (std::size_t i = at; i < end; ++i) {
            append_utf8(piece, text[i]);
        }
        at = end;
        const int width = display_width(piece);
        if (piece == "\n" || (used > 0 && used + width > columns)) {
            while (out.ends_with(' ')) {
                out.pop_back();
            }
            out += '\n';
            used = 0;
        }
        if (piece != "\n" && (used > 0 || piece != " ")) {
            out += piece;
            used += width;
        }
    }
    return out;
}

std::string to_hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out.push_back(digits[byte >> 4U]);
        out.push_back(digits[byte & 15U]);
    }
    return out;
}

namespace {

/// The value of each hexadecimal digit; 16: none.
constexpr std::array<std::uint8_t, 256> kHexDigits = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(16);
    for (std::size_t i = 0; i < 16; ++i) {
        values[static_cast<unsigned char>("0123456789abcdef"[i])] = static_cast<std::uint8_t>(i);
        values[static_cast<unsigned char>("0123456789ABCDEF"[i])] = static_cast<std::uint8_t>(i);
    }
    return values;
}();

}  // namespace

std::string from_hex(std::string_view digits) {
    SEALDESK_CHECK(digits.size() % 2 == 0);
    std::string bytes(digits.size() / 2, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const unsigned high = kHexDigits[static_cast<unsigned char>(digits[2 * i])];
        const unsigned low = kHexDigits[static_cast<unsigned char>(digits[2 * i + 1])];
        SEALDESK_CHECK(high < 16 && low < 16);
        bytes[i] = static_cast<char>(high << 4U | low);
    }
    return bytes;
}

std::string to_base64(std::string_view bytes) {
    std::string out((bytes.size() + 2) / 3 * 4, '=');
    std::size_t to = 0;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::size_t have = std::min<std::size_t>(3, bytes.size() - at);
        std::uint32_t group = static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at]))
                              << 16;
        group |= have > 1 ? std::uint32_t(static_cast<unsigned char>(bytes[at + 1])) << 8 : 0U;
        group |= have > 2 ? std::uint32_t(static_cast<unsigned char>(bytes[at + 2])) : 0U;
        for (std::size_t i = 0; i <= have; ++i) {
            out[to + i] = kBase64Symbols[(group >> (18 - 6 * i)) & 63U];
        }
        to += 4;
    }
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    while (text.ends_with('=')) {
        text.remove_suffix(1);
    }
    std::string bytes(text.size() / 4 * 3 + 3, '\0');
    std::size_t length = 0;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : text) {
        const std::uint32_t value = kBase64Values[static_cast<unsigned char>(c)];
        if (value == kNoBase64) {
            return std::nullopt;
        }
        bits = (bits << 6U) | value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes[length++] = static_cast<char>((bits >> held) & 0xFFU);
        }
    }
    bytes.resize(length);
    const bool ends_between_bytes = held == 6;
    return ends_between_bytes ? std::nullopt : std::optional(std::move(bytes));
}

std::optional<std::int64_t> parse_number(std::string_view digits) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() ||
        digits.front() == '-') {
        return std::nullopt;
    }
    return value;
}

std::string to_csv_cell(std::string_view utf8) {
    constexpr std::u32string_view formula_starts = U"=+-@\t\r＝＋－＠";
    std::string cell(utf8);
    const std::u32string first = to_code_points(utf8.substr(0, 4));
    if (!first.empty() && formula_starts.find(first.front()) != std::u32string_view::npos) {
        cell.insert(cell.begin(), '\'');
    }
    if (cell.find_first_of(",\"\r\n") == std::string::npos) {
        return cell;
    }
    std::string quoted = "\"";
    for (const char c : cell) {
        quoted += c;
        if (c == '"') {
            quoted += '"';
        }
    }
    return quoted + '"';
}

std::string to_html(std::string_view utf8) {
    std::string out;
    out.reserve(utf8.size());
    for (const char c : utf8) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += c;
        }
    }
    return out;
}

std::string mask_name(std::string_view utf8) {
    const std::u32string name = to_code_points(utf8);
    std::u32string masked;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const bool shown = i == 0 || (name.size() > 2 && i + 1 == name.size());
        masked.push_back(shown ? name[i] : U'○');
    }
    return to_utf8(masked);
}

}  // namespace sealdesk
