#include "requests/decide.h"

#include <algorithm>
#include <array>
#include <optional>

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/digest.h"
#include "crypto/certificate.h"
#include "crypto/signed_file.h"
#include "officers/officer.h"
#include "requests/deadlines.h"
#include "requests/decision_store.h"
#include "requests/keyed_code.h"
#include "requests/matter.h"
#include "requests/request_facts.h"
#include "requests/request_store.h"
#include "requests/return_store.h"

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

/// The grounds that the officer chose by key, in the scheme's words, before the officer's own.
Result<Ruling> with_deficiencies(const scheme::Form& form, Ruling ruling) {
    std::vector<std::string> reasons;
    for (const std::string& key : ruling.deficiencies) {
        const scheme::Deficiency* found = form.find_deficiency(key);
        if (found == nullptr) {
            std::string known;
            for (const scheme::Deficiency& one : form.deficiencies) {
                known += (known.empty() ? "" : ", ") + one.key;
            }
            return Error{ErrorKind::Invalid,
                         "decision.unknown_deficiency",
                         "The form has no such ground for correction; it has: " + known + ".",
                         key,
                         {}};
        }
        reasons.push_back(found->text.zh + (found->rule.empty() ? "" : "（" + found->rule + "）") +
                          found->text.en);
    }
    ruling.reasons.insert(ruling.reasons.begin(), reasons.begin(), reasons.end());
    return ruling;
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
        decide_transition(matter.seen_by(office, ruling.officer), event_of(ruling.verdict));
    return next ? done() : next.error();
}

/// The promise's clock stops, and the applicant's begins.
void begin_return(store::Tx& tx, const Office& office, const Request& request) {
    Return fresh{tx.new_id(),    request.id,   request.version, tx.now(),
                 request.due_at, std::nullopt, std::nullopt,    std::nullopt};
    const scheme::Form& form = form_of(office, request);
    const auto& period = form.return_period;
    if (period && form.origin == scheme::Origin::Applicant) {  // else nobody would be told
        const CorrectionDays correction =
            correction_of(office.calendar, scheme_of(office, request), *period, tx.now());
        fresh.last_day = start_of_day_in_taipei(correction.last_day);
        fresh.remind_at = correction.remind_at;
        fresh.close_at = correction.close_at;
    }
    insert_return(tx, fresh);
}

void keep_time(store::Tx& tx, const Office& office, const Request& request, Verdict verdict) {
    switch (verdict) {
        case Verdict::Return: begin_return(tx, office, request); break;
        case Verdict::Reject: end_return(tx, request.id, "rejected"); break;
        case Verdict::Withdraw: end_return(tx, request.id, "withdrawn"); break;
        case Verdict::Approve: break;
    }
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
    auto next =
        decide_transition(matter->seen_by(office, ruling.officer), event_of(ruling.verdict));
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
    keep_time(tx, office, matter->request, ruling.verdict);
    const std::size_t effects =
        enqueue_effects(tx, form_of(office, matter->request), matter->request, ruling.verdict);
    if (is_closed(*next)) {
        forget_user_code(tx, matter->request.id);
    }
    audit::append(
        tx,
        {"request.decided", officers::actor_of(ruling.officer), "request:" + seen.request.number,
         with_facts(seen.request, {{"decision", to_text(ruling.verdict)},
                                   {"version", seen.request.version},
                                   {"effects", effects},
                                   {"document_sha256", sha256_hex(decision.document)},
                                   {"signature_sha256", sha256_hex(decision.signature)}})});
    return *next;
}

}  // namespace

std::string_view to_text(Verdict verdict) {
    return kVerdicts.at(static_cast<std::size_t>(verdict));
}

namespace {

/// A decision that was found allowed, and what is to be signed.
struct Prepared {
    Matter matter;
    Ruling ruling;
    std::string document;
};

Result<Prepared> prepare(const Office& office, std::string_view number, const Ruling& asked,
                         const crypto::Certificate& certificate, Instant at) {
    auto matter = store::transact(office.database, "request.read-matter",
                                  [&](store::Tx& tx) { return read_matter(tx, number); });
    if (!matter) {
        return matter.error();
    }
    auto ruling = with_deficiencies(form_of(office, matter->request), asked);
    if (!ruling) {
        return ruling.error();
    }
    const auto allowed = is_allowed(office, *matter, *ruling);  // before anybody is asked for a PIN
    if (!allowed) {
        return allowed.error();
    }
    std::string document = document_of(*matter, *ruling, certificate.fingerprint(), at);
    return Prepared{*std::move(matter), *std::move(ruling), std::move(document)};
}

Result<State> commit(const Office& office, const Prepared& prepared, const std::string& signature) {
    const Decision decision{1,
                            prepared.matter.request.id,
                            prepared.matter.request.version,
                            std::string(to_text(prepared.ruling.verdict)),
                            prepared.ruling.officer,
                            nlohmann::json(prepared.ruling.reasons).dump(),
                            prepared.document,
                            signature,
                            {}};
    return store::transact(office.database, "request.decide", [&](store::Tx& tx) {
        return commit_decision(tx, office, prepared.matter, prepared.ruling, decision);
    });
}

/// What a document of document_to_sign() says was decided; nothing when it is none.
std::optional<Ruling> ruling_in(const nlohmann::json& document, const std::string& officer) {
    if (!document.is_object() || !document.contains("decision") || !document.contains("reasons") ||
        !document.contains("at") || !document["reasons"].is_array()) {
        return std::nullopt;
    }
    const auto verdict = std::ranges::find(kVerdicts, document["decision"]);
    if (verdict == kVerdicts.end()) {
        return std::nullopt;
    }
    Ruling ruling{static_cast<Verdict>(verdict - kVerdicts.begin()), {}, officer};
    for (const auto& reason : document["reasons"]) {
        if (!reason.is_string()) {
            return std::nullopt;
        }
        ruling.reasons.push_back(reason);
    }
    return ruling;
}

Error not_what_was_asked(std::string where) {
    return {ErrorKind::Conflict, "decision.other_document",
            "What was signed is not the decision on this request as it stands; ask for the "
            "document again and look at it.",
            std::move(where), "M 4.5"};
}

}  // namespace

Result<State> decide(const Office& office, std::string_view number, const Ruling& asked,
                     officers::OfficerKey& key) {
    const Instant at = office.database.clock().now();
    const auto prepared = prepare(office, number, asked, key.certificate(), at);
    if (!prepared) {
        return prepared.error();
    }
    const auto signature = key.sign(prepared->document, at);
    return signature ? commit(office, *prepared, *signature) : signature.error();
}

Result<std::string> document_to_sign(const Office& office, std::string_view number,
                                     const Ruling& asked, const crypto::Certificate& certificate) {
    auto prepared = prepare(office, number, asked, certificate, office.database.clock().now());
    return prepared ? Result<std::string>(std::move(prepared->document)) : prepared.error();
}

Result<State> decide_signed(const Office& office, std::string_view number,
                            const officers::Officer& officer, std::string_view signed_file) {
    const auto opened = crypto::open_signed_file(signed_file);
    if (!opened) {
        return opened.error();
    }
    const auto told = nlohmann::json::parse(opened->content, nullptr, false);
    const auto ruling = ruling_in(told, officer.login);
    if (!(opened->signer.certificate == officer.certificate) || !ruling) {
        return not_what_was_asked(std::string(number));
    }
    const Instant now = office.database.clock().now();
    if (std::chrono::abs(now - opened->signer.signed_at) > kSigningTimeMax) {
        return Error{ErrorKind::Refused, "decision.stale",
                     "The signature is not of now: check the clock, ask for the document again and "
                     "sign it.",
                     std::string(number), "M 4.5"};
    }
    auto prepared = prepare(office, number, *ruling, officer.certificate, now);
    if (!prepared) {
        return prepared.error();
    }
    // The same but for when it was asked for, which the signature itself tells anew.
    auto expected = nlohmann::json::parse(prepared->document);
    expected["at"] = told["at"];
    if (expected.dump() != opened->content) {
        return not_what_was_asked(std::string(number));
    }
    prepared->document = opened->content;
    return commit(office, *prepared, opened->signature);
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
    const auto next = decide_transition({request.state, request.keyed_by, kByRule}, Event::Settled);
    if (!next) {
        return next.error();
    }
    const auto saved = save_state(tx, request, *next);
    if (!saved) {
        return saved.error();
    }
    audit::append(tx,
                  {"request.completed", "system", "request:" + request.number, facts_of(request)});
    return done();
}

}  // namespace sealdesk::requests
