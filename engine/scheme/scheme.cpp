#include "scheme/scheme.h"

#include <algorithm>

namespace sealdesk::scheme {

namespace {

template <class Entry, class Name>
const Entry* entry_named(const std::vector<Entry>& entries, Name Entry::*member,
                         std::string_view name) {
    const auto found = std::ranges::find(entries, name, member);
    return found == entries.end() ? nullptr : &*found;
}

}  // namespace

const Field* Form::find_field(std::string_view key) const {
    return entry_named(fields, &Field::key, key);
}
const ApplicantKind* Form::find_kind(std::string_view key) const {
    return entry_named(kinds, &ApplicantKind::key, key);
}
const Delivery* Form::find_delivery(std::string_view value) const {
    return entry_named(deliveries, &Delivery::value, value);
}
const Choice* Form::find_document(std::string_view value) const {
    return entry_named(documents, &Choice::value, value);
}
const Check* Form::find_check(std::string_view kind) const {
    return entry_named(checks, &Check::kind, kind);
}
const SealBox* Form::find_seal(std::string_view role) const {
    return entry_named(seals, &SealBox::role, role);
}

const Effect* Form::find_effect(std::string_view kind, const Values& values) const {
    const auto found = std::ranges::find_if(effects, [&](const Effect& effect) {
        return effect.kind == kind && holds(effect.when, values);
    });
    return found == effects.end() ? nullptr : &*found;
}
bool Form::is_preset(std::string_view key) const {
    return std::ranges::find(preset_user_code, key) != preset_user_code.end();
}
bool Form::must_be_alone(const Values& values) const {
    return std::ranges::any_of(rules, [&](const Rule& rule) {
        return rule.kind == RuleKind::OneOpenRequest && holds(rule.when, values);
    });
}
bool Form::registers_applicant() const {
    return seal_use == SealUse::Register ||
           entry_named(effects, &Effect::kind, "subscriber.register") != nullptr;
}
const Deficiency* Form::find_deficiency(std::string_view key) const {
    return entry_named(deficiencies, &Deficiency::key, key);
}

bool UserCodePolicy::allows(std::string_view code) const {
    const auto length = static_cast<std::int64_t>(code.size());
    return length >= min && length <= max &&
           std::ranges::all_of(code, [](char c) { return c > ' ' && c < '\x7f'; });
}

const Form* Scheme::find_form(std::string_view form_id) const {
    return entry_named(forms, &Form::id, form_id);
}

const Scheme* find_scheme(const std::vector<Scheme>& schemes, std::string_view id) {
    return entry_named(schemes, &Scheme::id, id);
}

const Form* find_form(const std::vector<Scheme>& schemes, std::string_view scheme_id,
                      std::string_view form_id) {
    const Scheme* scheme = find_scheme(schemes, scheme_id);
    return scheme == nullptr ? nullptr : scheme->find_form(form_id);
}

std::vector<Fee> fees_due(const Form& form, const Values& values) {
    std::vector<Fee> due;
    for (Fee fee : form.fees) {
        if (!holds(fee.when, values)) {
            continue;
        }
        const auto count = values.find(fee.per);
        if (count != values.end()) {
            fee.amount_twd *= parse_number(count->second).value_or(1);
        }
        due.push_back(std::move(fee));
    }
    return due;
}

std::vector<ChecklistItem> checklist_for(const Form& form, const Values& values) {
    std::vector<ChecklistItem> items;
    std::ranges::copy_if(form.checklist, std::back_inserter(items),
                         [&](const ChecklistItem& item) { return holds(item.when, values); });
    return items;
}

std::string label_of(const Form& form, const Field& field, std::string_view value,
                     Language language) {
    if (field.type == FieldType::Documents) {
        std::string labels;
        for (const std::string& document : split(value, ';')) {
            labels += labels.empty() ? "" : Bilingual{"、", ", "}.in(language);
            const Choice* known = entry_named(form.documents, &Choice::value, document);
            labels += known == nullptr ? document : known->label.in(language);
        }
        return labels;
    }
    if (const Choice* choice = entry_named(field.choices, &Choice::value, value)) {
        return choice->label.in(language);
    }
    if (field.type == FieldType::YesNo && (value == "yes" || value == "no")) {
        static const Bilingual yes{"是", "Yes"};
        static const Bilingual no{"否", "No"};
        return (value == "yes" ? yes : no).in(language);
    }
    return std::string(value);
}

}  // namespace sealdesk::scheme
