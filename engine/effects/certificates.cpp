#include "effects/certificates.h"

#include "audit/log.h"
#include "base/digest.h"
#include "effects/acceptance.h"
#include "effects/agency_notice.h"
#include "effects/login.h"
#include "effects/papers.h"
#include "subscribers/certificate.h"
#include "subscribers/hold.h"
#include "subscribers/token_step.h"

namespace sealdesk::effects {
namespace {

using subscribers::Certificate;
using subscribers::CertificateState;

/// RFC 5280 §5.3.1, as definitions name them.
ca::Reason reason_from(const std::string& name) {
    static const std::map<std::string, ca::Reason> reasons{
        {"key_compromise", ca::Reason::KeyCompromise},
        {"affiliation_changed", ca::Reason::AffiliationChanged},
        {"superseded", ca::Reason::Superseded},
        {"cessation_of_operation", ca::Reason::CessationOfOperation},
        {"privilege_withdrawn", ca::Reason::PrivilegeWithdrawn}};
    const auto found = reasons.find(name);
    return found == reasons.end() ? ca::Reason::Unspecified : found->second;
}

/// One certificate on its way to another state.
struct Step {
    Certificate certificate;
    CertificateState wanted;
    std::string reason;  ///< of a revocation
    ca::StatusOrder order;
};

/// Asks the CA, with no transaction open. What it says is so already counts as done: the answer to
/// the first try was lost.
Outcome ask(ca::CaClient& authority, const Step& step) {
    const Outcome outcome = step.wanted == CertificateState::Revoked ? authority.revoke(step.order)
                            : step.wanted == CertificateState::Held  ? authority.hold(step.order)
                                                                    : authority.release(step.order);
    const std::string_view so_already = step.wanted == CertificateState::Revoked
                                            ? "ca.already_revoked"
                                        : step.wanted == CertificateState::Held ? "ca.already_held"
                                                                                : "ca.not_held";
    return !outcome && outcome.error().code == so_already ? done() : outcome;
}

/// A token with nothing alive in it has come to its end (M 3.3: apply anew), but not one that waits
/// for its card: what was revoked then was in a spoiled one.
Outcome end_if_spent(store::Tx& tx, CertificateId certificate) {
    const auto id = subscribers::token_holding(tx, certificate);
    const auto token = id ? subscribers::find_token(tx, *id) : std::nullopt;
    if (!token || subscribers::is_over(token->state) || !subscribers::is_spent(tx, *token)) {
        return done();
    }
    const auto ended =
        subscribers::take_step(tx, *token, subscribers::TokenEvent::Spend, {"system"});
    return ended ? done() : Outcome(ended.error());
}

/// What follows in the same commit.
using Also = std::function<Outcome(store::Tx&)>;

/// Keeps what the CA confirmed and ends the job, in one commit.
Outcome keep(const Works& works, const queue::Job& job, const scheme::Scheme& scheme,
             const std::vector<Step>& steps, const Also& also) {
    return store::transact(works.office.database, "effect.certificate", [&](store::Tx& tx) {
        for (const Step& step : steps) {
            if (!subscribers::keep_change(
                    tx, {step.certificate.id, step.wanted, step.reason, step.order.key})) {
                continue;
            }
            nlohmann::json detail = subscribers::facts_of(tx, step.certificate);
            detail["order"] = step.order.key;
            detail["reason"] = step.reason;
            audit::append(
                tx, {"certificate." + std::string(subscribers::to_text(step.wanted)), "system",
                     "certificate:" + step.certificate.serial, std::move(detail)});
            tell_agency(tx, scheme, {step.certificate, step.wanted, step.reason, step.order.key});
            Outcome ended = end_if_spent(tx, step.certificate.id);
            if (!ended) {
                return ended;
            }
        }
        Outcome followed = also && !steps.empty() ? also(tx) : done();
        return followed ? queue::complete(tx, job) : followed;
    });
}

Outcome take_steps(const Works& works, const queue::Job& job, const scheme::Scheme& scheme,
                   const std::vector<Step>& steps, const Also& also = {}) {
    if (!steps.empty()) {
        const auto authority = works.authority(scheme.id);
        if (!authority) {
            return authority.error();
        }
        for (const Step& step : steps) {
            Outcome asked = ask(**authority, step);
            if (!asked) {
                return asked;
            }
        }
    }
    return keep(works, job, scheme, steps, also);
}

/// What the CA must be asked so that it agrees with the open holds.
std::vector<Step> steps_to_holds(store::Tx& tx, SubscriberId subscriber, const queue::Job& job) {
    std::vector<Step> steps;
    for (const Certificate& one : subscribers::certificates_of(tx, subscriber)) {
        const bool wants_hold = !subscribers::open_holds(tx, one.id).empty();
        const CertificateState wanted =
            wants_hold ? CertificateState::Held : CertificateState::Issued;
        if (one.is_alive_at(tx.now()) && one.state != wanted) {
            steps.push_back(
                {one,
                 wanted,
                 "",
                 {.key = "hold/" + std::to_string(job.id.value()) + "/" + one.serial.substr(0, 32),
                  .serial = one.serial,
                  .approval_sha256 = sha256_hex(job.key)}});
        }
    }
    return steps;
}

Result<subscribers::Subscriber> subscriber_of(store::Tx& tx, const Matter& matter) {
    auto subscriber =
        subscribers::find_subscriber(tx, matter.request.scheme, matter.request.id_number);
    if (!subscriber) {
        return Error{ErrorKind::Refused, "certificate.no_subscriber",
                     "The registration of this subscriber was never approved; there is no "
                     "certificate.",
                     matter.request.number, "T 5.7"};
    }
    return *std::move(subscriber);
}

/// The living certificates that the form is about: the one it names (M 4.4.3), or all.
std::vector<Certificate> certificates_meant(store::Tx& tx, const Matter& matter,
                                            SubscriberId subscriber) {
    const std::string serial = matter.value(matter.form.roles.certificate_serial);
    std::vector<Certificate> meant = subscribers::certificates_of(tx, subscriber);
    std::erase_if(meant, [&](const Certificate& one) {
        return !one.is_alive_at(tx.now()) || (!serial.empty() && one.serial != serial);
    });
    return meant;
}

/// To be revoked for the ground on the form.
Result<std::vector<Step>> steps_to_revoke(store::Tx& tx, const Matter& matter,
                                          const queue::Job& job) {
    const auto subscriber = subscriber_of(tx, matter);
    if (!subscriber) {
        return subscriber.error();
    }
    const auto reason = matter.form.revocation_reasons.find(matter.value(matter.form.roles.ground));
    const std::string name =
        reason == matter.form.revocation_reasons.end() ? "unspecified" : reason->second;
    const auto decision = requests::decision_behind(tx, matter.request.id, job.key);
    std::vector<Step> steps;
    for (const Certificate& one : certificates_meant(tx, matter, subscriber->id)) {
        steps.push_back({one,
                         CertificateState::Revoked,
                         name,
                         {.key = "revoke/" + job.key + "/" + one.serial.substr(0, 32),
                          .serial = one.serial,
                          .reason = reason_from(name),
                          .approval_sha256 = sha256_hex(decision.document)}});
    }
    return steps;
}

/// What a job whose subject is one certificate works on.
struct OneCertificate {
    Certificate certificate;
    Matter matter;
    std::vector<Step> steps;  ///< to revoke it; none when it is not alive any more
};

OneCertificate read_one(const Works& works, const queue::Job& job, std::string_view unit,
                        const std::string& reason) {
    return store::transact(works.office.database, unit, [&](store::Tx& tx) {
        const auto one = subscribers::find_certificate_by_id(tx, CertificateId(job.subject));
        SEALDESK_CHECK(one.has_value());  // rows are never removed
        OneCertificate found{*one, read_matter(tx, works, one->request), {}};
        if (one->is_alive_at(tx.now())) {
            found.steps.push_back({*one,
                                   CertificateState::Revoked,
                                   reason,
                                   {.key = "revoke-own/" + one->serial.substr(0, 32),
                                    .serial = one->serial,
                                    .reason = reason_from(reason),
                                    .approval_sha256 = sha256_hex(job.key)}});
        }
        return found;
    });
}

/// Whose hold the form opens or closes.
subscribers::HoldSource source_of(const Matter& matter, const queue::Job& job) {
    const scheme::Effect* effect = matter.form.find_effect(job.kind, matter.values);
    const auto source =
        effect == nullptr ? std::nullopt : subscribers::hold_source_from(effect->source);
    if (!source) {
        throw_internal("certificate.no_source", "The form does not say whose hold it is.");
    }
    return *source;
}

/// What the counter's holds come to for the tokens: suspended, or in use again.
Outcome move_tokens(store::Tx& tx, SubscriberId subscriber, subscribers::HoldSource source,
                    const std::string& by) {
    if (source != subscribers::HoldSource::Counter) {
        return done();
    }
    const auto resumed = subscribers::follow_counter_holds(tx, subscriber, {by});
    if (!resumed) {
        return resumed.error();
    }
    for (const subscribers::Token& token : *resumed) {
        Outcome accepted = accept_whole_token(tx, token.id, by);
        if (!accepted) {
            return accepted;
        }
    }
    return done();
}

/// A mail to the subscriber's contact, where it has an address.
struct KeyedNotice {
    std::string key;
    Notice notice;
};
Outcome tell_by_mail(store::Tx& tx, const Works& works, const Matter& matter,
                     SubscriberId subscriber, const KeyedNotice& news) {
    const auto to = subscribers::current_contact(tx, subscriber);
    if (to.email.empty()) {
        return done();
    }
    const auto told =
        mail::enqueue(tx, sender_of(works, matter), notice_mail(news.key, matter, news.notice, to));
    return told ? done() : Outcome(told.error());
}

/// The word on which the CA is asked: the step as it is on record.
std::string document_of(const subscribers::Token& token, const subscribers::TakenStep& step) {
    return nlohmann::json{{"token", token.id.value()},
                          {"step", step.number},
                          {"event", subscribers::to_text(step.event)},
                          {"from", subscribers::to_text(step.from)},
                          {"actor", step.actor},
                          {"reason", step.reason},
                          {"at", to_utc_text(step.at)}}
        .dump();
}

using MoveHold = bool (*)(store::Tx&, CertificateId, subscribers::HoldSource, std::string_view);

/// Opens or closes the form's holds and asks the CA for what they come to.
Outcome move_holds(const Works& works, const queue::Job& job, std::string_view unit,
                   MoveHold move) {
    const scheme::Scheme* scheme = nullptr;
    const auto steps = store::transact(
        works.office.database, unit, [&](store::Tx& tx) -> Result<std::vector<Step>> {
            const Matter matter = read_matter(tx, works, RequestId(job.subject));
            scheme = &matter.scheme;
            const auto subscriber = subscriber_of(tx, matter);
            if (!subscriber) {
                return subscriber.error();
            }
            const std::string by = "request:" + matter.request.number;
            const subscribers::HoldSource source = source_of(matter, job);
            for (const Certificate& one : certificates_meant(tx, matter, subscriber->id)) {
                if (!subscribers::has_acted(tx, one.id, by)) {
                    static_cast<void>(move(tx, one.id, source, by));
                }
            }
            const Outcome moved = move_tokens(tx, subscriber->id, source, by);
            if (!moved) {
                return moved.error();
            }
            return steps_to_holds(tx, subscriber->id, job);
        });
    return steps ? take_steps(works, job, *scheme, *steps) : steps.error();
}

}  // namespace

Outcome run_revoke(const Works& works, const queue::Job& job) {
    const scheme::Scheme* scheme = nullptr;
    const auto steps = store::transact(
        works.office.database, "effect.revoke", [&](store::Tx& tx) -> Result<std::vector<Step>> {
            const Matter matter = read_matter(tx, works, RequestId(job.subject));
            scheme = &matter.scheme;
            return steps_to_revoke(tx, matter, job);
        });
    return steps ? take_steps(works, job, *scheme, *steps) : steps.error();
}

Outcome run_hold(const Works& works, const queue::Job& job) {
    return move_holds(works, job, "effect.hold", subscribers::open_hold);
}

/// Closes the holds of the form's source; the CA releases what no other source holds (M 4.4.9).
Outcome run_release(const Works& works, const queue::Job& job) {
    return move_holds(works, job, "effect.release", subscribers::close_hold);
}

/// Brings the CA into line with the holds of one subscriber.
Outcome run_holds(const Works& works, const queue::Job& job) {
    const scheme::Scheme* scheme = nullptr;
    const auto steps = store::transact(works.office.database, "effect.holds", [&](store::Tx& tx) {
        const SubscriberId id(job.subject);
        const auto subscriber = subscribers::get_subscriber(tx, id);
        scheme = scheme::find_scheme(works.office.schemes, subscriber.scheme);
        return steps_to_holds(tx, id, job);
    });
    if (scheme == nullptr) {
        throw_internal("request.no_form", "The subscriber's scheme is not among the forms.");
    }
    return take_steps(works, job, *scheme, steps);
}

/// Revokes a certificate on the word of its subscriber (M 4.4.3), who is told by mail where there
/// is an address. The job's subject is the certificate.
Outcome run_own_revocation(const Works& works, const queue::Job& job) {
    const OneCertificate found = read_one(works, job, "effect.own-revocation", "unspecified");
    return take_steps(works, job, found.matter.scheme, found.steps, [&](store::Tx& tx) -> Outcome {
        const Notice notice{"憑證 " + found.certificate.serial + " 已依申請廢止。",
                            found.matter.text("revoked_own")};
        return tell_by_mail(tx, works, found.matter, found.certificate.subscriber,
                            {"revoked:" + found.certificate.serial, notice});
    });
}

/// Revokes what is alive in a token after a step of it (M 4.4.1), whose subscriber is told by mail
/// where there is an address. The job's subject is the token.
Outcome run_token_revocation(const Works& works, const queue::Job& job) {
    struct Found {
        subscribers::Token token;
        std::optional<Matter> matter;  ///< of its certificates
        std::vector<Step> steps = {};
    };
    const Found found =
        store::transact(works.office.database, "effect.token-revocation", [&](store::Tx& tx) {
            Found result{subscribers::find_token(tx, TokenId(job.subject)).value(), {}};
            const auto way = subscribers::steps_of(tx, result.token.id);
            SEALDESK_CHECK(!way.empty());  // the step that enqueued the job
            const auto* taken = subscribers::find_transition(way.back().from, way.back().event);
            const std::string reason(taken->revoked_for);
            for (const Certificate& one : subscribers::living_in(tx, result.token)) {
                result.matter.emplace(read_matter(tx, works, one.request));
                result.steps.push_back(
                    {one,
                     CertificateState::Revoked,
                     reason,
                     {.key = "revoke-token/" + job.key + "/" + one.serial.substr(0, 32),
                      .serial = one.serial,
                      .reason = reason_from(reason),
                      .approval_sha256 = sha256_hex(document_of(result.token, way.back()))}});
            }
            return result;
        });
    if (found.steps.empty()) {
        return store::transact(works.office.database, "effect.certificate",
                               [&](store::Tx& tx) { return queue::complete(tx, job); });
    }
    const Matter& matter = *found.matter;
    return take_steps(works, job, matter.scheme, found.steps, [&](store::Tx& tx) {
        const Notice notice{"憑證IC卡 " + found.token.card_number + " 之憑證已廢止。",
                            matter.text("revoked_card")};
        return tell_by_mail(tx, works, matter, found.token.subscriber,
                            {"revoked-token:" + job.key, notice});
    });
}

/// Revokes a certificate whose card was spoiled before anybody had it: there is nobody to tell.
Outcome run_card_revocation(const Works& works, const queue::Job& job) {
    const OneCertificate found =
        read_one(works, job, "effect.card-revocation", "cessation_of_operation");
    return take_steps(works, job, found.matter.scheme, found.steps);
}

Result<subscribers::Login> hold_by_subscriber(store::Database& database, std::string_view account,
                                              const Secret& password, int strikes_max) {
    auto login = log_in(database, account, password, strikes_max);
    if (!login || *login != subscribers::Login::Accepted) {
        return login;
    }
    const Outcome held =
        store::transact(database, "certificate.hold", [&](store::Tx& tx) -> Outcome {
            const SubscriberId subscriber = subscribers::find_account(tx, account)->subscriber;
            bool any = false;
            for (const Certificate& one : subscribers::certificates_of(tx, subscriber)) {
                if (one.is_alive_at(tx.now())) {
                    any = true;
                    static_cast<void>(subscribers::open_hold(
                        tx, one.id, subscribers::HoldSource::Subscriber, "subscriber"));
                }
            }
            if (!any) {
                return Error{ErrorKind::Refused, "certificate.none_alive",
                             "There is no certificate that is neither revoked nor expired.",
                             std::string(account), "T 4.5.1"};
            }
            audit::append(tx, {"certificate.hold-asked", "subscriber",
                               "account:" + std::string(account), nlohmann::json::object()});
            queue::enqueue(tx, "certificate.holds", "holds:" + std::to_string(tx.new_id()),
                           subscriber.value(), tx.now());
            return done();
        });
    if (!held) {
        return held.error();
    }
    return login;
}

}  // namespace sealdesk::effects
