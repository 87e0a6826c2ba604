#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/key.h"

struct x509_st;  // OpenSSL's X509

namespace sealdesk::crypto {

/// One attribute of a name: its short name ("O", "CN", "serialNumber") and its value, UTF-8.
struct NamePart {
    std::string type;
    std::string value;
};

/// An X.509 certificate. Copies share the parsed form (OpenSSL counts the references).
class Certificate {
public:
    /// Reads one certificate, PEM or DER. Errors (Invalid): certificate.unreadable;
    /// certificate.trailing_bytes when something follows the DER.
    [[nodiscard]] static Result<Certificate> parse(std::string_view pem_or_der);

    /// parse() for names, dates and bytes, in a twelfth of the time: nothing can be verified by its
    /// key (public_key() is there all the same).
    [[nodiscard]] static Result<Certificate> parse_keyless(std::string_view pem_or_der);

    /// parse() of a file. Throws Failure when the file cannot be read.
    [[nodiscard]] static Result<Certificate> load(const std::filesystem::path& file);

    [[nodiscard]] std::string der() const;
    [[nodiscard]] std::string pem() const;

    /// Names as people read them, UTF-8, in the order of the certificate: "C=TW, O=..., CN=...".
    [[nodiscard]] std::string subject() const;
    [[nodiscard]] std::string issuer() const;
    [[nodiscard]] std::vector<NamePart> subject_parts() const;

    /// The serial number, lower-case hexadecimal, two digits a byte.
    [[nodiscard]] std::string serial() const;

    /// Validity, both ends inclusive (RFC 5280 §4.1.2.5).
    [[nodiscard]] Instant not_before() const;
    [[nodiscard]] Instant not_after() const;
    [[nodiscard]] bool is_valid_at(Instant at) const {
        return not_before() <= at && at <= not_after();
    }

    /// Whether the certificate is for this mail address (subjectAltName or the subject's e-mail).
    [[nodiscard]] bool names_mail_address(std::string_view address) const;

    /// SHA-256 of the DER, 64 lower-case hexadecimal digits.
    [[nodiscard]] std::string fingerprint() const;

    /// DER SubjectPublicKeyInfo as it stands in the certificate; SubjectPublicKeyInfo comparison
    /// is how a key and a certificate are matched.
    [[nodiscard]] std::string public_key() const;
    [[nodiscard]] bool belongs_to(const KeyPair& key) const;

    /// Something may be encrypted to it: an RSA key, and keyEncipherment among its usages
    /// (M 6.1.9).
    [[nodiscard]] bool takes_keys() const;

    /// Same DER.
    friend bool operator==(const Certificate& a, const Certificate& b);

    explicit Certificate(x509_st* owned) : certificate_(owned) {}
    Certificate(const Certificate& other);
    Certificate& operator=(const Certificate& other);
    Certificate(Certificate&& other) noexcept;
    Certificate& operator=(Certificate&& other) noexcept;
    ~Certificate();

    /// For crypto/ and ca/ only.
    [[nodiscard]] x509_st* native() const { return certificate_; }

private:
    x509_st* certificate_;
};

/// Every certificate of a PEM file with several, in order. Errors as Certificate::parse.
[[nodiscard]] Result<std::vector<Certificate>> parse_all(std::string_view pem);

/// What a self-signed certificate is for; decides its key usage.
enum class SelfSignedUse { Signing, Encryption, TlsServer };

/// A certificate that stands by itself and is trusted because it is pinned: the audit key, the
/// print room, test peers. Not for subscribers: those come from ca/.
struct SelfSigned {
    std::string common_name;  ///< at most 64 characters (RFC 5280 appendix A, ub-common-name)
    SelfSignedUse use;
    Instant not_before;
    Instant not_after;
};

/// Version 3, SHA-256, serial of 126 random bits. For TlsServer the name is also the dNSName.
[[nodiscard]] Certificate make_self_signed(const KeyPair& key, const SelfSigned& wanted,
                                           Random& random);

}  // namespace sealdesk::crypto
