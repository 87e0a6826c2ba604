#include "effects/certificates.h"

#include <algorithm>

#include "audit/log.h"
#include "base/digest.h"
#include "effects/acceptance.h"
#include "effects/agency_notice.h"
#include "effects/papers.h"
#include "effects/service_end.h"
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
Outcome tell_subscriber(store::Tx& tx, const Works& works, const Matter& matter,
                        SubscriberId subscriber, const std::pair<Notice, std::string>& keyed) {
    const auto to = subscribers::current_contact(tx, subscriber);
    return tell_by_mail(tx, works, matter, keyed.first, {to, keyed.second});
}

/// Tells a subscriber which of its certificates the CA has put on hold or released, in a mail each.
/// Of what nobody accepted in time another mail tells (unaccepted.notice).
Outcome tell_of_holds(store::Tx& tx, const Works& works, const queue::Job& job,
                      const std::vector<Step>& steps) {
    for (const CertificateState state : {CertificateState::Held, CertificateState::Issued}) {
        const bool held = state == CertificateState::Held;
        std::string serials;
        const Step* first = nullptr;
        for (const Step& step : steps) {
            const auto sources = subscribers::open_holds(tx, step.certificate.id);
            const bool automatic = sources == std::vector{subscribers::HoldSource::Automatic};
            if (step.wanted == state && !(held && automatic)) {
                serials += (serials.empty() ? "" : "、") + step.certificate.serial;
                first = first == nullptr ? &step : first;
            }
        }
        if (first == nullptr) {
            continue;
        }
        const Matter matter = read_matter(tx, works, first->certificate.request);
        const std::string name = held ? "held" : "released";
        const Bilingual why = matter.text(name);
        const Notice notice{
            name, {{"serials", serials}, {"explanation", why.zh}, {"explanation_en", why.en}}};
        Outcome told = tell_subscriber(tx, works, matter, first->certificate.subscriber,
                                       {notice, name + ":" + std::to_string(job.id.value())});
        if (!told) {
            return told;
        }
    }
    return done();
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

/// Brings the CA into line with the holds of one subscriber (T 4.5.1), who is told.
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
    return take_steps(works, job, *scheme, steps,
                      [&](store::Tx& tx) { return tell_of_holds(tx, works, job, steps); });
}

/// Revokes a certificate on the word of its subscriber (M 4.4.3), who is told by mail where there
/// is an address. The job's subject is the certificate.
Outcome run_own_revocation(const Works& works, const queue::Job& job) {
    const OneCertificate found = read_one(works, job, "effect.own-revocation", "unspecified");
    return take_steps(works, job, found.matter.scheme, found.steps, [&](store::Tx& tx) -> Outcome {
        const Bilingual why = found.matter.text("revoked_own");
        const Notice notice{"revoked-as-asked",
                            {{"serial", found.certificate.serial},
                             {"explanation", why.zh},
                             {"explanation_en", why.en}}};
        return tell_subscriber(tx, works, found.matter, found.certificate.subscriber,
                               {notice, "revoked:" + found.certificate.serial});
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
        const Bilingual why = matter.text("revoked_card");
        const Notice notice{"revoked-with-card",
                            {{"card_number", found.token.card_number},
                             {"explanation", why.zh},
                             {"explanation_en", why.en}}};
        return tell_subscriber(tx, works, matter, found.token.subscriber,
                               {notice, "revoked-token:" + job.key});
    });
}

/// Revokes a certificate whose card was spoiled before anybody had it: there is nobody to tell.
Outcome run_card_revocation(const Works& works, const queue::Job& job) {
    const OneCertificate found =
        read_one(works, job, "effect.card-revocation", "cessation_of_operation");
    return take_steps(works, job, found.matter.scheme, found.steps);
}

/// The end of the service (M 4.9): everything alive of one chunk is revoked on the word of the two
/// who ordered it, and the holders are told by mail where there is an address.
Outcome run_service_end(const Works& works, const queue::Job& job) {
    const EndChunk chunk = read_end_chunk(job.key);
    std::vector<Step> steps;
    const auto end = store::transact(
        works.office.database, "effect.service-end",
        [&](store::Tx& tx) -> Result<requests::ServiceEnd> {
            auto ordered = requests::standing_service_end(tx, chunk.scheme);
            steps.clear();
            const auto page = subscribers::certificates_alive_at(
                tx, chunk.scheme, tx.now(), CertificateId{std::max<std::int64_t>(chunk.after, 1)},
                kEndChunk);
            for (const Certificate& one : page.certificates) {
                if (!ordered || one.id.value() > chunk.last) {
                    break;
                }
                steps.push_back({one,
                                 CertificateState::Revoked,
                                 "cessation_of_operation",
                                 {.key = "service-end/" + one.serial.substr(0, 32),
                                  .serial = one.serial,
                                  .reason = ca::Reason::CessationOfOperation,
                                  .approval_sha256 = sha256_hex(ordered->document)}});
            }
            return ordered;
        });
    if (!end) {
        return end.error();
    }
    const scheme::Scheme* scheme = scheme::find_scheme(works.office.schemes, chunk.scheme);
    return take_steps(works, job, *scheme, steps, [&](store::Tx& tx) -> Outcome {
        for (const Step& step : steps) {
            const Matter matter = read_matter(tx, works, step.certificate.request);
            const Bilingual why = matter.text("service_ended");
            const Notice notice{"service-ended",
                                {{"explanation", why.zh}, {"explanation_en", why.en}}};
            Outcome told =
                tell_subscriber(tx, works, matter, step.certificate.subscriber,
                                {notice, "service-ended:" + chunk.scheme + ":" +
                                             std::to_string(step.certificate.subscriber.value())});
            if (!told) {
                return told;
            }
        }
        return done();
    });
}

}  // namespace sealdesk::effects
