#include <algorithm>
#include <utility>

#include "scheme/names.h"
#include "scheme/reference_check.h"

namespace sealdesk::scheme {

Outcome ReferenceCheck::run() {
    check_fields();
    check_headings();
    check_documents();
    check_roles();
    check_key_file();
    check_seals();
    check_copies();
    check_checklist();
    check_checks();
    check_rules();
    check_profiles();
    check_grounds();
    check_fees();
    check_effects();
    check_id_conditions();
    if (fault_) {
        return *fault_;
    }
    return done();
}

void ReferenceCheck::fail(const std::string& pointer, std::string detail, std::string code) {
    if (!fault_) {
        fault_ = Error{
            ErrorKind::Invalid, std::move(code), std::move(detail), document_.where(pointer), {}};
    }
}

void ReferenceCheck::take_name(std::map<std::string, std::string>& names, const std::string& name,
                               const std::string& owner, const std::string& pointer) {
    const auto [known, fresh] = names.emplace(fold_name(name), owner);
    if (!fresh && known->second != owner) {
        fail(pointer, "`" + name + "` names both `" + known->second + "` and `" + owner + "`",
             "scheme.repeated_name");
    }
}

void ReferenceCheck::take_choices(const std::vector<Choice>& choices, const std::string& pointer) {
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

const Field* ReferenceCheck::need_field(const std::string& key, FieldType type,
                                        const std::string& pointer) {
    const Field* field = form_.find_field(key);
    if (field == nullptr) {
        fail(pointer, "the form has no field `" + key + "`");
    } else if (field->type != type) {
        fail(pointer, "the field `" + key + "` is not of type " + std::string(name_of(type)));
    }
    return field;
}

void ReferenceCheck::need_same_choices(const std::string& key, const char* source,
                                       const std::string& pointer) {
    for (const auto& node : document_.content.at("fields")) {
        if (!key.empty() && node.at("key") == key &&
            node.value("choices_from", std::string{}) != source) {
            fail(pointer, "the field `" + key + "` needs choices_from: " + source);
        }
    }
}

void ReferenceCheck::check_condition(const Condition& condition, const std::string& pointer) {
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

std::optional<std::set<std::string>> ReferenceCheck::values_possible(const std::string& name,
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
    const Field* base = dot == std::string::npos ? nullptr : form_.find_field(name.substr(0, dot));
    const std::string derived = dot == std::string::npos ? "" : name.substr(dot + 1);
    if (base != nullptr && base->type == FieldType::IdNumber && derived == "type") {
        return std::set<std::string>{"national_id", "resident_id",    "passport",
                                     "ubn",         "foreign_number", "name_reservation"};
    }
    if (base == nullptr || base->type != FieldType::Address || derived != "postal_code") {
        fail(pointer, "the form has no field `" + name + "`");
    }
    return std::nullopt;
}

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
    if (parts.scheme.accept_within_months && !parts.scheme.texts.contains("unaccepted")) {
        return Error{ErrorKind::Invalid,
                     "scheme.reference",
                     "accept_within_months needs the text `unaccepted`",
                     document.where("/accept_within_months"),
                     {}};
    }
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
