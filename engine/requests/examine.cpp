#include "requests/examine.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/digest.h"
#include "intake/evaluate.h"
#include "officers/officer.h"
#include "requests/deadlines.h"
#include "requests/keying_store.h"
#include "requests/page_findings.h"
#include "requests/request_store.h"
#include "requests/return_store.h"
#include "requests/seal_figures.h"
#include "requests/transitions.h"
#include "scan/page_store.h"

namespace sealdesk::requests {
namespace {

constexpr std::string_view kSealCheck = "seal";

Outcome check_finding(const scheme::Form& form, const Finding& finding) {
    if (form.find_check(finding.check) == nullptr) {
        std::string known;
        for (const scheme::Check& check : form.checks) {
            known += (known.empty() ? "" : ", ") + check.kind;
        }
        return Error{ErrorKind::Invalid,
                     "check.unknown",
                     "This form has no such check; it has " + known + ".",
                     finding.check,
                     {}};
    }
    if (!finding.passed && finding.note.empty()) {
        return Error{ErrorKind::Invalid,
                     "check.note_missing",
                     "A failed check needs a note: what is wrong, in words the applicant can use.",
                     finding.check,
                     {}};
    }
    return done();
}

/// The figures an officer saw when examining the seal; an empty object for other checks.
Result<std::string> figures_for(const Office& office, const scheme::Form& form,
                                const Request& request, std::string_view check) {
    if (check != kSealCheck) {
        return std::string("{}");
    }
    const auto figures = seal_figures(office.database, office.files, form, request);
    if (!figures) {
        return figures.error();
    }
    return to_json(*figures).dump();
}

Result<State> record(store::Tx& tx, const Request& seen, const Finding& finding,
                     const std::string& figures) {
    const Request request = get_request(tx, seen.id);
    if (request.payload != seen.payload) {
        return Error{ErrorKind::Conflict,
                     "check.payload_changed",
                     "The form was edited while you examined it; look at it again.",
                     request.number,
                     {}};
    }
    auto checks = checks_of(tx, request.id);
    const auto check = std::ranges::find(checks, finding.check, &Check::kind);
    if (check == checks.end()) {
        throw_internal("check.missing", "A request lacks a check that its form asks for.");
    }
    check->state = finding.passed ? CheckState::Passed : CheckState::Failed;
    check->officer = finding.officer;
    check->note = finding.note;
    check->figures = figures;
    check->payload_hash = sha256_hex(request.payload);
    const bool open_ones =
        std::ranges::any_of(checks, [](const Check& one) { return one.state == CheckState::Open; });
    auto next = decide_transition({request.state, request.keyed_by, finding.officer, checks},
                                  open_ones ? Event::CheckRecorded : Event::LastCheckRecorded);
    if (!next) {
        return next;
    }
    save_check(tx, *check);
    const auto saved = save_state(tx, request, *next);
    if (!saved) {
        return saved.error();
    }
    audit::append(tx, {"request.examined",
                       officers::actor_of(finding.officer),
                       "request:" + request.number,
                       {{"check", finding.check},
                        {"result", to_text(check->state)},
                        {"figures_sha256", sha256_hex(figures)},
                        {"payload_sha256", check->payload_hash}}});
    return *next;
}

/// When the promise ends after an amendment; nothing when the form promises nothing.
std::optional<Instant> due_after(store::Tx& tx, const Office& office, const Request& request,
                                 const Amendment& amendment, Event event) {
    const scheme::Scheme& scheme = scheme_of(office, request);
    const scheme::Form& form = form_of(office, request);
    const scheme::Deadline* before = promise_of(form, values_of(request));
    const scheme::Deadline* after = promise_of(form, intake::values_of(amendment.payload));
    if (after == nullptr) {
        return std::nullopt;
    }
    if (event == Event::Resubmitted) {
        const auto stay = open_return(tx, request.id);
        return before == after && stay && stay->due_before
                   ? resumed_end(office.calendar, scheme, *after, *stay->due_before,
                                 stay->returned_at, tx.now())
                   : end_of_promise(office.calendar, scheme, *after, tx.now());
    }
    if (before == after) {
        return request.due_at;
    }
    return end_of_promise(office.calendar, scheme, *after,
                          last_resubmission(tx, request.id).value_or(request.received_at));
}

/// A changed value that two people key is new to both.
void reopen_keyings(store::Tx& tx, const Request& request, const Amendment& amendment) {
    const auto keyings = keyings_of(tx, request.id);
    if (keyings.empty()) {
        return;
    }
    const auto before = values_of(request);
    const auto after = intake::values_of(amendment.payload);
    const auto value_in = [](const scheme::Values& values, const std::string& field) {
        const auto found = values.find(field);
        return found == values.end() ? std::string() : found->second;
    };
    for (const Keying& keying : keyings) {
        if (keying.field != amendment.settles &&
            value_in(before, keying.field) != value_in(after, keying.field)) {
            save_keying(tx, keying,
                        {keying.id, request.id, keying.field, KeyingState::Open, amendment.by});
        }
    }
}

Request changed_request(store::Tx& tx, const Office& office, const Request& request,
                        const Amendment& amendment, Event event) {
    Request changed = request;
    changed.payload = amendment.payload;
    changed.findings = amendment.findings;
    changed.applicant_name = amendment.applicant_name;
    changed.applicant_kind = amendment.applicant_kind;
    if (!amendment.id_number.empty()) {
        changed.id_number = amendment.id_number;
    }
    changed.due_at = due_after(tx, office, request, amendment, event);
    return changed;
}

}  // namespace

Result<State> examine(const Office& office, std::string_view number, const Finding& finding) {
    const auto request = look_up(office, number);
    if (!request) {
        return request.error();
    }
    const scheme::Form& form = form_of(office, *request);
    const auto valid = check_finding(form, finding);
    if (!valid) {
        return valid.error();
    }
    const auto figures = figures_for(office, form, *request, finding.check);
    if (!figures) {
        return figures.error();
    }
    return store::transact(office.database, "request.examine",
                           [&](store::Tx& tx) { return record(tx, *request, finding, *figures); });
}

Result<State> amend(store::Tx& tx, const Office& office, std::string_view number,
                    const Amendment& amendment) {
    const auto request = find_request(tx, number);
    if (!request) {
        return request.error();
    }
    const Event event = request->state == State::Returned ? Event::Resubmitted : Event::Edited;
    auto next = decide_transition({request->state, request->keyed_by, amendment.by}, event);
    if (!next) {
        return next;
    }
    const scheme::Form& form = form_of(office, *request);
    Request changed = changed_request(tx, office, *request, amendment, event);
    for (const scan::ScanPage& page : scan::pages_of(tx, request->id)) {
        changed.findings = with_page_findings(changed, form, scan::reading_from_json(page.reading));
    }
    const bool alone = form.must_be_alone(values_of(changed));
    const auto saved = save_payload(tx, *request, *next, changed, alone);
    if (!saved) {
        return saved.error();
    }
    if (event == Event::Resubmitted) {
        end_return(tx, request->id, "resubmitted");
    }
    for (const Scan& scan : amendment.scans) {
        replace_scan(tx, request->id, scan);
    }
    reopen_checks(tx, request->id);
    reopen_keyings(tx, *request, amendment);
    audit::append(tx, {"request." + std::string(to_text(event)),
                       officers::actor_of(amendment.by),
                       "request:" + request->number,
                       {{"before_sha256", sha256_hex(request->payload)},
                        {"after_sha256", sha256_hex(amendment.payload)},
                        {"scans", amendment.scans.size()}}});
    return *next;
}

Result<State> amend(const Office& office, std::string_view number, const Amendment& amendment) {
    return store::transact(office.database, "request.amend",
                           [&](store::Tx& tx) { return amend(tx, office, number, amendment); });
}

}  // namespace sealdesk::requests
