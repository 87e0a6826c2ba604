#include "support/mail_certificates.h"

#include <stdexcept>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace sealdesk::test {
namespace {

void require_openssl(bool worked, const char* what) {
    if (!worked) {
        throw std::runtime_error(std::string("test certificates: ") + what);
    }
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    require_openssl(extension != nullptr, "extension");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

// A certificate that still lacks issuer, extensions and signature.
CertificateHandle unsigned_certificate(EVP_PKEY* key, const std::string& name) {
    static long serial = 1;
    CertificateHandle certificate(X509_new());
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
    // Ten years around today: scenarios play on days of their own.
    X509_time_adj_ex(X509_getm_notBefore(certificate.get()), -3650, 0, nullptr);
    X509_time_adj_ex(X509_getm_notAfter(certificate.get()), 3650, 0, nullptr);
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_pubkey(certificate.get(), key);
    return certificate;
}

template <class Write>
std::string memory_text(const Write& write) {
    BIO* memory = BIO_new(BIO_s_mem());
    require_openssl(write(memory) == 1, "PEM");
    char* bytes = nullptr;
    const long length = BIO_get_mem_data(memory, &bytes);
    std::string text(bytes, static_cast<std::size_t>(length));
    BIO_free(memory);
    return text;
}

}  // namespace

CertifiedKey make_authority(const std::string& name) {
    CertifiedKey made{KeyHandle(EVP_EC_gen("P-256")), nullptr};
    made.certificate = unsigned_certificate(made.key.get(), name);
    X509* certificate = made.certificate.get();
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign");
    require_openssl(X509_sign(certificate, made.key.get(), EVP_sha256()) > 0, "signature");
    return made;
}

CertifiedKey make_server_certificate(const CertifiedKey& authority, const std::string& dns_name) {
    CertifiedKey made{KeyHandle(EVP_EC_gen("P-256")), nullptr};
    made.certificate = unsigned_certificate(made.key.get(), dns_name);
    X509* certificate = made.certificate.get();
    X509_set_issuer_name(certificate, X509_get_subject_name(authority.certificate.get()));
    add_extension(certificate, authority.certificate.get(), NID_subject_alt_name,
                  "DNS:" + dns_name);
    add_extension(certificate, authority.certificate.get(), NID_ext_key_usage, "serverAuth");
    require_openssl(X509_sign(certificate, authority.key.get(), EVP_sha256()) > 0, "signature");
    return made;
}

std::string to_pem(X509* certificate) {
    return memory_text([&](BIO* out) { return PEM_write_bio_X509(out, certificate); });
}

std::string to_pem(EVP_PKEY* key) {
    return memory_text([&](BIO* out) {
        return PEM_write_bio_PKCS8PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
    });
}

}  // namespace sealdesk::test
