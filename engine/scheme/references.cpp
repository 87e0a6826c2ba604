#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "scheme/names.h"
#include "scheme/parse.h"

namespace sealdesk::scheme {

namespace {

/// Looks at one form and remembers the first fault.
class ReferenceCheck {
public:
    ReferenceCheck(const YamlDocument& document, const SchemeParts& parts, const Form& form)
        : document_(document), parts_(parts), form_(form) {}

    Outcome run() {
        check_fields();
        check_headings();
        check_documents();
        check_roles();
        check_seals();
        check_checklist();
        check_checks();
        check_rules();
        check_profiles();
        check_grounds();
        check_fees_and_effects();
        check_id_conditions();
        if (fault_) {
            return *fault_;
        }
        return done();
    }

private:
    void fail(const std::string& pointer, std::string detail,
              std::string code = "scheme.reference") {
        if (!fault_) {
            fault_ = Error{ErrorKind::Invalid,
                           std::move(code),
                           std::move(detail),
                           document_.where(pointer),
                           {}};
        }
    }

    /// Remembers a folded name; a name of two different things is a fault.
    void take_name(std::map<std::string, std::string>& names, const std::string& name,
                   const std::string& owner, const std::string& pointer) {
        const auto [known, fresh] = names.emplace(fold_name(name), owner);
        if (!fresh && known->second != owner) {
            fail(pointer, "`" + name + "` names both `" + known->second + "` and `" + owner + "`",
                 "scheme.repeated_name");
        }
    }

    void take_choices(const std::vector<Choice>& choices, const std::string& pointer) {
        std::map<std::string, std::string> names;
        std::set<std::string> values;
        for (std::size_t i = 0; i < choices.size(); ++i) {
            const Choice& choice = choices[i];
            const std::string here = pointer + "/" + std::to_string(i);
            if (!values.insert(choice.value).second) {
                fail(here, "`" + choice.value + "` is here twice", "scheme.repeated_name");
            }
            take_name(names, choice.value, choice.value, here);
            take_name(names, choice.label.zh, choice.value, here);
            take_name(names, choice.label.en, choice.value, here);
            for (const std::string& alias : choice.aliases) {
                take_name(names, alias, choice.value, here);
            }
        }
    }

    void check_fields() {
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
            if (field.type != FieldType::IdNumber && !field.id_types.empty()) {
                fail(here + "/id_types", "only an id_number field has id_types");
            }
        }
    }

    void check_headings() {
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

    void check_documents() {
        take_choices(form_.documents, "/documents");
        if (!form_.documents.empty() && form_.roles.documents.empty()) {
            fail("/documents", "documents are listed, but roles.documents names no field");
        }
    }

    struct RoleUse {
        const char* name;
        const std::string* field;
        FieldType type;
    };

    [[nodiscard]] std::array<RoleUse, 14> role_uses() const {
        const Roles& r = form_.roles;
        return {{{"record_number", &r.record_number, FieldType::RecordNumber},
                 {"received_on", &r.received_on, FieldType::Date},
                 {"applicant_kind", &r.applicant_kind, FieldType::Choice},
                 {"applicant_name", &r.applicant_name, FieldType::Name},
                 {"id_number", &r.id_number, FieldType::IdNumber},
                 {"delivery", &r.delivery, FieldType::Choice},
                 {"documents", &r.documents, FieldType::Documents},
                 {"certificate", &r.certificate, FieldType::Choice},
                 {"ground", &r.ground, FieldType::Choice},
                 {"contact_name", &r.contact_name, FieldType::Name},
                 {"contact_phone", &r.contact_phone, FieldType::Phone},
                 {"contact_email", &r.contact_email, FieldType::Email},
                 {"contact_postal_code", &r.contact_postal_code, FieldType::PostalCode},
                 {"contact_address", &r.contact_address, FieldType::Address}}};
    }

    void check_roles() {
        for (const RoleUse& use : role_uses()) {
            if (!use.field->empty()) {
                need_field(*use.field, use.type, std::string("/roles/") + use.name);
            }
        }
        const bool has_contact = !form_.roles.contact_name.empty() &&
                                 !form_.roles.contact_address.empty() &&
                                 !form_.roles.contact_email.empty();
        if (form_.recipient == Recipient::ThisFormContact && !has_contact) {
            fail("/recipient",
                 "this_form needs roles contact_name, contact_address, contact_email");
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

    void need_same_choices(const std::string& key, const char* source, const std::string& pointer) {
        for (const auto& node : document_.content.at("fields")) {
            if (!key.empty() && node.at("key") == key &&
                node.value("choices_from", std::string{}) != source) {
                fail(pointer, "the field `" + key + "` needs choices_from: " + source);
            }
        }
    }

    const Field* need_field(const std::string& key, FieldType type, const std::string& pointer) {
        const Field* field = form_.find_field(key);
        if (field == nullptr) {
            fail(pointer, "the form has no field `" + key + "`");
        } else if (field->type != type) {
            fail(pointer, "the field `" + key + "` is not of type " + std::string(name_of(type)));
        }
        return field;
    }

    void check_seals() {
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
                if (!roles.contains(role)) {
                    fail("/seals", "`" + kind.key + "` needs a box for the seal `" + role + "`");
                }
            }
        }
        if (!form_.seals.empty() && form_.find_check("seal") == nullptr) {
            fail("/checks", "a form with seals needs the check `seal`");
        }
    }

    void check_checklist() {
        std::set<std::string> keys;
        for (std::size_t i = 0; i < form_.checklist.size(); ++i) {
            const ChecklistItem& item = form_.checklist[i];
            const std::string here = "/checklist/" + std::to_string(i);
            if (!keys.insert(item.key).second) {
                fail(here + "/key", "`" + item.key + "` is here twice", "scheme.repeated_name");
            }
            for (const std::string& document : item.any_of) {
                if (form_.find_document(document) == nullptr) {
                    fail(here + "/any_of", "there is no document `" + document + "`");
                }
            }
            check_condition(item.when, here + "/when");
        }
        if (!form_.checklist.empty() && form_.find_check("documents") == nullptr) {
            fail("/checks", "a form with a checklist needs the check `documents`");
        }
    }

    void check_checks() {
        std::set<std::string> kinds;
        for (std::size_t i = 0; i < form_.checks.size(); ++i) {
            if (!kinds.insert(form_.checks[i].kind).second) {
                fail("/checks/" + std::to_string(i) + "/kind", "the check is here twice",
                     "scheme.repeated_name");
            }
        }
    }

    void check_rules() {
        std::set<std::string> ids;
        for (std::size_t i = 0; i < form_.rules.size(); ++i) {
            const Rule& rule = form_.rules[i];
            const std::string here = "/rules/" + std::to_string(i);
            if (!ids.insert(rule.id).second) {
                fail(here + "/id", "the rule `" + rule.id + "` is here twice",
                     "scheme.repeated_name");
            }
            check_rule_field(rule, here);
            const bool takes_value =
                rule.kind == RuleKind::MinAge || rule.kind == RuleKind::MinNumber;
            if (takes_value != document_.content.at("rules").at(i).contains("value")) {
                fail(here, takes_value ? "this kind of rule needs a value"
                                       : "this kind of rule takes no value");
            }
            check_condition(rule.when, here + "/when");
        }
    }

    void check_rule_field(const Rule& rule, const std::string& here) {
        switch (rule.kind) {
            case RuleKind::MinAge: need_field(rule.field, FieldType::Date, here + "/field"); break;
            case RuleKind::MinNumber:
                need_field(rule.field, FieldType::Number, here + "/field");
                break;
            case RuleKind::MustBeYes:
            case RuleKind::MustBeNo:
                need_field(rule.field, FieldType::YesNo, here + "/field");
                break;
            case RuleKind::Needed:
                if (form_.find_field(rule.field) == nullptr) {
                    fail(here + "/field", "the form has no field `" + rule.field + "`");
                }
                break;
            case RuleKind::SubscriberExists:
            case RuleKind::NotRegistered:
            case RuleKind::OneOpenRequest:
            case RuleKind::CertificateAlive:
            case RuleKind::CertificateHeld:
                need_field(rule.field, FieldType::IdNumber, here + "/field");
                break;
        }
    }

    /// Every ground of the form has a reason, and no other has.
    void check_grounds() {
        const Field* ground = form_.find_field(form_.roles.ground);
        const std::vector<Choice> grounds =
            ground == nullptr ? std::vector<Choice>{} : ground->choices;
        for (const Choice& choice : grounds) {
            if (!form_.revocation_reasons.contains(choice.value)) {
                fail("/roles/ground", "revocation_reasons has no `" + choice.value + "`");
            }
        }
        if (form_.revocation_reasons.size() != grounds.size()) {
            fail("/revocation_reasons", "roles.ground names no field with these choices");
        }
    }

    void check_profiles() {
        for (const auto& [value, profile] : form_.profiles) {
            const std::string here = "/certificate_profiles/" + pointer_part(value);
            if (std::ranges::find(parts_.scheme.profiles, profile) ==
                parts_.scheme.profiles.end()) {
                fail(here, "scheme.yaml has no profile `" + profile + "`");
            }
        }
        const Field* certificate = form_.find_field(form_.roles.certificate);
        if (certificate == nullptr) {
            if (!form_.profiles.empty()) {
                fail("/certificate_profiles", "roles.certificate names no field");
            }
            return;
        }
        std::set<std::string> values;
        for (const Choice& choice : certificate->choices) {
            values.insert(choice.value);
            if (!form_.profiles.contains(choice.value)) {
                fail("/certificate_profiles", "no profile for `" + choice.value + "`");
            }
        }
        for (const auto& [value, profile] : form_.profiles) {
            if (!values.contains(value)) {
                fail("/certificate_profiles/" + pointer_part(value),
                     "`" + value + "` is no choice of `" + certificate->key + "`");
            }
        }
    }

    void check_fees_and_effects() {
        std::set<std::string> items;
        for (std::size_t i = 0; i < form_.fees.size(); ++i) {
            const std::string here = "/fees/" + std::to_string(i);
            if (!items.insert(form_.fees[i].item).second) {
                fail(here + "/item", "the fee is here twice", "scheme.repeated_name");
            }
            check_condition(form_.fees[i].when, here + "/when");
        }
        for (std::size_t i = 0; i < form_.effects.size(); ++i) {
            check_condition(form_.effects[i].when, "/effects/" + std::to_string(i) + "/when");
        }
    }

    /// Conditions of kinds stand in scheme.yaml, but name fields of this form.
    void check_id_conditions() {
        for (const ApplicantKind& kind : form_.kinds) {
            for (const AllowedId& id : kind.id_types) {
                if (!form_.roles.applicant_kind.empty()) {
                    check_condition(id.when, "/kinds");
                }
            }
        }
    }

    void check_condition(const Condition& condition, const std::string& pointer) {
        for (const FieldTest& test : condition.all) {
            const std::string here = pointer + "/" + pointer_part(test.field);
            const auto values = values_possible(test.field, here);
            for (const std::string& value : test.values) {
                if (values && !values->contains(value)) {
                    fail(here, "`" + value + "` is no value of `" + test.field + "`");
                }
            }
        }
    }

    /// The values a field (or a derived value) can have; nothing when they cannot be listed.
    std::optional<std::set<std::string>> values_possible(const std::string& name,
                                                         const std::string& pointer) {
        if (const Field* field = form_.find_field(name)) {
            if (field->type == FieldType::YesNo) {
                return std::set<std::string>{"yes", "no"};
            }
            if (field->type != FieldType::Choice) {
                return std::nullopt;
            }
            std::set<std::string> values;
            for (const Choice& choice : field->choices) {
                values.insert(choice.value);
            }
            return values;
        }
        const std::size_t dot = name.rfind('.');
        const Field* base =
            dot == std::string::npos ? nullptr : form_.find_field(name.substr(0, dot));
        const std::string derived = dot == std::string::npos ? "" : name.substr(dot + 1);
        if (base != nullptr && base->type == FieldType::IdNumber && derived == "type") {
            return std::set<std::string>{"national_id", "resident_id", "passport", "ubn",
                                         "foreign_number"};
        }
        if (base == nullptr || base->type != FieldType::Address || derived != "postal_code") {
            fail(pointer, "the form has no field `" + name + "`");
        }
        return std::nullopt;
    }

    const YamlDocument& document_;
    const SchemeParts& parts_;
    const Form& form_;
    std::optional<Error> fault_;
};

}  // namespace

Outcome check_references(const YamlDocument& document, const SchemeParts& parts, const Form& form) {
    return ReferenceCheck(document, parts, form).run();
}

Outcome check_scheme_references(const YamlDocument& document, const SchemeParts& parts) {
    const auto repeated = [&](const std::string& pointer, const std::string& name) {
        return Error{ErrorKind::Invalid,
                     "scheme.repeated_name",
                     "`" + name + "` is here twice",
                     document.where(pointer),
                     {}};
    };
    std::set<std::string> kinds;
    for (std::size_t i = 0; i < parts.kinds.size(); ++i) {
        if (!kinds.insert(parts.kinds[i].key).second) {
            return repeated("/applicant_kinds/" + std::to_string(i) + "/key", parts.kinds[i].key);
        }
    }
    std::set<std::string> deliveries;
    for (std::size_t i = 0; i < parts.deliveries.size(); ++i) {
        if (!deliveries.insert(parts.deliveries[i].value).second) {
            return repeated("/deliveries/" + std::to_string(i) + "/value",
                            parts.deliveries[i].value);
        }
    }
    std::set<std::string> forms;
    for (std::size_t i = 0; i < parts.form_names.size(); ++i) {
        if (!forms.insert(parts.form_names[i]).second) {
            return repeated("/forms/" + std::to_string(i), parts.form_names[i]);
        }
    }
    return done();
}

}  // namespace sealdesk::scheme
