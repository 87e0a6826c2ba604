#include "ca/local_ca.h"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/crash.h"
#include "base/digest.h"
#include "base/durable_file.h"
#include "base/error.h"
#include "ca/authority.h"
#include "ca/ca_store.h"
#include "ca/crl_writer.h"
#include "ca/issuance.h"

namespace sealdesk::ca {

struct LocalCa::Parts {
    store::Database& database;
    Authority authority;
    Profiles profiles;
    std::filesystem::path crl_folder;

    [[nodiscard]] Outcome change(const StatusOrder& order, StatusChange kind);
    [[nodiscard]] std::filesystem::path file_of(std::int64_t number) const {
        return crl_folder / ("crl-" + std::to_string(number) + ".crl");
    }
    [[nodiscard]] std::optional<CrlInfo> newest() const;
    bool publish_newest() const;
};

namespace {

constexpr std::string_view kPublishedName = "complete.crl";

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
        const auto next = decide(seen->status, order, kind, tx.now());
        if (!next) {
            return next.error();
        }
        if (!save_status(tx, *seen, *next)) {
            return status_error(ErrorKind::Conflict, "ca.changed_meanwhile",
                                "Someone else changed this certificate; ask again.", order.serial);
        }
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

std::optional<CrlInfo> LocalCa::Parts::newest() const {
    auto crl = store::transact(database, "ca.look_up",
                               [&](store::Tx& tx) { return newest_crl(tx, authority.id()); });
    if (crl) {
        crl->file = file_of(crl->number);
    }
    return crl;
}

/// Makes complete.crl the newest one; true when it was not. Two processes may publish at once: each
/// looks again afterwards, so the newer one wins whatever the order.
bool LocalCa::Parts::publish_newest() const {
    const auto published = crl_folder / kPublishedName;
    bool changed = false;
    for (auto crl = newest(); crl; crl = newest()) {
        std::error_code error;
        if (std::filesystem::equivalent(published, crl->file, error)) {
            break;
        }
        const auto beside = crl->file.string() + ".link.part";
        std::filesystem::remove(beside, error);
        std::filesystem::create_hard_link(crl->file, beside, error);
        if (error) {
            throw_unavailable("file.not_written", "The CRL cannot be published in " +
                                                      crl_folder.string() + "; check the disk.");
        }
        rename_durably(beside, published);
        changed = true;
    }
    return changed;
}

LocalCa::LocalCa(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
LocalCa::~LocalCa() = default;

Result<std::unique_ptr<LocalCa>> LocalCa::open(store::Database& database, const CaFiles& files,
                                               const Secret& passphrase, Profiles profiles) {
    auto authority = Authority::open(files, passphrase);
    if (!authority) {
        return authority.error();
    }
    return make(std::make_unique<Parts>(
        Parts{database, std::move(authority).value(), std::move(profiles), files.crl_folder}));
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
        Parts{database, std::move(authority).value(), std::move(profiles), crl_folder}));
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
    return issue_orders(parts_->database, parts_->authority, parts_->profiles, orders);
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
    auto crl = parts_->newest();
    if (!crl) {
        return Error{ErrorKind::NotFound, "ca.no_crl", "No CRL was issued yet.", {}, {}};
    }
    return *std::move(crl);
}

Result<CrlInfo> LocalCa::issue_crl() {
    const Authority& authority = parts_->authority;
    struct Begun {
        CrlInfo crl;
        Instant oldest;
    };
    // The number is used up by this commit: one that crashes is never given to another content.
    const auto begun =
        store::transact(parts_->database, "ca.crl.begin", [&](store::Tx& tx) -> Result<Begun> {
            const Instant this_update = std::chrono::floor<std::chrono::seconds>(tx.now());
            const auto previous = newest_crl(tx, authority.id());
            const bool clock_sound = note_signing(tx, authority.id(), kClockTolerance);
            if (!clock_sound || (previous && this_update < previous->this_update)) {
                return Error{ErrorKind::Refused,
                             "ca.clock_back",
                             "The clock stands before the last signature; set it right.",
                             {},
                             {}};
            }
            CrlInfo crl{take_crl_number(tx, authority.id()),
                        this_update,
                        this_update + kCrlLife,
                        0,
                        {},
                        {}};
            begin_crl(tx, authority.id(), crl);
            return Begun{crl, previous ? previous->this_update : this_update};
        });
    if (!begun) {
        return begun.error();
    }
    const CrlInfo written = write_crl(parts_->database, authority, begun->crl, begun->oldest,
                                      parts_->file_of(begun->crl.number));
    crash_point("ca.crl.written");
    store::transact(parts_->database, "ca.crl.issued", [&](store::Tx& tx) {
        finish_crl(tx, authority.id(), written);
        audit::append(tx, {"ca.crl_issued",
                           "ca",
                           "crl:" + std::to_string(written.number),
                           {{"entries", written.entries}, {"sha256", written.sha256}}});
    });
    parts_->publish_newest();
    return written;
}

Recovered LocalCa::recover() {
    Recovered recovered;
    recovered.certificates = finish_reservations(parts_->database, parts_->authority);
    recovered.crl_files = parts_->publish_newest() ? 1 : 0;
    return recovered;
}

const crypto::Certificate& LocalCa::certificate() const { return parts_->authority.certificate(); }
const std::string& LocalCa::id() const { return parts_->authority.id(); }

}  // namespace sealdesk::ca
