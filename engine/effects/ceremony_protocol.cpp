#include "effects/ceremony_protocol.h"

#include "effects/papers.h"
#include "paper/page.h"

namespace sealdesk::effects {
namespace {

std::string released_by(const ca::Ceremony& ceremony) {
    if (ceremony.former_set.empty()) {
        return "單一密碼 a single passphrase";
    }
    std::string numbers;
    for (const int number : ceremony.former_shares) {
        numbers += (numbers.empty() ? "" : "、") + std::to_string(number);
    }
    return "持份 shares " + numbers;
}

slips::Fields fields_of(const scheme::Scheme& scheme, const ca::Ceremony& ceremony) {
    const ca::Custody& custody = ceremony.custody;
    const std::string count = std::to_string(custody.holders.size());
    const std::string threshold = std::to_string(custody.threshold);
    slips::Fields fields = head_fields(scheme);
    fields["held_at"] = to_taipei_text(ceremony.at) + "（" + to_utc_text(ceremony.at) + "）";
    fields["ca_subject"] = ceremony.certificate.subject();
    fields["ca_fingerprint"] = ceremony.certificate.fingerprint();
    fields["key_id"] = ceremony.key_id;
    fields["set_id"] = custody.set;
    fields["shares"] =
        count + " 份持份，任 " + threshold + " 份啟用　" + threshold + " of " + count;
    if (ceremony.is_new_key) {
        fields["new_key"] = "yes";
    } else {
        fields["released_by"] = released_by(ceremony);
        fields["former_set"] = ceremony.former_set;
    }
    for (std::size_t i = 0; i < custody.holders.size(); ++i) {
        fields["holder_" + std::to_string(i + 1)] = custody.holders[i];
    }
    return fields;
}

}  // namespace

Result<std::string> ceremony_protocol(const scheme::Scheme& scheme, slips::TemplateShelf& templates,
                                      const ca::Ceremony& ceremony) {
    const auto compiled = templates.get(scheme.id, kCeremonyTemplate);
    if (!compiled) {
        return compiled.error();
    }
    paper::Document document((*compiled)->title(), ceremony.at);
    const auto pages = (*compiled)->stamp(document, fields_of(scheme, ceremony));
    return pages ? Result<std::string>(document.finish()) : pages.error();
}

}  // namespace sealdesk::effects
