#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

/// Reading of CMP messages (RFC 4210, RFC 4211): what OpenSSL 3.0 parses and has no accessors for.
/// Everything read here counts only after OpenSSL has verified the message's protection.
namespace sealdesk::ca {

/// What the profile's name and the approval's SHA-256 are called in generalInfo: a UTF8String and
/// an OCTET STRING of 32 bytes. 1.3.6.1.4.1.99999 is no registered enterprise: whoever runs both an
/// RA and a CA with this program agrees with itself; for others, put your own arc here.
inline constexpr std::string_view kCmpProfileOid = "1.3.6.1.4.1.99999.64.1";
inline constexpr std::string_view kCmpApprovalOid = "1.3.6.1.4.1.99999.64.2";

/// A request has 1 to 2 KB; a chain of certificates beside it a few more.
inline constexpr std::size_t kCmpMessageMax = std::size_t{64} * 1024;

/// Kinds of message: the tag of PKIBody (RFC 4210 §5.1.2). OpenSSL keeps its own names private.
namespace cmp_body {
inline constexpr unsigned kInitialRequest = 0;
inline constexpr unsigned kCertificateRequest = 2;
inline constexpr unsigned kPkcs10Request = 4;
inline constexpr unsigned kKeyUpdateRequest = 7;
inline constexpr unsigned kRevocationRequest = 11;
inline constexpr unsigned kConfirmation = 19;
inline constexpr unsigned kErrorMessage = 23;
inline constexpr unsigned kCertificateConfirm = 24;
}  // namespace cmp_body

struct CmpMessage {
    std::uint64_t version = 0;
    std::string sender;         ///< DER Name; empty when the sender is no directoryName
    std::string sender_key_id;  ///< hexadecimal; may be empty
    std::string transaction_id;
    std::string sender_nonce;
    std::optional<Instant> time;
    std::string protection_algorithm;            ///< DER AlgorithmIdentifier; empty: unprotected
    std::optional<std::string> profile;          ///< kCmpProfileOid
    std::optional<std::string> approval_sha256;  ///< kCmpApprovalOid, hexadecimal
    unsigned kind = 0;                           ///< cmp_body
    std::string body;                            ///< DER of the chosen content
};

/// Nothing when the bytes are not a PKIMessage in DER.
[[nodiscard]] std::optional<CmpMessage> read_cmp_message(std::string_view der);

/// The message without extraCerts, which its protection does not cover (RFC 4210 §5.1): an RA's
/// certificate is at hand, and to parse what anyone can add would cost half a signature each.
/// `der` as read_cmp_message() took it.
[[nodiscard]] std::string without_extra_certificates(std::string_view der);

/// The one request of an ir, cr or kur.
struct CmpCertificateRequest {
    std::string issuer;         ///< DER Name; empty when not given
    std::string subject;        ///< DER Name; empty when not given
    std::string public_key;     ///< DER SubjectPublicKeyInfo; empty when not given
    std::string extensions;     ///< DER Extensions; empty when not given
    bool has_validity = false;  ///< wishes dates, which are the profile's business
    bool is_odd = false;  ///< sets what RFC 4211 §5 leaves to the CA (serial, algorithm, ids)
    bool is_ra_verified = false;
    std::string signature_algorithm;  ///< of the proof of possession, DER; empty when none
};

/// Nothing when the body is unreadable or has not exactly one request.
[[nodiscard]] std::optional<CmpCertificateRequest> read_certificate_request(std::string_view body);

/// reasonCode of the one certificate of an rr; 0 when none is given.
[[nodiscard]] std::optional<unsigned> read_revocation_reason(std::string_view body);

/// The client's word on a certificate it got.
struct CmpConfirmation {
    std::string hash;  ///< of the certificate; empty when the client rejects all it got
    bool is_accepted = false;
};
[[nodiscard]] std::optional<CmpConfirmation> read_confirmation(std::string_view body);

}  // namespace sealdesk::ca
