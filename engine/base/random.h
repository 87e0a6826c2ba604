#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/secret.h"

namespace sealdesk {

/// Where random bytes come from; given to whoever needs them, so that tests can repeat a run.
class Random {
public:
    virtual ~Random() = default;
    /// Fills the buffer. Throws Failure (random.unavailable) when the system has no randomness.
    virtual void fill(std::span<char> buffer) = 0;
};

/// OpenSSL's private generator (RAND_priv_bytes).
class SystemRandom final : public Random {
public:
    void fill(std::span<char> buffer) override;
};

/// A random text over an alphabet of at most 256 symbols, without modulo bias (bytes at or above
/// the largest multiple of the alphabet's size are drawn again). log2(alphabet) bits a symbol.
[[nodiscard]] Secret random_text(Random& random, std::string_view alphabet, std::size_t length);

/// A non-negative 63-bit number.
[[nodiscard]] std::int64_t random_number(Random& random);

}  // namespace sealdesk
