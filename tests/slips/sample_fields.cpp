#include "slips/sample_fields.h"

namespace sealdesk::slips {
namespace {

Fields with(Fields fields, Fields more) {
    fields.merge(more);
    return fields;
}

}  // namespace

Fields sample_office_fields() {
    return {{"scheme_title", "試辦用戶憑證"},
            {"authority_name", "試辦註冊中心"},
            {"authority_address", "(100) 臺北市中正區試辦路85號10樓"},
            {"authority_phone", "02-2370-0000"},
            {"issued_on", "115/11/20"},
            {"request_number", "R115-000042-7"}};
}

Fields sample_slip_fields() {
    return with(sample_office_fields(), {{"website", "https://ra.example.test/login"},
                                         {"strikes", "3"},
                                         {"recipient_name", "張㛢𠮷"},
                                         {"recipient_address", "新竹市東區復興路4段312號12樓"},
                                         {"postal_code", "300"},
                                         {"account_name", "T00000123"},
                                         {"slip_number", "S115-000123-4"}});
}

Fields sample_letter_fields() {
    return with(sample_office_fields(),
                {{"recipient_name", "王先生"},
                 {"recipient_address", "新北市板橋區忠孝路2段60號14樓"},
                 {"postal_code", "220"},
                 {"form_title", "憑證註冊申請單"},
                 {"received_on", "115/11/18"},
                 {"applicant_name", "榮泰貿紡股份有限公司"},
                 {"result", "核准"},
                 {"result_en", "approved"},
                 {"explanation", "一、依作業程序說明辦理。\n二、詳如附件。"},
                 {"enclosed", "密碼單一份"}});
}

Fields sample_notice_fields() {
    return with(sample_office_fields(),
                {{"recipient_name", "榮泰貿紡股份有限公司"},
                 {"recipient_address", "新北市板橋區忠孝路2段60號14樓"},
                 {"applicant_name", "榮泰貿紡股份有限公司"},
                 {"id_number", "04595257"},
                 {"subject", "貴用戶之郵寄物 G115-000042-7 待領取，請至註冊窗口領取。"},
                 {"explanation", "一、請攜帶本通知。\n二、領取單須蓋用登記印鑑。"},
                 {"explanation_en", "Please bring this notice."}});
}

Fields sample_return_fields(int count) {
    std::string reasons;
    for (int i = 1; i <= count; ++i) {
        reasons += "（" + std::to_string(i) +
                   "）身分證影本未加蓋與申請單相同之印鑑，請補蓋後重新檢送；印鑑應清晰可辨。\n";
    }
    Fields fields = sample_letter_fields();
    for (const char* name : {"result", "result_en", "explanation", "enclosed"}) {
        fields.erase(name);
    }
    fields["reasons"] = reasons;
    fields["due_on"] = "115/12/05";
    return fields;
}

Fields sample_receipt_fields() {
    return with(sample_office_fields(), {{"form_title", "憑證註冊申請單"},
                                         {"applicant_name", "周犇𤧥"},
                                         {"delivery_label", "電子化方式"},
                                         {"fee_items", "IC 晶片卡（含稅）"},
                                         {"fee_amounts", "500"},
                                         {"total", "500"}});
}

Fields sample_encrypted_receipt_fields() {
    return with(sample_receipt_fields(), {{"slip_number", "S115-000042-7"},
                                          {"encrypted_to", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"}});
}

}  // namespace sealdesk::slips
