#include "jobs/day_page.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/digest.h"
#include "paper/page.h"

namespace sealdesk::jobs {
namespace {

using paper::Align;
using paper::Face;
using paper::TextStyle;

// Millimetres.
constexpr double kLeft = 20;
constexpr double kWidth = 170;
constexpr double kRow = 6.2;
constexpr double kFoot = 268;  ///< where the line to sign on lies
constexpr paper::Colour kAlarmRed{0.70, 0, 0};
constexpr paper::Colour kShade{0.93, 0.93, 0.93};
constexpr TextStyle kPlain{.face = Face::Sans, .size = 9.5};
constexpr TextStyle kHead{.face = Face::SansBold, .size = 11};
constexpr std::size_t kAlarmsMax = 8;
constexpr std::size_t kJobLinesMax = 8;

/// Ledgers' names as the page shows them.
constexpr std::pair<std::string_view, std::string_view> kLedgerWords[] = {
    {"submissions", "收件 submissions"},
    {"registry", "登記檔 registry"},
    {"requests", "申請案 requests"},
    {"pages", "掃描頁 pages"},
    {"slips", "密碼單 slips"},
    {"cards", "卡片 cards"},
    {"forms", "預印編號紙 forms"},
    {"parcels", "包裹 parcels"},
    {"mails", "郵件 mails"},
    {"effects", "執行事項 effects"},
    {"publications", "公布 publications"},
    {"notices", "機關通知 notices"},
    {"fees", "規費（元） fees, NT$"},
    {"refunds", "退費（元） refunds, NT$"},
    {"end_refunds", "終止退費（元） end of service, NT$"},
    {"cash", "現金（元） cash, NT$"}};

std::string words_of_ledger(const std::string& name) {
    const auto* const found = std::ranges::find(
        kLedgerWords, name, &std::pair<std::string_view, std::string_view>::first);
    return found == std::end(kLedgerWords) ? name : std::string(found->second);
}

TextStyle red(TextStyle style) {
    style.colour = kAlarmRed;
    style.face = Face::SansBold;
    return style;
}

/// Draws from the top down.
class Sheet {
public:
    explicit Sheet(paper::Canvas& canvas) : canvas_(canvas) {}

    void line(const TextStyle& style, const std::string& text, double after = 1) {
        const auto fit = canvas_.text({kLeft, y_, kWidth, 0}, style, text);
        y_ += fit.height + after;
    }
    void head(const std::string& text) {
        y_ += 2;
        line(kHead, text, 0.5);
        canvas_.rule({kLeft, y_}, {kLeft + kWidth, y_}, {.width = 0.4});
        y_ += 1.5;
    }
    void row(const std::array<std::string, 5>& cells, const TextStyle& style) {
        constexpr std::array<double, 5> lefts{0, 62, 90, 118, 146};
        constexpr double narrow = 24;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            TextStyle cell = style;
            cell.align = i == 0 ? Align::Left : Align::Right;
            canvas_.text({kLeft + lefts.at(i), y_, i == 0 ? 60 : narrow, 0}, cell, cells.at(i));
        }
        y_ += kRow;
    }
    void shade_row() { canvas_.fill({kLeft, y_ - 0.8, kWidth, kRow}, kShade); }
    void sign() {
        canvas_.rule({kLeft, kFoot + 8}, {kLeft + 75, kFoot + 8}, {.width = 0.2});
        canvas_.rule({kLeft + 95, kFoot + 8}, {kLeft + kWidth, kFoot + 8}, {.width = 0.2});
        canvas_.text({kLeft, kFoot + 9, 75, 0}, kPlain, "主管簽章 Signature");
        canvas_.text({kLeft + 95, kFoot + 9, 75, 0}, kPlain, "日期 Date");
    }

private:
    paper::Canvas& canvas_;
    double y_ = 16;
};

/// Names of the jobs that failed or did not run; nothing when all went well.
std::optional<Bilingual> alarm_of(const std::vector<JobRun>& runs) {
    std::string jobs;
    for (const JobRun& run : runs) {
        if (needs_a_look(run) && jobs.find(run.job) == std::string::npos) {
            jobs += (jobs.empty() ? "" : ", ") + run.job;
        }
    }
    return jobs.empty() ? std::nullopt
                        : std::optional(Bilingual{"工作失敗或未執行：" + jobs,
                                                  "Jobs failed or did not run: " + jobs});
}

void draw_alarms(Sheet& sheet, const DayPage& page) {
    auto alarms = alarms_of(page.book);
    if (auto alarm = alarm_of(page.runs)) {
        alarms.push_back(*std::move(alarm));
    }
    if (alarms.empty()) {
        sheet.line(kPlain, "各帳皆平，無須處理事項。 Every sum closes; nothing to look into.");
        return;
    }
    for (std::size_t i = 0; i < std::min(alarms.size(), kAlarmsMax); ++i) {
        sheet.line(red(kPlain), "注意 " + alarms[i].zh + "　" + alarms[i].en);
    }
    if (alarms.size() > kAlarmsMax) {
        const std::string more = std::to_string(alarms.size() - kAlarmsMax);
        sheet.line(red(kPlain), "另有 " + more + " 項，見 report day。 " + more +
                                    " more: see `sealdesk report day`.");
    }
}

void draw_ledgers(Sheet& sheet, const DayBook& book) {
    sheet.head("各帳 Ledgers（自啟用起 since the first day）");
    sheet.row({"帳 ledger", "收 in", "結 out", "未結 open", "差額 difference"}, kPlain);
    bool shaded = false;
    for (const Ledger& one : book.ledgers) {
        shaded = !shaded;
        if (shaded) {
            sheet.shade_row();
        }
        sheet.row({words_of_ledger(one.name), std::to_string(one.in), std::to_string(one.out),
                   std::to_string(one.open), std::to_string(one.difference())},
                  one.difference() == 0 ? kPlain : red(kPlain));
    }
}

void draw_counts(Sheet& sheet, const DayBook& book) {
    const DayCounts& counts = book.counts;
    sheet.head("本日 This day");
    sheet.line(kPlain, "收件 accepted " + std::to_string(counts.accepted) + "　退件 refused " +
                           std::to_string(counts.refused) + "　重複 duplicate " +
                           std::to_string(counts.duplicate) + "　整檔退件 files refused " +
                           std::to_string(counts.files_refused));
    sheet.line(kPlain, "郵件 mails " + std::to_string(counts.mails_sent) + " / " +
                           std::to_string(counts.mails_in) + "　規費 fees NT$" +
                           std::to_string(counts.fees_twd) + "　現金收入 taken NT$" +
                           std::to_string(counts.taken_twd));
    for (const DayBook::Crl& one : book.crls) {
        sheet.line(kPlain, "廢止清冊 CRL " + one.authority + "：" +
                               (one.number == 0 ? "未曾簽發 never issued"
                                                : "第 " + std::to_string(one.number) + " 號") +
                               (one.in_time ? "，如期公布 published in time" : "，逾期 LATE"));
    }
    if (book.cash) {
        const DayBook::Cash& cash = *book.cash;
        sheet.line(kPlain, "現金 cash：應有 expected " + std::to_string(cash.expected_twd) +
                               "　實點 counted " +
                               (cash.counted_twd ? std::to_string(*cash.counted_twd) : "–") +
                               "　覆核 signed off " +
                               (cash.signed_by.empty() ? "–" : cash.signed_by));
    }
}

void draw_jobs(Sheet& sheet, const std::vector<JobRun>& runs) {
    const auto lines = lines_of_runs(runs);
    if (lines.empty()) {
        return;
    }
    sheet.head("夜間作業 Jobs");
    for (std::size_t i = 0; i < std::min(lines.size(), kJobLinesMax); ++i) {
        sheet.line(kPlain, lines[i]);
    }
    if (lines.size() > kJobLinesMax) {
        sheet.line(kPlain, "其他 others: " + std::to_string(lines.size() - kJobLinesMax) +
                               "（report day）");
    }
}

void draw_proof(Sheet& sheet, const DayBook& book) {
    constexpr TextStyle small{.face = Face::Sans, .size = 7.5};
    sheet.head("憑據 Proof");
    sheet.line(kPlain, book.number == 0 ? "尚未日結 This day is not closed."
                                        : "日結第 " + std::to_string(book.number) + " 號 Closing " +
                                              std::to_string(book.number) + "　" + book.at);
    sheet.line(small, "稽核紀錄 audit log " + std::to_string(book.chain.sequence) + "  " +
                          book.chain.hash);
    if (book.number != 0) {
        sheet.line(small, "SHA-256 " + sha256_hex(to_document(book)));
    }
}

}  // namespace

std::string day_page(const DayPage& page) {
    const DayBook& book = page.book;
    paper::Document document("日結報表 " + book.day, page.made_at);
    Sheet sheet(document.add_page());
    sheet.line({.face = Face::SansBold, .size = 16}, "日結報表 Day book　" + book.day, 2);
    draw_alarms(sheet, page);
    draw_ledgers(sheet, book);
    draw_counts(sheet, book);
    draw_jobs(sheet, page.runs);
    draw_proof(sheet, book);
    sheet.sign();
    return document.finish();
}

}  // namespace sealdesk::jobs
