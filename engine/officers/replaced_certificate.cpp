#include <algorithm>
#include <array>

#include "audit/log.h"
#include "officers/officer.h"
#include "queue/queue.h"

namespace sealdesk::officers {
namespace {

constexpr std::string_view kReplaceCertificate = R"sql(
    UPDATE officer
    SET certificate = ?, version = version + 1, changed_at = ?
    WHERE id = ? AND version = ?
)sql";

constexpr std::string_view kKeepReplaced = R"sql(
    INSERT INTO officer_certificate (id, officer_id, certificate, replaced_for, replaced_at)
    VALUES (?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kReplacedSince = R"sql(
    SELECT certificate
    FROM officer_certificate
    WHERE officer_id = ? AND replaced_at >= ?
    ORDER BY replaced_at
)sql";

constexpr std::string_view kEveryReplaced = R"sql(
    SELECT certificate
    FROM officer_certificate
)sql";

constexpr std::array<std::string_view, 3> kWhys{"expiring", "damaged", "lost"};

crypto::Certificate kept_certificate(const store::Row& row) {
    auto certificate = crypto::Certificate::parse(row.bytes(0));
    if (!certificate) {
        throw_internal("officer.damaged", "A replaced certificate cannot be read.");
    }
    return *std::move(certificate);
}

/// A key speaks for one person, and a replaced one for nobody.
bool is_key_taken(store::Tx& tx, const crypto::Certificate& fresh) {
    const std::string key = fresh.public_key();
    const auto rows = tx.query(kEveryReplaced);
    return std::ranges::any_of(
               list(tx), [&](const Officer& one) { return one.certificate.public_key() == key; }) ||
           std::ranges::any_of(rows, [&](const store::Row& row) {
               return kept_certificate(row).public_key() == key;
           });
}

Error not_replaced(ErrorKind kind, std::string code, std::string detail, const Officer& seen) {
    return {kind, std::move(code), std::move(detail), seen.login, "M 1.3.2"};
}

}  // namespace

std::string_view to_text(ReplacedFor why) { return kWhys.at(static_cast<std::size_t>(why)); }

Outcome replace_certificate(store::Tx& tx, const Officer& seen, const NewCertificate& fresh,
                            std::string_view actor) {
    if (!fresh.certificate.is_valid_at(tx.now())) {
        return not_replaced(ErrorKind::Invalid, "officer.certificate_not_valid",
                            "The certificate is not valid today.", seen);
    }
    if (is_key_taken(tx, fresh.certificate)) {
        return not_replaced(ErrorKind::Conflict, "officer.certificate_taken",
                            "An officer has or had this key; a new certificate needs a new key.",
                            seen);
    }
    if (tx.execute(kReplaceCertificate, store::Blob{fresh.certificate.der()}, tx.now(),
                   seen.id.value(), seen.version) == 0) {
        return not_replaced(ErrorKind::Conflict, "officer.changed_meanwhile",
                            "Someone else changed this officer; look again.", seen);
    }
    const std::string why(to_text(fresh.why));
    tx.execute(kKeepReplaced, tx.new_id(), seen.id.value(), store::Blob{seen.certificate.der()},
               why, tx.now());
    audit::append(tx, {"officer.certificate_replaced",
                       std::string(actor),
                       actor_of(seen.login),
                       {{"why", why},
                        {"replaced_sha256", seen.certificate.fingerprint()},
                        {"certificate_sha256", fresh.certificate.fingerprint()}}});
    if (!fresh.issued_by.empty()) {
        queue::enqueue(tx, kRevokeOfficerJob,
                       fresh.issued_by + "/" + seen.certificate.serial() + "/" + why,
                       seen.id.value(), tx.now());
    }
    return done();
}

std::vector<crypto::Certificate> certificates_at(store::Tx& tx, const Officer& officer,
                                                 Instant at) {
    std::vector<crypto::Certificate> certificates{officer.certificate};
    for (const store::Row& row : tx.query(kReplacedSince, officer.id.value(), at)) {
        certificates.push_back(kept_certificate(row));
    }
    return certificates;
}

}  // namespace sealdesk::officers
