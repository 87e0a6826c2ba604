#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace sealdesk::ca {

/// What the RA orders: one certificate. The CA acts on the RA's word alone, and keeps the hash of
/// the document that stands behind it.
struct Order {
    /// The order's own name, 1 to 80 printable ASCII characters, unique for ever: a repeated order
    /// of the same content gets the same certificate (idea 2 of the house).
    std::string key;
    std::string subscriber;  ///< the RA's reference, such as "subscriber:12"; at most 64 bytes
    std::string profile;     ///< a certificate profile's name
    /// What the RA approved as the subject, by field name of the profile ("organization",
    /// "serial_number", "email", ...), UTF-8. A field the profile does not know is refused.
    std::map<std::string, std::string> subject;
    /// PKCS#10, PEM or DER; its signature proves possession of the key (M 3.1.7). Its subject and
    /// wishes are not believed. Exactly one of `csr` and `public_key` is given.
    std::string csr;
    /// DER SubjectPublicKeyInfo, for keys made in the card by the card centre (M 6.1.3).
    std::string public_key;
    std::string approval_sha256;  ///< of the signed approval, 64 hexadecimal digits
};

struct IssuedCertificate {
    std::string order_key;
    std::string serial;  ///< lower-case hexadecimal, 32 digits
    std::string der;
    Instant not_before;
    Instant not_after;
};

/// RFC 5280 §5.3.1, with its numbers.
enum class Reason : std::uint8_t {
    Unspecified = 0,
    KeyCompromise = 1,
    AffiliationChanged = 3,
    Superseded = 4,
    CessationOfOperation = 5,
    CertificateHold = 6,
    PrivilegeWithdrawn = 9,
};

/// What a StatusOrder asks for: "hold", "release", "revoke", as in ca_status_order and, after
/// "ca.", in the audit log.
enum class StatusChange { Hold, Release, Revoke };
[[nodiscard]] std::string_view to_text(StatusChange change);

/// An order to hold, release or revoke one certificate.
struct StatusOrder {
    std::string key;                      ///< as Order::key; repeating it changes nothing
    std::string serial;                   ///< as IssuedCertificate::serial
    Reason reason = Reason::Unspecified;  ///< of a revocation; not used by hold and release
    std::string approval_sha256;
    /// When the certificate became invalid, as far as it is known: since when a key may have been
    /// in other hands (RFC 5280 §5.3.2). Of a revocation; not after the order.
    std::optional<Instant> invalid_since = {};
};

enum class CertificateState { Issued, Held, Revoked };

/// "issued", "held", "revoked".
[[nodiscard]] std::string_view to_text(CertificateState state);

struct CertificateStatus {
    std::string serial;
    std::string profile;
    std::string subscriber;
    CertificateState state;
    std::optional<Instant> since;  ///< of the hold or the revocation
    std::optional<Reason> reason;
    Instant not_before;
    Instant not_after;
};

/// A complete CRL as published.
struct CrlInfo {
    std::int64_t number = 0;
    Instant this_update;
    Instant next_update;
    std::int64_t entries = 0;
    std::string sha256;          ///< of the file, hexadecimal
    std::filesystem::path file;  ///< where this machine has it
};

/// Orders in one call.
inline constexpr std::size_t kOrdersMax = 500;

/// The CA as the RA sees it: in this process (LocalCa), or elsewhere. Every call may be repeated
/// after a crash or a lost answer, with the same keys: it finds the first one's result. Call it
/// with no transaction open. An Error of kind Unavailable means "not known whether done: ask
/// again"; a Failure means the same for the whole call.
class CaClient {
public:
    virtual ~CaClient() = default;

    /// One result per order, in order; at most kOrdersMax (SEALDESK_CHECK). Many at once cost one
    /// commit before signing and one after. Errors of single orders (see local_ca.h for the list)
    /// do not stop the others.
    [[nodiscard]] virtual std::vector<Result<IssuedCertificate>> issue_all(
        std::span<const Order> orders) = 0;

    /// Errors: ca.unknown_serial (NotFound); ca.order_changed (Conflict) for a key used before for
    /// another order; (Refused) ca.expired, ca.already_held, ca.not_held, ca.already_revoked.
    [[nodiscard]] virtual Outcome hold(const StatusOrder& order) = 0;
    [[nodiscard]] virtual Outcome release(const StatusOrder& order) = 0;
    [[nodiscard]] virtual Outcome revoke(const StatusOrder& order) = 0;

    /// Error: ca.unknown_serial (NotFound).
    [[nodiscard]] virtual Result<CertificateStatus> status(std::string_view serial) = 0;

    /// The newest CRL. Error: ca.no_crl (NotFound).
    [[nodiscard]] virtual Result<CrlInfo> latest_crl() = 0;

    /// One change.
    [[nodiscard]] Outcome change(StatusChange change, const StatusOrder& order);

    /// One order.
    [[nodiscard]] Result<IssuedCertificate> issue(const Order& order) {
        return std::move(issue_all({&order, 1}).front());
    }
};

}  // namespace sealdesk::ca
