#include "effects/officer_certificate.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/text.h"

namespace sealdesk::effects {
namespace {

/// What the CA says is so already, or cannot matter any more, counts as done.
Outcome revoke_officers(ca::CaClient& authority, const std::string& serial, ca::Reason reason,
                        const std::string& job_key) {
    const Outcome revoked = authority.revoke({.key = "officer-revoked:" + serial,
                                              .serial = serial,
                                              .reason = reason,
                                              .approval_sha256 = sha256_hex(job_key)});
    const bool is_over = !revoked && (revoked.error().code == "ca.already_revoked" ||
                                      revoked.error().code == "ca.expired");
    return is_over ? done() : revoked;
}

Outcome end_job(const Works& works, const queue::Job& job) {
    return store::transact(works.office.database, "effect.officer-certificate",
                           [&](store::Tx& tx) { return queue::complete(tx, job); });
}

/// Somebody has, or had, this certificate.
bool belongs_to_somebody(store::Tx& tx, const crypto::Certificate& certificate) {
    return std::ranges::any_of(officers::list(tx), [&](const officers::Officer& one) {
        return std::ranges::count(officers::certificates_at(tx, one, Instant{}), certificate) > 0;
    });
}

}  // namespace

std::string document_of(const OfficerWish& wish) {
    return nlohmann::json{{"schema", "sealdesk-officer-card-1"},
                          {"scheme", wish.scheme},
                          {"login", wish.login},
                          {"name", wish.name},
                          {"roles", wish.roles},
                          {"csr", to_hex(wish.csr)},
                          {"officer", wish.administrator},
                          {"at", to_utc_text(wish.at)}}
        .dump();
}

ca::Order officer_order(std::string_view document, std::string approval_sha256) {
    const auto wish = nlohmann::json::parse(document);
    ca::Order order;
    order.csr = from_hex(wish.at("csr").get<std::string>());
    order.key = "officer:" + sha256_hex(order.csr).substr(0, 48);
    order.subscriber = "officer:" + wish.at("login").get<std::string>();
    order.profile = kOfficerProfile;
    order.subject = {{"common_name", wish.at("name")}, {"serial_number", wish.at("login")}};
    order.approval_sha256 = std::move(approval_sha256);
    return order;
}

Outcome run_officer_settlement(const Works& works, const queue::Job& job) {
    const auto parts = split(job.key, '/');
    SEALDESK_CHECK(parts.size() == 3);  // who enqueues it writes three
    const auto authority = works.authority(parts[0]);
    if (!authority) {
        return authority.error();
    }
    // The same order again: the answer to the first one, or to one that never reached the CA.
    const auto issued =
        (*authority)->issue(officer_order(works.office.files.get(parts[1]), parts[2]));
    if (!issued) {
        // What the CA refuses it has not issued.
        return issued.error().kind == ErrorKind::Unavailable ? issued.error() : end_job(works, job);
    }
    const auto certificate = crypto::Certificate::parse(issued->der);
    const bool used =
        certificate &&
        store::transact(works.office.database, "effect.officer-certificate",
                        [&](store::Tx& tx) { return belongs_to_somebody(tx, *certificate); });
    const Outcome settled = used ? done()
                                 : revoke_officers(**authority, issued->serial,
                                                   ca::Reason::CessationOfOperation, job.key);
    return settled ? end_job(works, job) : settled;
}

Outcome run_officer_revocation(const Works& works, const queue::Job& job) {
    const auto parts = split(job.key, '/');
    SEALDESK_CHECK(parts.size() == 3);  // officers::replace_certificate() writes it
    const auto authority = works.authority(parts[0]);
    if (!authority) {
        return authority.error();
    }
    const bool lost = parts[2] == officers::to_text(officers::ReplacedFor::Lost);
    const Outcome revoked = revoke_officers(
        **authority, parts[1], lost ? ca::Reason::KeyCompromise : ca::Reason::Superseded, job.key);
    return revoked ? end_job(works, job) : revoked;
}

}  // namespace sealdesk::effects
