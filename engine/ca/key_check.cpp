#include "ca/key_check.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/digest.h"
#include "base/text.h"
#include "crypto/der.h"
#include "crypto/openssl_handles.h"

namespace sealdesk::ca {
namespace {

namespace der = crypto::der;
using RequestHandle = Handle<X509_REQ, &X509_REQ_free>;

// AlgorithmIdentifiers as they must stand in a SubjectPublicKeyInfo (RFC 3279 §2.3.1, RFC 5480).
constexpr std::string_view kRsaAlgorithm(
    "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00", 15);
constexpr std::string_view kP256Algorithm(
    "\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 21);
constexpr std::size_t kP256PointLength = 65;  // 04 || x || y (RFC 5480 §2.2)

constexpr std::size_t kKeyIdLength = 20;
constexpr std::size_t kExponentBytesMin = 3;    // 2^16 < e
constexpr std::size_t kExponentBytesMax = 32;   // e < 2^256
constexpr std::uint64_t kSmallFactorMax = 752;  // NIST SP 800-89 §5.3.3 e

Error bad_key(std::string code, std::string detail) {
    return {ErrorKind::Invalid, std::move(code), std::move(detail), "public key", "M 6.1.5"};
}

Error unreadable_key() { return bad_key("ca.key_unreadable", "The public key cannot be read."); }

/// A positive INTEGER without its sign byte; empty when it is not positive or not shortest.
std::string_view positive(std::string_view content) {
    if (content.empty() || (static_cast<unsigned char>(content[0]) & 0x80U) != 0) {
        return {};
    }
    if (content[0] != '\0') {
        return content;
    }
    const bool needed = content.size() > 1 && (static_cast<unsigned char>(content[1]) & 0x80U) != 0;
    return needed ? content.substr(1) : std::string_view();
}

int bit_length(std::string_view number) {
    const auto top = static_cast<unsigned char>(number.front());
    return static_cast<int>((number.size() - 1) * 8) +
           static_cast<int>(std::bit_width(unsigned(top)));
}

bool is_odd(std::string_view number) {
    return (static_cast<unsigned char>(number.back()) & 1U) != 0;
}

/// number mod divisor, four bytes a step; the number's length is a multiple of four.
std::uint64_t remainder_of(std::string_view number, std::uint64_t divisor) {
    std::uint64_t remainder = 0;
    for (std::size_t at = 0; at < number.size(); at += 4) {
        std::uint64_t word = 0;
        for (const char byte : number.substr(at, 4)) {
            word = word << 8U | static_cast<unsigned char>(byte);
        }
        remainder = (remainder << 32U | word) % divisor;
    }
    return remainder;
}

bool is_prime(std::uint64_t candidate) {
    for (std::uint64_t divisor = 3; divisor * divisor <= candidate; divisor += 2) {
        if (candidate % divisor == 0) {
            return false;
        }
    }
    return true;
}

/// The odd primes below kSmallFactorMax, multiplied together as far as 32 bits hold them: a third
/// of the divisions of one prime at a time.
std::vector<std::uint64_t> multiply_small_primes() {
    std::vector<std::uint64_t> products{1};
    for (std::uint64_t candidate = 3; candidate < kSmallFactorMax; candidate += 2) {
        if (!is_prime(candidate)) {
            continue;
        }
        if (products.back() * candidate > UINT32_MAX) {
            products.push_back(1);
        }
        products.back() *= candidate;
    }
    return products;
}

bool has_small_factor(std::string_view modulus) {
    static const std::vector<std::uint64_t> products = multiply_small_primes();
    std::string padded((4 - modulus.size() % 4) % 4, '\0');
    padded += modulus;
    return std::ranges::any_of(products, [&](std::uint64_t product) {
        return std::gcd(remainder_of(padded, product), product) != 1;
    });
}

Outcome check_rsa(std::string_view key, const Profile& profile) {
    der::Reader outer(key);
    const auto pair = outer.expect(der::kSequence);
    der::Reader inner(pair ? pair->content : std::string_view());
    const auto modulus_element = inner.expect(der::kInteger);
    const auto exponent_element = inner.expect(der::kInteger);
    if (!modulus_element || !exponent_element || !inner.at_end() || !outer.at_end()) {
        return unreadable_key();
    }
    const std::string_view modulus = positive(modulus_element->content);
    const std::string_view exponent = positive(exponent_element->content);
    if (modulus.empty() || exponent.empty()) {
        return unreadable_key();
    }
    const int bits = bit_length(modulus);
    if (bits < profile.rsa_bits_min || bits > profile.rsa_bits_max) {
        return bad_key("ca.weak_key", "An RSA key of " + std::to_string(bits) +
                                          " bits is not accepted; it must have " +
                                          std::to_string(profile.rsa_bits_min) + " to " +
                                          std::to_string(profile.rsa_bits_max) + ".");
    }
    const bool exponent_sound = is_odd(exponent) && exponent.size() >= kExponentBytesMin &&
                                exponent.size() <= kExponentBytesMax;
    if (!exponent_sound || !is_odd(modulus) || has_small_factor(modulus)) {
        return bad_key("ca.weak_key", "The RSA key's modulus or exponent is weak; make a new key.");
    }
    return done();
}

Outcome check_p256(std::string_view point, const Profile& profile) {
    if (!profile.elliptic_keys) {
        return bad_key("ca.weak_key", "The profile takes RSA keys only.");
    }
    if (point.size() != kP256PointLength || point[0] != '\x04') {
        return unreadable_key();
    }
    return done();
}

bool is_acceptable_digest(const X509_REQ* request) {
    int digest = NID_undef;
    return OBJ_find_sigid_algs(X509_REQ_get_signature_nid(request), &digest, nullptr) == 1 &&
           (digest == NID_sha256 || digest == NID_sha384 || digest == NID_sha512);
}

}  // namespace

Result<SubjectKey> check_key(std::string_view spki, const Profile& profile) {
    der::Reader outer(spki);
    const auto whole = outer.expect(der::kSequence);
    der::Reader inner(whole ? whole->content : std::string_view());
    const auto algorithm = inner.expect(der::kSequence);
    const auto bits = inner.expect(der::kBitString);
    if (!algorithm || !bits || !inner.at_end() || !outer.at_end() || bits->content.empty() ||
        bits->content[0] != '\0') {
        return unreadable_key();
    }
    const std::string_view key = bits->content.substr(1);
    const Outcome sound = algorithm->whole == kRsaAlgorithm ? check_rsa(key, profile)
                          : algorithm->whole == kP256Algorithm
                              ? check_p256(key, profile)
                              : bad_key("ca.weak_key", "This kind of key is not accepted.");
    if (!sound) {
        return sound.error();
    }
    return SubjectKey{std::string(spki), sha256_hex(spki), sha256(key).substr(0, kKeyIdLength)};
}

Result<std::string> public_key_of_csr(std::string_view csr) {
    RequestHandle request;
    if (csr.find("-----BEGIN ") != std::string_view::npos) {
        const crypto::BioHandle bio = crypto::reading_from(csr);
        request.reset(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
    } else {
        const unsigned char* at = crypto::octets(csr);
        request.reset(d2i_X509_REQ(nullptr, &at, static_cast<long>(csr.size())));
    }
    EVP_PKEY* const key = request == nullptr ? nullptr : X509_REQ_get0_pubkey(request.get());
    if (key == nullptr) {
        crypto::forget_errors();
        return Error{ErrorKind::Invalid,
                     "ca.csr_unreadable",
                     "The certificate request (PKCS#10) cannot be read.",
                     "csr",
                     {}};
    }
    if (!is_acceptable_digest(request.get()) || X509_REQ_verify(request.get(), key) != 1) {
        crypto::forget_errors();
        return Error{ErrorKind::Invalid, "ca.no_possession",
                     "The request's own signature is wrong or uses SHA-1; sign it with the new "
                     "key and SHA-256.",
                     "csr", "M 3.1.7"};
    }
    return crypto::to_der<X509_PUBKEY>(X509_REQ_get_X509_PUBKEY(request.get()), &i2d_X509_PUBKEY);
}

}  // namespace sealdesk::ca
