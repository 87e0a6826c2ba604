#include "ca/local_ca.h"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/digest.h"
#include "base/error.h"
#include "ca/authority.h"
#include "ca/ca_store.h"
#include "ca/crl_issuing.h"
#include "ca/crl_partition.h"
#include "ca/issuance.h"
#include "ca/weak_key_list.h"

namespace sealdesk::ca {

struct LocalCa::Parts {
    store::Database& database;
    Authority authority;
    Profiles profiles;
    std::filesystem::path crl_folder;
    WeakKeyList weak_keys;

    [[nodiscard]] Outcome change(const StatusOrder& order, StatusChange kind);
    void list(store::Tx& tx, const StoredStatus& seen, const CertificateStatus& next,
              const StatusOrder& order) const;
    [[nodiscard]] CrlIssuer crls() const {
        return {database, authority, profiles.publication, crl_folder};
    }
};

namespace {

Error status_error(ErrorKind kind, std::string code, std::string detail, std::string serial) {
    return {kind, std::move(code), std::move(detail), std::move(serial), {}};
}

Error unknown_serial(std::string_view serial) {
    return status_error(ErrorKind::NotFound, "ca.unknown_serial",
                        "The CA issued no certificate of this serial number.", std::string(serial));
}

std::string status_order_hash(const StatusOrder& order, StatusChange kind) {
    std::string text(to_text(kind));
    for (const std::string_view piece :
         {std::string_view(order.serial), std::string_view(order.approval_sha256)}) {
        text += '\n';
        text += piece;
    }
    text += '\n';
    text += std::to_string(int(order.reason));
    if (order.invalid_since) {
        text += '\n';
        text += std::to_string(to_stored(*order.invalid_since));
    }
    return sha256_hex(text);
}

/// The state after the order, or why it cannot be. Pure.
Result<CertificateStatus> decide(const CertificateStatus& now, const StatusOrder& order,
                                 StatusChange kind, Instant at) {
    if (at > now.not_after) {
        return status_error(ErrorKind::Refused, "ca.expired",
                            "The certificate has run out; nothing is to be done.", now.serial);
    }
    if (now.state == CertificateState::Revoked) {
        return status_error(ErrorKind::Refused, "ca.already_revoked",
                            "The certificate is revoked, for ever.", now.serial);
    }
    const bool is_held = now.state == CertificateState::Held;
    CertificateStatus next = now;
    if (kind == StatusChange::Hold) {
        if (is_held) {
            return status_error(ErrorKind::Refused, "ca.already_held",
                                "The certificate is on hold already.", now.serial);
        }
        next.state = CertificateState::Held;
        next.since = at;
        next.reason = Reason::CertificateHold;
    } else if (kind == StatusChange::Release) {
        if (!is_held) {
            return status_error(ErrorKind::Refused, "ca.not_held",
                                "The certificate is not on hold.", now.serial);
        }
        next.state = CertificateState::Issued;
        next.since.reset();
        next.reason.reset();
    } else {
        next.state = CertificateState::Revoked;
        // A revocation after a hold is dated by the hold (X.509, reasonCode).
        next.since = is_held ? now.since : at;
        next.reason = order.reason;
    }
    return next;
}

Outcome check_status_order(const StatusOrder& order, StatusChange kind) {
    if (order.key.empty() || order.key.size() > 80 || order.approval_sha256.size() != 64) {
        return status_error(ErrorKind::Invalid, "ca.bad_order",
                            "An order needs a key of 1 to 80 characters and the approval's "
                            "SHA-256.",
                            order.serial);
    }
    if (kind == StatusChange::Revoke && order.reason == Reason::CertificateHold) {
        return status_error(ErrorKind::Invalid, "ca.bad_order",
                            "A hold is ordered as a hold, not as a revocation.", order.serial);
    }
    return done();
}

}  // namespace

Outcome LocalCa::Parts::change(const StatusOrder& order, StatusChange kind) {
    const Outcome sound = check_status_order(order, kind);
    if (!sound) {
        return sound.error();
    }
    const std::string hash = status_order_hash(order, kind);
    const std::string unit = "ca." + std::string(to_text(kind));
    return store::transact(database, unit, [&](store::Tx& tx) -> Outcome {
        const auto before = find_status_order(tx, order.key);
        if (before) {
            return *before == hash
                       ? done()
                       : Outcome(status_error(ErrorKind::Conflict, "ca.order_changed",
                                              "This key was used before for another order.",
                                              order.serial));
        }
        const auto seen = find_status(tx, order.serial);
        if (!seen || !seen->is_signed) {
            return unknown_serial(order.serial);
        }
        if (order.invalid_since > tx.now()) {
            return status_error(ErrorKind::Invalid, "ca.bad_order",
                                "The day since when it is invalid has not come yet.", order.serial);
        }
        const auto next = decide(seen->status, order, kind, tx.now());
        if (!next) {
            return next.error();
        }
        if (!save_status(tx, *seen, *next)) {
            return status_error(ErrorKind::Conflict, "ca.changed_meanwhile",
                                "Someone else changed this certificate; ask again.", order.serial);
        }
        list(tx, *seen, *next, order);
        insert_status_order(tx, order, to_text(kind), hash);
        audit::append(tx, {unit,
                           "ca",
                           "certificate:" + order.serial,
                           {{"approval_sha256", order.approval_sha256},
                            {"order", order.key},
                            {"state", to_text(next->state)},
                            {"reason", int(next->reason.value_or(Reason::Unspecified))}}});
        return done();
    });
}

/// What the next CRL says of it.
void LocalCa::Parts::list(store::Tx& tx, const StoredStatus& seen, const CertificateStatus& next,
                          const StatusOrder& order) const {
    const ListedCertificate listed = lock_listed(tx, seen.id);
    RevokedEntry entry;
    entry.since = next.since.value_or(tx.now());
    entry.reason = next.reason ? std::int64_t(*next.reason) : kReleased;
    if (next.state == CertificateState::Revoked) {
        entry.invalid_since = order.invalid_since;
    }
    entry.partition = partition_of(profiles.publication, listed.certificate);
    put_entry(tx, listed, entry);
}

LocalCa::LocalCa(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
LocalCa::~LocalCa() = default;

Result<std::unique_ptr<LocalCa>> LocalCa::open(store::Database& database, const CaFiles& files,
                                               const Secret& passphrase, Profiles profiles) {
    auto authority = Authority::open(files, passphrase);
    if (!authority) {
        return authority.error();
    }
    auto weak_keys =
        files.weak_keys.empty() ? Result(WeakKeyList()) : WeakKeyList::read(files.weak_keys);
    if (!weak_keys) {
        return weak_keys.error();
    }
    return make(
        std::make_unique<Parts>(Parts{database, std::move(authority).value(), std::move(profiles),
                                      files.crl_folder, *std::move(weak_keys)}));
}

Result<std::unique_ptr<LocalCa>> LocalCa::open_with_key(store::Database& database,
                                                        crypto::KeyPair key,
                                                        crypto::Certificate certificate,
                                                        const std::filesystem::path& crl_folder,
                                                        Profiles profiles) {
    auto authority = Authority::with_key(std::move(key), std::move(certificate));
    if (!authority) {
        return authority.error();
    }
    return make(std::make_unique<Parts>(
        Parts{database, std::move(authority).value(), std::move(profiles), crl_folder, {}}));
}

std::unique_ptr<LocalCa> LocalCa::make(std::unique_ptr<Parts> parts) {
    const Authority& authority = parts->authority;
    store::transact(parts->database, "ca.open", [&](store::Tx& tx) {
        ensure_authority(tx, authority.id(), authority.certificate().der());
    });
    std::filesystem::create_directories(parts->crl_folder);
    return std::unique_ptr<LocalCa>(new LocalCa(std::move(parts)));
}

std::vector<Result<IssuedCertificate>> LocalCa::issue_all(std::span<const Order> orders) {
    return issue_orders(parts_->database, parts_->authority, parts_->profiles, parts_->weak_keys,
                        orders);
}

Outcome LocalCa::hold(const StatusOrder& order) {
    return parts_->change(order, StatusChange::Hold);
}
Outcome LocalCa::release(const StatusOrder& order) {
    return parts_->change(order, StatusChange::Release);
}
Outcome LocalCa::revoke(const StatusOrder& order) {
    return parts_->change(order, StatusChange::Revoke);
}

Result<CertificateStatus> LocalCa::status(std::string_view serial) {
    const auto found = store::transact(parts_->database, "ca.look_up",
                                       [&](store::Tx& tx) { return find_status(tx, serial); });
    if (!found || !found->is_signed) {
        return unknown_serial(serial);
    }
    return found->status;
}

Result<CrlInfo> LocalCa::latest_crl() {
    auto crl = newest_crl_of(parts_->crls());
    if (!crl) {
        return Error{ErrorKind::NotFound, "ca.no_crl", "No CRL was issued yet.", {}, {}};
    }
    return *std::move(crl);
}

Result<CrlInfo> LocalCa::issue_crl() { return ca::issue_crl(parts_->crls()); }

Result<std::optional<CrlInfo>> LocalCa::issue_due_crl() {
    return ca::issue_due_crl(parts_->crls());
}

Recovered LocalCa::recover() {
    Recovered recovered;
    recovered.certificates = finish_reservations(parts_->database, parts_->authority);
    recovered.crl_files = publish_newest_crl(parts_->crls()) ? 1 : 0;
    return recovered;
}

const crypto::Certificate& LocalCa::certificate() const { return parts_->authority.certificate(); }
const std::string& LocalCa::id() const { return parts_->authority.id(); }

}  // namespace sealdesk::ca
