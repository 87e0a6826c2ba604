#include "requests/corrected.h"

#include <algorithm>

#include "base/durable_file.h"
#include "requests/register_view.h"
#include "requests/request_store.h"
#include "subscribers/subscriber.h"

namespace sealdesk::requests {
namespace {

/// Scans of a corrected form: new ones from files the clerk named, the others from the desk.
class CorrectedScans final : public intake::ScanReader {
public:
    CorrectedScans(const store::FileStore& files,
                   const std::map<std::string, std::filesystem::path>& fresh)
        : files_(files), fresh_(fresh) {}

    Result<std::string> read(std::string_view name) override {
        for (const auto& [field, path] : fresh_) {
            if (path.string() == name) {
                return read_file(path);
            }
        }
        return files_.get(name);
    }

private:
    const store::FileStore& files_;
    const std::map<std::string, std::filesystem::path>& fresh_;
};

intake::Record corrected_record(const scheme::Form& form, const scheme::Values& values,
                                const Changes& changes) {
    intake::Record record;
    record.amended = true;
    for (const scheme::Field& field : form.fields) {
        const auto changed = changes.fields.find(field.key);
        const auto scanned = changes.scans.find(field.key);
        const auto stored = values.find(field.key);
        record.cells.push_back(changed != changes.fields.end()  ? changed->second
                               : scanned != changes.scans.end() ? scanned->second.string()
                               : stored != values.end()         ? stored->second
                                                                : "");
    }
    return record;
}

/// The register as a correction sees it: its own request is no duplicate of itself, and the
/// applicant is who it was when the form came in, unless the id number turned out to be another.
class OwnRegister final : public intake::Registry {
public:
    OwnRegister(store::Tx& tx, const Request& request, const scheme::Form& form,
                const std::string& id_number)
        : same_applicant_(id_number == request.id_number) {
        const auto subscriber = subscribers::find_subscriber(tx, request.scheme, id_number);
        if (subscriber || (same_applicant_ && !form.registers_applicant())) {
            known_ = intake::KnownSubscriber{request.applicant_kind, request.applicant_name,
                                             request.number};
        }
        if (subscriber) {
            known_->kind = same_applicant_ ? known_->kind : subscriber->kind;
            known_->name = subscriber->name;
            look_at_subscriber(tx, form, subscriber->id, *known_);
        }
        const std::string key = open_key(request.scheme, request.form, id_number);
        const auto taken = open_among(tx, std::span(&key, 1));
        if (!taken.empty() && taken.begin()->second.number != request.number) {
            other_request_ = taken.begin()->second.number;
        }
    }
    const intake::KnownSubscriber* find_subscriber(std::string_view,
                                                   std::string_view) const override {
        return known_ ? &*known_ : nullptr;
    }
    std::string open_request(std::string_view, std::string_view, std::string_view) const override {
        return other_request_;
    }

private:
    bool same_applicant_;
    std::optional<intake::KnownSubscriber> known_;  ///< none: a stranger, whom the form registers
    std::string other_request_;
};

Error first_reason(const intake::Draft& draft, std::string_view number) {
    const intake::Reason& reason = draft.reasons.front();
    return {ErrorKind::Invalid, "edit.invalid", reason.message.zh + " / " + reason.message.en,
            std::string(number) + ", " + reason.field, reason.rule()};
}

Amendment amendment_of(const Office& office, const scheme::Form& form, const intake::Draft& draft,
                       const std::string& by) {
    Amendment amendment{draft.payload,
                        intake::findings_to_json(draft.findings),
                        draft.value(form.roles.applicant_name),
                        draft.value(form.roles.applicant_kind),
                        {},
                        by};
    for (const intake::Scan& scan : draft.scans) {
        SEALDESK_CHECK(office.files.put(scan.bytes) == scan.sha256);
        amendment.scans.push_back({scan.field, scan.sha256, scan.name});
    }
    return amendment;
}

/// Only scans that are new are replaced; an unchanged one keeps its row.
void keep_new_scans(std::vector<Scan>& scans, const std::vector<Scan>& before) {
    std::erase_if(scans, [&](const Scan& scan) {
        return std::ranges::any_of(before, [&](const Scan& old) {
            return old.role == scan.role && old.sha256 == scan.sha256;
        });
    });
}

}  // namespace

intake::Draft judged_form(const Office& office, const Request& request, const Changes& changes) {
    const scheme::Form& form = form_of(office, request);
    CorrectedScans scans(office.files, changes.scans);
    return intake::evaluate(corrected_record(form, values_of(request), changes),
                            scheme_of(office, request), form, scans,
                            day_in_taipei(office.database.clock().now()));
}

Result<Amendment> corrected_form(const Office& office, const Request& request,
                                 const Changes& changes, const std::string& by) {
    const scheme::Form& form = form_of(office, request);
    intake::Draft draft = judged_form(office, request, changes);
    const std::string id_number = draft.value(form.roles.id_number);
    std::optional<intake::Draft> judged;
    const auto before = store::transact(office.database, "request.scans", [&](store::Tx& tx) {
        judged = intake::judge_by_registry(draft, scheme_of(office, request),
                                           OwnRegister(tx, request, form, id_number));
        return scans_of(tx, request.id);
    });
    if (judged) {
        draft = *std::move(judged);
    }
    if (!draft.reasons.empty()) {
        return first_reason(draft, request.number);
    }
    Amendment amendment = amendment_of(office, form, draft, by);
    amendment.id_number = id_number;
    if (amendment.applicant_kind.empty()) {
        amendment.applicant_kind = request.applicant_kind;
    }
    keep_new_scans(amendment.scans, before);
    return amendment;
}

}  // namespace sealdesk::requests
