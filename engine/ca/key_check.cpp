#include "ca/key_check.h"

#include <bit>
#include <utility>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/digest.h"
#include "ca/modulus_check.h"
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
constexpr std::size_t kExponentBytesMin = 3;   // 2^16 < e
constexpr std::size_t kExponentBytesMax = 32;  // e < 2^256

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

/// What is known of the modulus, whatever its length.
Outcome check_modulus(std::string_view modulus, const WeakKeyList& known) {
    if (!is_odd(modulus) || has_small_factor(modulus)) {
        return bad_key("ca.weak_key", "The RSA key's modulus is no product of two large primes.");
    }
    if (is_roca(modulus)) {
        return bad_key("ca.roca_key",
                       "The key was made by a library whose private keys can be computed (ROCA, "
                       "CVE-2017-15361); make a new one by other software or another card.");
    }
    if (has_close_primes(modulus)) {
        return bad_key("ca.close_primes",
                       "The key's two primes lie so close together that anyone finds them; make a "
                       "new key by other software.");
    }
    if (known.has(modulus)) {
        return bad_key("ca.listed_key",
                       "The key is in a list of keys that others know, such as those of Debian's "
                       "OpenSSL of 2006 to 2008 (CVE-2008-0166); make a new one.");
    }
    return done();
}

Outcome check_rsa(std::string_view key, const Profile& profile, const WeakKeyList& known) {
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
    if (!is_odd(exponent) || exponent.size() < kExponentBytesMin ||
        exponent.size() > kExponentBytesMax) {
        return bad_key("ca.weak_exponent",
                       "The RSA key's exponent must be odd and above 2^16, as 65537 is; make a new "
                       "key.");
    }
    return check_modulus(modulus, known);
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

Result<SubjectKey> check_key(std::string_view spki, const Profile& profile,
                             const WeakKeyList& known) {
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
    const Outcome sound = algorithm->whole == kRsaAlgorithm ? check_rsa(key, profile, known)
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
