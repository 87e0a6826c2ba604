#pragma once

#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/handle.h"

/// OpenSSL's pointers as owners, for the .cpp files of crypto/ and ca/ only.
namespace sealdesk::crypto {

using BioHandle = Handle<BIO, &BIO_free_all>;
using PkeyHandle = Handle<EVP_PKEY, &EVP_PKEY_free>;
using PkeyContext = Handle<EVP_PKEY_CTX, &EVP_PKEY_CTX_free>;
using DigestContext = Handle<EVP_MD_CTX, &EVP_MD_CTX_free>;
using X509Handle = Handle<X509, &X509_free>;
using CmsHandle = Handle<CMS_ContentInfo, &CMS_ContentInfo_free>;
using TimeHandle = Handle<ASN1_TIME, &ASN1_TIME_free>;

/// Reads from the caller's bytes without copying; they must outlive the BIO.
[[nodiscard]] BioHandle reading_from(std::string_view bytes);

/// An empty memory BIO to write into, and what was written.
[[nodiscard]] BioHandle memory_bio();
[[nodiscard]] std::string written_to(BIO* bio);

/// Throws Failure (Internal, crypto.failed) when an OpenSSL call that cannot fail on sound input
/// failed. `what` names the call; the reason text of OpenSSL is added and the queue emptied.
void require(bool succeeded, std::string_view what);

/// Forgets the errors of a call whose refusal was expected, so that they do not show up later.
void forget_errors() noexcept;

/// While it lives, what this thread decodes has no public keys, only their bytes: OpenSSL 3.0
/// spends half a 2048-bit signature's time on each, asked or not.
class KeylessDecoding {
public:
    KeylessDecoding();
    KeylessDecoding(const KeylessDecoding&) = delete;
    KeylessDecoding& operator=(const KeylessDecoding&) = delete;
    ~KeylessDecoding();

private:
    OSSL_LIB_CTX* before_;
};

/// Bytes made by an i2d_ function.
template <class T>
[[nodiscard]] std::string to_der(const T* object, int (*encode)(const T*, unsigned char**)) {
    unsigned char* bytes = nullptr;
    const int length = encode(object, &bytes);
    require(length >= 0, "i2d");
    std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
    OPENSSL_free(bytes);
    return der;
}

[[nodiscard]] inline const unsigned char* octets(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace sealdesk::crypto
