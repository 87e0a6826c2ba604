#include "requests/edit.h"

#include <algorithm>

#include "base/durable_file.h"
#include "intake/evaluate.h"
#include "requests/examine.h"
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

const scheme::Field* field_named(const scheme::Form& form, std::string_view name) {
    const auto found = std::ranges::find_if(form.fields, [&](const scheme::Field& field) {
        return field.key == name || field.label.zh == name || field.label.en == name;
    });
    return found == form.fields.end() ? nullptr : &*found;
}

Error unknown_field(std::string_view name) {
    return {ErrorKind::Invalid,
            "edit.unknown_field",
            "The form has no such field; use its key or its label.",
            std::string(name),
            {}};
}

/// Both kinds of correction by field key.
Result<std::map<std::string, std::string>> by_key(const scheme::Form& form,
                                                  const Correction& correction) {
    std::map<std::string, std::string> changes;
    for (const auto& [name, text] : correction.fields) {
        const scheme::Field* field = field_named(form, name);
        if (field == nullptr) {
            return unknown_field(name);
        }
        if (field->key == form.roles.id_number) {
            return Error{ErrorKind::Refused,
                         "edit.identity",
                         "The id number names the applicant and cannot be changed; withdraw the "
                         "request and import the corrected form.",
                         name,
                         {}};
        }
        if (field->type == scheme::FieldType::UserCode) {
            return Error{ErrorKind::Refused, "edit.secret",
                         "A user code is not typed on a command line; withdraw the request and "
                         "import the form with another code.",
                         name, "M 4.1.1.1"};
        }
        changes[field->key] = text;
    }
    for (const auto& [name, path] : correction.scans) {
        const scheme::Field* field = field_named(form, name);
        if (field == nullptr || field->type != scheme::FieldType::Scan) {
            return unknown_field(name);
        }
        changes[field->key] = path.string();
    }
    return changes;
}

intake::Record corrected_record(const scheme::Form& form, const scheme::Values& values,
                                const std::map<std::string, std::string>& changes) {
    intake::Record record;
    record.amended = true;
    for (const scheme::Field& field : form.fields) {
        const auto changed = changes.find(field.key);
        const auto stored = values.find(field.key);
        record.cells.push_back(changed != changes.end() ? changed->second
                               : stored != values.end() ? stored->second
                                                        : "");
    }
    return record;
}

/// The register as a correction sees it: its own request is no duplicate of itself, and the
/// applicant is who it was when the form came in.
class OwnRegister final : public intake::Registry {
public:
    OwnRegister(store::Tx& tx, const Request& request, const scheme::Form& form)
        : stranger_(form.registers_applicant()),
          known_{request.applicant_kind, request.applicant_name, request.number} {
        const auto subscriber = subscribers::find_subscriber(tx, request.scheme, request.id_number);
        if (subscriber) {
            stranger_ = false;
            known_.name = subscriber->name;
            look_at_subscriber(tx, form, subscriber->id, known_);
        }
    }
    const intake::KnownSubscriber* find_subscriber(std::string_view,
                                                   std::string_view) const override {
        return stranger_ ? nullptr : &known_;
    }
    std::string open_request(std::string_view, std::string_view, std::string_view) const override {
        return {};
    }

private:
    bool stranger_;  ///< the form would make the applicant a subscriber, who is none yet
    intake::KnownSubscriber known_;
};

Error first_reason(const intake::Draft& draft, std::string_view number) {
    const intake::Reason& reason = draft.reasons.front();
    return {ErrorKind::Invalid, "edit.invalid", reason.message.zh + " / " + reason.message.en,
            std::string(number) + ", " + reason.field, reason.rule()};
}

Amendment amendment_of(const Office& office, const scheme::Form& form, const intake::Draft& draft,
                       const std::string& by) {
    Amendment amendment{
        draft.payload,
        intake::findings_to_json(draft.findings),
        draft.value(form.roles.applicant_name),
        draft.value(form.roles.applicant_kind),
        {},
        promised_end(office.calendar, form, draft.values, office.database.clock().now()),
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

Result<State> edit(const Office& office, std::string_view number, const Correction& correction) {
    const auto request = look_up(office, number);
    if (!request) {
        return request.error();
    }
    const scheme::Form& form = form_of(office, *request);
    if (form.origin == scheme::Origin::Register) {
        return Error{ErrorKind::Refused, "edit.of_the_register",
                     "What the register says is not edited here: reject it, and import the "
                     "register's corrected file.",
                     std::string(number), "M 4.4.3"};
    }
    const auto changes = by_key(form, correction);
    if (!changes) {
        return changes.error();
    }
    const scheme::Values values = values_of(*request);
    CorrectedScans scans(office.files, correction.scans);
    intake::Draft draft =
        intake::evaluate(corrected_record(form, values, *changes), scheme_of(office, *request),
                         form, scans, day_in_taipei(office.database.clock().now()));
    std::optional<intake::Draft> judged;
    const auto before = store::transact(office.database, "request.scans", [&](store::Tx& tx) {
        judged = intake::judge_by_registry(draft, scheme_of(office, *request),
                                           OwnRegister(tx, *request, form));
        return scans_of(tx, request->id);
    });
    if (judged) {
        draft = *std::move(judged);
    }
    if (draft.refused()) {
        return first_reason(draft, number);
    }
    Amendment amendment = amendment_of(office, form, draft, correction.by);
    if (amendment.applicant_kind.empty()) {
        amendment.applicant_kind = request->applicant_kind;
    }
    keep_new_scans(amendment.scans, before);
    return amend(office, number, amendment);
}

}  // namespace sealdesk::requests
