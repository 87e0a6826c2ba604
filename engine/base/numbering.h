#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sealdesk {

/// Check digit over decimal digits by ISO 7064 MOD 11,10: finds every single wrong digit and
/// nearly every swap of neighbours. Other characters are passed over.
[[nodiscard]] char check_digit(std::string_view digits);

/// A number people write down: prefix, ROC year, running number of at least six digits, check
/// digit: make_number('R', 115, 42) is "R115-000042-C" with its check digit C.
[[nodiscard]] std::string make_number(char prefix, int roc_year, std::int64_t sequence);

/// True for a number made by make_number with this prefix whose check digit is right.
[[nodiscard]] bool is_number(char prefix, std::string_view text);

/// A registered-mail number (T 3.2.6): they differ by country and service; what all share is 6 to
/// 24 of 0-9 A-Z -.
[[nodiscard]] bool is_registered_mail_number(std::string_view text);

/// A website account name: letters of the scheme, at least seven digits, check digit.
[[nodiscard]] std::string make_account_name(std::string_view prefix, std::int64_t sequence);

}  // namespace sealdesk
