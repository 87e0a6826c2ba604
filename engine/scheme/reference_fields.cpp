#include <map>
#include <set>

#include "scheme/names.h"
#include "scheme/reference_check.h"

namespace sealdesk::scheme {

void ReferenceCheck::check_fields() {
    for (std::size_t i = 0; i < form_.fields.size(); ++i) {
        const Field& field = form_.fields[i];
        const std::string here = "/fields/" + std::to_string(i);
        const auto& node = document_.content.at("fields").at(i);
        const bool listed = node.contains("choices");
        const bool borrowed = node.contains("choices_from");
        if ((field.type == FieldType::Choice) ? listed == borrowed : listed || borrowed) {
            fail(here, "a choice field, and no other, has either choices or choices_from");
        }
        take_choices(field.choices, here + "/choices");
        if (field.required_when) {
            check_condition(*field.required_when, here + "/required");
        }
        if (field.type == FieldType::UserCode) {
            check_code_field(field, here);
        }
        if (field.type != FieldType::IdNumber && !field.id_types.empty()) {
            fail(here + "/id_types", "only an id_number field has id_types");
        }
    }
}

void ReferenceCheck::check_code_field(const Field& field, const std::string& here) {
    if (!parts_.scheme.user_codes) {
        fail(here + "/type", "scheme.yaml has no user_codes");
    }
    if (field.key != form_.roles.user_code) {
        fail(here + "/type", "a user_code field is the one that roles.user_code names");
    }
}

void ReferenceCheck::check_headings() {
    std::map<std::string, std::string> names;
    std::set<std::string> keys;
    for (std::size_t i = 0; i < form_.fields.size(); ++i) {
        const Field& field = form_.fields[i];
        const std::string here = "/fields/" + std::to_string(i);
        if (!keys.insert(field.key).second) {
            fail(here + "/key", "the field `" + field.key + "` is here twice",
                 "scheme.repeated_name");
        }
        take_name(names, field.key, field.key, here + "/key");
        take_name(names, field.label.zh, field.key, here + "/label");
        take_name(names, field.label.en, field.key, here + "/label");
        for (const std::string& alias : field.aliases) {
            take_name(names, alias, field.key, here + "/aliases");
        }
    }
}

void ReferenceCheck::check_documents() {
    take_choices(form_.documents, "/documents");
    if (!form_.documents.empty() && form_.roles.documents.empty()) {
        fail("/documents", "documents are listed, but roles.documents names no field");
    }
}

void ReferenceCheck::check_role_fields() {
    const Roles& r = form_.roles;
    const struct {
        const char* name;
        const std::string& field;
        FieldType type;
    } uses[] = {{"received_on", r.received_on, FieldType::Date},
                {"applicant_kind", r.applicant_kind, FieldType::Choice},
                {"applicant_name", r.applicant_name, FieldType::Name},
                {"id_number", r.id_number, FieldType::IdNumber},
                {"delivery", r.delivery, FieldType::Choice},
                {"documents", r.documents, FieldType::Documents},
                {"certificate", r.certificate, FieldType::Choice},
                {"ground", r.ground, FieldType::Choice},
                {"certificate_serial", r.certificate_serial, FieldType::CertificateSerial},
                {"certificate_use", r.certificate_use, FieldType::Choice},
                {"token_kind", r.token_kind, FieldType::Choice},
                {"user_code", r.user_code, FieldType::UserCode},
                {"county", r.county, FieldType::Name},
                {"parent_name", r.parent_name, FieldType::Name},
                {"contact_name", r.contact_name, FieldType::Name},
                {"contact_phone", r.contact_phone, FieldType::Phone},
                {"contact_email", r.contact_email, FieldType::Email},
                {"contact_postal_code", r.contact_postal_code, FieldType::PostalCode},
                {"contact_address", r.contact_address, FieldType::Address}};
    for (const auto& use : uses) {
        if (!use.field.empty()) {
            need_field(use.field, use.type, std::string("/roles/") + use.name);
        }
    }
    const bool by_id_alone = form_.origin == Origin::Register && r.record_number == r.id_number;
    if (!by_id_alone) {
        need_field(r.record_number, FieldType::RecordNumber, "/roles/record_number");
    }
    need_choices(r.token_kind, {"primary", "secondary", "non_card"}, "/roles/token_kind");
    need_choices(r.certificate_use, {"both", "signature", "encryption"}, "/roles/certificate_use");
}

void ReferenceCheck::check_key_file() {
    if (!form_.key_file) {
        return;
    }
    need_field(form_.key_file->valid_until, FieldType::Date, "/key_file/valid_until");
    for (std::size_t i = 0; i < form_.key_file->compared.size(); ++i) {
        const std::string here = "/key_file/compared/" + std::to_string(i);
        const Field* field = form_.find_field(form_.key_file->compared[i]);
        const bool comparable = field != nullptr && (field->type == FieldType::Name ||
                                                     field->type == FieldType::IdNumber);
        if (!comparable) {
            fail(here, "names and id numbers are compared");
        }
    }
    const bool reserves = form_.origin == Origin::Register && form_.registers_applicant() &&
                          parts_.scheme.user_codes &&
                          form_.roles.record_number == form_.roles.id_number;
    if (!reserves) {
        fail("/key_file",
             "it takes a register's form known by its id_number that registers the applicant, and "
             "a scheme with user_codes");
    }
}

void ReferenceCheck::need_choices(const std::string& key, const std::set<std::string>& known,
                                  const std::string& pointer) {
    const Field* field = form_.find_field(key);
    if (field == nullptr) {
        return;
    }
    for (const Choice& choice : field->choices) {
        if (!known.contains(choice.value)) {
            fail(pointer, "the engine does not know `" + choice.value + "`");
        }
    }
}

void ReferenceCheck::check_roles() {
    if (!form_.preset_user_code.empty()) {
        need_field(form_.preset_user_code.front(), FieldType::IdNumber, "/preset_user_code/0");
        need_field(form_.preset_user_code.back(), FieldType::Date, "/preset_user_code/1");
        if (form_.origin != Origin::Register || !parts_.scheme.user_codes) {
            fail("/preset_user_code", "only a register's form of a scheme with user_codes has it");
        }
    }
    check_role_fields();
    const bool has_contact = !form_.roles.contact_name.empty() &&
                             !form_.roles.contact_address.empty() &&
                             !form_.roles.contact_email.empty();
    if (form_.recipient == Recipient::ThisFormContact && !has_contact) {
        fail("/recipient", "this_form needs roles contact_name, contact_address, contact_email");
    }
    need_same_choices(form_.roles.delivery, "deliveries", "/roles/delivery");
    if (form_.roles.delivery.empty() != form_.deliveries.empty() ||
        form_.deliveries.empty() != form_.deadline.has_value()) {
        fail("/roles", "a form has either roles.delivery with deliveries, or a deadline");
    }
    need_same_choices(form_.roles.applicant_kind, "kinds", "/roles/applicant_kind");
    const Field* id = form_.find_field(form_.roles.id_number);
    if (id != nullptr && id->id_types.empty() && form_.roles.applicant_kind.empty()) {
        fail("/roles/id_number",
             "without a field for the applicant's kind this field needs id_types");
    }
}

void ReferenceCheck::check_copies() {
    for (std::size_t i = 0; i < form_.copies.size(); ++i) {
        const CopyBox& copy = form_.copies[i];
        const std::string here = "/copies/" + std::to_string(i);
        need_field(copy.field, FieldType::Scan, here + "/field");
        if (form_.find_document(copy.document) == nullptr) {
            fail(here + "/document", "the form has no document `" + copy.document + "`");
        }
    }
}

void ReferenceCheck::check_seals() {
    std::set<std::string> roles;
    for (std::size_t i = 0; i < form_.seals.size(); ++i) {
        const std::string here = "/seals/" + std::to_string(i);
        need_field(form_.seals[i].field, FieldType::Scan, here + "/field");
        if (!roles.insert(form_.seals[i].role).second) {
            fail(here + "/role", "two boxes for one seal", "scheme.repeated_name");
        }
    }
    for (const ApplicantKind& kind : form_.kinds) {
        for (const std::string& role : kind.seals) {
            if (!roles.empty() && !roles.contains(role)) {  // an agency's form has no seals
                fail("/seals", "`" + kind.key + "` needs a box for the seal `" + role + "`");
            }
        }
    }
    if (!form_.seals.empty() && form_.find_check("seal") == nullptr) {
        fail("/checks", "a form with seals needs the check `seal`");
    }
}

void ReferenceCheck::check_id_conditions() {
    for (const ApplicantKind& kind : form_.kinds) {
        for (const AllowedId& id : kind.id_types) {
            if (!form_.roles.applicant_kind.empty()) {
                check_condition(id.when, "/kinds");
            }
        }
    }
}

}  // namespace sealdesk::scheme
