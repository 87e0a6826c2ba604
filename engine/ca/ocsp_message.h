#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "ca/ca_client.h"

/// OCSP messages (RFC 6960) as bytes: read and written with the strict DER of crypto/der.
namespace sealdesk::ca {

/// How a client names the issuer of a certificate.
enum class IssuerHash { Sha1, Sha256 };

/// "sha1", "sha256".
[[nodiscard]] std::string_view to_text(IssuerHash hash);

struct CertId {
    IssuerHash hash;
    std::string issuer_name_hash;
    std::string issuer_key_hash;
    std::string serial;  ///< lower-case hexadecimal, without leading zero bytes

    friend bool operator==(const CertId&, const CertId&) = default;
};

/// Certificates in one request: a client that asks for more asks again.
inline constexpr std::size_t kCertIdsMax = 32;

/// Longest nonce answered (RFC 9654 §2.1), and longest request read.
inline constexpr std::size_t kNonceMax = 128;
inline constexpr std::size_t kOcspRequestMax = 16384;

struct OcspRequest {
    std::vector<CertId> certificates;
    std::string nonce;  ///< the extension's value as it came; empty: none asked
};

/// Reads a DER OCSPRequest. A signature on it is not looked at: everybody may ask. Nothing when it
/// is malformed, or has a critical extension that is not known here.
[[nodiscard]] std::optional<OcspRequest> read_ocsp_request(std::string_view der);

/// Answers without content (RFC 6960 §4.2.1).
enum class OcspFailure : std::uint8_t {
    MalformedRequest = 1,
    InternalError = 2,
    TryLater = 3,
    Unauthorized = 6,  ///< not one of this CA's certificates (RFC 5019 §2.2.3)
};
[[nodiscard]] std::string ocsp_failure(OcspFailure failure);

/// What is said of one certificate. No status: the CA never issued this serial number, and says
/// "unknown".
struct SingleAnswer {
    CertId id;
    std::optional<CertificateStatus> status;
};

struct OcspStatement {
    std::vector<SingleAnswer> answers;
    std::string responder_key_hash;  ///< SHA-1 of the responder's public key, as RFC 6960 has it
    Instant this_update;
    Instant next_update;
    std::string nonce;
};

/// DER ResponseData.
[[nodiscard]] std::string ocsp_response_data(const OcspStatement& statement);

/// DER OCSPResponse, successful: the signed data, sha256WithRSAEncryption, and the responder's
/// certificate.
[[nodiscard]] std::string ocsp_response(std::string_view response_data, std::string_view signature,
                                        std::string_view responder_certificate);

}  // namespace sealdesk::ca
