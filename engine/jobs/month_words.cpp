#include "jobs/month_words.h"

#include <array>
#include <utility>

namespace sealdesk::jobs {
namespace {

struct FigureWords {
    std::string_view name;
    std::string_view zh;
    std::string_view en;
};

constexpr FigureWords kFigureWords[] = {
    {"certificates.issued", "簽發憑證", "certificates issued"},
    {"certificates.renewed", "其中線上換發", "of these replaced on-line"},
    {"certificates.activated", "接受（啟用）憑證", "certificates accepted"},
    {"certificates.held", "停用憑證", "certificates held"},
    {"certificates.released", "復用憑證", "certificates released"},
    {"certificates.revoked", "廢止憑證", "certificates revoked"},
    {"certificates.expired", "到期憑證", "certificates expired"},
    {"requests.received", "收件申請案", "requests received"},
    {"requests.approved", "核准", "approved"},
    {"requests.rejected", "駁回", "rejected"},
    {"requests.returned", "退請補正", "returned for correction"},
    {"requests.withdrawn", "撤回", "withdrawn"},
    {"requests.completed", "結案", "completed"},
    {"accounts.opened", "開立帳號", "accounts opened"},
    {"accounts.reset", "密碼重新設定", "passwords reset"},
    {"accounts.suspended", "帳號暫停", "accounts suspended"},
    {"slips.made", "製作密碼單", "slips made"},
    {"slips.handed_over", "密碼單已交付", "slips handed over"},
    {"slips.posted", "密碼單已郵寄", "slips posted"},
    {"slips.sent", "密碼單已寄送", "slips sent by mail"},
    {"slips.voided", "密碼單作廢", "slips voided"},
    {"mails.queued", "產生郵件", "mails queued"},
    {"mails.sent", "寄出郵件", "mails sent"},
    {"mails.failed", "郵件失敗", "mails failed"},
    {"notices.told", "通知信賴機關", "notices to relying agencies"},
    {"notices.acknowledged", "信賴機關已確認", "notices acknowledged"}};

constexpr std::array<std::string_view, 12> kMonths{"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};

Bilingual as_it_is(std::string_view code) { return {std::string(code), std::string(code)}; }

}  // namespace

Bilingual words_of_figure(std::string_view name) {
    for (const FigureWords& words : kFigureWords) {
        if (words.name == name) {
            return {std::string(words.zh), std::string(words.en)};
        }
    }
    return as_it_is(name);
}

Bilingual words_of_form(const std::vector<scheme::Scheme>& schemes, std::string_view scheme,
                        std::string_view form) {
    const scheme::Form* found = scheme::find_form(schemes, scheme, form);
    return found == nullptr ? as_it_is(form) : found->short_title;
}

Bilingual words_of_scheme(const std::vector<scheme::Scheme>& schemes, std::string_view scheme) {
    const scheme::Scheme* found = scheme::find_scheme(schemes, scheme);
    return found == nullptr ? as_it_is(scheme) : found->short_title;
}

Bilingual words_of_applicant(const std::vector<scheme::Scheme>& schemes, std::string_view scheme,
                             std::string_view kind) {
    const scheme::Scheme* found = scheme::find_scheme(schemes, scheme);
    if (found != nullptr) {
        for (const scheme::Form& form : found->forms) {
            if (const auto* known = form.find_kind(kind)) {
                return known->label;
            }
        }
    }
    return as_it_is(kind);
}

Bilingual words_of_month(std::chrono::year_month month) {
    constexpr int roc_before = 1911;
    const unsigned number = unsigned(month.month());
    return {std::to_string(int(month.year()) - roc_before) + "年" + std::to_string(number) + "月",
            std::string(kMonths.at(number - 1)) + " " + std::to_string(int(month.year()))};
}

}  // namespace sealdesk::jobs
