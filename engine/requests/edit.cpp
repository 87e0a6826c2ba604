#include "requests/edit.h"

#include <algorithm>

#include "requests/corrected.h"

namespace sealdesk::requests {
namespace {

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
Result<Changes> by_key(const scheme::Form& form, const Correction& correction) {
    Changes changes;
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
        changes.fields[field->key] = text;
    }
    for (const auto& [name, path] : correction.scans) {
        const scheme::Field* field = field_named(form, name);
        if (field == nullptr || field->type != scheme::FieldType::Scan) {
            return unknown_field(name);
        }
        changes.scans[field->key] = path;
    }
    return changes;
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
    const auto amendment = corrected_form(office, *request, *changes, correction.by);
    if (!amendment) {
        return amendment.error();
    }
    return amend(office, number, *amendment);
}

}  // namespace sealdesk::requests
