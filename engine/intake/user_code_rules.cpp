#include "intake/user_code_rules.h"

#include "intake/judgement.h"

namespace sealdesk::intake {
namespace {

std::string_view without_blanks(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    return first == std::string_view::npos
               ? std::string_view{}
               : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Anyone can read these numbers on the form or look them up.
bool is_number_on_form(const Judgement& judgement, std::string_view code) {
    const scheme::Form& form = judgement.form();
    for (std::size_t i = 0; i < form.fields.size(); ++i) {
        const scheme::FieldType type = form.fields[i].type;
        const bool telling = type == scheme::FieldType::IdNumber ||
                             type == scheme::FieldType::Phone || type == scheme::FieldType::Date;
        if (telling && !judgement.cell(i).empty() && judgement.cell(i) == code) {
            return true;
        }
    }
    return false;
}

}  // namespace

std::shared_ptr<const Secret> take_secret(std::string& cell) {
    const std::string_view text = without_blanks(cell);
    auto secret = text.empty() ? nullptr : std::make_shared<const Secret>(text);
    wipe(cell);
    cell.clear();
    return secret;
}

void read_user_code(Judgement& judgement, const std::optional<scheme::UserCodePolicy>& policy) {
    const std::string& key = judgement.form().roles.user_code;
    const scheme::Field* field = judgement.form().find_field(key);
    if (field == nullptr || !policy) {
        return;
    }
    const auto code = judgement.user_code();
    if (code == nullptr) {
        const std::size_t place = static_cast<std::size_t>(field - judgement.form().fields.data());
        if (judgement.cell(place) == scheme::kSecretGiven) {  // on file since the form came in
            judgement.draft().values[key] = scheme::kSecretGiven;
        }
        return;
    }
    const std::string_view text = code->reveal();
    if (!policy->allows(text)) {
        const std::string range = std::to_string(policy->min) + "–" + std::to_string(policy->max);
        judgement.refuse({"user_code.shape",
                          field->rule,
                          key,
                          {"「" + field->label.zh + "」須為 " + range +
                               " 個英文字母、數字或半形符號。請申請人重新設定。",
                           field->label.en + ": " + range +
                               " letters, digits or signs of ASCII. Let the applicant choose "
                               "another."}});
        return;
    }
    if (is_number_on_form(judgement, text)) {
        judgement.refuse(
            {"user_code.guessable",
             field->rule,
             key,
             {"「" + field->label.zh + "」為申請單上之號碼或日期，易遭猜知。請申請人另行設定。",
              field->label.en + ": it is a number on the form. Let the applicant "
                                "choose another."}});
        return;
    }
    judgement.draft().values[key] = scheme::kSecretGiven;
    judgement.draft().user_code = code;
}

}  // namespace sealdesk::intake
