#include "intake/xlsx_numbers.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

#include "base/clock.h"
#include "base/text.h"

namespace sealdesk::intake {

namespace {

/// Excel keeps 15 significant digits.
constexpr double kWholeMax = 1e15;

/// 9999-12-31.
constexpr double kSerialMax = 2'958'465;

bool is_decimal_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<double> number_of(const std::string& written) {
    double value = 0;
    const char* const end = written.data() + written.size();
    const auto [stopped, trouble] = std::from_chars(written.data(), end, value);
    if (trouble != std::errc() || stopped != end || !std::isfinite(value)) {
        return std::nullopt;
    }
    return value;
}

/// Hours, minutes, seconds that go on counting: [h]:mm
bool is_duration(std::string_view code) {
    return code.starts_with("[h") || code.starts_with("[m") || code.starts_with("[s");
}

/// The first section of a format code without quoted text, escapes and `[…]`, lower case.
std::string bare_code(std::string_view code) {
    std::string bare;
    for (std::size_t i = 0; i < code.size() && code[i] != ';'; ++i) {
        switch (code[i]) {
            case '\\':
            case '_':
            case '*': ++i; break;  // stands before what is taken as it is
            case '"': i = std::min(code.find('"', i + 1), code.size() - 1); break;
            case '[':
                bare += is_duration(code.substr(i)) ? "h" : "";
                i = std::min(code.find(']', i + 1), code.size() - 1);
                break;
            default: bare.push_back(code[i]);
        }
    }
    return to_lower_ascii(bare);
}

/// A year (`e`: of an emperor or of the Republic), unless it is the exponent of `0.00E+00`.
bool has_year_or_day(std::string_view bare) {
    for (std::size_t i = 0; i < bare.size(); ++i) {
        const char next = i + 1 < bare.size() ? bare[i + 1] : ' ';
        if (bare[i] == 'y' || bare[i] == 'd' || (bare[i] == 'e' && next != '+' && next != '-')) {
            return true;
        }
    }
    return bare.find('m') != std::string_view::npos &&
           bare.find_first_of("hs") == std::string_view::npos;
}

/// Four hexadecimal digits and `_` after "_x".
std::optional<char32_t> excel_escape(std::string_view text) {
    constexpr std::size_t length = 7;
    if (text.size() < length || !text.starts_with("_x") || text[length - 1] != '_') {
        return std::nullopt;
    }
    unsigned value = 0;
    const char* const end = text.data() + length - 1;
    const auto [stopped, trouble] = std::from_chars(text.data() + 2, end, value, 16);
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (trouble != std::errc() || stopped != end || surrogate) {
        return std::nullopt;
    }
    return static_cast<char32_t>(value);
}

}  // namespace

NumberStyle style_of_code(std::string_view code) {
    using Shows = NumberStyle::Shows;
    const std::string bare = bare_code(code);
    if (bare.find("general") != std::string::npos || bare.find("通用") != std::string::npos) {
        return {};
    }
    if (bare.size() >= 2 && bare.find_first_not_of('0') == std::string::npos) {
        return {Shows::PaddedDigits, static_cast<int>(std::min<std::size_t>(bare.size(), 20))};
    }
    if (bare.find('%') != std::string::npos) {
        return {Shows::Percent, 0};
    }
    return {has_year_or_day(bare) ? Shows::Date : Shows::Number, 0};
}

NumberStyle style_of_builtin(std::int64_t id) {
    using Shows = NumberStyle::Shows;
    const bool date = (id >= 14 && id <= 17) || id == 22 || (id >= 27 && id <= 31) || id == 36 ||
                      (id >= 50 && id <= 54) || id == 57 || id == 58;
    const bool percent = id == 9 || id == 10;
    return {date ? Shows::Date : percent ? Shows::Percent : Shows::Number, 0};
}

std::string digits_of(const std::string& written) {
    if (std::ranges::all_of(written, is_decimal_digit)) {
        return written;
    }
    const auto value = number_of(written);
    if (!value || std::trunc(*value) != *value || std::fabs(*value) >= kWholeMax) {
        return written;
    }
    return std::to_string(static_cast<std::int64_t>(*value));
}

std::optional<std::string> day_of_serial(const std::string& written, bool from_1904) {
    using std::chrono::days;
    using std::chrono::sys_days;
    using std::chrono::year;
    const auto value = number_of(written);
    if (!value || *value < (from_1904 ? 0 : 1) || *value >= kSerialMax + 1) {
        return std::nullopt;
    }
    const auto serial = static_cast<std::int64_t>(*value);
    if (!from_1904 && serial == 60) {
        return std::nullopt;
    }
    const sys_days start = from_1904     ? sys_days(year{1904} / 1 / 1)
                           : serial < 60 ? sys_days(year{1899} / 12 / 31)
                                         : sys_days(year{1899} / 12 / 30);
    return to_iso_text(std::chrono::year_month_day(start + days(serial)));
}

std::optional<CellPlace> place_of(std::string_view reference) {
    std::size_t column = 0;
    std::size_t letters = 0;
    while (letters < reference.size() && reference[letters] >= 'A' && reference[letters] <= 'Z') {
        column = column * 26 + static_cast<std::size_t>(reference[letters] - 'A') + 1;
        if (++letters > 3) {
            return std::nullopt;
        }
    }
    const auto row = parse_number(reference.substr(letters));
    if (letters == 0 || column > kSheetColumnsMax || !row || *row < 1 || *row > kSheetRowsMax) {
        return std::nullopt;
    }
    return CellPlace{column - 1, *row};
}

std::string without_excel_escapes(std::string_view text) {
    std::string out;
    for (std::size_t at = text.find("_x"); at != std::string_view::npos; at = text.find("_x")) {
        const auto character = excel_escape(text.substr(at));
        out.append(text.substr(0, at));
        if (character) {
            append_utf8(out, *character);
            text.remove_prefix(at + 7);
        } else {
            out.append("_x");
            text.remove_prefix(at + 2);
        }
    }
    return out.append(text);
}

}  // namespace sealdesk::intake
