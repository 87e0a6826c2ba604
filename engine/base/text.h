#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sealdesk {

/// Texts people read exist in Traditional Chinese and English; LANG chooses (zh* = Chinese).
enum class Language { Chinese, English };

/// One text in both languages; every message, label and notice that a person reads is one.
struct Bilingual {
    std::string zh;
    std::string en;
    [[nodiscard]] const std::string& in(Language language) const {
        return language == Language::Chinese ? zh : en;
    }
};

/// True for well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view bytes);

/// Code points of well-formed UTF-8; stops at the first byte that is not.
[[nodiscard]] std::u32string to_code_points(std::string_view utf8);
[[nodiscard]] std::string to_utf8(std::u32string_view code_points);
void append_utf8(std::string& out, char32_t code_point);

/// Without blanks (space, tab, CR, LF, U+3000) at both ends.
[[nodiscard]] std::string trim(std::string_view utf8);

/// Full-width letters, digits and signs (U+FF01–U+FF5E, U+3000) as their ASCII twins.
[[nodiscard]] std::string to_half_width(std::string_view utf8);

[[nodiscard]] std::string to_upper_ascii(std::string_view text);
[[nodiscard]] std::string to_lower_ascii(std::string_view text);

/// Pieces between separators; an empty text gives no piece.
[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);

/// Columns the text takes on a terminal (wide East Asian characters take two).
[[nodiscard]] int display_width(std::string_view utf8);

/// Cut or padded with blanks to exactly `columns` terminal columns.
[[nodiscard]] std::string fit_to_columns(std::string_view utf8, int columns);

/// In lines of at most `columns`: broken at blanks, and beside wide characters, but never before a
/// closing sign (，。」…). A longer word stands alone on its line.
[[nodiscard]] std::string wrap_to_columns(std::string_view utf8, int columns);

[[nodiscard]] std::string to_hex(std::string_view bytes);

/// Bytes of hexadecimal digits of either case. SEALDESK_CHECK: an even number of digits only.
[[nodiscard]] std::string from_hex(std::string_view digits);

[[nodiscard]] std::string to_base64(std::string_view bytes);

/// Bytes of base64 (RFC 4648 §4), padded or not; nothing when it is none.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

/// A decimal number, digits only; nothing when it is not one or does not fit.
[[nodiscard]] std::optional<std::int64_t> parse_number(std::string_view digits);

/// A CSV cell: quoted when needed, and prefixed with ' when it starts like a formula
/// (= + - @ TAB CR and their full-width forms), so that a spreadsheet shows it as text.
[[nodiscard]] std::string to_csv_cell(std::string_view utf8);

/// Text for HTML: & < > " ' escaped.
[[nodiscard]] std::string to_html(std::string_view utf8);

/// U+5F35 U+4E09 → "張○": enough for an operator to recognise, too little to publish (M 2.8.1).
[[nodiscard]] std::string mask_name(std::string_view utf8);

}  // namespace sealdesk
