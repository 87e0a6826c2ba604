#include <algorithm>
#include <set>

#include "scheme/reference_check.h"

namespace sealdesk::scheme {

void ReferenceCheck::check_checklist() {
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

void ReferenceCheck::check_checks() {
    std::set<std::string> kinds;
    for (std::size_t i = 0; i < form_.checks.size(); ++i) {
        if (!kinds.insert(form_.checks[i].kind).second) {
            fail("/checks/" + std::to_string(i) + "/kind", "the check is here twice",
                 "scheme.repeated_name");
        }
    }
}

void ReferenceCheck::check_rules() {
    std::set<std::string> ids;
    for (std::size_t i = 0; i < form_.rules.size(); ++i) {
        const Rule& rule = form_.rules[i];
        const std::string here = "/rules/" + std::to_string(i);
        if (!ids.insert(rule.id).second) {
            fail(here + "/id", "the rule `" + rule.id + "` is here twice", "scheme.repeated_name");
        }
        check_rule_field(rule, here);
        check_rule_value(rule.kind, document_.content.at("rules").at(i).contains("value"), here);
        if (!rule.source.empty() && rule.kind != RuleKind::CertificateHeld) {
            fail(here + "/source", "only certificate_held has a source");
        }
        if (!rule.finding.empty() && form_.find_check(rule.finding) == nullptr) {
            fail(here + "/finding", "the form has no check `" + rule.finding + "`");
        }
        if (rule.kind == RuleKind::Forbidden && rule.when.all.empty()) {
            fail(here, "say what is forbidden: when");
        }
        check_condition(rule.when, here + "/when");
    }
}

void ReferenceCheck::check_rule_value(RuleKind kind, bool has_value, const std::string& here) {
    const bool takes_value =
        kind == RuleKind::MinAge || kind == RuleKind::MinNumber || kind == RuleKind::MinEntries;
    if (takes_value != has_value) {
        fail(here,
             takes_value ? "this kind of rule needs a value" : "this kind of rule takes no value");
    }
}

void ReferenceCheck::check_rule_field(const Rule& rule, const std::string& here) {
    switch (rule.kind) {
        case RuleKind::MinAge: need_field(rule.field, FieldType::Date, here + "/field"); break;
        case RuleKind::MinNumber: need_field(rule.field, FieldType::Number, here + "/field"); break;
        case RuleKind::MinEntries: need_field(rule.field, FieldType::Text, here + "/field"); break;
        case RuleKind::MustBeYes:
        case RuleKind::MustBeNo: need_field(rule.field, FieldType::YesNo, here + "/field"); break;
        case RuleKind::Needed:
        case RuleKind::Forbidden:
            if (form_.find_field(rule.field) == nullptr) {
                fail(here + "/field", "the form has no field `" + rule.field + "`");
            }
            break;
        case RuleKind::CertificateNamed:
            need_field(rule.field, FieldType::CertificateSerial, here + "/field");
            break;
        case RuleKind::SubscriberExists:
        case RuleKind::NotRegistered:
        case RuleKind::OneOpenRequest:
        case RuleKind::CertificateAlive:
        case RuleKind::CertificateHeld:
        case RuleKind::PrimaryTokenFree:
        case RuleKind::PrimaryTokenExists:
        case RuleKind::TokenAtCounter:
            need_field(rule.field, FieldType::IdNumber, here + "/field");
            break;
    }
}

bool ReferenceCheck::revokes_for(const std::string& ground) const {
    return std::ranges::any_of(form_.effects, [&](const Effect& effect) {
        const auto& tests = effect.when.all;
        return effect.kind == "certificate.revoke" &&
               std::ranges::all_of(tests, [&](const FieldTest& test) {
                   return test.field != form_.roles.ground ||
                          holds({{test}}, {{test.field, ground}});
               });
    });
}

void ReferenceCheck::check_grounds() {
    const Field* ground = form_.find_field(form_.roles.ground);
    const std::vector<Choice> grounds = ground == nullptr ? std::vector<Choice>{} : ground->choices;
    for (const Choice& choice : grounds) {
        if (revokes_for(choice.value) && !form_.revocation_reasons.contains(choice.value)) {
            fail("/roles/ground", "revocation_reasons has no `" + choice.value + "`");
        }
    }
    for (const auto& [value, reason] : form_.revocation_reasons) {
        if (std::ranges::find(grounds, value, &Choice::value) == grounds.end()) {
            fail("/revocation_reasons", "roles.ground names no field with these choices");
        }
    }
}

void ReferenceCheck::check_profiles() {
    for (const auto& [value, profile] : form_.profiles) {
        const std::string here = "/certificate_profiles/" + pointer_part(value);
        if (std::ranges::find(parts_.scheme.profiles, profile) == parts_.scheme.profiles.end()) {
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

void ReferenceCheck::check_fees() {
    std::set<std::string> items;
    for (std::size_t i = 0; i < form_.fees.size(); ++i) {
        const std::string here = "/fees/" + std::to_string(i);
        if (!items.insert(form_.fees[i].item).second) {
            fail(here + "/item", "the fee is here twice", "scheme.repeated_name");
        }
        if (!form_.fees[i].per.empty()) {
            need_field(form_.fees[i].per, FieldType::Number, here + "/per");
        }
        check_condition(form_.fees[i].when, here + "/when");
    }
}

void ReferenceCheck::need_text(const std::string& name, const std::string& pointer) {
    if (!form_.texts.contains(name) && !parts_.scheme.texts.contains(name)) {
        fail(pointer, "neither the form nor scheme.yaml has the text `" + name + "`");
    }
}

void ReferenceCheck::check_effects() {
    for (std::size_t i = 0; i < form_.effects.size(); ++i) {
        const Effect& effect = form_.effects[i];
        const std::string here = "/effects/" + std::to_string(i);
        check_condition(effect.when, here + "/when");
        const bool takes_source =
            effect.kind == "certificate.hold" || effect.kind == "certificate.release";
        if (takes_source == effect.source.empty()) {
            fail(here, takes_source
                           ? "say whose hold it is: source"
                           : "only certificate.hold and certificate.release have a source");
        }
        if (effect.kind == "parcel.order") {
            need_text("collection_notice", here);
        }
        const bool tells = effect.kind == "mail" || effect.kind == "letter";
        if (tells && form_.origin != Origin::Applicant) {
            need_text("reply", here);
        }
        check_effect_needs(effect.kind, here + "/kind");
    }
}

void ReferenceCheck::check_effect_needs(const std::string& kind, const std::string& pointer) {
    const bool needs_account = kind.starts_with("account.") || kind == "slip";
    if (needs_account && !parts_.scheme.accounts) {
        fail(pointer, "scheme.yaml has no accounts");
    }
    if (kind == "user_code.set" && form_.roles.user_code.empty() &&
        form_.preset_user_code.empty()) {
        fail(pointer, "roles.user_code names no field");
    }
    if (kind == "token.order" && form_.roles.token_kind.empty() &&
        form_.origin == Origin::Applicant && !parts_.scheme.cards.keys_at_home) {
        fail(pointer, "roles.token_kind names no field");
    }
}

}  // namespace sealdesk::scheme
