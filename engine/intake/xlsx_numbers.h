#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What a number in a worksheet means; nothing outside this room includes it.
namespace sealdesk::intake {

/// Rows and columns of a worksheet (Excel specifications and limits).
inline constexpr std::int64_t kSheetRowsMax = 1'048'576;
inline constexpr std::size_t kSheetColumnsMax = 16'384;

/// How a cell's number is shown, as far as it matters here.
struct NumberStyle {
    enum class Shows { Number, Date, Percent, PaddedDigits };
    Shows shows = Shows::Number;
    int digits = 0;  ///< of PaddedDigits: "0000000000" shows 912345678 as 0912345678
};

/// From a format code (ECMA-376 part 1, 18.8.31), such as `[$-404]e/m/d` or `0%`.
[[nodiscard]] NumberStyle style_of_code(std::string_view code);

/// From the id of a built-in format (18.8.30, with the East Asian ones).
[[nodiscard]] NumberStyle style_of_builtin(std::int64_t id);

/// Decimal digits of a whole number as Excel wrote it ("912345678", "9.12345678E8"); anything else
/// as written.
[[nodiscard]] std::string digits_of(const std::string& written);

/// The day of a serial number, as ISO; the time of the day is dropped. Nothing when there is no
/// such day. In the 1900 system day 60 is a 29 February that never was (18.17.4.1).
[[nodiscard]] std::optional<std::string> day_of_serial(const std::string& written, bool from_1904);

/// "AB12" → column 27 (from 0), row 12; nothing when it is no cell.
struct CellPlace {
    std::size_t column;
    std::int64_t row;
};
[[nodiscard]] std::optional<CellPlace> place_of(std::string_view reference);

/// Excel's escapes for what XML cannot hold: "_x000D_" is CR, "_x005F_" an underscore.
[[nodiscard]] std::string without_excel_escapes(std::string_view text);

}  // namespace sealdesk::intake
