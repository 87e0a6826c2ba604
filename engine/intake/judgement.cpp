#include "intake/judgement.h"

#include <algorithm>
#include <set>
#include <utility>

#include "intake/messages.h"
#include "intake/user_code_rules.h"

namespace sealdesk::intake {

namespace {

using scheme::Field;
using scheme::FieldType;
using scheme::IdType;

/// Nobody who hands in a form is older (the oldest person known reached 122).
constexpr int kAgeMax = 130;

const std::vector<IdType> kEveryIdType{IdType::NationalId, IdType::ResidentId, IdType::Ubn,
                                       IdType::Passport, IdType::ForeignNumber};

/// The different entries of a list, parted as documents are, or by blanks.
std::set<std::string> entries_of(std::string_view list) {
    std::set<std::string> entries;
    for (const std::string& part : split_documents(list)) {
        for (std::string& entry : split(part, ' ')) {
            if (!entry.empty()) {
                entries.insert(std::move(entry));
            }
        }
    }
    return entries;
}

Bilingual label_before(const Field& field, Bilingual message) {
    return {"「" + field.label.zh + "」" + std::move(message.zh),
            field.label.en + ": " + std::move(message.en)};
}

/// "0690428": how a birth date stands in a preset user code (M 4.3.2 民國年出生年月日).
std::string roc_digits(std::chrono::year_month_day day) {
    std::string digits = to_roc_text(day);
    std::erase(digits, '/');
    return std::string(digits.size() < 7 ? 7 - digits.size() : 0, '0') + digits;
}

}  // namespace

Judgement::Judgement(Record& record, const scheme::Form& form, std::chrono::year_month_day today)
    : form_(form), today_(today), cells_(form.fields.size()), forms_(record.forms) {
    draft_.row = record.row;
    draft_.form = &form;
    for (std::size_t i = 0; i < std::min(cells_.size(), record.cells.size()); ++i) {
        const bool on_file = record.amended && record.cells[i] == scheme::kSecretGiven;
        if (form.fields[i].type == FieldType::UserCode && !on_file) {
            user_code_ = take_secret(record.cells[i]);
            cells_[i] = user_code_ == nullptr ? "" : scheme::kSecretGiven;
        } else {
            cells_[i] = trim(record.cells[i]);
        }
    }
}

void Judgement::refuse(Reason reason) {
    faulty_.insert(reason.field);
    draft_.reasons.push_back(std::move(reason));
}

void Judgement::find(std::string_view check, const Field& field, std::string citation,
                     Fault fault) {
    draft_.findings.push_back({check_or_first(form_, check), std::move(fault.code), field.key,
                               std::move(citation), std::move(fault.message)});
}

void Judgement::take(const Field& field, Reading reading) {
    if (reading.fault) {
        refuse({std::move(reading.fault->code),
                {},
                field.key,
                label_before(field, std::move(reading.fault->message))});
        return;
    }
    if (is_too_long(field, reading.value)) {
        return;
    }
    draft_.values[field.key] = std::move(reading.value);
    if (field.type == FieldType::IdNumber) {
        draft_.values[field.key + ".type"] = reading.derived;
    } else if (!reading.derived.empty()) {
        draft_.values[field.key + ".postal_code"] = reading.derived;
    }
    take_doubt(field, std::move(reading.doubt));
}

void Judgement::take_preset_code() {
    if (form_.preset_user_code.empty()) {
        return;
    }
    std::string code;
    bool whole = true;
    for (const std::string& key : form_.preset_user_code) {
        const auto value = draft_.values.find(key);
        whole = whole && value != draft_.values.end();
        if (value != draft_.values.end()) {
            const bool is_date = form_.find_field(key)->type == FieldType::Date;
            code += is_date ? roc_digits(day_from_iso(value->second)) : value->second;
            wipe(value->second);
            value->second = scheme::kSecretGiven;
        }
    }
    for (std::size_t i = 0; i < cells_.size(); ++i) {
        if (form_.is_preset(form_.fields[i].key) && !cells_[i].empty()) {
            wipe(cells_[i]);
            cells_[i] = scheme::kSecretGiven;
        }
    }
    if (whole) {
        draft_.user_code = std::make_shared<const Secret>(code);
    }
    wipe(code);
}

void Judgement::check_required() {
    for (std::size_t i = 0; i < form_.fields.size(); ++i) {
        const Field& field = form_.fields[i];
        if (cells_[i].empty() && field.required_when && is_clear(*field.required_when) &&
            scheme::holds(*field.required_when, draft_.values)) {
            refuse(missing_reason(field));
        }
    }
}

void Judgement::check_dates() {
    for (const Field& field : form_.fields) {
        const auto found = draft_.values.find(field.key);
        if (field.type != FieldType::Date || found == draft_.values.end()) {
            continue;
        }
        const auto day = day_from_iso(found->second);
        if (field.past_only && day > received_on()) {
            refuse({"date.in_future", field.rule, field.key,
                    label_before(field, {"晚於收件日期。請與證件核對。",
                                         "is after the day of receipt. Compare with the "
                                         "document."})});
        } else if (field.key == form_.roles.received_on && day > today_) {
            find("documents", field, {},
                 {"date.received_in_future",
                  {"收件日期晚於今日，請核對。", "The day of receipt is after today."}});
        }
    }
}

void Judgement::check_rules() {
    for (const scheme::Rule& rule : form_.rules) {
        const bool applies = !faulty_.contains(rule.field) && is_clear(rule.when) &&
                             scheme::holds(rule.when, draft_.values);
        if (!applies || !is_broken(rule)) {
            continue;
        }
        if (rule.finding.empty()) {
            refuse(rule_reason(rule));
        } else {
            find(rule.finding, *form_.find_field(rule.field), rule.citation,
                 {rule.id,
                  {rule.message.zh + rule.remedy.zh, rule.message.en + " " + rule.remedy.en}});
        }
    }
}

void Judgement::check_checklist() {
    for (const scheme::ChecklistItem& item : form_.checklist) {
        const bool present = std::ranges::any_of(item.any_of, [&](const std::string& wanted) {
            return std::ranges::find(draft_.documents, wanted) != draft_.documents.end();
        });
        if (!present && scheme::holds(item.when, draft_.values)) {
            const Field* field = form_.find_field(form_.roles.documents);
            find("documents", *field, item.rule,
                 {"documents.missing",
                  {"檢核表缺：" + item.label.zh + "。", "Not handed in: " + item.label.en + "."}});
        }
    }
}

void Judgement::settle_postal_code() {
    const std::string& key = form_.roles.contact_postal_code;
    const auto inside = draft_.values.find(form_.roles.contact_address + ".postal_code");
    if (key.empty() || inside == draft_.values.end()) {
        return;
    }
    const auto [own, fresh] = draft_.values.emplace(key, inside->second);
    if (!fresh && own->second.substr(0, 3) != inside->second.substr(0, 3)) {
        find("identity", *form_.find_field(key), {},
             {"postal_code.differs",
              {"郵遞區號與地址前所寫不同，請核對。",
               "The postal code differs from the one before the "
               "address."}});
    }
}

std::chrono::year_month_day Judgement::received_on() const {
    const auto found = draft_.values.find(form_.roles.received_on);
    return found == draft_.values.end() ? today_ : day_from_iso(found->second);
}

std::vector<IdType> Judgement::id_types_of(const Field& field) const {
    const std::vector<scheme::AllowedId>* allowed = &field.id_types;
    if (allowed->empty()) {
        const scheme::ApplicantKind* kind =
            form_.find_kind(draft_.value(form_.roles.applicant_kind));
        if (kind == nullptr) {
            return kEveryIdType;
        }
        allowed = &kind->id_types;
    }
    std::vector<IdType> types;
    for (const scheme::AllowedId& id : *allowed) {
        if (!is_clear(id.when) || scheme::holds(id.when, draft_.values)) {
            types.push_back(id.type);
        }
    }
    return types;
}

bool Judgement::is_clear(const scheme::Condition& condition) const {
    return std::ranges::none_of(condition.all, [&](const scheme::FieldTest& test) {
        return faulty_.contains(test.field.substr(0, test.field.find('.')));
    });
}

bool Judgement::is_too_long(const Field& field, const std::string& value) {
    const auto characters = std::ranges::count_if(
        value, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    if (characters <= field.max_length) {
        return false;
    }
    const std::string most = std::to_string(field.max_length);
    refuse({"text.too_long",
            {},
            field.key,
            label_before(field, {"超過 " + most + " 字。請縮短。",
                                 "longer than " + most + " characters. Shorten it."})});
    return true;
}

void Judgement::take_doubt(const Field& field, std::optional<Fault> doubt) {
    // Only parcels need a postal code, and they go to the contact.
    const bool matters = doubt && (field.type != FieldType::Address ||
                                   (field.key == form_.roles.contact_address &&
                                    draft_.value(form_.roles.contact_postal_code).empty()));
    if (matters) {
        find("identity", field, {}, std::move(*doubt));
    }
}

bool Judgement::is_broken(const scheme::Rule& rule) const {
    const std::string value = draft_.value(rule.field);
    switch (rule.kind) {
        case scheme::RuleKind::MinAge: {
            if (value.empty()) {
                return false;
            }
            const int age = age_on(day_from_iso(value), received_on());
            return age < rule.value || age > kAgeMax;
        }
        case scheme::RuleKind::MinNumber: return parse_number(value).value_or(0) < rule.value;
        case scheme::RuleKind::MinEntries:
            return !value.empty() && entries_of(value).size() < std::size_t(rule.value);
        case scheme::RuleKind::MustBeYes: return value != "yes";
        case scheme::RuleKind::MustBeNo: return value == "yes";
        case scheme::RuleKind::Needed: return value.empty();
        case scheme::RuleKind::Forbidden: return true;  // its condition holds
        case scheme::RuleKind::SubscriberExists:
        case scheme::RuleKind::NotRegistered:
        case scheme::RuleKind::OneOpenRequest:
        case scheme::RuleKind::CertificateAlive:
        case scheme::RuleKind::CertificateHeld:
        case scheme::RuleKind::CertificateNamed:
        case scheme::RuleKind::PrimaryTokenFree:
        case scheme::RuleKind::PrimaryTokenExists:
        case scheme::RuleKind::TokenAtCounter: return false;  // registry_rules.cpp
    }
    return false;
}

}  // namespace sealdesk::intake
