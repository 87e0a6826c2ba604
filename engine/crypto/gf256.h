#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// The field of 256 elements of AES (FIPS 197 §4): bytes as polynomials over bits modulo
/// x^8 + x^4 + x^3 + x + 1 (0x11b). Addition is XOR. No table is looked up and no branch taken by a
/// value, so that time and cache tell nothing of it.
namespace sealdesk::crypto::gf256 {

inline constexpr unsigned kPolynomial = 0x11b;

/// All bits set when bit `bit` of the value is, none otherwise.
[[nodiscard]] constexpr unsigned mask_of(unsigned value, unsigned bit) {
    return 0U - ((value >> bit) & 1U);
}

[[nodiscard]] constexpr std::uint8_t multiply(std::uint8_t a, std::uint8_t b) {
    unsigned product = 0;
    unsigned shifted = a;
    for (unsigned bit = 0; bit < 8; ++bit) {
        product ^= shifted & mask_of(b, bit);
        shifted = (shifted << 1U) ^ (kPolynomial & mask_of(shifted, 7));
    }
    return static_cast<std::uint8_t>(product);
}

/// a^254, which is 1/a; 0 for 0.
[[nodiscard]] constexpr std::uint8_t inverse(std::uint8_t a) {
    std::uint8_t power = a;  // a^1, a^3, a^7 … a^127
    for (int i = 0; i < 6; ++i) {
        power = multiply(multiply(power, power), a);
    }
    return multiply(power, power);
}

/// The polynomial with these coefficients, the constant one first, at x (Horner).
[[nodiscard]] constexpr std::uint8_t value_at(std::uint8_t x, std::uint8_t constant,
                                              std::span<const char> higher) {
    std::uint8_t value = 0;
    for (std::size_t i = higher.size(); i > 0; --i) {
        value = multiply(value ^ static_cast<std::uint8_t>(higher[i - 1]), x);
    }
    return value ^ constant;
}

/// What the value at xs[index] counts for in the value at 0 (Lagrange); the xs differ, none is 0.
[[nodiscard]] constexpr std::uint8_t weight_at_zero(std::span<const std::uint8_t> xs,
                                                    std::size_t index) {
    std::uint8_t weight = 1;
    for (std::size_t i = 0; i < xs.size(); ++i) {
        if (i != index) {
            weight = multiply(weight, multiply(xs[i], inverse(xs[i] ^ xs[index])));
        }
    }
    return weight;
}

}  // namespace sealdesk::crypto::gf256
