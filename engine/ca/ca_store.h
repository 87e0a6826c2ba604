#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ca/ca_client.h"
#include "store/tx.h"

/// The CA's tables; for this room only.
namespace sealdesk::ca {

/// A certificate before its signature, as stored by ca.reserve.
struct Reservation {
    std::int64_t id = 0;
    std::string issuer;
    std::string order_key;
    std::string order_sha256;
    std::string serial;
    std::string profile;
    std::string subscriber;
    std::string spki_sha256;
    std::string approval_sha256;
    std::string tbs;
    std::string seal;
    Instant not_before;
    Instant not_after;
};

/// What an order already led to: signed when `certificate` is not empty.
struct KnownOrder {
    Reservation reservation;
    std::string certificate;
};

/// A certificate's standing.
struct StoredStatus {
    CertificateStatus status;
    std::int64_t id = 0;
    std::int64_t version = 0;
    bool is_signed = false;
};

/// One entry of a CRL.
struct RevokedEntry {
    std::int64_t id = 0;  ///< of the certificate
    std::string serial;
    Instant since;
    std::int64_t reason = 0;  ///< kReleased: told by delta CRLs only
    std::optional<Instant> invalid_since;
    std::int64_t partition = 0;
    std::int64_t after_crl = 0;  ///< CRLs up to this number may not know of it, later ones do
};

/// removeFromCRL (RFC 5280 §5.3.1).
inline constexpr std::int64_t kReleased = 8;

/// What the CRL must know of a certificate whose state changes.
struct ListedCertificate {
    std::int64_t id = 0;
    std::string issuer;
    std::string serial;
    Instant not_after;
    std::string certificate;    ///< DER
    std::int64_t last_crl = 0;  ///< the last number that its issuer gave out
};

/// The complete CRL that a delta CRL adds to.
struct BaseCrl {
    std::int64_t number = 0;
    Instant this_update;
};

/// Makes the authority's row when absent.
void ensure_authority(store::Tx& tx, std::string_view issuer, std::string_view certificate);

/// Notes that the CA signs now, which locks its row. False, and nothing noted, when it signed later
/// than now by more than the tolerance: the clock was set back.
[[nodiscard]] bool note_signing(store::Tx& tx, std::string_view issuer,
                                std::chrono::microseconds tolerance);

[[nodiscard]] std::map<std::string, KnownOrder> find_orders(store::Tx& tx,
                                                            std::span<const std::string> keys);
/// Owners of public keys, by SHA-256.
[[nodiscard]] std::map<std::string, std::string> find_key_orders(
    store::Tx& tx, std::span<const std::string> hashes);
void insert_reservations(store::Tx& tx, std::span<const Reservation> reservations);

/// False when it was finished by someone else.
[[nodiscard]] bool save_certificate(store::Tx& tx, std::int64_t id, std::string_view certificate);

/// Reservations without signature, after an id; at most `limit`.
[[nodiscard]] std::vector<Reservation> unsigned_reservations(store::Tx& tx, std::string_view issuer,
                                                             std::int64_t after,
                                                             std::int64_t limit);

/// From a row that begins with serial, profile, subscriber, state, since, reason, not_before,
/// not_after, id and version.
[[nodiscard]] StoredStatus to_stored_status(const store::Row& row);
[[nodiscard]] std::optional<StoredStatus> find_status(store::Tx& tx, std::string_view serial);

/// Compare-and-set on the version; false when someone else changed it first.
[[nodiscard]] bool save_status(store::Tx& tx, const StoredStatus& seen,
                               const CertificateStatus& next);

/// The content hash under which a status order was carried out before.
[[nodiscard]] std::optional<std::string> find_status_order(store::Tx& tx, std::string_view key);
void insert_status_order(store::Tx& tx, const StatusOrder& order, std::string_view kind,
                         std::string_view order_sha256);

/// The next CRL number of the authority, which locks its row.
[[nodiscard]] std::int64_t take_crl_number(store::Tx& tx, std::string_view issuer);
void begin_crl(store::Tx& tx, std::string_view issuer, const CrlInfo& crl);
void finish_crl(store::Tx& tx, std::string_view issuer, const CrlInfo& crl);
[[nodiscard]] std::optional<CrlInfo> newest_crl(store::Tx& tx, std::string_view issuer);

/// When the last CRL was begun that was not finished since; none when the last one was.
[[nodiscard]] std::optional<Instant> crl_begun(store::Tx& tx, std::string_view issuer);
/// The first of the CRLs that are still good.
[[nodiscard]] std::optional<BaseCrl> oldest_good_crl(store::Tx& tx, std::string_view issuer);

/// Reads a signed certificate's row, and locks its issuer's against the beginning of a CRL until
/// this transaction ends: what changes here is known to every CRL of a higher number.
[[nodiscard]] ListedCertificate lock_listed(store::Tx& tx, std::int64_t id);
/// The certificate's entry becomes this (its id and after_crl are those of `listed`).
void put_entry(store::Tx& tx, const ListedCertificate& listed, const RevokedEntry& entry);

/// Which entries: of certificates whose validity ends at `oldest` or later, after the certificate
/// `after`; `placed`: with partition and after_crl.
struct EntryPage {
    Instant oldest;
    std::int64_t after = 0;
    std::int64_t limit = 0;
    bool placed = false;
};
[[nodiscard]] std::vector<RevokedEntry> entries_after(store::Tx& tx, std::string_view issuer,
                                                      const EntryPage& page);
/// Whether there are changes that the CRL of this number may not know of.
[[nodiscard]] bool has_changed_since(store::Tx& tx, std::string_view issuer,
                                     std::int64_t crl_number);

}  // namespace sealdesk::ca
