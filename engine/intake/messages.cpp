#include "intake/messages.h"

#include <nlohmann/json.hpp>

namespace sealdesk::intake {

namespace {

constexpr std::string_view kLanguageSeparator = " / ";

}  // namespace

Reason missing_reason(const scheme::Field& field) {
    return {"field.missing",
            field.rule,
            field.key,
            {"缺少「" + field.label.zh + "」。請補填後重新送件。",
             "\"" + field.label.en + "\" is missing. Fill it in and hand the form in again."}};
}

Reason missing_seal_reason(const scheme::Form& form, const scheme::SealBox& seal,
                           const scheme::ApplicantKind& kind) {
    const scheme::Field* field = form.find_field(seal.field);
    SEALDESK_CHECK(field != nullptr);  // checked when the form was loaded
    return {"seal.missing",
            field->rule,
            field->key,
            {kind.label.zh + "須押蓋「" + seal.label.zh + "」，但沒有印鑑影像。請掃描後重新送件。",
             "A " + to_lower_ascii(kind.label.en) + " form needs this impression: " +
                 seal.label.en + ". Scan it and hand the form in again."}};
}

Reason rule_reason(const scheme::Rule& rule) {
    return {rule.id,
            rule.citation,
            rule.field,
            {rule.message.zh + rule.remedy.zh, rule.message.en + " " + rule.remedy.en}};
}

std::string check_or_first(const scheme::Form& form, std::string_view wanted) {
    return form.find_check(wanted) != nullptr ? std::string(wanted) : form.checks.front().kind;
}

std::string payload_of(const Draft& draft) {
    nlohmann::json payload = draft.values;
    if (!draft.form->roles.documents.empty()) {
        payload[draft.form->roles.documents] = draft.documents;
    }
    return payload.dump();
}

std::string in_both(const Bilingual& what) {
    return what.zh + std::string(kLanguageSeparator) + what.en;
}

Bilingual from_both(const std::string& detail) {
    const auto at = detail.find(kLanguageSeparator);
    return at == std::string::npos
               ? Bilingual{detail, detail}
               : Bilingual{detail.substr(0, at), detail.substr(at + kLanguageSeparator.size())};
}

}  // namespace sealdesk::intake
