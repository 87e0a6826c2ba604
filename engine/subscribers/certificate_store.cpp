#include <array>

#include <nlohmann/json.hpp>

#include "subscribers/certificate.h"

namespace sealdesk::subscribers {
namespace {

constexpr std::array<std::string_view, 3> kStates{"issued", "held", "revoked"};

constexpr std::string_view kSerialOfOrder = R"sql(
    SELECT serial
    FROM certificate
    WHERE order_key = ?
)sql";

constexpr std::string_view kInsertCertificate = R"sql(
    INSERT INTO certificate (id, subscriber_id, request_id, order_key, scheme, profile, serial,
                             der, not_before, not_after, issued_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kCertificatesOf = R"sql(
    SELECT id, subscriber_id, request_id, order_key, scheme, profile, serial, der, not_before,
           not_after
    FROM certificate
    WHERE subscriber_id = ?
    ORDER BY id
)sql";

constexpr std::string_view kCertificateById = R"sql(
    SELECT id, subscriber_id, request_id, order_key, scheme, profile, serial, der, not_before,
           not_after
    FROM certificate
    WHERE id = ?
)sql";

constexpr std::string_view kCertificateBySerial = R"sql(
    SELECT id, subscriber_id, request_id, order_key, scheme, profile, serial, der, not_before,
           not_after
    FROM certificate
    WHERE serial = ?
)sql";

constexpr std::string_view kUnexpired = R"sql(
    SELECT id, subscriber_id, request_id, order_key, scheme, profile, serial, der, not_before,
           not_after
    FROM certificate
    WHERE id > ? AND scheme = ? AND not_after >= ?
    ORDER BY id
    LIMIT ?
)sql";

constexpr std::string_view kKindOfHolder = R"sql(
    SELECT kind
    FROM subscriber
    WHERE id = ?
)sql";

constexpr std::string_view kNewestChange = R"sql(
    SELECT state
    FROM certificate_change
    WHERE certificate_id = ?
    ORDER BY changed_at DESC, id DESC
    LIMIT 1
)sql";

constexpr std::string_view kChangeOfOrder = R"sql(
    SELECT id
    FROM certificate_change
    WHERE order_key = ?
)sql";

constexpr std::string_view kInsertChange = R"sql(
    INSERT INTO certificate_change (id, certificate_id, state, reason, order_key, changed_at)
    VALUES (?, ?, ?, ?, ?, ?)
)sql";

CertificateState state_of(store::Tx& tx, CertificateId id) {
    const auto rows = tx.query(kNewestChange, id.value());
    if (rows.empty()) {
        return CertificateState::Issued;
    }
    const std::string text = rows.front().text(0);
    for (const CertificateState state :
         {CertificateState::Issued, CertificateState::Held, CertificateState::Revoked}) {
        if (to_text(state) == text) {
            return state;
        }
    }
    throw_internal("certificate.unknown_state", "A stored certificate state is none of the three.");
}

Certificate read_certificate(store::Tx& tx, const store::Row& row) {
    const CertificateId id{row.number(0)};
    return {id,
            SubscriberId{row.number(1)},
            RequestId{row.number(2)},
            row.text(3),
            row.text(4),
            row.text(5),
            row.text(6),
            row.bytes(7),
            row.instant(8),
            row.instant(9),
            state_of(tx, id)};
}

}  // namespace

std::string_view to_text(CertificateState state) {
    return kStates.at(static_cast<std::size_t>(state));
}

std::optional<std::string> serial_of_order(store::Tx& tx, std::string_view order_key) {
    const auto rows = tx.query(kSerialOfOrder, order_key);
    return rows.empty() ? std::nullopt : std::optional(rows.front().text(0));
}

void keep_certificate(store::Tx& tx, const Certificate& certificate) {
    if (serial_of_order(tx, certificate.order_key)) {
        return;
    }
    tx.execute(kInsertCertificate, certificate.id.value(), certificate.subscriber.value(),
               certificate.request.value(), certificate.order_key, certificate.scheme,
               certificate.profile, certificate.serial, store::Blob{certificate.der},
               certificate.not_before, certificate.not_after, tx.now());
}

std::vector<Certificate> certificates_of(store::Tx& tx, SubscriberId subscriber) {
    std::vector<Certificate> certificates;
    for (const store::Row& row : tx.query(kCertificatesOf, subscriber.value())) {
        certificates.push_back(read_certificate(tx, row));
    }
    return certificates;
}

std::optional<Certificate> find_certificate(store::Tx& tx, std::string_view serial) {
    const auto rows = tx.query(kCertificateBySerial, serial);
    return rows.empty() ? std::nullopt : std::optional(read_certificate(tx, rows.front()));
}

std::optional<Certificate> find_certificate_by_id(store::Tx& tx, CertificateId id) {
    const auto rows = tx.query(kCertificateById, id.value());
    return rows.empty() ? std::nullopt : std::optional(read_certificate(tx, rows.front()));
}

AlivePage certificates_alive_at(store::Tx& tx, std::string_view scheme, Instant at,
                                std::optional<CertificateId> after, int limit) {
    AlivePage page;
    for (const store::Row& row :
         tx.query(kUnexpired, after ? after->value() : 0, scheme, at, limit)) {
        Certificate certificate = read_certificate(tx, row);
        page.last = certificate.id;
        if (certificate.is_alive_at(at)) {
            page.certificates.push_back(std::move(certificate));
        }
    }
    return page;
}

nlohmann::json facts_of(store::Tx& tx, const Certificate& certificate) {
    const auto holder = tx.query(kKindOfHolder, certificate.subscriber.value());
    return {{"scheme", certificate.scheme},
            {"profile", certificate.profile},
            {"applicant", holder.empty() ? "" : holder.front().text(0)}};
}

bool keep_change(store::Tx& tx, const CertificateChange& change) {
    if (!tx.query(kChangeOfOrder, change.order_key).empty()) {
        return false;
    }
    tx.execute(kInsertChange, tx.new_id(), change.certificate.value(), to_text(change.state),
               change.reason, change.order_key, tx.now());
    return true;
}

}  // namespace sealdesk::subscribers
