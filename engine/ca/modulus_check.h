#pragma once

#include <string_view>

namespace sealdesk::ca {

/// What makes an RSA modulus weak whatever its length. `modulus`: odd, at least 1024 bits,
/// big-endian without leading zeros. Each takes microseconds.

/// An odd prime factor below 752 (NIST SP 800-89 §5.3.3 e).
[[nodiscard]] bool has_small_factor(std::string_view modulus);

/// The fingerprint of ROCA (CVE-2017-15361; Nemec, Sys, Svenda, Klinec, Matyas, "The Return of
/// Coppersmith's Attack", CCS 2017, §2): one maker's cards draw primes k·M + (65537^a mod M) with
/// M = 2·3·5·7·…, so that their moduli are powers of 65537 modulo each small prime; an
/// attacker finds the factors from that. The primes up to 167 are in M at every length of key; of
/// other moduli one in 2^27 passes for such a one.
[[nodiscard]] bool is_roca(std::string_view modulus);

/// Fermat's method finds the factors within 100 rounds, since they lie close together (the number
/// of rounds: CA/Browser Forum Baseline Requirements §6.1.1.3).
[[nodiscard]] bool has_close_primes(std::string_view modulus);

}  // namespace sealdesk::ca
