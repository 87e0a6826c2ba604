#include "ca/issuance.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/crash.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "ca/ca_store.h"
#include "ca/local_ca.h"
#include "ca/new_ca.h"
#include "ca/profile_check.h"
#include "ca/rekey.h"
#include "ca/rekey_store.h"
#include "ca/service_key.h"
#include "crypto/mac.h"

namespace sealdesk::ca {
namespace {

constexpr std::size_t kOrderKeyMax = 80;
constexpr std::size_t kSubscriberMax = 64;
constexpr std::int64_t kFinishPage = 100;

Error order_error(ErrorKind kind, std::string code, std::string detail, const Order& order) {
    return {kind, std::move(code), std::move(detail), order.key, {}};
}

Error bad_order(const Order& order, std::string detail) {
    return order_error(ErrorKind::Invalid, "ca.bad_order", std::move(detail), order);
}

bool is_hash(std::string_view text) {
    return text.size() == 64 &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Outcome check_form(const Order& order) {
    const bool key_printable =
        std::ranges::all_of(order.key, [](char c) { return c > 0x20 && c < 0x7f; });
    if (order.key.empty() || order.key.size() > kOrderKeyMax || !key_printable) {
        return bad_order(order, "An order's key is 1 to 80 printable ASCII characters.");
    }
    if (order.subscriber.empty() || order.subscriber.size() > kSubscriberMax) {
        return bad_order(order, "The subscriber's reference has 1 to 64 bytes.");
    }
    if (order.csr.empty() == order.public_key.empty()) {
        return bad_order(order, "Give either a certificate request or a public key.");
    }
    if (!is_hash(order.approval_sha256)) {
        return bad_order(order, "The approval's SHA-256 is missing.");
    }
    return done();
}

/// Two orders are the same when this is.
std::string content_hash(const Order& order) {
    std::string text;
    const auto add = [&](std::string_view piece) {
        text += std::to_string(piece.size());
        text += ':';
        text += piece;
    };
    for (const std::string* piece : {&order.key, &order.subscriber, &order.profile, &order.csr,
                                     &order.public_key, &order.approval_sha256}) {
        add(*piece);
    }
    for (const auto& [field, value] : order.subject) {
        add(field);
        add(value);
    }
    return sha256_hex(text);
}

std::string sign_reservation(const Authority& authority, const Reservation& reservation) {
    const std::string seal = authority.seal(reservation.order_key, reservation.tbs);
    if (!crypto::same_bytes(seal, reservation.seal)) {
        throw_internal("ca.seal_broken", "Certificate " + reservation.serial +
                                             " was changed in the database before it was signed; "
                                             "nothing was signed. Call the auditor.");
    }
    return with_signature(reservation.tbs, authority.sign(reservation.tbs));
}

audit::Event issued_event(const Reservation& one, const std::string& certificate) {
    return {"ca.issued",
            "ca",
            "certificate:" + one.serial,
            {{"certificate_sha256", sha256_hex(certificate)}, {"order", one.order_key}}};
}

/// What becomes of one order on its way.
struct Progress {
    std::optional<Error> error;
    std::optional<Reservation> reservation;
    std::string certificate;  ///< DER, once signed
    bool is_new = false;      ///< its reservation is still to be stored
};

class Batch {
public:
    Batch(store::Database& database, const Authority& authority, const Profiles& profiles,
          const WeakKeyList& weak_keys, std::span<const Order> orders)
        : database_(database),
          authority_(authority),
          profiles_(profiles),
          weak_keys_(weak_keys),
          orders_(orders),
          progress_(orders.size()) {}

    std::vector<Result<IssuedCertificate>> run() {
        check_forms();
        look_up();
        for (std::size_t i = 0; i < orders_.size(); ++i) {
            if (!progress_[i].error && !progress_[i].reservation) {
                prepare(i);
            }
        }
        reserve();
        sign();
        finish();
        return results();
    }

private:
    void check_forms() {
        std::set<std::string> keys;
        for (std::size_t i = 0; i < orders_.size(); ++i) {
            const Outcome sound = check_form(orders_[i]);
            if (!sound) {
                progress_[i].error = sound.error();
            } else if (!keys.insert(orders_[i].key).second) {
                progress_[i].error = order_error(ErrorKind::Conflict, "ca.order_repeated",
                                                 "The order stands twice in one call.", orders_[i]);
            }
        }
    }

    [[nodiscard]] std::vector<std::string> keys_of_open_orders() const {
        std::vector<std::string> keys;
        for (std::size_t i = 0; i < orders_.size(); ++i) {
            if (!progress_[i].error) {
                keys.push_back(orders_[i].key);
            }
        }
        return keys;
    }

    void take_known(const std::map<std::string, KnownOrder>& known) {
        for (std::size_t i = 0; i < orders_.size(); ++i) {
            Progress& progress = progress_[i];
            const auto found = known.find(orders_[i].key);
            if (progress.error || found == known.end()) {
                continue;
            }
            progress.is_new = false;
            progress.reservation = found->second.reservation;
            progress.certificate = found->second.certificate;
            if (progress.reservation->order_sha256 != content_hash(orders_[i])) {
                progress.error =
                    order_error(ErrorKind::Conflict, "ca.order_changed",
                                "This key was used before for another order.", orders_[i]);
            } else if (progress.certificate.empty() &&
                       progress.reservation->issuer != authority_.id()) {
                progress.error = order_error(
                    ErrorKind::Conflict, "ca.begun_by_former",
                    "The CA's former key began this certificate and a crash kept it from the end; "
                    "`sealdesk ca crl` opens that key and finishes it.",
                    orders_[i]);
            }
        }
    }

    void look_up() {
        take_known(store::transact(database_, "ca.look_up", [&](store::Tx& tx) {
            return find_orders(tx, keys_of_open_orders());
        }));
    }

    void prepare(std::size_t i) {
        auto reservation = make_reservation(orders_[i]);
        if (!reservation) {
            progress_[i].error = reservation.error();
            return;
        }
        progress_[i].reservation = std::move(reservation).value();
        progress_[i].is_new = true;
    }

    [[nodiscard]] Outcome check_time(Instant not_before, Instant not_after, const Order& order) {
        const crypto::Certificate& own = authority_.certificate();
        if (not_before > end_of_signing(own) && order.profile != kOcspProfile) {
            Error error = order_error(
                ErrorKind::Refused, "ca.signing_period_over",
                "The CA's key may only sign for ten years; a new CA key is due.", order);
            error.rule = "M 6.3.2.1";
            return error;
        }
        if (not_before < own.not_before() || not_after > own.not_after()) {
            return order_error(ErrorKind::Refused, "ca.beyond_authority",
                               "The certificate would be valid longer than the CA.", order);
        }
        return done();
    }

    Result<SubjectKey> subject_key(const Order& order, const Profile& profile) {
        if (order.csr.empty()) {
            return check_key(order.public_key, profile, weak_keys_);
        }
        const auto spki = public_key_of_csr(order.csr);
        if (!spki) {
            return spki.error();
        }
        return check_key(*spki, profile, weak_keys_);
    }

    Result<Reservation> make_reservation(const Order& order) {
        const Profile* const profile = profiles_.find(order.profile);
        if (profile == nullptr) {
            return order_error(ErrorKind::Invalid, "ca.unknown_profile",
                               "There is no certificate profile of this name.", order);
        }
        const Outcome subject = check_subject(*profile, order.subject);
        if (!subject) {
            return subject.error();
        }
        const auto key = subject_key(order, *profile);
        if (!key) {
            return key.error();
        }
        const Instant not_before =
            std::chrono::floor<std::chrono::seconds>(database_.clock().now());
        const Instant not_after = end_of_validity(not_before, profile->validity);
        const Outcome in_time = check_time(not_before, not_after, order);
        if (!in_time) {
            return in_time.error();
        }
        const Statement statement{*profile,
                                  profiles_.publication,
                                  authority_.issuer(),
                                  *key,
                                  order.subject,
                                  draw_ca_serial(database_.random()),
                                  not_before,
                                  not_after};
        std::string tbs = to_be_signed(statement);
        const Outcome lint = check_to_be_signed(tbs, statement);
        if (!lint) {
            return lint.error();
        }
        std::string seal = authority_.seal(order.key, tbs);
        return Reservation{0,
                           authority_.id(),
                           order.key,
                           content_hash(order),
                           to_hex(statement.serial),
                           profile->name,
                           order.subscriber,
                           key->sha256,
                           order.approval_sha256,
                           std::move(tbs),
                           std::move(seal),
                           not_before,
                           not_after};
    }

    void reserve() {
        const auto is_new = [](const Progress& progress) { return progress.is_new; };
        if (std::ranges::none_of(progress_, is_new)) {
            return;
        }
        const std::vector<Progress> before = progress_;
        const Outcome reserved = store::transact(database_, "ca.reserve", [&](store::Tx& tx) {
            progress_ = before;  // the whole is repeated when the database asks for it
            return reserve_in(tx);
        });
        if (!reserved) {
            for (Progress& progress : progress_) {
                if (progress.is_new) {
                    progress.error = reserved.error();
                }
            }
        }
    }

    Outcome reserve_in(store::Tx& tx) {
        if (!note_signing(tx, authority_.id(), kClockTolerance)) {
            return Error{ErrorKind::Refused,
                         "ca.clock_back",
                         "The clock stands before the last signature; set it right.",
                         {},
                         {}};
        }
        take_known(find_orders(tx, keys_of_open_orders()));  // someone may have been faster
        if (has_successor(tx, authority_.id())) {
            refuse_as_former();
        }
        refuse_used_keys(tx);
        std::vector<Reservation> fresh;
        std::vector<audit::Event> events;
        for (Progress& progress : progress_) {
            if (!progress.is_new || progress.error) {
                continue;
            }
            progress.reservation->id = tx.new_id();
            const Reservation& one = fresh.emplace_back(*progress.reservation);
            events.push_back({"ca.reserved",
                              "ca",
                              "certificate:" + one.serial,
                              {{"approval_sha256", one.approval_sha256},
                               {"order", one.order_key},
                               {"profile", one.profile},
                               {"tbs_sha256", sha256_hex(one.tbs)}}});
        }
        insert_reservations(tx, fresh);
        audit::append_all(tx, events);
        return done();
    }

    /// A key that was changed certifies nothing but its OCSP responder (M 4.7).
    void refuse_as_former() {
        for (std::size_t i = 0; i < orders_.size(); ++i) {
            Progress& progress = progress_[i];
            if (progress.is_new && !progress.error && orders_[i].profile != kOcspProfile) {
                progress.error = order_error(
                    ErrorKind::Refused, "ca.superseded",
                    "The CA has a new key, which signs certificates from now on; what was started "
                    "before that is to be started again.",
                    orders_[i]);
                progress.error->rule = "M 4.7";
            }
        }
    }

    void refuse_used_keys(store::Tx& tx) {
        std::vector<std::string> hashes;
        for (const Progress& progress : progress_) {
            if (progress.is_new && !progress.error) {
                hashes.push_back(progress.reservation->spki_sha256);
            }
        }
        auto used = find_key_orders(tx, hashes);
        for (std::size_t i = 0; i < orders_.size(); ++i) {
            Progress& progress = progress_[i];
            if (!progress.is_new || progress.error) {
                continue;
            }
            const auto [owner, is_free] =
                used.insert({progress.reservation->spki_sha256, orders_[i].key});
            if (!is_free) {
                progress.error = order_error(
                    ErrorKind::Refused, "ca.key_reused",
                    "A certificate was issued for this key before; make a new key.", orders_[i]);
                progress.error->rule = "M 3.2.2";
            }
        }
    }

    void sign() {
        for (Progress& progress : progress_) {
            if (!progress.error && progress.certificate.empty()) {
                progress.certificate = sign_reservation(authority_, *progress.reservation);
                to_finish_.push_back(&progress);
            }
        }
    }

    void finish() {
        if (to_finish_.empty()) {
            return;
        }
        crash_point("ca.issue.signed");
        store::transact(database_, "ca.issued", [&](store::Tx& tx) {
            std::vector<audit::Event> events;
            for (const Progress* progress : to_finish_) {
                const Reservation& one = *progress->reservation;
                if (save_certificate(tx, one.id, progress->certificate)) {
                    events.push_back(issued_event(one, progress->certificate));
                }
            }
            audit::append_all(tx, events);
        });
    }

    [[nodiscard]] std::vector<Result<IssuedCertificate>> results() {
        std::vector<Result<IssuedCertificate>> results;
        results.reserve(progress_.size());
        for (Progress& progress : progress_) {
            if (progress.error) {
                results.emplace_back(*std::move(progress.error));
            } else {
                const Reservation& one = *progress.reservation;
                results.emplace_back(IssuedCertificate{one.order_key, one.serial,
                                                       std::move(progress.certificate),
                                                       one.not_before, one.not_after});
            }
        }
        return results;
    }

    store::Database& database_;
    const Authority& authority_;
    const Profiles& profiles_;
    const WeakKeyList& weak_keys_;
    std::span<const Order> orders_;
    std::vector<Progress> progress_;
    std::vector<const Progress*> to_finish_;
};

}  // namespace

std::vector<Result<IssuedCertificate>> issue_orders(store::Database& database,
                                                    const Authority& authority,
                                                    const Profiles& profiles,
                                                    const WeakKeyList& weak_keys,
                                                    std::span<const Order> orders) {
    SEALDESK_CHECK(orders.size() <= kOrdersMax);
    return Batch(database, authority, profiles, weak_keys, orders).run();
}

std::int64_t finish_reservations(store::Database& database, const Authority& authority) {
    std::int64_t finished = 0;
    std::int64_t last = 0;
    while (true) {
        const auto page = store::transact(database, "ca.look_up", [&](store::Tx& tx) {
            return unsigned_reservations(tx, authority.id(), last, kFinishPage);
        });
        if (page.empty()) {
            return finished;
        }
        std::vector<std::string> certificates;
        for (const Reservation& one : page) {
            certificates.push_back(sign_reservation(authority, one));
        }
        finished += store::transact(database, "ca.recovered", [&](store::Tx& tx) {
            std::vector<audit::Event> events;
            for (std::size_t i = 0; i < page.size(); ++i) {
                if (save_certificate(tx, page[i].id, certificates[i])) {
                    events.push_back(issued_event(page[i], certificates[i]));
                }
            }
            audit::append_all(tx, events);
            return static_cast<std::int64_t>(events.size());
        });
        last = page.back().id;
    }
}

}  // namespace sealdesk::ca
