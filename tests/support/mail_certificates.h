#pragma once

#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace sealdesk::test {

struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeCertificate {
    void operator()(X509* certificate) const { X509_free(certificate); }
};
using KeyHandle = std::unique_ptr<EVP_PKEY, FreeKey>;
using CertificateHandle = std::unique_ptr<X509, FreeCertificate>;

/// A key with a certificate for it; P-256, valid for an hour.
struct CertifiedKey {
    KeyHandle key;
    CertificateHandle certificate;
};

/// An authority of its own.
[[nodiscard]] CertifiedKey make_authority(const std::string& name);

/// A server's certificate for one DNS name, from an authority.
[[nodiscard]] CertifiedKey make_server_certificate(const CertifiedKey& authority,
                                                   const std::string& dns_name);

[[nodiscard]] std::string to_pem(X509* certificate);
[[nodiscard]] std::string to_pem(EVP_PKEY* key);  ///< unencrypted PKCS#8

}  // namespace sealdesk::test
