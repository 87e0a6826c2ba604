#include "ca/authority.h"

#include <utility>

#include <openssl/x509v3.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "ca/hsm_ca.h"
#include "ca/local_ca.h"
#include "crypto/mac.h"
#include "crypto/openssl_handles.h"

namespace sealdesk::ca {
namespace {

// Signed once to derive the MAC key: the text is no DER, so the signature is good for nothing
// else, and it never leaves the process. PKCS#1 v1.5 signs it the same way each time, in a module
// (which shows no key to derive from) as in memory.
constexpr std::string_view kSealLabel = "sealdesk-ca-seal-1";

Error cannot_open(std::string code, std::string detail) {
    return {ErrorKind::Invalid, std::move(code), std::move(detail), {}, {}};
}

}  // namespace

Authority::Authority(CaKey key, crypto::PublicKey public_key, crypto::Certificate certificate,
                     Issuer issuer)
    : key_(std::move(key)),
      public_key_(std::move(public_key)),
      certificate_(std::move(certificate)),
      issuer_(std::move(issuer)),
      id_(to_hex(issuer_.key_id)),
      seal_key_(sha256(sign(kSealLabel))) {}

Result<Authority> Authority::open(const CaFiles& files, const Secret& passphrase) {
    auto certificate = crypto::Certificate::load(files.certificate);
    if (!certificate) {
        return certificate.error();
    }
    const auto opened = [&](auto key) -> Result<Authority> {
        return key ? with_key(*std::move(key), *std::move(certificate)) : key.error();
    };
    return hsm_label_of(files) ? opened(open_hsm_key(files, passphrase))
                               : opened(crypto::KeyPair::load(files.key, passphrase));
}

Result<Authority> Authority::with_key(CaKey key, crypto::Certificate certificate) {
    if (certificate.public_key() != key.public_key()) {
        return cannot_open("ca.key_mismatch", "The CA's key and certificate do not match.");
    }
    if (!key.is_rsa()) {
        // With ECDSA the same bytes give another signature each time: recovery could not finish
        // what a crash left.
        return cannot_open("ca.key_not_rsa", "Only RSA keys sign here.");
    }
    X509* const native = certificate.native();
    const ASN1_OCTET_STRING* const key_id = X509_get0_subject_key_id(native);
    if (X509_check_ca(native) != 1 || key_id == nullptr) {
        return cannot_open("ca.not_a_ca", "The certificate is not that of a CA.");
    }
    auto public_key = crypto::PublicKey::from_der(key.public_key());
    SEALDESK_CHECK(public_key.has_value());
    Issuer issuer{crypto::to_der<X509_NAME>(X509_get_subject_name(native), &i2d_X509_NAME),
                  {reinterpret_cast<const char*>(ASN1_STRING_get0_data(key_id)),
                   static_cast<std::size_t>(ASN1_STRING_length(key_id))}};
    return Authority(std::move(key), std::move(public_key).value(), std::move(certificate),
                     std::move(issuer));
}

std::string Authority::sign(std::string_view tbs) const { return sign_digest(sha256(tbs)); }

std::string Authority::sign_digest(std::string_view digest) const {
    std::string signature = key_.sign_digest(digest);
    if (!public_key_.verifies_digest(digest, signature)) {
        throw_internal("ca.signature_wrong",
                       "The CA's key gave a wrong signature; nothing was issued. Stop the CA and "
                       "check the machine.");
    }
    return signature;
}

std::string Authority::seal(std::string_view order_key, std::string_view tbs) const {
    std::string text = std::to_string(order_key.size());
    text += ':';
    text += order_key;
    text += tbs;
    return to_hex(crypto::hmac_sha256(seal_key_, text));
}

}  // namespace sealdesk::ca
