#include "crypto/csr.h"

#include <openssl/x509.h>

#include "base/digest.h"
#include "crypto/der.h"
#include "crypto/openssl_handles.h"

namespace sealdesk::crypto {
namespace {

using NameHandle = Handle<X509_NAME, &X509_NAME_free>;

constexpr std::string_view kCsrRsaSha256 = "1.2.840.113549.1.1.11";  // RFC 4055 §5
constexpr std::string_view kCsrEcdsaSha256 = "1.2.840.10045.4.3.2";  // RFC 5758 §3.2

Result<std::string> name_der(std::span<const NamePart> subject) {
    const NameHandle name(X509_NAME_new());
    require(name != nullptr, "X509_NAME_new");
    for (const NamePart& part : subject) {
        if (X509_NAME_add_entry_by_txt(name.get(), part.type.c_str(), MBSTRING_UTF8,
                                       octets(part.value), static_cast<int>(part.value.size()), -1,
                                       0) != 1) {
            forget_errors();
            return Error{ErrorKind::Invalid,
                         "csr.bad_subject",
                         "This attribute of the name is unknown, empty or too long.",
                         part.type,
                         {}};
        }
    }
    return to_der<X509_NAME>(name.get(), &i2d_X509_NAME);
}

/// RFC 4055 §5 has a NULL parameter, RFC 5758 §3.2 none.
std::string signature_algorithm(bool rsa) {
    const auto oid = der::object_identifier(rsa ? kCsrRsaSha256 : kCsrEcdsaSha256);
    SEALDESK_CHECK(oid.has_value());
    return der::sequence({*oid, rsa ? der::element(der::kNull, {}) : std::string()});
}

}  // namespace

Result<std::string> make_csr(std::span<const NamePart> subject, const OutsideKey& key) {
    const auto name = name_der(subject);
    if (!name) {
        return name.error();
    }
    const auto public_key = PublicKey::from_der(key.public_key);
    if (!public_key) {
        return public_key.error();
    }
    const std::string content = der::sequence(
        {der::integer(0), *name, key.public_key, der::element(der::context_constructed(0), {})});
    const auto signature = key.sign(sha256(content));
    if (!signature) {
        return signature.error();
    }
    const std::string no_unused_bits(1, '\0');
    return der::sequence({content, signature_algorithm(public_key->is_rsa()),
                          der::element(der::kBitString, {no_unused_bits, *signature})});
}

}  // namespace sealdesk::crypto
