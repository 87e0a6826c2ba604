#include "effects/with_user_code.h"

#include <algorithm>
#include <functional>

#include "audit/log.h"
#include "effects/acceptance.h"
#include "effects/formation.h"
#include "queue/queue.h"
#include "subscribers/certificate.h"
#include "subscribers/hold.h"
#include "subscribers/subscriber.h"
#include "subscribers/token.h"

namespace sealdesk::effects {
namespace {

using subscribers::Certificate;
using subscribers::CodeTry;
using subscribers::HoldSource;

/// What a subscriber names, with the code that guards it.
struct Target {
    SubscriberId subscriber;
    std::vector<Certificate> certificates;  ///< those alive
    subscribers::UserCode code;
    scheme::UserCodePolicy policy;
    scheme::CardPolicy cards;
};

Result<std::vector<Certificate>> certificates_named(store::Tx& tx, const requests::Office& office,
                                                    const Named& named) {
    if (!named.reservation.empty()) {
        const auto reservation = find_reservation(tx, office, named.reservation);
        if (!reservation) {
            return reservation.error();
        }
        return subscribers::certificates_of(tx, reservation->id);
    }
    if (named.card_number.empty()) {
        auto one = subscribers::find_certificate(tx, named.serial);
        if (!one) {
            return Error{ErrorKind::NotFound,
                         "certificate.unknown",
                         "There is no certificate of this serial number.",
                         named.serial,
                         {}};
        }
        return std::vector{*std::move(one)};
    }
    const auto token = subscribers::token_of_card(tx, named.card_number);
    if (!token) {
        return Error{ErrorKind::NotFound,
                     "card.unknown",
                     "There is no card of this number.",
                     named.card_number,
                     {}};
    }
    return subscribers::contents_of(tx, token->id);
}

Result<Target> find_target(store::Tx& tx, const requests::Office& office, const Named& named) {
    auto certificates = certificates_named(tx, office, named);
    if (!certificates) {
        return certificates.error();
    }
    std::erase_if(*certificates,
                  [&](const Certificate& one) { return !one.is_alive_at(tx.now()); });
    const std::string where = named.serial + named.card_number + named.reservation;
    if (certificates->empty()) {
        return Error{ErrorKind::Refused, "certificate.none_alive",
                     "There is no certificate that is neither revoked nor expired.", where,
                     "M 4.4.5"};
    }
    const Certificate& first = certificates->front();
    const scheme::Scheme* scheme = scheme::find_scheme(office.schemes, first.scheme);
    auto code = subscribers::user_code_of(tx, first.subscriber);
    if (scheme == nullptr || !scheme->user_codes || !code) {
        return Error{ErrorKind::Refused, "user_code.none",
                     "The subscriber of this certificate has no user code; the counter helps.",
                     where, "M 4.4.7"};
    }
    const SubscriberId subscriber = first.subscriber;
    return Target{subscriber, *std::move(certificates), *std::move(code), *scheme->user_codes,
                  scheme->cards};
}

using Act = std::function<Outcome(store::Tx&, const Target&)>;

/// Tries the code; `act` follows when it was right. A preset code counts as right when `act`
/// replaces it.
Result<CodeTry> with_code(const requests::Office& office, std::string_view unit, const Named& named,
                          const Secret& code, bool replaces, const Act& act) {
    return store::transact(office.database, unit, [&](store::Tx& tx) -> Result<CodeTry> {
        const auto target = find_target(tx, office, named);
        if (!target) {
            return target.error();
        }
        CodeTry tried = try_code_of(tx, target->code, code, target->policy);
        if (tried == CodeTry::MustChange && replaces) {
            tried = CodeTry::Accepted;
        }
        if (tried == CodeTry::Accepted) {
            const Outcome acted = act(tx, *target);
            if (!acted) {
                return acted.error();
            }
        }
        return tried;
    });
}

/// A job brings the CA into line (run_holds).
void ask_for_holds(store::Tx& tx, const Target& target, const std::string& event) {
    for (const Certificate& one : target.certificates) {
        audit::append(tx,
                      {event, "subscriber", "certificate:" + one.serial, nlohmann::json::object()});
    }
    queue::enqueue(tx, "certificate.holds", "holds:" + std::to_string(tx.new_id()),
                   target.subscriber.value(), tx.now());
}

Outcome replace_code(store::Tx& tx, const Target& target, const Secret& fresh) {
    if (!target.policy.allows(fresh.reveal())) {
        return Error{ErrorKind::Refused,
                     "user_code.shape",
                     "A user code has " + std::to_string(target.policy.min) + " to " +
                         std::to_string(target.policy.max) + " letters, digits or signs of ASCII.",
                     {},
                     "M 4.1.1.1"};
    }
    Outcome changed = subscribers::change_user_code(tx, target.code, fresh);
    if (changed) {
        audit::append(tx, {"user_code.changed", "subscriber",
                           "subscriber:" + std::to_string(target.subscriber.value()),
                           nlohmann::json::object()});
    }
    return changed;
}

}  // namespace

CodeTry try_code_of(store::Tx& tx, const subscribers::UserCode& seen, const Secret& code,
                    const scheme::UserCodePolicy& policy) {
    const CodeTry tried = subscribers::try_user_code(tx, seen, code, int(policy.strikes));
    const bool striking =
        tried == CodeTry::Wrong ||
        (tried == CodeTry::Locked && seen.state == subscribers::UserCodeState::Active);
    if (striking) {
        audit::append(tx, {tried == CodeTry::Locked ? "user_code.locked" : "user_code.strike",
                           "subscriber",
                           "subscriber:" + std::to_string(seen.subscriber.value()),
                           {{"failures", seen.failures + 1}}});
    }
    return tried;
}

Result<CodeTry> revoke_with_code(const requests::Office& office, const Named& named,
                                 const Secret& code) {
    return with_code(
        office, "certificate.revoke-with-code", named, code, false,
        [](store::Tx& tx, const Target& target) {
            for (const Certificate& one : target.certificates) {
                audit::append(tx, {"certificate.revoke-asked", "subscriber",
                                   "certificate:" + one.serial, nlohmann::json::object()});
                queue::enqueue(tx, "certificate.revoke-own", one.serial, one.id.value(), tx.now());
            }
            return done();
        });
}

Result<CodeTry> accept_certificates(const requests::Office& office, const Named& named,
                                    const Secret& code, const Secret* fresh) {
    return with_code(
        office, "certificate.accept", named, code, fresh != nullptr,
        [&](store::Tx& tx, const Target& target) {
            if (fresh != nullptr) {
                Outcome replaced = replace_code(tx, target, *fresh);
                if (!replaced) {
                    return replaced;
                }
            }
            for (const Certificate& one : target.certificates) {
                Outcome accepted = accept_certificate(
                    tx, one, {"subscriber", "M 4.4.9", target.cards.receipt_unlocks_activation});
                if (!accepted) {
                    return accepted;
                }
            }
            return done();
        });
}

Result<CodeTry> hold_with_code(const requests::Office& office, const Named& named,
                               const Secret& code) {
    return with_code(office, "certificate.hold-with-code", named, code, false,
                     [](store::Tx& tx, const Target& target) {
                         for (const Certificate& one : target.certificates) {
                             static_cast<void>(subscribers::open_hold(
                                 tx, one.id, HoldSource::Subscriber, "subscriber"));
                         }
                         ask_for_holds(tx, target, "certificate.hold-asked");
                         return done();
                     });
}

Result<CodeTry> release_with_code(const requests::Office& office, const Named& named,
                                  const Secret& code) {
    return with_code(
        office, "certificate.release-with-code", named, code, false,
        [&](store::Tx& tx, const Target& target) -> Outcome {
            bool any = false;
            for (const Certificate& one : target.certificates) {
                const auto open = subscribers::open_holds(tx, one.id);
                any = any || std::ranges::find(open, HoldSource::Subscriber) != open.end();
                static_cast<void>(
                    subscribers::close_hold(tx, one.id, HoldSource::Subscriber, "subscriber"));
            }
            if (!any) {
                return Error{ErrorKind::Refused, "certificate.not_own_hold",
                             "Only a hold that the subscriber opened may be released like this.",
                             named.serial + named.card_number, "M 4.4.9"};
            }
            ask_for_holds(tx, target, "certificate.release-asked");
            return done();
        });
}

}  // namespace sealdesk::effects
