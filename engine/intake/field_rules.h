#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "scheme/scheme.h"

namespace sealdesk::intake {

/// Why a value is not taken.
struct Fault {
    std::string code;
    Bilingual message;  ///< what is wrong and what to do
};

/// One value as read by the rule of its type: normalised, or the reason why not. Pure functions;
/// an empty text is never given to them.
struct Reading {
    std::string value;    ///< normalised
    std::string derived;  ///< id numbers: the type's name; addresses: the postal code, if any
    std::optional<Fault> fault;
    std::optional<Fault> doubt;  ///< taken, but an officer should look
};

// ---- Text ------------------------------------------------------------------------------------

/// What no value may hold: control characters and line breaks (text.control), U+FFFD and private
/// use characters, which are what is left of a character the clerk's program could not save
/// (text.lost_character), and invisible or direction-changing characters (text.invisible).
[[nodiscard]] std::optional<Fault> find_bad_character(std::string_view utf8);

/// One line of free text, blanks at its ends removed, otherwise as written (a formula is text).
/// Errors: those of find_bad_character, and text.lost_character for a `?` beside a Han character.
[[nodiscard]] Reading read_text(std::string_view utf8);

/// A name. Rare characters stay as they are (Unicode planes 2 and 3, variation selectors after a
/// Han character). It is composed to NFC except for CJK compatibility ideographs, which NFC would
/// silently replace by other characters: U+FA19 (神) stays U+FA19. Errors: as read_text, and
/// name.lost_character for `?`, 〓, □ and the like anywhere (Excel writes `?` for what Big5 does
/// not have), name.no_letter.
[[nodiscard]] Reading read_name(std::string_view utf8);

/// The office's number on the paper: letters, digits and - _ / . , at most 40, upper case.
/// Error: record_number.shape.
[[nodiscard]] Reading read_record_number(std::string_view utf8);

/// A whole number, not negative, at most 12 digits; 1,234 and "12 件" are read. Error:
/// number.shape.
[[nodiscard]] Reading read_number(std::string_view utf8);

/// "yes" or "no": 是 有 同意 Y true 1 V ✓ …, 否 無 不同意 N false 0 …. Error: yes_no.unknown.
[[nodiscard]] Reading read_yes_no(std::string_view utf8);

/// The choice's value, by value, label or alias. Error: choice.unknown, with the labels.
[[nodiscard]] Reading read_choice(std::string_view utf8,
                                  const std::vector<scheme::Choice>& choices);

/// The parts of a list of documents, as written: parted by ; 、 , | or a line break.
[[nodiscard]] std::vector<std::string> split_documents(std::string_view utf8);

// ---- Identifying numbers ---------------------------------------------------------------------

/// ROC national ID: a letter, 1 or 2, eight digits. The letter's number (A=10 … by the Ministry
/// of the Interior's table) and the digits weighted 1,9,8,7,6,5,4,3,2,1,1 sum to a multiple of 10.
[[nodiscard]] bool is_national_id(std::string_view id);

/// Resident certificate: new style (since 2021) a letter, 8 or 9, eight digits; old style two
/// letters, the second A to D, eight digits, of which the second letter counts as the unit of its
/// number. Same check digit as the national ID.
[[nodiscard]] bool is_resident_id(std::string_view id);

/// Unified business number: eight digits, weighted 1,2,1,2,1,2,4,1, the digits of the products
/// summed; a multiple of 5 (Ministry of Finance's rule of April 2023), where a 7 as seventh digit
/// also allows a sum one less. 00000000 is none.
[[nodiscard]] bool is_ubn(std::string_view number);

/// Reads an identifying number of one of the types, the first whose shape fits. Full-width
/// letters, blanks and hyphens are read, and the quoting some people use to keep zeros
/// (="01234567"). Errors: id.check_digit (the shape fits, the number does not), id.spoilt_by_excel
/// (1.23E+07, a lost leading zero), id.wrong_type (a number of a type that is not taken here),
/// id.shape. Doubt: id.maybe_short (a passport that looks like a national ID without its last
/// digit).
[[nodiscard]] Reading read_id_number(std::string_view utf8,
                                     const std::vector<scheme::IdType>& types);

/// The serial number of a certificate: hexadecimal, at most 20 octets (RFC 5280 §4.1.2.2), with or
/// without blanks, colons and hyphens; lower case. Error: certificate_serial.shape.
[[nodiscard]] Reading read_certificate_serial(std::string_view utf8);

// ---- Dates -----------------------------------------------------------------------------------

/// A day of the ROC or the Gregorian calendar, as ISO: 115/11/20, 民國90年09月02日,
/// 民國九十年九月二日, 1151120, 0690428, 2026-11-20, 2026/11/20, 20261120. Years of at most three
/// digits are ROC years. Errors: date.no_such_day (75/02/30), date.shape, date.serial (a number
/// of days, as Excel stores dates), date.year (before 民國 1 or after 2911).
[[nodiscard]] Reading read_date(std::string_view utf8);

/// A day written as ISO by read_date.
[[nodiscard]] std::chrono::year_month_day day_from_iso(std::string_view iso);

/// Full years lived on `day`. Who is born on 29 February completes a year on 1 March where the
/// year has none (Civil Code §121, §124).
[[nodiscard]] int age_on(std::chrono::year_month_day born, std::chrono::year_month_day day);

// ---- Contact ---------------------------------------------------------------------------------

/// A telephone number with area code, half-width, as people read it; "#12" for an extension.
/// Errors: phone.shape, phone.no_area_code, phone.several.
[[nodiscard]] Reading read_phone(std::string_view utf8);

/// Three, five or six digits, the first not 0 (Chunghwa Post). Error: postal_code.shape.
[[nodiscard]] Reading read_postal_code(std::string_view utf8);

/// An address as written; `derived` is the postal code before it. Doubt: address.no_postal_code.
[[nodiscard]] Reading read_address(std::string_view utf8);

/// One mailbox (RFC 5321 §4.1.2 dot-string, ASCII), its domain in A-label form (IDNA 2008,
/// non-transitional), at most 254 octets. Errors: email.shape, email.several, email.domain.
[[nodiscard]] Reading read_email(std::string_view utf8);

}  // namespace sealdesk::intake
