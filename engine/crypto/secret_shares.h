#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

/// A secret in the hands of several people: any m of n shares give it back, fewer tell nothing
/// about it (Shamir, "How to share a secret", 1979; over GF(256), byte by byte).
namespace sealdesk::crypto {

inline constexpr int kSharesMin = 2;
inline constexpr int kSharesMax = 16;
inline constexpr std::size_t kSharedSecretMax = 1024;  ///< bytes

/// What all shares of one splitting have in common; none of it is secret.
struct ShareSet {
    std::string id;     ///< random, 32 hexadecimal digits
    int threshold = 0;  ///< m: so many shares are needed
    int count = 0;      ///< n: so many were made
    /// SHA-256 over the secret and 256 random bits that are shared with it: by it combine_shares()
    /// knows the secret, and nobody can find out even a short one by trying.
    std::string check;

    friend bool operator==(const ShareSet&, const ShareSet&) = default;
};

/// One person's share.
struct Share {
    ShareSet set;
    int number = 0;    ///< 1 to n
    Secret value;      ///< of the polynomials at `number`
    std::string mark;  ///< SHA-256 over all of it: a damaged share is told from a false one
};

/// Splits a secret of 1 to kSharedSecretMax bytes (SEALDESK_CHECK). Error (Invalid)
/// share.bad_numbers unless kSharesMin <= threshold <= count <= kSharesMax.
[[nodiscard]] Result<std::vector<Share>> split_secret(const Secret& secret, int threshold,
                                                      int count, Random& random);

/// The secret, from `threshold` shares or more. Errors (Invalid): share.damaged, share.other_set
/// (shares of several sets), share.repeated; share.false (each share is sound, and yet together
/// they do not give the secret: someone made one up); (Refused) share.too_few.
[[nodiscard]] Result<Secret> combine_shares(std::span<const Share> shares);

/// A share as lines of text, for a file, and back. Error (Invalid) share.damaged.
[[nodiscard]] Secret to_text(const Share& share);
[[nodiscard]] Result<Share> parse_share(const Secret& text);

}  // namespace sealdesk::crypto
