#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "base/secret.h"

namespace sealdesk::crypto {

/// Work of one scrypt verifier (RFC 7914): memory is 128 * r * 2^log_n bytes.
struct VerifierCost {
    int log_n;
    int r;
    int p;
};

/// For secrets that people choose (website password after the first login, user code, M 4.1.1.1).
/// Source: OWASP Password Storage Cheat Sheet, one of its five equal minima for scrypt
/// (N=2^15, r=8, p=3): 32 MiB. Configuration may ask for more.
inline constexpr VerifierCost kChosenSecretCost{15, 8, 3};

/// For secrets that the engine generates with 64 random bits or more (slip passwords). No key
/// stretching is needed: 2^64 guesses are out of reach at any cost per guess, and a slow function
/// would only cap the slips an hour. The cost left is a margin of about 1,000 hashes: 1 MiB.
inline constexpr VerifierCost kGeneratedSecretCost{10, 8, 1};

/// What is stored instead of a secret: "$scrypt$ln=15,r=8,p=3$<salt>$<hash>", 16 bytes of salt and
/// 32 of hash in base64 without padding (the PHC string format). At most 100 characters. The cost
/// is in the text, so it can be raised for new verifiers while old ones still verify.
[[nodiscard]] std::string make_verifier(const Secret& secret, Random& random,
                                        VerifierCost cost = kChosenSecretCost);

/// Compares in constant time, at the cost named in the verifier. False also for a text that is no
/// verifier or asks for more than 256 MiB (a damaged row must not exhaust the machine).
[[nodiscard]] bool verifies(std::string_view verifier, const Secret& secret);

}  // namespace sealdesk::crypto
