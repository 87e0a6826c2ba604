#include "crypto/verifier.h"

#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/error.h"
#include "base/text.h"
#include "crypto/openssl_handles.h"

namespace sealdesk::crypto {
namespace {

constexpr std::size_t kSaltLength = 16;  // RFC 9106 §3.1 and OWASP: 128 bits
constexpr std::size_t kHashLength = 32;
constexpr std::uint64_t kVerifierMemoryMax = 256ULL << 20U;

using Hash = std::array<unsigned char, kHashLength>;

/// What is stored of a secret (G 4).
struct ParsedVerifier {
    VerifierCost cost;
    std::string salt;
    std::string hash;
};

std::uint64_t memory_of(VerifierCost cost) {
    return 128ULL * std::uint64_t(cost.r) * (1ULL << unsigned(cost.log_n));
}

bool is_bearable(VerifierCost cost) {
    return cost.log_n >= 1 && cost.log_n <= 24 && cost.r >= 1 && cost.r <= 64 && cost.p >= 1 &&
           cost.p <= 64 && memory_of(cost) <= kVerifierMemoryMax;
}

Hash derive(std::string_view secret, std::string_view salt, VerifierCost cost) {
    Hash hash{};
    // OpenSSL counts a little more than the big block: the p blocks and two working ones.
    const std::uint64_t limit =
        memory_of(cost) + 128ULL * std::uint64_t(cost.r) * (std::uint64_t(cost.p) + 4) + 4096;
    require(EVP_PBE_scrypt(secret.data(), secret.size(), octets(salt), salt.size(),
                           1ULL << unsigned(cost.log_n), std::uint64_t(cost.r),
                           std::uint64_t(cost.p), limit, hash.data(), hash.size()) == 1,
            "EVP_PBE_scrypt");
    return hash;
}

std::string base64_without_padding(std::string_view bytes) {
    std::string text = to_base64(bytes);
    text.erase(text.find_last_not_of('=') + 1);
    return text;
}

std::optional<std::string> bytes_of_base64(std::string_view text) {
    std::string padded(text);
    padded.append((4 - padded.size() % 4) % 4, '=');
    const std::size_t padding = padded.size() - text.size();
    std::string bytes(padded.size() / 4 * 3, '\0');
    const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                       octets(padded), static_cast<int>(padded.size()));
    if (length < 0 || padding > 2) {
        forget_errors();
        return std::nullopt;
    }
    bytes.resize(static_cast<std::size_t>(length) - padding);
    return bytes;
}

/// Takes "name=" and a number off the front.
std::optional<int> take_parameter(std::string_view& text, std::string_view name) {
    if (!text.starts_with(name)) {
        return std::nullopt;
    }
    text.remove_prefix(name.size());
    int number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc()) {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    return number;
}

std::optional<VerifierCost> parse_cost(std::string_view text) {
    const auto log_n = take_parameter(text, "ln=");
    const auto r = log_n ? take_parameter(text, ",r=") : std::nullopt;
    const auto p = r ? take_parameter(text, ",p=") : std::nullopt;
    if (!p || !text.empty()) {
        return std::nullopt;
    }
    return VerifierCost{*log_n, *r, *p};
}

std::optional<ParsedVerifier> parse_verifier(std::string_view text) {
    // "$scrypt$cost$salt$hash" is five pieces, the first one empty.
    const auto pieces = split(text, '$');
    if (pieces.size() != 5 || !pieces[0].empty() || pieces[1] != "scrypt") {
        return std::nullopt;
    }
    const auto cost = parse_cost(pieces[2]);
    const auto salt = bytes_of_base64(pieces[3]);
    const auto hash = bytes_of_base64(pieces[4]);
    if (!cost || !is_bearable(*cost) || !salt || salt->size() != kSaltLength || !hash ||
        hash->size() != kHashLength) {
        return std::nullopt;
    }
    return ParsedVerifier{*cost, *salt, *hash};
}

}  // namespace

std::string make_verifier(const Secret& secret, Random& random, VerifierCost cost) {
    SEALDESK_CHECK(is_bearable(cost));
    std::array<char, kSaltLength> salt{};
    random.fill(salt);
    const std::string_view salt_bytes(salt.data(), salt.size());
    const Hash hash = derive(secret.reveal(), salt_bytes, cost);
    return "$scrypt$ln=" + std::to_string(cost.log_n) + ",r=" + std::to_string(cost.r) +
           ",p=" + std::to_string(cost.p) + "$" + base64_without_padding(salt_bytes) + "$" +
           base64_without_padding({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

bool verifies(std::string_view verifier, const Secret& secret) {
    const auto parsed = parse_verifier(verifier);
    if (!parsed) {
        return false;
    }
    const Hash hash = derive(secret.reveal(), parsed->salt, parsed->cost);
    return CRYPTO_memcmp(hash.data(), parsed->hash.data(), hash.size()) == 0;
}

}  // namespace sealdesk::crypto
