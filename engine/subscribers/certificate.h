#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/id.h"
#include "store/tx.h"

namespace sealdesk::subscribers {

/// What the CA has confirmed last. Stored as text.
enum class CertificateState { Issued, Held, Revoked };
[[nodiscard]] std::string_view to_text(CertificateState state);

/// A certificate as the RA sees it; the CA has confirmed every one that is here (idea 3 of the
/// house).
struct Certificate {
    CertificateId id;
    SubscriberId subscriber;
    RequestId request;
    std::string order_key;
    std::string scheme;
    std::string profile;
    std::string serial;
    std::string der;
    Instant not_before;
    Instant not_after;
    CertificateState state = CertificateState::Issued;

    /// Not revoked, and its time has not run out (RFC 5280 §4.1.2.5: not_after is within it).
    [[nodiscard]] bool is_alive_at(Instant now) const {
        return state != CertificateState::Revoked && now <= not_after;
    }
};

/// Keeps what the CA answered. The same order again changes nothing.
void keep_certificate(store::Tx& tx, const Certificate& certificate);

[[nodiscard]] std::optional<std::string> serial_of_order(store::Tx& tx, std::string_view order_key);

/// Those of one subscriber, oldest first.
[[nodiscard]] std::vector<Certificate> certificates_of(store::Tx& tx, SubscriberId subscriber);

/// The certificate of this serial number (lower-case hexadecimal), in whatever scheme.
[[nodiscard]] std::optional<Certificate> find_certificate(store::Tx& tx, std::string_view serial);

[[nodiscard]] std::optional<Certificate> find_certificate_by_id(store::Tx& tx, CertificateId id);

/// A page of a scheme's certificates that are neither revoked nor expired at `at`, by id; it may be
/// empty and still have a `last` one to go on after.
struct AlivePage {
    std::vector<Certificate> certificates;
    std::optional<CertificateId> last;  ///< none: the end
};
[[nodiscard]] AlivePage certificates_alive_at(store::Tx& tx, std::string_view scheme, Instant at,
                                              std::optional<CertificateId> after, int limit);

/// What events about a certificate say of it beside their own, so that statistics can be counted
/// from the audit log alone: {"scheme","profile","applicant"}, the last being the subscriber's
/// kind.
[[nodiscard]] nlohmann::json facts_of(store::Tx& tx, const Certificate& certificate);

/// The state that the CA has confirmed for an order.
struct CertificateChange {
    CertificateId certificate;
    CertificateState state;
    std::string reason;     ///< of a revocation, as RFC 5280 §5.3.1 names it; else empty
    std::string order_key;  ///< as the order was named to the CA
};

/// Keeps a change; false when the same order is there already.
bool keep_change(store::Tx& tx, const CertificateChange& change);

}  // namespace sealdesk::subscribers
