#include "ca/ra_registry.h"

#include <map>

#include <nlohmann/json.hpp>
#include <openssl/x509v3.h>

#include "audit/log.h"
#include "base/error.h"
#include "base/text.h"

namespace sealdesk::ca {
namespace {

constexpr std::size_t kNameMax = 64;

constexpr std::string_view kInsertRa = R"sql(
    INSERT INTO ca_registration_authority (issuer, fingerprint, name, key_id, certificate, since,
                                           until)
    VALUES (?, ?, ?, ?, ?, ?, NULL)
)sql";

constexpr std::string_view kFindRa = R"sql(
    SELECT name
    FROM ca_registration_authority
    WHERE issuer = ? AND fingerprint = ?
)sql";

constexpr std::string_view kDismissRa = R"sql(
    UPDATE ca_registration_authority
    SET until = ?
    WHERE issuer = ? AND fingerprint = ? AND until IS NULL
)sql";

constexpr std::string_view kAllRas = R"sql(
    SELECT name, certificate, since, until, key_id
    FROM ca_registration_authority
    WHERE issuer = ?
    ORDER BY since, fingerprint
)sql";

constexpr std::size_t kParsedMax = 64;

/// OpenSSL takes a fifth of a signature's time to parse a certificate; RAs are few and ask often.
crypto::Certificate parsed(const std::string& der) {
    thread_local std::map<std::string, crypto::Certificate> known;
    const auto before = known.find(der);
    if (before != known.end()) {
        return before->second;
    }
    auto certificate = crypto::Certificate::parse(der);
    SEALDESK_CHECK(certificate.has_value());
    if (known.size() >= kParsedMax) {
        known.clear();
    }
    return known.emplace(der, *std::move(certificate)).first->second;
}

RegisteredRa to_ra(const store::Row& row) {
    return {row.text(0), parsed(row.bytes(1)), row.instant(2), row.instant_or_null(3)};
}

}  // namespace

std::string key_id_of(const crypto::Certificate& certificate) {
    const ASN1_OCTET_STRING* const id = X509_get0_subject_key_id(certificate.native());
    return id == nullptr ? std::string()
                         : to_hex({reinterpret_cast<const char*>(ASN1_STRING_get0_data(id)),
                                   static_cast<std::size_t>(ASN1_STRING_length(id))});
}

Outcome register_ra(store::Tx& tx, std::string_view issuer, const std::string& name,
                    const crypto::Certificate& certificate) {
    if (name.empty() || name.size() > kNameMax) {
        return Error{ErrorKind::Invalid, "ca.ra_name", "An RA's name has 1 to 64 bytes.", name, {}};
    }
    const std::string key_id = key_id_of(certificate);
    if (key_id.empty() || key_id.size() > 40) {
        return Error{ErrorKind::Invalid, "ca.ra_no_key_id",
                     "The RA's certificate needs a subjectKeyIdentifier of at most 20 bytes.", name,
                     "RFC 5280 §4.2.1.2"};
    }
    const std::string fingerprint = certificate.fingerprint();
    if (!tx.query(kFindRa, issuer, fingerprint).empty()) {
        return done();
    }
    tx.execute(kInsertRa, issuer, fingerprint, name, key_id, store::Blob{certificate.der()},
               tx.now());
    audit::append(tx, {"ca.ra_registered", "ca", "ra:" + name, {{"certificate", fingerprint}}});
    return done();
}

Outcome dismiss_ra(store::Tx& tx, std::string_view issuer, std::string_view fingerprint) {
    if (tx.execute(kDismissRa, tx.now(), issuer, fingerprint) == 0) {
        return Error{ErrorKind::NotFound,
                     "ca.unknown_ra",
                     "No RA with this certificate is believed; see `sealdesk ca ra list`.",
                     std::string(fingerprint),
                     {}};
    }
    audit::append(tx, {"ca.ra_dismissed", "ca", "ra", {{"certificate", fingerprint}}});
    return done();
}

std::vector<RegisteredRa> all_ras(store::Tx& tx, std::string_view issuer) {
    std::vector<RegisteredRa> all;
    for (const store::Row& row : tx.query(kAllRas, issuer)) {
        all.push_back(to_ra(row));
    }
    return all;
}

std::vector<RegisteredRa> believed_ras(store::Tx& tx, std::string_view issuer) {
    auto all = all_ras(tx, issuer);
    std::erase_if(all, [&](const RegisteredRa& ra) { return !ra.is_believed_at(tx.now()); });
    return all;
}

std::optional<RegisteredRa> find_ra(store::Tx& tx, std::string_view issuer,
                                    std::string_view key_id) {
    for (RegisteredRa& ra : believed_ras(tx, issuer)) {
        if (key_id_of(ra.certificate) == key_id) {
            return std::move(ra);
        }
    }
    return std::nullopt;
}

}  // namespace sealdesk::ca
