#include "ca/modulus_check.h"

#include <algorithm>
#include <array>
#include <bit>
#include <bitset>
#include <cstdint>
#include <vector>

#include <openssl/bn.h>

#include "crypto/openssl_handles.h"

namespace sealdesk::ca {
namespace {

using BigNumber = Handle<BIGNUM, &BN_free>;
using BigContext = Handle<BN_CTX, &BN_CTX_free>;

constexpr std::uint32_t kSmallFactorMax = 751;  // NIST SP 800-89 §5.3.3 e
constexpr std::uint32_t kRocaPrimeMax = 167;    // the 39th prime: M of the shortest keys
constexpr std::uint32_t kRocaBase = 65537;
constexpr std::uint64_t kFermatRounds = 100;  // Baseline Requirements §6.1.1.3

/// Words of 32 bits that are folded into a remainder at a time: divisions are what costs.
constexpr std::size_t kFold = 16;

/// Odd primes, and what they give multiplied together: below 2^31, so that one pass over the
/// modulus does for all of them.
struct PrimeGroup {
    std::uint64_t product = 1;
    std::vector<std::uint32_t> primes = {};
    std::array<std::uint64_t, kFold + 1> powers = {};  ///< 2^(32·i) modulo the product
};

bool is_prime(std::uint32_t candidate) {
    for (std::uint32_t divisor = 3; divisor * divisor <= candidate; divisor += 2) {
        if (candidate % divisor == 0) {
            return false;
        }
    }
    return true;
}

std::vector<PrimeGroup> odd_primes_up_to(std::uint32_t last) {
    std::vector<PrimeGroup> groups(1);
    for (std::uint32_t candidate = 3; candidate <= last; candidate += 2) {
        if (!is_prime(candidate)) {
            continue;
        }
        if (groups.back().product * candidate > INT32_MAX) {
            groups.emplace_back();
        }
        groups.back().product *= candidate;
        groups.back().primes.push_back(candidate);
    }
    for (PrimeGroup& group : groups) {
        std::uint64_t power = 1;
        for (std::uint64_t& one : group.powers) {
            one = power;
            power = (power << 32U) % group.product;
        }
    }
    return groups;
}

/// The number's words, the highest first; so many that they fold without a rest.
std::vector<std::uint32_t> to_words(std::string_view number) {
    const std::size_t folds = (number.size() + 4 * kFold - 1) / (4 * kFold);
    std::vector<std::uint32_t> words(folds * kFold);
    for (std::size_t i = 0; i < number.size(); ++i) {
        const auto byte = static_cast<unsigned char>(number[number.size() - 1 - i]);
        words[words.size() - 1 - i / 4] |= std::uint32_t(byte) << (i % 4 * 8);
    }
    return words;
}

std::uint32_t remainder_of(const std::vector<std::uint32_t>& words, const PrimeGroup& group) {
    std::uint64_t remainder = 0;
    for (std::size_t at = 0; at < words.size(); at += kFold) {
        std::uint64_t product = remainder * group.powers[kFold];
        std::uint64_t low = product & UINT32_MAX;
        std::uint64_t high = product >> 32U;
        for (std::size_t i = 0; i < kFold; ++i) {
            product = words[at + i] * group.powers[kFold - 1 - i];
            low += product & UINT32_MAX;
            high += product >> 32U;
        }
        remainder = (high % group.product * group.powers[1] + low) % group.product;
    }
    return static_cast<std::uint32_t>(remainder);
}

using Powers = std::bitset<kRocaPrimeMax>;

/// 65537^0, 65537^1, … modulo the prime.
Powers powers_modulo(std::uint32_t prime) {
    Powers powers;
    std::uint32_t power = 1;
    do {
        powers.set(power);
        power = power * kRocaBase % prime;
    } while (power != 1);
    return powers;
}

/// By prime.
std::vector<Powers> powers_modulo_all(const std::vector<PrimeGroup>& groups) {
    std::vector<Powers> powers(kRocaPrimeMax + 1);
    for (const PrimeGroup& group : groups) {
        for (const std::uint32_t prime : group.primes) {
            powers[prime] = powers_modulo(prime);
        }
    }
    return powers;
}

BigNumber new_number() {
    BigNumber number(BN_new());
    crypto::require(number != nullptr, "BN_new");
    return number;
}

/// The largest a with a² ≤ n, n > 0: Newton's method whose precision doubles with each step, so
/// that the whole costs little more than one division (M. Dickinson's proof of Python's isqrt). The
/// first steps, up to a root of 31 bits, are done in machine words.
BigNumber square_root(const BIGNUM* n, BN_CTX* context) {
    const auto half_bits = static_cast<unsigned>((BN_num_bits(n) - 1) / 2);
    BigNumber root = new_number();
    const BigNumber quotient = new_number();
    const BigNumber part = new_number();
    bool sound = true;
    int bits = 0;
    int step = static_cast<int>(std::bit_width(half_bits)) - 1;
    // Leaves in `part` the bits of n that the step looks at; the shift of the root before.
    const auto take_step = [&] {
        const int before = bits;
        bits = static_cast<int>(half_bits >> unsigned(step));
        sound = sound &&
                BN_rshift(part.get(), n, 2 * static_cast<int>(half_bits) - before - bits + 1) == 1;
        return bits - before - 1;
    };
    std::uint64_t small_root = 1;
    for (; step >= 0 && half_bits >> unsigned(step) < 32; --step) {
        const int shift = take_step();
        small_root = (small_root << unsigned(shift)) + BN_get_word(part.get()) / small_root;
    }
    sound = sound && BN_set_word(root.get(), small_root) == 1;
    for (; step >= 0; --step) {
        const int shift = take_step();
        sound = sound && BN_div(quotient.get(), nullptr, part.get(), root.get(), context) == 1 &&
                BN_lshift(root.get(), root.get(), shift) == 1 &&
                BN_add(root.get(), root.get(), quotient.get()) == 1;
    }
    sound = sound && BN_sqr(part.get(), root.get(), context) == 1;
    if (BN_cmp(part.get(), n) > 0) {
        sound = sound && BN_sub_word(root.get(), 1) == 1;
    }
    crypto::require(sound, "BN square root");
    return root;
}

bool is_square(const BIGNUM* n, BN_CTX* context) {
    const BigNumber root = square_root(n, context);
    crypto::require(BN_sqr(root.get(), root.get(), context) == 1, "BN_sqr");
    return BN_cmp(root.get(), n) == 0;
}

// Without common factors: of 430 numbers that are no squares one is a square modulo all of them.
constexpr std::array<std::uint64_t, 6> kSieve{64, 63, 65, 11, 17, 19};
constexpr std::uint64_t kSieveProduct = 64ULL * 63 * 65 * 11 * 17 * 19;

using Squares = std::array<std::bitset<65>, kSieve.size()>;

Squares squares_modulo_all() {
    Squares squares;
    for (std::size_t i = 0; i < kSieve.size(); ++i) {
        for (std::uint64_t root = 0; root < kSieve[i]; ++root) {
            squares[i].set(root * root % kSieve[i]);
        }
    }
    return squares;
}

/// residue: of a number, modulo kSieveProduct.
bool may_be_square(std::uint64_t residue) {
    static const Squares squares = squares_modulo_all();
    for (std::size_t i = 0; i < kSieve.size(); ++i) {
        if (!squares[i].test(residue % kSieve[i])) {
            return false;
        }
    }
    return true;
}

}  // namespace

bool has_small_factor(std::string_view modulus) {
    static const std::vector<PrimeGroup> groups = odd_primes_up_to(kSmallFactorMax);
    const std::vector<std::uint32_t> words = to_words(modulus);
    return std::ranges::any_of(groups, [&](const PrimeGroup& group) {
        const std::uint32_t remainder = remainder_of(words, group);
        return std::ranges::any_of(group.primes,
                                   [&](std::uint32_t prime) { return remainder % prime == 0; });
    });
}

bool is_roca(std::string_view modulus) {
    static const std::vector<PrimeGroup> groups = odd_primes_up_to(kRocaPrimeMax);
    static const std::vector<Powers> powers = powers_modulo_all(groups);
    const std::vector<std::uint32_t> words = to_words(modulus);
    return std::ranges::all_of(groups, [&](const PrimeGroup& group) {
        const std::uint32_t remainder = remainder_of(words, group);
        return std::ranges::all_of(group.primes, [&](std::uint32_t prime) {
            return powers[prime].test(remainder % prime);
        });
    });
}

bool has_close_primes(std::string_view modulus) {
    const BigContext context(BN_CTX_new());
    const BigNumber n(
        BN_bin2bn(crypto::octets(modulus), static_cast<int>(modulus.size()), nullptr));
    crypto::require(context != nullptr && n != nullptr, "BN_bin2bn");
    const BigNumber root = square_root(n.get(), context.get());
    const BigNumber rest = new_number();
    // n = a² - b² with a = (p + q) / 2 and b = (p - q) / 2: a is looked for from √n upwards. Round
    // 0 is for p = q.
    const std::uint64_t n_residue = BN_mod_word(n.get(), kSieveProduct);
    std::uint64_t a_residue = BN_mod_word(root.get(), kSieveProduct);
    for (std::uint64_t round = 0; round <= kFermatRounds; ++round, ++a_residue) {
        const std::uint64_t square = a_residue * a_residue % kSieveProduct;
        if (!may_be_square((square + kSieveProduct - n_residue) % kSieveProduct)) {
            continue;
        }
        const bool sound = BN_copy(rest.get(), root.get()) != nullptr &&
                           BN_add_word(rest.get(), round) == 1 &&
                           BN_sqr(rest.get(), rest.get(), context.get()) == 1 &&
                           BN_sub(rest.get(), rest.get(), n.get()) == 1;
        crypto::require(sound, "BN_sqr");
        if (BN_is_zero(rest.get()) != 0 ||
            (BN_is_negative(rest.get()) == 0 && is_square(rest.get(), context.get()))) {
            return true;
        }
    }
    return false;
}

}  // namespace sealdesk::ca
