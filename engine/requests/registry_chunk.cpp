#include "requests/registry_chunk.h"

#include <algorithm>

#include "requests/keyed_code.h"
#include "requests/new_request.h"
#include "requests/registry_store.h"

namespace sealdesk::requests {
namespace {

/// One chunk on its way through the transaction.
struct Work {
    store::Tx& tx;
    const Office& office;
    const RegistryReception& reception;
    const RegistryDryRun* dry_run;  ///< none: the rows are filed
    RegisterView view;
    std::map<std::string, std::string> taken;  ///< row keys filed already, with who has them
    RegistryChunk chunk;
};

/// Rules that tell our subscribers from all others.
bool asks_whose(const scheme::Rule& rule) {
    return rule.kind == scheme::RuleKind::SubscriberExists ||
           rule.kind == scheme::RuleKind::CertificateAlive;
}

bool means_not_ours(const scheme::Form& form, const intake::Draft& judged) {
    const auto rule = std::ranges::find(form.rules, judged.reasons.back().code, &scheme::Rule::id);
    return rule != form.rules.end() && asks_whose(*rule);
}

/// No effect of the form applies to what the row says: nothing would follow from an approval.
bool has_effect(const scheme::Form& form, const scheme::Values& values) {
    return std::ranges::any_of(form.effects, [&](const scheme::Effect& effect) {
        return scheme::holds(effect.when, values);
    });
}

RowReport report_of(const Work& work, const intake::Draft& draft) {
    const scheme::Roles& roles = work.reception.form.roles;
    return {.file = work.reception.file,
            .row = draft.row,
            .record = draft.record_number,
            .fate = RowFate::Proposal,
            .id_number = draft.value(roles.id_number),
            .name = draft.value(roles.applicant_name),
            .change = draft.value(roles.ground),
            .request = {},
            .duplicate_of = {},
            .application = {},
            .outlooks = {},
            .reasons = draft.reasons};
}

/// The application of an entity that has none of our certificates yet.
std::string open_application(const Work& work, const std::string& id_number) {
    const scheme::Form* registering = registering_form(work.reception.scheme);
    return registering == nullptr
               ? ""
               : work.view.open_request(work.reception.scheme.id, registering->id, id_number);
}

/// Who has a row of this content: a request, a batch, or a row before it; nothing when nobody has.
std::optional<std::string> holder_of(const Work& work, const std::string& content) {
    if (const auto known = work.taken.find(content); known != work.taken.end()) {
        return known->second;
    }
    const bool seen = work.dry_run != nullptr && work.dry_run->row_keys.contains(content);
    return seen ? std::optional<std::string>("") : std::nullopt;
}

/// A row that can be read, judged by what the office has.
void judge(Work& work, const intake::Draft& keyed, RowReport& report) {
    const scheme::Form& form = work.reception.form;
    const auto changed = intake::judge_by_registry(keyed, work.reception.scheme, work.view);
    const intake::Draft& draft = changed ? *changed : keyed;
    report.reasons = draft.reasons;
    if (!draft.duplicate_of.empty()) {
        report.fate = RowFate::Duplicate;
        report.duplicate_of = draft.duplicate_of;
    } else if (draft.refused()) {
        const bool not_ours = means_not_ours(form, draft);
        report.fate = not_ours ? RowFate::NotOurs : RowFate::Refused;
        report.application = not_ours ? open_application(work, report.id_number) : "";
        report.reasons = not_ours ? std::vector<intake::Reason>{} : report.reasons;
    } else if (const auto holder = holder_of(work, keyed.content)) {
        report.fate = RowFate::Duplicate;
        report.duplicate_of = *holder;
    } else if (!has_effect(form, draft.values)) {
        report.fate = RowFate::NoEffect;
    } else {
        report.outlooks = outlook(work.tx, work.reception.scheme, form, draft.values);
        work.chunk.requests.push_back(new_request(
            work.tx, {work.office, work.reception.scheme, form, work.reception.by}, draft));
    }
}

/// Until numbers are given out, a request of this chunk is known by its place in it; in a dry run,
/// which gives none, by its row.
std::string place_of(const Work& work, const intake::Draft& draft) {
    return work.dry_run != nullptr ? work.reception.file + ":" + std::to_string(draft.row)
                                   : "#" + std::to_string(work.chunk.requests.size());
}

void take_row(Work& work, const intake::Draft& draft) {
    RowReport report = report_of(work, draft);
    const std::string place = place_of(work, draft);
    if (draft.refused()) {
        report.fate = RowFate::Refused;
    } else {
        judge(work, draft, report);
    }
    const bool is_new = report.fate == RowFate::Proposal || report.fate == RowFate::NoEffect;
    if (is_new) {
        work.taken.emplace(draft.content, report.fate == RowFate::Proposal ? place : "");
    }
    if (report.fate == RowFate::Proposal) {
        const Request& request = work.chunk.requests.back().request;
        report.request = work.dry_run != nullptr ? "" : place;
        work.view.opened(request.form, request.id_number,
                         {place, request.applicant_kind, request.applicant_name});
    }
    if (report.fate != RowFate::NotOurs) {
        work.chunk.kept.push_back({draft.row, report.fate, report.record, report.id_number,
                                   is_new ? draft.content : "", std::nullopt, report.duplicate_of,
                                   report.reasons});
    }
    work.chunk.reports.push_back(std::move(report));
}

/// Requests get their numbers last, when the row that counts them is locked for the shortest time;
/// what names a request of this chunk by its place learns them, too.
void number_requests(Work& work) {
    auto& requests = work.chunk.requests;
    std::int64_t next =
        requests.empty() ? 0 : take_request_numbers(work.tx, std::int64_t(requests.size()));
    for (NewRequest& fresh : requests) {
        fresh.request.number = request_number(work.tx, next++);
    }
    const auto resolve = [&](std::string& number) {
        if (number.starts_with('#')) {
            const auto index = parse_number(std::string_view(number).substr(1));
            number = requests.at(static_cast<std::size_t>(*index)).request.number;
        }
    };
    for (RowReport& report : work.chunk.reports) {
        resolve(report.request);
        resolve(report.duplicate_of);
    }
    for (RegistryRow& row : work.chunk.kept) {
        resolve(row.duplicate_of);
    }
}

Outcome file_chunk(Work& work, const RegistryBatch& batch) {
    number_requests(work);
    const auto& reports = work.chunk.reports;
    const auto not_ours = std::ranges::count(reports, RowFate::NotOurs, &RowReport::fate);
    if (!advance_registry_batch(work.tx, batch, reports.back().row, std::int64_t(reports.size()),
                                not_ours)) {
        return Error{ErrorKind::Conflict,
                     "registry.busy",
                     "Somebody else imports the same file at this moment; wait for them.",
                     batch.number,
                     {}};
    }
    std::vector<audit::Event> events;
    auto fresh = work.chunk.requests.begin();
    for (RegistryRow& row : work.chunk.kept) {
        if (row.fate == RowFate::Proposal) {
            row.request = fresh->request.id;
            events.push_back(received_event(fresh->request, batch.id.value(), row.row_number));
            ++fresh;
        }
    }
    insert_requests(work.tx, work.chunk.requests);
    keep_user_codes(work.tx, work.chunk.requests);
    insert_registry_rows(work.tx, batch.id, work.chunk.kept);
    audit::append_all(work.tx, events);
    return done();
}

/// What rows of others say is not filed, so it need not be looked for.
std::vector<std::string> keys_worth_asking(const Work& work,
                                           std::span<const intake::Draft> drafts) {
    const RegistryReception& reception = work.reception;
    const bool only_ours = std::ranges::any_of(reception.form.rules, asks_whose);
    std::vector<std::string> keys;
    for (const intake::Draft& draft : drafts) {
        const bool ours = !only_ours || work.view.find_subscriber(
                                            reception.scheme.id,
                                            draft.value(reception.form.roles.id_number)) != nullptr;
        if (!draft.refused() && ours) {
            keys.push_back(draft.content);
        }
    }
    return keys;
}

}  // namespace

Result<RegistryChunk> take_registry_chunk(store::Tx& tx, const Office& office,
                                          const RegistryReception& reception,
                                          const std::optional<RegistryBatch>& batch,
                                          std::span<const intake::Draft> drafts,
                                          const RegistryDryRun& dry_run) {
    const RegisterView view(tx, reception.scheme, reception.form, drafts, dry_run.opened);
    Work work{tx, office, reception, batch ? nullptr : &dry_run, view, {}, {}};
    work.taken = filed_row_keys(tx, keys_worth_asking(work, drafts));
    for (const intake::Draft& draft : drafts) {
        take_row(work, draft);
    }
    if (batch) {
        const Outcome filed = file_chunk(work, *batch);
        if (!filed) {
            return filed.error();
        }
    }
    return std::move(work.chunk);
}

}  // namespace sealdesk::requests
