#include "slips/sample_values.h"

#include "base/text.h"
#include "slips/layout.h"

namespace sealdesk::slips {
namespace {

/// Samples of the fields that engine and schemes offer, as long as they may well be.
const std::map<std::string, std::string>& known_samples() {
    static const std::map<std::string, std::string> samples{
        {"account_name", "T00000123"},
        {"applicant_name", "樣張貿易股份有限公司"},
        {"authority_address", "(100) 臺北市中正區樣張路一段85號10樓"},
        {"authority_name", "樣張註冊中心"},
        {"authority_phone", "02-0000-0000"},
        {"batch_number", "P115-000001-2"},
        {"ca_fingerprint", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
        {"ca_subject", "C=TW, O=Sample, CN=Sample CA"},
        {"closed_by", "sample"},
        {"day", "2026-11-20"},
        {"delivery_label", "電子化方式"},
        {"enclosed", "密碼單一份"},
        {"encrypted_to", "1A2B3C4D5E6F"},
        {"explanation", "一、樣張說明第一點。\n二、樣張說明第二點。"},
        {"explanation_en", "A sample of the explanation."},
        {"fee_amounts", "500\n1000"},
        {"fee_items", "IC 晶片卡（含稅）\n書面文件"},
        {"first_form", "AB000001"},
        {"first_slip", "S115-000001-2"},
        {"first_tracking", "RR000000017TW"},
        {"former_set", "fedcba9876543210fedcba9876543210"},
        {"form_title", "憑證註冊申請單"},
        {"id_number", "04595257"},
        {"item_number", "G115-000001-2"},
        {"items", "3"},
        {"key_id", "0123456789abcdef0123456789abcdef01234567"},
        {"kinds", "函件 letters　1\n收據 receipts　1\n密碼單 slips　1"},
        {"last_form", "AB000002"},
        {"last_slip", "S115-000002-0"},
        {"last_tracking", "RR000000034TW"},
        {"line_number", "1"},
        {"lines", "2"},
        {"list_number", "M115-000001-2"},
        {"new_key", "本次產製"},
        {"officer", "sample"},
        {"opening_code_bits", "72"},
        {"page", "1"},
        {"pages", "6"},
        {"parcel_number", "G115-000001-2"},
        {"postal_code", "300"},
        {"printed_at", "2026-11-20 17:25"},
        {"printed_by", "sample"},
        {"receipt_number", "F115-000001-2"},
        {"recipient_address", "新竹市東區樣張路四段312號12樓之3"},
        {"recipient_name", "張㛢𠮷"},
        {"released_by", "第 1、2、3 份"},
        {"request_number", "R115-000042-7"},
        {"result", "核准"},
        {"result_en", "approved"},
        {"scheme_title", "樣張用戶憑證"},
        {"set_id", "0123456789abcdef0123456789abcdef"},
        {"sha256", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
        {"shares", "5 份，任 3 份可開啟"},
        {"slip_list", "S115-000001-2 p.3　　S115-000002-0 p.5"},
        {"slip_number", "S115-000123-4"},
        {"slips", "2"},
        {"stock", "A4 開窗信封用紙"},
        {"strikes", "3"},
        {"subject", "樣張主旨，請查照。"},
        {"total", "1500"},
        {"tracking", "RR000000017TW"},
        {"website", "https://ra.example.test/login"},
    };
    return samples;
}

std::string sample_of(const std::string& name) {
    const auto known = known_samples().find(name);
    if (known != known_samples().end()) {
        return known->second;
    }
    if (name == "reasons") {
        std::string lines;
        for (int i = 1; i <= 12; ++i) {  // long enough to go on when it may
            lines += "（" + std::to_string(i) + "）樣張理由：文件未加蓋與申請單相同之印鑑。\n";
        }
        return lines;
    }
    if (name.starts_with("holder_")) {
        return "樣張持有人";
    }
    const bool is_day = name.ends_with("_on");
    return is_day ? "115/11/20" : name.ends_with("_at") ? "2026-11-20 17:25" : "[" + name + "]";
}

/// As long as what it stands for: an opening code has hyphens, a PIN is short.
std::string_view secret_sample(const std::string& name) {
    return name == "opening_code" ? "SAMP-LEXX-XXXX-XXXX"
           : name == "pin"        ? "SAMPLE"
                                  : "SAMPLEXXXXXXXX";
}

Result<int> stamp_sample(const CompiledTemplate& compiled, paper::Document& document,
                         Filled filled) {
    const SampleValues values = sample_values(compiled, filled);
    const Stock& stock = compiled.stock();
    if (!stock.labels) {
        return compiled.stamp(document, values.fields, values.borrowed());
    }
    paper::Canvas& sheet = document.add_page(stock.sheet);
    for (int i = 0; i < stock.labels->count(); ++i) {
        const Outcome stamped = compiled.stamp_part(sheet, stock.labels->place(i), values.fields);
        if (!stamped) {
            return stamped.error();
        }
    }
    return 1;
}

}  // namespace

SecretFields SampleValues::borrowed() const {
    SecretFields borrowed;
    for (const auto& [name, secret] : secrets) {
        borrowed.emplace(name, &secret);
    }
    return borrowed;
}

SampleValues sample_values(const CompiledTemplate& compiled, Filled filled) {
    SampleValues values;
    for (const FieldDeclaration& field : compiled.layout().fields) {
        if (!field.required && filled == Filled::WhatIsRequired) {
            continue;
        }
        if (field.secret) {
            values.secrets.emplace(field.name, Secret(secret_sample(field.name)));
        } else {
            values.fields.emplace(field.name, sample_of(field.name));
        }
    }
    return values;
}

Result<Preview> preview_of(const CompiledTemplate& compiled, Instant now) {
    paper::Document scrap(compiled.title(), now);
    const auto least = stamp_sample(compiled, scrap, Filled::WhatIsRequired);
    if (!least) {
        return least.error();
    }
    paper::Document document(compiled.title(), now);
    const auto pages = stamp_sample(compiled, document, Filled::Everything);
    if (!pages) {
        return pages.error();
    }
    return Preview{document.finish(), *pages};
}

}  // namespace sealdesk::slips
