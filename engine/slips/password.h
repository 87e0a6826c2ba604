#pragma once

#include <cstddef>
#include <string_view>

#include "base/random.h"
#include "base/secret.h"

namespace sealdesk::slips {

/// Digits and capital letters that cannot be taken for one another on paper: no 0 O, 1 I L, 5 S
/// (5 stays), 2 Z (2 stays), 8 B (8 stays). 28 symbols, log2 28 = 4.81 bits each.
inline constexpr std::string_view kClearSymbols = "23456789ACDEFGHJKMNPQRTUVWXY";

/// Symbols of a first password: 14 × 4.81 = 67 bits. Far beyond guessing at a website that stops
/// after three tries (T 4.1.2), and beyond a stolen verifier too.
inline constexpr std::size_t kPasswordLength = 14;

/// A first password over kClearSymbols with at least one letter and one digit, as websites ask
/// (drawing again costs 0.01 bit). `length` 8 to 64.
[[nodiscard]] Secret make_password(Random& random, std::size_t length = kPasswordLength);

/// How hard the opening code is to guess: whole bits of 15 × log2 28 (= 72.1), from the code's own
/// alphabet and length. No scheme can ask for another code, so none can ask for less than 64.
[[nodiscard]] int opening_code_bits();

/// The code that opens an e-delivered PDF, as printed: XXXX-XXXX-XXXX-XXXC, 15 random symbols
/// (opening_code_bits()) and a check symbol C by ISO 7064's hybrid system, here
/// MOD 29,28, so that the help desk can tell a misread code from a wrong one. The hyphens belong
/// to the code: a PDF reader compares every byte.
[[nodiscard]] Secret make_opening_code(Random& random);

/// True for the form above with the right check symbol.
[[nodiscard]] bool is_opening_code(std::string_view text);

}  // namespace sealdesk::slips
