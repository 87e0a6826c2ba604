#include "subscribers/certificate.h"

namespace sealdesk::subscribers {
namespace {

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

}  // namespace

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

}  // namespace sealdesk::subscribers
