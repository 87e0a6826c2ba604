#include "slips/password.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.h"

namespace sealdesk::slips {
namespace {

constexpr std::size_t kCodeSymbols = 15;  ///< random ones
constexpr std::size_t kCodeGroup = 4;
constexpr std::size_t kCodeLength = 19;  ///< 16 symbols and 3 hyphens

constexpr std::size_t kCodeModulus = kClearSymbols.size();
static_assert(kCodeModulus == 28);  // the system wants M + 1 prime

/// Whole bits of `symbols` drawn from `alphabet`.
constexpr int bits_of(std::size_t alphabet, std::size_t symbols) {
    double ways = 1;
    for (std::size_t i = 0; i < symbols; ++i) {
        ways *= double(alphabet);
    }
    int bits = 0;
    while (ways >= 2) {
        ways /= 2;
        ++bits;
    }
    return bits;
}
constexpr int kOpeningCodeBitsMin = 64;
static_assert(bits_of(kCodeModulus, kCodeSymbols) >= kOpeningCodeBitsMin);

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// ISO 7064's hybrid system with M = 28 symbols and the prime M + 1 = 29, computed as MOD 11,10
/// is for digits (ISO/IEC 7064 §9). Symbols outside the alphabet count as none.
char code_check_symbol(std::string_view symbols) {
    std::size_t product = kCodeModulus;
    for (const char c : symbols) {
        const std::size_t value = kClearSymbols.find(c);
        if (value == std::string_view::npos) {
            continue;
        }
        std::size_t sum = (product + value) % kCodeModulus;
        if (sum == 0) {
            sum = kCodeModulus;
        }
        product = sum * 2 % (kCodeModulus + 1);
    }
    return kClearSymbols[(kCodeModulus + 1 - product) % kCodeModulus];
}

}  // namespace

int opening_code_bits() { return bits_of(kCodeModulus, kCodeSymbols); }

Secret make_password(Random& random, std::size_t length) {
    SEALDESK_CHECK(length >= 8 && length <= 64);
    for (;;) {
        Secret password = random_text(random, kClearSymbols, length);
        const auto digits = std::ranges::count_if(password.reveal(), is_digit);
        if (digits > 0 && std::size_t(digits) < length) {
            return password;
        }
    }
}

Secret make_opening_code(Random& random) {
    const Secret symbols = random_text(random, kClearSymbols, kCodeSymbols);
    Secret code(kCodeLength);
    const auto out = code.fill();
    std::size_t at = 0;
    for (std::size_t i = 0; i < kCodeSymbols; ++i) {
        if (i > 0 && i % kCodeGroup == 0) {
            out[at++] = '-';
        }
        out[at++] = symbols.reveal()[i];
    }
    out[at++] = code_check_symbol(symbols.reveal());
    SEALDESK_CHECK(at == kCodeLength);
    return code;
}

bool is_opening_code(std::string_view text) {
    if (text.size() != kCodeLength) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_hyphen = i % (kCodeGroup + 1) == kCodeGroup;
        const bool is_right =
            is_hyphen ? text[i] == '-' : kClearSymbols.find(text[i]) != std::string_view::npos;
        if (!is_right) {
            return false;
        }
    }
    return text.back() == code_check_symbol(text.substr(0, text.size() - 1));
}

}  // namespace sealdesk::slips
