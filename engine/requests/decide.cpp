#include "requests/decide.h"

#include <array>

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/digest.h"
#include "crypto/certificate.h"
#include "officers/officer.h"
#include "queue/queue.h"
#include "requests/decision_store.h"
#include "requests/keyed_code.h"
#include "requests/request_store.h"
#include "requests/transitions.h"

namespace sealdesk::requests {
namespace {

constexpr std::array<std::string_view, 4> kVerdicts{"approve", "reject", "return", "withdraw"};

Event event_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::Approve: return Event::Approve;
        case Verdict::Reject: return Event::Reject;
        case Verdict::Return: return Event::Return;
        case Verdict::Withdraw: return Event::Withdraw;
    }
    check_failed("a verdict has an event", __FILE__, __LINE__);
}

/// A request with everything a decision is about, read in one transaction.
struct Matter {
    Request request;
    std::vector<Check> checks;
    std::vector<Scan> scans;
};

Result<Matter> read_matter(store::Tx& tx, std::string_view number) {
    auto request = find_request(tx, number);
    if (!request) {
        return request.error();
    }
    auto checks = checks_of(tx, request->id);
    auto scans = scans_of(tx, request->id);
    return Matter{*std::move(request), std::move(checks), std::move(scans)};
}

/// What the register reports of one applicant is carried out in its order: an earlier change comes
/// to its end first, or a resumption might be overtaken by the suspension before it (M 4.4.9).
Outcome is_next(store::Tx& tx, const scheme::Form& form, const Request& request, Verdict verdict) {
    const bool matters = verdict == Verdict::Approve && form.origin == scheme::Origin::Register;
    const std::string earlier = matters ? earlier_open(tx, request) : std::string();
    if (!earlier.empty()) {
        return Error{ErrorKind::Refused, "request.earlier_open",
                     "An earlier change of this entity is open: decide on " + earlier +
                         " and run the jobs first.",
                     request.number, "M 4.4.9"};
    }
    return done();
}

Outcome is_allowed(const Office& office, const Matter& matter, const Ruling& ruling) {
    if (ruling.verdict != Verdict::Approve && ruling.reasons.empty()) {
        return Error{ErrorKind::Invalid, "decision.no_reason",
                     "Give a reason that the applicant will read.", matter.request.number, "M 4.2"};
    }
    const auto next =
        decide_transition({matter.request.state, matter.request.keyed_by, ruling.officer,
                           matter.checks, scheme_of(office, matter.request).officers_min},
                          event_of(ruling.verdict));
    if (!next) {
        return next.error();
    }
    return done();
}

/// What is signed. Keys are sorted (nlohmann's object is a sorted map), so the text is canonical.
std::string document_of(const Matter& matter, const Ruling& ruling,
                        const std::string& certificate_fingerprint, Instant at) {
    const Request& request = matter.request;
    nlohmann::json checks = nlohmann::json::array();
    for (const Check& check : matter.checks) {
        checks.push_back({{"kind", check.kind},
                          {"state", to_text(check.state)},
                          {"officer", check.officer},
                          {"note", check.note},
                          {"figures", nlohmann::json::parse(check.figures)},
                          {"payload_sha256", check.payload_hash}});
    }
    nlohmann::json scans = nlohmann::json::array();
    for (const Scan& scan : matter.scans) {
        scans.push_back({{"role", scan.role}, {"sha256", scan.sha256}});
    }
    const nlohmann::json document{{"schema", "sealdesk-decision-1"},
                                  {"request",
                                   {{"number", request.number},
                                    {"version", request.version},
                                    {"scheme", request.scheme},
                                    {"form", request.form},
                                    {"form_version", request.form_version},
                                    {"form_sha256", request.form_hash},
                                    {"record", request.record},
                                    {"keyed_by", request.keyed_by},
                                    {"received_at", to_utc_text(request.received_at)},
                                    {"payload", nlohmann::json::parse(request.payload)}}},
                                  {"scans", scans},
                                  {"checks", checks},
                                  {"decision", to_text(ruling.verdict)},
                                  {"reasons", ruling.reasons},
                                  {"officer", ruling.officer},
                                  {"certificate_sha256", certificate_fingerprint},
                                  {"at", to_utc_text(at)}};
    return document.dump();
}

std::string effect_key(const std::string& number, std::int64_t version) {
    return number + "@" + std::to_string(version);
}

/// The effects of an approval are the form's; an applicant is told of every other outcome, too.
void enqueue_effects(store::Tx& tx, const scheme::Form& form, const Request& request,
                     Verdict verdict) {
    const std::string key = effect_key(request.number, request.version);
    std::vector<queue::NewJob> jobs;
    if (verdict == Verdict::Approve) {
        const scheme::Values values = values_of(request);
        for (const scheme::Effect& effect : form.effects) {
            if (scheme::holds(effect.when, values)) {
                jobs.push_back({effect.kind, key, request.id.value(), tx.now()});
            }
        }
    } else if (verdict != Verdict::Withdraw && form.origin == scheme::Origin::Applicant) {
        jobs.push_back({"letter", key, request.id.value(), tx.now()});
        jobs.push_back({"mail", key, request.id.value(), tx.now()});
    }
    queue::enqueue_all(tx, jobs);
}

Result<State> commit_decision(store::Tx& tx, const Office& office, const Matter& seen,
                              const Ruling& ruling, Decision decision) {
    const auto matter = read_matter(tx, seen.request.number);
    if (!matter) {
        return matter.error();
    }
    if (matter->request.version != seen.request.version) {
        return Error{ErrorKind::Conflict,
                     "decision.changed_meanwhile",
                     "The request changed while you were signing; look at it again.",
                     seen.request.number,
                     {}};
    }
    auto next = decide_transition({matter->request.state, matter->request.keyed_by, ruling.officer,
                                   matter->checks, scheme_of(office, matter->request).officers_min},
                                  event_of(ruling.verdict));
    if (!next) {
        return next;
    }
    const auto in_order =
        is_next(tx, form_of(office, matter->request), matter->request, ruling.verdict);
    if (!in_order) {
        return in_order.error();
    }
    decision.id = tx.new_id();
    decision.decided_at = tx.now();
    insert_decision(tx, decision);
    const auto saved = save_state(tx, matter->request, *next);
    if (!saved) {
        return saved.error();
    }
    enqueue_effects(tx, form_of(office, matter->request), matter->request, ruling.verdict);
    if (is_closed(*next)) {
        forget_user_code(tx, matter->request.id);
    }
    audit::append(tx, {"request.decided",
                       officers::actor_of(ruling.officer),
                       "request:" + seen.request.number,
                       {{"decision", to_text(ruling.verdict)},
                        {"version", seen.request.version},
                        {"document_sha256", sha256_hex(decision.document)},
                        {"signature_sha256", sha256_hex(decision.signature)}}});
    return *next;
}

}  // namespace

std::string_view to_text(Verdict verdict) {
    return kVerdicts.at(static_cast<std::size_t>(verdict));
}

Result<State> decide(const Office& office, std::string_view number, const Ruling& ruling,
                     officers::OfficerKey& key) {
    const auto matter = store::transact(office.database, "request.read-matter",
                                        [&](store::Tx& tx) { return read_matter(tx, number); });
    if (!matter) {
        return matter.error();
    }
    const auto allowed = is_allowed(office, *matter, ruling);  // before anybody is asked for a PIN
    if (!allowed) {
        return allowed.error();
    }
    const Instant at = office.database.clock().now();
    const std::string document = document_of(*matter, ruling, key.certificate().fingerprint(), at);
    const auto signature = key.sign(document, at);
    if (!signature) {
        return signature.error();
    }
    const Decision decision{1,
                            matter->request.id,
                            matter->request.version,
                            std::string(to_text(ruling.verdict)),
                            ruling.officer,
                            nlohmann::json(ruling.reasons).dump(),
                            document,
                            *signature,
                            at};
    return store::transact(office.database, "request.decide", [&](store::Tx& tx) {
        return commit_decision(tx, office, *matter, ruling, decision);
    });
}

Decision decision_behind(store::Tx& tx, RequestId id, std::string_view key) {
    const std::string number = get_request(tx, id).number;
    for (Decision& decision : decisions_of(tx, id)) {
        if (effect_key(number, decision.request_version) == key) {
            return std::move(decision);
        }
    }
    throw_internal("decision.missing", "A job tells of a decision that is not there.");
}

Outcome settle(store::Tx& tx, RequestId id) {
    const Request request = get_request(tx, id);
    const auto next =
        decide_transition({request.state, request.keyed_by, "system", {}}, Event::Settled);
    if (!next) {
        return next.error();
    }
    const auto saved = save_state(tx, request, *next);
    if (!saved) {
        return saved.error();
    }
    audit::append(
        tx, {"request.completed", "system", "request:" + request.number, nlohmann::json::object()});
    return done();
}

}  // namespace sealdesk::requests
