#include "cli/words.h"

#include <map>

namespace sealdesk::cli {
namespace {

/// One word for one code, wherever it stands: `waiting` is the same for slips and accounts.
constexpr std::pair<std::string_view, std::string_view> kChineseWords[] = {
    // slips and print batches
    {"waiting", "待製作"},
    {"batched", "待列印"},
    {"printed", "已列印"},
    {"handed_over", "已交付"},
    {"posted", "已郵寄"},
    {"sent", "已寄送"},
    {"used", "已啟用"},
    {"void", "作廢"},
    {"making", "製作中"},
    {"ready", "待列印"},
    {"printing", "列印中"},
    {"closed", "已結案"},
    // deliveries
    {"counter", "現場領取"},
    {"post", "郵寄"},
    {"electronic", "電子化"},
    // mails
    {"queued", "待寄"},
    {"sending", "寄送中"},
    {"dot", "待回應"},
    {"deferred", "稍後重試"},
    {"failed", "失敗"},
    {"indoubt", "未確認"},
    {"superseded", "已取代"},
    {"bounced", "退回"},
    {"certificate", "憑證"},
    {"slip", "密碼單"},
    {"result", "審驗結果"},
    {"notice", "通知"},
    {"expiry", "到期通知"},
    {"alarm", "工作失敗警示"},
    // runs of jobs
    {"running", "執行中"},
    {"done", "完成"},
    {"stopped", "中止"},
    {"missed", "未執行"},
    // parcels
    {"released", "可領取"},
    {"collected", "已領取"},
    // accounts and people
    {"active", "有效"},
    {"suspended", "已暫停"},
    {"administrator", "管理人員"},
    {"officer", "註冊審驗人員"},
    {"auditor", "稽核人員"},
    {"operator", "作業人員"},
    // certificates and the sources of holds (counter as above)
    {"issued", "有效"},
    {"held", "停用中"},
    {"revoked", "已廢止"},
    {"refused", "不受理"},
    {"subscriber", "用戶"},
    {"agency", "機關"},
    {"court", "法院或警察機關"},
    {"automatic", "逾期未接受"},
    // tokens and their certificates
    {"primary", "正卡"},
    {"secondary", "附卡"},
    {"non_card", "非IC卡類"},
    {"locked", "已鎖定"},
    {"both", "簽章及加密"},
    {"signature", "簽章"},
    {"encryption", "加密"},
    {"ordered", "待製作"},
    {"personalised", "已製卡"},
    {"shipped", "寄送中"},
    {"at_counter", "窗口待領"},
    {"accepted", "已接受"},
    {"lost", "已掛失"},
    {"damaged", "毀損"},
    {"returned", "已退回"},
    {"retired", "已終止"},
    // cards at the station
    {"in_work", "製作中"},
    {"complete", "完成"},
    {"spoiled", "報廢"},
    {"reserved", "已配卡"},
    {"named", "已編號"},
    {"keyed", "已產製金鑰"},
    {"certified", "已簽發"},
    {"written", "已寫入憑證"},
    {"pin_set", "已設密碼"},
    {"puk_set", "已設解鎖碼"},
    // decisions
    {"approve", "核准"},
    {"reject", "駁回"},
    {"return", "退請補正"},
    {"withdraw", "撤回"},
    // rules
    {"enforced", "已執行"},
    {"outside", "軟體以外"},
    {"not_yet", "尚未完成"},
    // scanned pages, and why one waits
    {"open", "待處理"},
    {"filed", "已歸檔"},
    {"dismissed", "已註銷"},
    {"page_unreadable", "影像無法讀取"},
    {"qr_unreadable", "QR 無法判讀"},
    {"qr_foreign", "非本系統之 QR"},
    {"qr_conflict", "兩個 QR 內容不一"},
    {"form_unknown", "查無此申請單"},
    {"version_unknown", "申請單版本不符"},
    {"layout_unknown", "申請單版面不符"},
    {"not_straight", "定位點不足"},
    {"seal_box_doubtful", "印鑑框有疑義"},
    {"copy_box_doubtful", "證件框有疑義"},
    {"not_in_colour", "非彩色掃描"},
    {"box_unsure", "勾選不明"},
    {"record_missing", "無收件編號"},
    {"request_unknown", "尚未建檔"},
    {"request_ambiguous", "收件編號重複"},
    {"request_closed", "申請案已不可變更"},
    {"scanned_already", "已有影像"},
    // seals
    {"applicant", "用戶印鑑"},
    {"responsible", "負責人印鑑"},
    {"match_suggested", "建議相符"},
    {"look_closely", "請仔細比對"},
    {"mismatch_suggested", "建議不符"},
    {"not_comparable", "無法比對"},
    // ledgers
    {"pages", "掃描頁"},
    {"submissions", "收件"},
    {"registry", "登記機關異動"},
    {"requests", "申請案"},
    {"parcels", "郵寄物"},
    {"slips", "密碼單"},
    {"mails", "郵件"},
    {"effects", "執行事項"},
    {"cards", "卡片"},
    {"forms", "預印編號紙"},
    {"publications", "憑證公布"},
    {"notices", "信賴機關通知"},
    {"fees", "規費（元）"},
    {"refunds", "退費（元）"},
    {"end_refunds", "終止服務退費（元）"},
    {"cash", "現金（元）"},
    // notices to relying agencies
    {"acknowledged", "已收悉"},
    {"overtaken", "已有新通知"},
    // fees and invoices
    {"due", "待繳"},
    {"paid", "已繳"},
    {"refunded", "已退費"},
    {"form", "申請單"},
    {"sale", "現場收費"},
    {"prepaid", "預繳"}};

}  // namespace

std::string shown(const Program& program, std::string_view code) {
    static const std::map<std::string_view, std::string_view> words(std::begin(kChineseWords),
                                                                    std::end(kChineseWords));
    const auto word = words.find(code);
    const bool translated = program.language == Language::Chinese && word != words.end();
    return std::string(translated ? word->second : code);
}

std::string shown_list(const Program& program, std::string_view codes, char separator) {
    std::string text;
    for (const std::string& code : split(codes, separator)) {
        text += (text.empty() ? "" : program.pick("、", ","));
        text += shown(program, code);
    }
    return text;
}

}  // namespace sealdesk::cli
