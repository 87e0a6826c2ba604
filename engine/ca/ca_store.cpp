#include "ca/ca_store.h"

#include <utility>

#include "base/error.h"
#include "store/bulk.h"

namespace sealdesk::ca {
namespace {

constexpr std::string_view kInsertAuthority = R"sql(
    INSERT INTO ca_authority (issuer, certificate, crl_number, signed_at)
    VALUES (?, ?, 0, 0)
)sql";

constexpr std::string_view kFindAuthority = R"sql(
    SELECT crl_number
    FROM ca_authority
    WHERE issuer = ?
)sql";

// Never goes back, and does nothing when the clock was set back.
constexpr std::string_view kNoteSigning = R"sql(
    UPDATE ca_authority
    SET signed_at = CASE WHEN signed_at < ? THEN ? ELSE signed_at END
    WHERE issuer = ? AND signed_at <= ?
)sql";

constexpr std::string_view kTakeCrlNumber = R"sql(
    UPDATE ca_authority
    SET crl_number = crl_number + 1
    WHERE issuer = ?
)sql";

constexpr std::string_view kSelectOrders = R"sql(
    SELECT id, issuer, order_key, order_sha256, serial, profile, subscriber, spki_sha256,
           approval_sha256, tbs, seal, not_before, not_after, certificate
    FROM ca_certificate
    WHERE order_key IN )sql";

constexpr std::string_view kSelectKeys = R"sql(
    SELECT spki_sha256, order_key
    FROM ca_key
    WHERE spki_sha256 IN )sql";

constexpr std::string_view kInsertCertificates = R"sql(
    INSERT INTO ca_certificate (id, issuer, order_key, order_sha256, serial, profile, subscriber,
                                spki_sha256, approval_sha256, state, version, tbs, seal, not_before,
                                not_after, reserved_at)
    VALUES
)sql";
constexpr std::size_t kCertificateColumns = 16;

constexpr std::string_view kInsertKeys = R"sql(
    INSERT INTO ca_key (spki_sha256, subscriber, order_key)
    VALUES
)sql";

constexpr std::string_view kSaveCertificate = R"sql(
    UPDATE ca_certificate
    SET certificate = ?, state = 'issued', issued_at = ?, version = version + 1
    WHERE id = ? AND state = 'signing'
)sql";

constexpr std::string_view kUnsigned = R"sql(
    SELECT id, issuer, order_key, order_sha256, serial, profile, subscriber, spki_sha256,
           approval_sha256, tbs, seal, not_before, not_after
    FROM ca_certificate
    WHERE issuer = ? AND state = 'signing' AND id > ?
    ORDER BY id
    LIMIT ?
)sql";

constexpr std::string_view kFindStatus = R"sql(
    SELECT serial, profile, subscriber, state, since, reason, not_before, not_after, id, version
    FROM ca_certificate
    WHERE serial = ?
)sql";

constexpr std::string_view kSaveStatus = R"sql(
    UPDATE ca_certificate
    SET state = ?, since = ?, reason = ?, version = version + 1
    WHERE id = ? AND version = ?
)sql";

constexpr std::string_view kFindStatusOrder = R"sql(
    SELECT order_sha256
    FROM ca_status_order
    WHERE order_key = ?
)sql";

constexpr std::string_view kInsertStatusOrder = R"sql(
    INSERT INTO ca_status_order (order_key, order_sha256, serial, kind, reason, approval_sha256, at)
    VALUES (?, ?, ?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kBeginCrl = R"sql(
    INSERT INTO ca_crl (issuer, number, this_update, next_update, state, entries, sha256)
    VALUES (?, ?, ?, ?, 'begun', 0, '')
)sql";

constexpr std::string_view kFinishCrl = R"sql(
    UPDATE ca_crl
    SET state = 'issued', entries = ?, sha256 = ?
    WHERE issuer = ? AND number = ? AND state = 'begun'
)sql";

constexpr std::string_view kNewestCrl = R"sql(
    SELECT number, this_update, next_update, entries, sha256
    FROM ca_crl
    WHERE issuer = ? AND state = 'issued'
    ORDER BY number DESC
    LIMIT 1
)sql";

constexpr std::string_view kLastBegunCrl = R"sql(
    SELECT this_update, state
    FROM ca_crl
    WHERE issuer = ?
    ORDER BY number DESC
    LIMIT 1
)sql";

constexpr std::string_view kOldestGoodCrl = R"sql(
    SELECT number, this_update
    FROM ca_crl
    WHERE issuer = ? AND state = 'issued' AND next_update > ?
    ORDER BY number
    LIMIT 1
)sql";

// Locks the authority's row: no CRL is begun while a certificate's state changes.
constexpr std::string_view kLockCrlNumber = R"sql(
    UPDATE ca_authority
    SET crl_number = crl_number
    WHERE issuer = ?
)sql";

constexpr std::string_view kFindListed = R"sql(
    SELECT issuer, serial, not_after, certificate
    FROM ca_certificate
    WHERE id = ?
)sql";

constexpr std::string_view kChangeEntry = R"sql(
    UPDATE ca_crl_entry
    SET since = ?, reason = ?, invalid_since = ?, after_crl = ?
    WHERE certificate_id = ?
)sql";

constexpr std::string_view kInsertEntry = R"sql(
    INSERT INTO ca_crl_entry (certificate_id, issuer, serial, not_after, since, reason,
                              invalid_since, crl_partition, after_crl)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
)sql";

// The plus keeps SQLite from the index by issuer, which has another order. Each column costs a
// twentieth of a long CRL's time: those that only partitions and deltas need are left out without.
constexpr std::string_view kEntriesAfter = R"sql(
    SELECT certificate_id, serial, since, reason, invalid_since
    FROM ca_crl_entry
    WHERE certificate_id > ? AND +issuer = ? AND not_after >= ?
    ORDER BY certificate_id
    LIMIT ?
)sql";

constexpr std::string_view kPlacedEntriesAfter = R"sql(
    SELECT certificate_id, serial, since, reason, invalid_since, crl_partition, after_crl
    FROM ca_crl_entry
    WHERE certificate_id > ? AND +issuer = ? AND not_after >= ?
    ORDER BY certificate_id
    LIMIT ?
)sql";

constexpr std::string_view kEntriesSince = R"sql(
    SELECT certificate_id
    FROM ca_crl_entry
    WHERE issuer = ? AND after_crl >= ?
    LIMIT 1
)sql";

std::vector<store::Value> as_values(std::span<const std::string> texts) {
    return {texts.begin(), texts.end()};
}

std::string with_list(std::string_view select, std::size_t count) {
    std::string sql(select);
    sql += store::placeholders(count);
    return sql;
}

Reservation to_reservation(const store::Row& row) {
    return {row.number(0), row.text(1),     row.text(2),    row.text(3), row.text(4),
            row.text(5),   row.text(6),     row.text(7),    row.text(8), row.bytes(9),
            row.text(10),  row.instant(11), row.instant(12)};
}

CertificateState to_state(const std::string& text) {
    return text == "held"      ? CertificateState::Held
           : text == "revoked" ? CertificateState::Revoked
                               : CertificateState::Issued;
}

}  // namespace

void ensure_authority(store::Tx& tx, std::string_view issuer, std::string_view certificate) {
    if (tx.query(kFindAuthority, issuer).empty()) {
        tx.execute(kInsertAuthority, issuer, store::Blob{std::string(certificate)});
    }
}

bool note_signing(store::Tx& tx, std::string_view issuer, std::chrono::microseconds tolerance) {
    return tx.execute(kNoteSigning, tx.now(), tx.now(), issuer, tx.now() + tolerance) == 1;
}

std::map<std::string, KnownOrder> find_orders(store::Tx& tx, std::span<const std::string> keys) {
    std::map<std::string, KnownOrder> found;
    if (keys.empty()) {
        return found;
    }
    for (const store::Row& row :
         tx.query_list(with_list(kSelectOrders, keys.size()), as_values(keys))) {
        found.insert(
            {row.text(2), {to_reservation(row), row.is_null(13) ? std::string() : row.bytes(13)}});
    }
    return found;
}

std::map<std::string, std::string> find_key_orders(store::Tx& tx,
                                                   std::span<const std::string> hashes) {
    std::map<std::string, std::string> found;
    if (hashes.empty()) {
        return found;
    }
    for (const store::Row& row :
         tx.query_list(with_list(kSelectKeys, hashes.size()), as_values(hashes))) {
        found[row.text(0)] = row.text(1);
    }
    return found;
}

void insert_reservations(store::Tx& tx, std::span<const Reservation> reservations) {
    if (reservations.empty()) {
        return;
    }
    std::vector<store::Value> keys;
    std::vector<store::Value> values;
    values.reserve(reservations.size() * kCertificateColumns);
    for (const Reservation& one : reservations) {
        for (const std::string* text : {&one.spki_sha256, &one.subscriber, &one.order_key}) {
            keys.emplace_back(*text);
        }
        values.emplace_back(one.id);
        for (const std::string* text :
             {&one.issuer, &one.order_key, &one.order_sha256, &one.serial, &one.profile,
              &one.subscriber, &one.spki_sha256, &one.approval_sha256}) {
            values.emplace_back(*text);
        }
        values.emplace_back(std::string("signing"));
        values.emplace_back(std::int64_t{1});
        values.emplace_back(store::Blob{one.tbs});
        values.emplace_back(one.seal);
        values.emplace_back(to_stored(one.not_before));
        values.emplace_back(to_stored(one.not_after));
        values.emplace_back(to_stored(tx.now()));
    }
    constexpr std::size_t key_columns = 3;
    store::insert_rows(tx, kInsertKeys, key_columns, keys);
    store::insert_rows(tx, kInsertCertificates, kCertificateColumns, values);
}

bool save_certificate(store::Tx& tx, std::int64_t id, std::string_view certificate) {
    return tx.execute(kSaveCertificate, store::Blob{std::string(certificate)}, tx.now(), id) == 1;
}

std::vector<Reservation> unsigned_reservations(store::Tx& tx, std::string_view issuer,
                                               std::int64_t after, std::int64_t limit) {
    std::vector<Reservation> found;
    for (const store::Row& row : tx.query(kUnsigned, issuer, after, limit)) {
        found.push_back(to_reservation(row));
    }
    return found;
}

StoredStatus to_stored_status(const store::Row& row) {
    const auto reason = row.number_or_null(5);
    return StoredStatus{
        {row.text(0), row.text(1), row.text(2), to_state(row.text(3)), row.instant_or_null(4),
         reason ? std::optional(static_cast<Reason>(*reason)) : std::nullopt, row.instant(6),
         row.instant(7)},
        row.number(8),
        row.number(9),
        row.text(3) != "signing"};
}

std::optional<StoredStatus> find_status(store::Tx& tx, std::string_view serial) {
    const auto rows = tx.query(kFindStatus, serial);
    return rows.empty() ? std::nullopt : std::optional(to_stored_status(rows[0]));
}

bool save_status(store::Tx& tx, const StoredStatus& seen, const CertificateStatus& next) {
    const auto reason =
        next.reason ? std::optional(static_cast<std::int64_t>(*next.reason)) : std::nullopt;
    return tx.execute(kSaveStatus, to_text(next.state), next.since, reason, seen.id,
                      seen.version) == 1;
}

std::optional<std::string> find_status_order(store::Tx& tx, std::string_view key) {
    const auto rows = tx.query(kFindStatusOrder, key);
    return rows.empty() ? std::nullopt : std::optional(rows[0].text(0));
}

void insert_status_order(store::Tx& tx, const StatusOrder& order, std::string_view kind,
                         std::string_view order_sha256) {
    tx.execute(kInsertStatusOrder, order.key, order_sha256, order.serial, kind,
               static_cast<std::int64_t>(order.reason), order.approval_sha256, tx.now());
}

std::int64_t take_crl_number(store::Tx& tx, std::string_view issuer) {
    if (tx.execute(kTakeCrlNumber, issuer) != 1) {
        throw_internal("ca.no_authority", "The CA's own row is gone from the database.");
    }
    return tx.query(kFindAuthority, issuer).at(0).number(0);
}

void begin_crl(store::Tx& tx, std::string_view issuer, const CrlInfo& crl) {
    tx.execute(kBeginCrl, issuer, crl.number, crl.this_update, crl.next_update);
}

void finish_crl(store::Tx& tx, std::string_view issuer, const CrlInfo& crl) {
    if (tx.execute(kFinishCrl, crl.entries, crl.sha256, issuer, crl.number) != 1) {
        throw_internal("ca.crl_lost", "The CRL begun is gone from the database.");
    }
}

std::optional<CrlInfo> newest_crl(store::Tx& tx, std::string_view issuer) {
    const auto rows = tx.query(kNewestCrl, issuer);
    if (rows.empty()) {
        return std::nullopt;
    }
    const store::Row& row = rows[0];
    return CrlInfo{row.number(0), row.instant(1), row.instant(2), row.number(3), row.text(4), {}};
}

std::optional<Instant> crl_begun(store::Tx& tx, std::string_view issuer) {
    const auto rows = tx.query(kLastBegunCrl, issuer);
    return rows.empty() || rows[0].text(1) != "begun" ? std::nullopt
                                                      : std::optional(rows[0].instant(0));
}

std::optional<BaseCrl> oldest_good_crl(store::Tx& tx, std::string_view issuer) {
    const auto rows = tx.query(kOldestGoodCrl, issuer, tx.now());
    return rows.empty() ? std::nullopt
                        : std::optional(BaseCrl{rows[0].number(0), rows[0].instant(1)});
}

ListedCertificate lock_listed(store::Tx& tx, std::int64_t id) {
    const store::Row row = tx.query(kFindListed, id).at(0);
    if (tx.execute(kLockCrlNumber, row.text(0)) != 1) {
        throw_internal("ca.no_authority", "The CA's own row is gone from the database.");
    }
    const auto last = tx.query(kFindAuthority, row.text(0)).at(0).number(0);
    return {id, row.text(0), row.text(1), row.instant(2), row.bytes(3), last};
}

void put_entry(store::Tx& tx, const ListedCertificate& listed, const RevokedEntry& entry) {
    if (tx.execute(kChangeEntry, entry.since, entry.reason, entry.invalid_since, listed.last_crl,
                   listed.id) == 0) {
        tx.execute(kInsertEntry, listed.id, listed.issuer, listed.serial, listed.not_after,
                   entry.since, entry.reason, entry.invalid_since, entry.partition,
                   listed.last_crl);
    }
}

std::vector<RevokedEntry> entries_after(store::Tx& tx, std::string_view issuer,
                                        const EntryPage& page) {
    const auto rows = tx.query(page.placed ? kPlacedEntriesAfter : kEntriesAfter, page.after,
                               issuer, page.oldest, page.limit);
    std::vector<RevokedEntry> entries;
    entries.reserve(rows.size());
    for (const store::Row& row : rows) {
        entries.push_back({row.number(0), row.text(1), row.instant(2), row.number(3),
                           row.instant_or_null(4), page.placed ? row.number(5) : 0,
                           page.placed ? row.number(6) : 0});
    }
    return entries;
}

bool has_changed_since(store::Tx& tx, std::string_view issuer, std::int64_t crl_number) {
    return !tx.query(kEntriesSince, issuer, crl_number).empty();
}

}  // namespace sealdesk::ca
