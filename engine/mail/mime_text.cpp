#include "mail/mime_text.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>

#include "base/text.h"

namespace sealdesk::mail {
namespace {

constexpr std::string_view kBase64Alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes that make one full line of base64: 57 / 3 * 4 = 76 columns.
constexpr std::size_t kBase64LineBytes = 57;

constexpr std::string_view kWordStart = "=?UTF-8?B?";
constexpr std::string_view kWordEnd = "?=";

/// RFC 2047 §2: an encoded word has at most 75 characters.
constexpr std::size_t kWordLength = 75;

unsigned byte_at(std::string_view bytes, std::size_t index) {
    return static_cast<unsigned char>(bytes[index]);
}

char base64_digit(unsigned bits) { return kBase64Alphabet[bits & 63U]; }

// Length of the character that starts at a byte of well-formed UTF-8.
std::size_t character_length(unsigned lead) {
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xE0) {
        return 2;
    }
    return lead < 0xF0 ? 3 : 4;
}

std::size_t word_length_of(std::size_t bytes) {
    return kWordStart.size() + (bytes + 2) / 3 * 4 + kWordEnd.size();
}

bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029;
}

bool is_attribute_char(unsigned char c) {  // RFC 2231 §7, kept narrow
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
           c == '-' || c == '_';
}

std::string percent_encoded(std::string_view character) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string out;
    for (const char symbol : character) {
        const auto byte = static_cast<unsigned char>(symbol);
        if (is_attribute_char(byte)) {
            out += symbol;
        } else {
            out += '%';
            out += hex[byte >> 4U];
            out += hex[byte & 15U];
        }
    }
    return out;
}

void append_base64(std::string& out, std::string_view bytes) {
    std::size_t i = 0;
    for (; i + 2 < bytes.size(); i += 3) {
        const unsigned v =
            byte_at(bytes, i) << 16U | byte_at(bytes, i + 1) << 8U | byte_at(bytes, i + 2);
        const std::array<char, 4> digits{base64_digit(v >> 18U), base64_digit(v >> 12U),
                                         base64_digit(v >> 6U), base64_digit(v)};
        out.append(digits.data(), digits.size());
    }
    const std::size_t left = bytes.size() - i;
    if (left > 0) {
        const unsigned v =
            byte_at(bytes, i) << 16U | (left == 2 ? byte_at(bytes, i + 1) << 8U : 0U);
        out += base64_digit(v >> 18U);
        out += base64_digit(v >> 12U);
        out += left == 2 ? base64_digit(v >> 6U) : '=';
        out += '=';
    }
}

bool looks_encoded(std::string_view text) { return text.find("=?") != std::string_view::npos; }

// Words of whole characters; the first has the rest of the line that starts at `column`.
std::string to_b_words(std::string_view text, std::size_t column) {
    std::string out;
    std::size_t room = kHeaderColumns > column ? kHeaderColumns - column : 0;
    std::size_t start = 0;
    std::size_t end = 0;
    const auto flush = [&] {
        if (!out.empty() || end == start) {
            out += "\r\n ";
        }
        if (end > start) {
            out += kWordStart;
            append_base64(out, text.substr(start, end - start));
            out += kWordEnd;
        }
        start = end;
        room = kWordLength;
    };
    while (end < text.size()) {
        const std::size_t next = end + character_length(byte_at(text, end));
        if (word_length_of(next - start) > room) {
            flush();
        }
        end = next;
    }
    if (end > start) {
        flush();
    }
    return out;
}

}  // namespace

bool is_header_text(std::string_view text) {
    if (!is_utf8(text)) {
        return false;
    }
    for (const char32_t c : to_code_points(text)) {
        if (is_control(c)) {
            return false;
        }
    }
    return true;
}

bool is_plain_ascii(std::string_view text) {
    for (const char c : text) {
        if (c < 0x20 || c > 0x7E) {
            return false;
        }
    }
    return true;
}

std::string encode_words(std::string_view text, std::size_t column) {
    const bool has_edge_blank = !text.empty() && (text.front() == ' ' || text.back() == ' ');
    if (is_plain_ascii(text) && !looks_encoded(text) && !has_edge_blank &&
        column + text.size() <= kHeaderColumns) {
        return std::string(text);
    }
    return to_b_words(text, column);
}

std::string encode_phrase(std::string_view name, std::size_t column) {
    if (is_plain_ascii(name) && !looks_encoded(name)) {
        std::string text = quoted(name);
        if (column + text.size() <= kHeaderColumns) {
            return text;
        }
    }
    return to_b_words(name, column);
}

std::string quoted(std::string_view ascii) {
    std::string out = "\"";
    for (const char c : ascii) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    out += '"';
    return out;
}

std::string encode_parameter(std::string_view name, std::string_view value) {
    constexpr std::size_t piece_max = 60;
    const std::string lead = ";\r\n " + std::string(name);
    if (is_plain_ascii(value) && value.size() <= piece_max) {
        return lead + "=" + quoted(value);
    }

    std::string out;
    std::string piece = "UTF-8''";
    int number = 0;
    const auto flush = [&] {
        out += lead + "*" + std::to_string(number++) + "*=" + piece;
        piece.clear();
    };
    for (std::size_t i = 0; i < value.size();) {
        const std::size_t length = character_length(byte_at(value, i));
        const std::string encoded = percent_encoded(value.substr(i, length));
        if (piece.size() + encoded.size() > piece_max) {
            flush();
        }
        piece += encoded;
        i += length;
    }
    flush();
    return out;
}

void append_base64_lines(std::string& out, std::string_view bytes) {
    out.reserve(out.size() + (bytes.size() / kBase64LineBytes + 1) * (kHeaderColumns + 2));
    for (std::size_t i = 0; i < bytes.size(); i += kBase64LineBytes) {
        append_base64(out, bytes.substr(i, kBase64LineBytes));
        out += "\r\n";
    }
}

std::string with_crlf(std::string_view text) {
    std::string out;
    out.reserve(text.size() + text.size() / 32 + 2);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r' || text[i] == '\n') {
            out += "\r\n";
            if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
                ++i;
            }
        } else {
            out += text[i];
        }
    }
    return out;
}

std::string to_mail_date(std::int64_t unix_seconds) {
    using namespace std::chrono;
    constexpr std::array<const char*, 7> day_names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const sys_seconds local{seconds(unix_seconds) + hours(8)};
    const auto day = floor<days>(local);
    const year_month_day date{day};
    const hh_mm_ss clock{local - day};
    std::array<char, 48> text{};
    // Lengths are fixed by the format; a year beyond four digits would be a defect elsewhere.
    const int length = std::snprintf(
        text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d +0800",
        day_names.at(weekday(day).c_encoding()), static_cast<unsigned>(date.day()),
        month_names.at(static_cast<unsigned>(date.month()) - 1), static_cast<int>(date.year()),
        static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count()));
    return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace sealdesk::mail
