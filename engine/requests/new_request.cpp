#include "requests/new_request.h"

#include <algorithm>

#include "base/digest.h"
#include "crypto/verifier.h"
#include "officers/officer.h"
#include "requests/deadlines.h"
#include "requests/request_facts.h"
#include "store/counters.h"

namespace sealdesk::requests {
namespace {

/// What the form says, or what the register of subscribers knows where the form does not ask.
std::string applicant_kind_of(const intake::Draft& draft, const scheme::Form& form) {
    return draft.value(form.roles.applicant_kind.empty() ? intake::kRegisteredKind
                                                         : form.roles.applicant_kind);
}

}  // namespace

NewRequest new_request(store::Tx& tx, const Arrival& arrival, const intake::Draft& draft) {
    const scheme::Form& form = arrival.form;
    const Instant now = tx.now();
    NewRequest fresh{
        {.id = RequestId(tx.new_id()),
         .number = "",
         .scheme = arrival.scheme.id,
         .form = form.id,
         .form_version = form.version,
         .form_hash = form.hash,
         .record = draft.record_number,
         .applicant_kind = applicant_kind_of(draft, form),
         .id_number = draft.value(form.roles.id_number),
         .applicant_name = draft.value(form.roles.applicant_name),
         .payload = draft.payload,
         .findings = intake::findings_to_json(draft.findings),
         .state = State::Received,
         .version = 1,
         .keyed_by = arrival.by,
         .received_at = now,
         .due_at = promised_end(arrival.office.calendar, arrival.scheme, form, draft.values, now),
         .decided_at = std::nullopt,
         .closed_at = std::nullopt},
        {},
        {},
        form.must_be_alone(draft.values),
        draft.user_code_verifier,
        form.double_keyed};
    for (const scheme::Check& check : form.checks) {
        fresh.check_kinds.push_back(check.kind);
    }
    for (const intake::Scan& scan : draft.scans) {
        fresh.scans.push_back({scan.field, scan.sha256, scan.name});
    }
    return fresh;
}

void settle_user_code(const Office& office, intake::Draft& draft, bool wanted) {
    if (draft.user_code != nullptr && wanted) {
        draft.user_code_verifier =
            crypto::make_verifier(*draft.user_code, office.database.random());
    }
    draft.user_code.reset();
}

std::int64_t take_request_numbers(store::Tx& tx, std::int64_t count) {
    return store::take_numbers(tx, "request", count);
}

std::string request_number(store::Tx& tx, std::int64_t sequence) {
    return store::number_of_year(tx, 'R', sequence);
}

audit::Event received_event(const Request& request, std::int64_t batch, std::int64_t row) {
    return {"request.received", officers::actor_of(request.keyed_by), "request:" + request.number,
            with_facts(request, {{"form_sha256", request.form_hash},
                                 {"payload_sha256", sha256_hex(request.payload)},
                                 {"batch", batch},
                                 {"row", row}})};
}

}  // namespace sealdesk::requests
