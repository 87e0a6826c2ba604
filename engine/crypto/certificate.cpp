#include "crypto/certificate.h"

#include <array>
#include <ctime>
#include <utility>

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/digest.h"
#include "base/durable_file.h"
#include "base/text.h"
#include "crypto/openssl_handles.h"

namespace sealdesk::crypto {
namespace {

constexpr std::string_view kPemLabel = "-----BEGIN ";
constexpr int kX509Version3 = 2;  // RFC 5280 §4.1.2.1: the number is one less than the version

Error unreadable_certificate() {
    return {
        ErrorKind::Invalid, "certificate.unreadable", "The certificate cannot be read.", {}, {}};
}

/// Names for people: attribute=value, UTF-8 as it is, control characters escaped.
std::string print_name(const X509_NAME* name) {
    const BioHandle out = memory_bio();
    constexpr unsigned long readable =
        ASN1_STRFLGS_ESC_2253 | ASN1_STRFLGS_ESC_CTRL | ASN1_STRFLGS_UTF8_CONVERT |
        ASN1_STRFLGS_DUMP_UNKNOWN | ASN1_STRFLGS_DUMP_DER | XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN;
    require(X509_NAME_print_ex(out.get(), name, 0, readable) >= 0, "X509_NAME_print_ex");
    return written_to(out.get());
}

Instant to_instant(const ASN1_TIME* time) {
    std::tm parts{};
    require(ASN1_TIME_to_tm(time, &parts) == 1, "ASN1_TIME_to_tm");
    const auto day = std::chrono::sys_days{std::chrono::year{parts.tm_year + 1900} /
                                           std::chrono::month{unsigned(parts.tm_mon) + 1U} /
                                           std::chrono::day{unsigned(parts.tm_mday)}};
    return Instant{day} + std::chrono::hours{parts.tm_hour} + std::chrono::minutes{parts.tm_min} +
           std::chrono::seconds{parts.tm_sec};
}

void set_random_serial(X509* certificate, Random& random) {
    std::array<char, 16> bytes{};
    random.fill(bytes);
    // Top bits 01: positive, of constant length, 126 random bits.
    bytes[0] = static_cast<char>((static_cast<unsigned char>(bytes[0]) & 0x3FU) | 0x40U);
    const Handle<BIGNUM, &BN_free> number(
        BN_bin2bn(octets({bytes.data(), bytes.size()}), int(bytes.size()), nullptr));
    require(number != nullptr &&
                BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr,
            "serial number");
}

void set_time(ASN1_TIME* target, Instant at) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
    require(ASN1_TIME_set(target, seconds) != nullptr, "ASN1_TIME_set");
}

void add_extension(X509* certificate, int nid, const std::string& text) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const Handle<X509_EXTENSION, &X509_EXTENSION_free> extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, text.c_str()));
    require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1,
            "extension");
}

void add_usage(X509* certificate, const SelfSigned& wanted) {
    switch (wanted.use) {
        case SelfSignedUse::Signing:
            return add_extension(certificate, NID_key_usage, "critical,digitalSignature");
        case SelfSignedUse::Encryption:
            return add_extension(certificate, NID_key_usage,
                                 "critical,keyEncipherment,dataEncipherment");
        case SelfSignedUse::TlsServer:
            add_extension(certificate, NID_key_usage, "critical,digitalSignature");
            add_extension(certificate, NID_ext_key_usage, "serverAuth");
            return add_extension(certificate, NID_subject_alt_name, "DNS:" + wanted.common_name);
    }
    SEALDESK_CHECK(false);
}

}  // namespace

Certificate::Certificate(const Certificate& other) : certificate_(other.certificate_) {
    X509_up_ref(certificate_);
}
Certificate& Certificate::operator=(const Certificate& other) {
    Certificate copy(other);
    std::swap(certificate_, copy.certificate_);
    return *this;
}
Certificate::Certificate(Certificate&& other) noexcept
    : certificate_(std::exchange(other.certificate_, nullptr)) {}
Certificate& Certificate::operator=(Certificate&& other) noexcept {
    std::swap(certificate_, other.certificate_);
    return *this;
}
Certificate::~Certificate() { X509_free(certificate_); }

Result<Certificate> Certificate::parse(std::string_view pem_or_der) {
    if (pem_or_der.find(kPemLabel) != std::string_view::npos) {
        const BioHandle bio = reading_from(pem_or_der);
        X509* const read = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr);
        if (read == nullptr) {
            forget_errors();
            return unreadable_certificate();
        }
        return Certificate(read);
    }
    const unsigned char* at = octets(pem_or_der);
    X509Handle read(d2i_X509(nullptr, &at, static_cast<long>(pem_or_der.size())));
    if (read == nullptr) {
        forget_errors();
        return unreadable_certificate();
    }
    if (at != octets(pem_or_der) + pem_or_der.size()) {
        return Error{ErrorKind::Invalid,
                     "certificate.trailing_bytes",
                     "Something follows the certificate; give the certificate alone.",
                     {},
                     {}};
    }
    return Certificate(read.release());
}

Result<Certificate> Certificate::parse_keyless(std::string_view pem_or_der) {
    const KeylessDecoding keyless;
    return parse(pem_or_der);
}

Result<Certificate> Certificate::load(const std::filesystem::path& file) {
    auto certificate = parse(read_file(file));
    if (!certificate) {
        Error error = certificate.error();
        error.where = file.string();
        return error;
    }
    return certificate;
}

std::string Certificate::der() const { return to_der<X509>(certificate_, &i2d_X509); }

std::string Certificate::pem() const {
    const BioHandle out = memory_bio();
    require(PEM_write_bio_X509(out.get(), certificate_) == 1, "PEM_write_bio_X509");
    return written_to(out.get());
}

std::string Certificate::subject() const { return print_name(X509_get_subject_name(certificate_)); }
std::string Certificate::issuer() const { return print_name(X509_get_issuer_name(certificate_)); }

std::vector<NamePart> Certificate::subject_parts() const {
    const X509_NAME* const name = X509_get_subject_name(certificate_);
    std::vector<NamePart> parts;
    for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
        const X509_NAME_ENTRY* const entry = X509_NAME_get_entry(name, i);
        unsigned char* utf8 = nullptr;
        const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
        require(size >= 0, "ASN1_STRING_to_UTF8");
        parts.push_back(
            {OBJ_nid2sn(OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry))),
             std::string(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size))});
        OPENSSL_free(utf8);
    }
    return parts;
}

std::string Certificate::serial() const {
    const ASN1_INTEGER* const serial = X509_get0_serialNumber(certificate_);
    return to_hex({reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
                   static_cast<std::size_t>(ASN1_STRING_length(serial))});
}

Instant Certificate::not_before() const { return to_instant(X509_get0_notBefore(certificate_)); }
Instant Certificate::not_after() const { return to_instant(X509_get0_notAfter(certificate_)); }

bool Certificate::names_mail_address(std::string_view address) const {
    return X509_check_email(certificate_, address.data(), address.size(), 0) == 1;
}

std::string Certificate::fingerprint() const { return sha256_hex(der()); }

std::string Certificate::public_key() const {
    return to_der<X509_PUBKEY>(X509_get_X509_PUBKEY(certificate_), &i2d_X509_PUBKEY);
}

bool Certificate::belongs_to(const KeyPair& key) const { return public_key() == key.public_key(); }

bool Certificate::takes_keys() const {
    const EVP_PKEY* const key = X509_get0_pubkey(certificate_);
    return key != nullptr && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
           (X509_get_extension_flags(certificate_) & EXFLAG_KUSAGE) != 0 &&
           (X509_get_key_usage(certificate_) & KU_KEY_ENCIPHERMENT) != 0;
}

bool operator==(const Certificate& a, const Certificate& b) {
    return X509_cmp(a.certificate_, b.certificate_) == 0;
}

Result<std::vector<Certificate>> parse_all(std::string_view pem) {
    constexpr std::string_view end_label = "-----END CERTIFICATE-----";
    std::vector<Certificate> all;
    while (true) {
        const auto end = pem.find(end_label);
        if (end == std::string_view::npos) {
            break;
        }
        auto one = Certificate::parse(pem.substr(0, end + end_label.size()));
        if (!one) {
            return one.error();
        }
        all.push_back(std::move(one).value());
        pem.remove_prefix(end + end_label.size());
    }
    if (all.empty()) {
        return unreadable_certificate();
    }
    return all;
}

Certificate make_self_signed(const KeyPair& key, const SelfSigned& wanted, Random& random) {
    SEALDESK_CHECK(!wanted.common_name.empty() && wanted.common_name.size() <= 64);
    X509Handle certificate(X509_new());
    require(certificate != nullptr && X509_set_version(certificate.get(), kX509Version3) == 1,
            "X509_new");
    set_random_serial(certificate.get(), random);
    set_time(X509_getm_notBefore(certificate.get()), wanted.not_before);
    set_time(X509_getm_notAfter(certificate.get()), wanted.not_after);
    X509_NAME* const name = X509_get_subject_name(certificate.get());
    require(
        X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, octets(wanted.common_name),
                                   static_cast<int>(wanted.common_name.size()), -1, 0) == 1 &&
            X509_set_issuer_name(certificate.get(), name) == 1 &&
            X509_set_pubkey(certificate.get(), key.native()) == 1,
        "name and key");
    // Without the CA flag it can issue nothing, even where it is pinned as trusted.
    add_extension(certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
    add_extension(certificate.get(), NID_subject_key_identifier, "hash");
    add_usage(certificate.get(), wanted);
    require(X509_sign(certificate.get(), key.native(), EVP_sha256()) > 0, "X509_sign");
    return Certificate(certificate.release());
}

}  // namespace sealdesk::crypto
