#include "requests/sheet.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "image/image.h"
#include "intake/evaluate.h"
#include "requests/decide.h"
#include "requests/keying.h"
#include "requests/keying_store.h"
#include "requests/request_store.h"
#include "requests/seal_figures.h"
#include "seal/compare.h"

namespace sealdesk::requests {
namespace {

constexpr std::string_view kSheetStyle = R"css(
body{font-family:"Noto Sans CJK TC","Noto Sans TC","PingFang TC","Microsoft JhengHei",sans-serif;
 color:#1b2430;margin:0 auto;max-width:62rem;padding:1.5rem;line-height:1.5}
header{border-bottom:3px solid #8a1c1c;padding-bottom:.6rem;margin-bottom:1rem;display:flex;
 justify-content:space-between;align-items:flex-end;gap:1rem}
h1{font-size:1.25rem;margin:0}h2{font-size:1rem;margin:1.4rem 0 .4rem;color:#8a1c1c}
.en{color:#64707e;font-size:.82em}.number{font-family:monospace;font-size:1.2rem}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #d9dee4;padding:.28rem .5rem;
 text-align:left;vertical-align:top;font-weight:normal}th{width:17rem;color:#3c4653}
.state{display:inline-block;padding:.1rem .6rem;border-radius:1rem;background:#eef1f4}
.finding{border-left:4px solid #c77700;background:#fff7e8;padding:.4rem .7rem;margin:.3rem 0}
.passed{color:#156c2f}.failed{color:#a31515}.open{color:#64707e}
.pictures{display:flex;gap:1rem;flex-wrap:wrap}.picture{position:relative;border:1px solid #d9dee4;
 padding:.4rem;background:#fff}.picture img{display:block;max-width:100%;max-height:22rem}
.picture .mark{position:absolute;inset:0;display:flex;align-items:center;justify-content:center;
 font:bold 1.3rem monospace;color:rgba(20,40,80,.16);transform:rotate(-18deg);pointer-events:none;
 text-align:center;word-break:break-all}
.legend span{margin-right:1rem}.dot{display:inline-block;width:.8em;height:.8em;margin-right:.3em;
 vertical-align:-.1em;border:1px solid #888}
ul{margin:.2rem 0;padding-left:1.3rem}footer{margin-top:2rem;color:#64707e;font-size:.82rem}
)css";

/// What the sheet is written from.
struct SheetMatter {
    Request request;
    std::vector<Check> checks;
    std::vector<Scan> scans;
    std::vector<Decision> decisions;
    std::vector<Keying> keyings;
};

std::string both(const Bilingual& text) {
    return to_html(text.zh) +
           (text.en.empty() ? "" : " <span class=\"en\">" + to_html(text.en) + "</span>");
}

std::string picture(const std::string& media_type, const std::string& bytes,
                    const std::string& caption, const std::string& mark) {
    return "<div class=\"picture\"><img alt=\"" + to_html(caption) + "\" src=\"data:" + media_type +
           ";base64," + to_base64(bytes) + "\"><div class=\"mark\">" + to_html(mark) + "　" +
           to_html(mark) + "　" + to_html(mark) + "</div><div class=\"en\">" + to_html(caption) +
           "</div></div>\n";
}

/// A stored scan as a picture browsers show; a damaged one as a sentence.
std::string scan_picture(const Office& office, const Scan& scan, const std::string& caption,
                         const std::string& mark) {
    const auto decoded = image::decode(office.files.get(scan.sha256));
    if (!decoded) {
        return "<p class=\"failed\">" + to_html(caption) + ": " + to_html(decoded.error().detail) +
               "</p>\n";
    }
    return picture("image/png", image::encode_png(*decoded), caption, mark);
}

std::string head_of(const scheme::Scheme& scheme, const scheme::Form& form,
                    const Request& request) {
    return "<!DOCTYPE html>\n<html lang=\"zh-Hant-TW\"><head><meta charset=\"utf-8\"><title>" +
           to_html(request.number) + "</title><style>" + std::string(kSheetStyle) +
           "</style></head><body>\n<header><div><h1>審驗表　" + to_html(form.title.zh) +
           "</h1><div class=\"en\">" + to_html(form.title.en) + "</div><div>" +
           to_html(scheme.authority.name.zh) + "</div></div><div><div class=\"number\">" +
           to_html(request.number) + "</div><span class=\"state\">" +
           std::string(to_chinese(request.state)) + " " + std::string(to_text(request.state)) +
           "</span></div></header>\n";
}

std::string times_of(const Request& request) {
    std::string rows = "<table><tr><th>收件 <span class=\"en\">Received</span></th><td>" +
                       to_taipei_text(request.received_at) + "　" + to_html(request.keyed_by) +
                       "</td></tr>";
    if (request.due_at) {
        rows += "<tr><th>期限 <span class=\"en\">Due</span></th><td>" +
                to_taipei_text(*request.due_at) + "</td></tr>";
    }
    return rows + "</table>\n";
}

std::string fields_of(const scheme::Form& form, const scheme::Values& values) {
    std::string rows = "<h2>申請資料 <span class=\"en\">Fields</span></h2><table>\n";
    for (const scheme::Field& field : form.fields) {
        const auto found = values.find(field.key);
        if (field.type == scheme::FieldType::Scan || field.type == scheme::FieldType::Documents) {
            continue;
        }
        rows += "<tr><th>" + both(field.label) + "</th><td>" +
                (found == values.end()
                     ? "<span class=\"open\">—</span>"
                     : to_html(scheme::label_of(form, field, found->second, Language::Chinese))) +
                "</td></tr>\n";
    }
    return rows + "</table>\n";
}

std::string findings_section(const Request& request) {
    std::string section;
    for (const intake::Finding& finding : intake::findings_from_json(request.findings)) {
        section += "<div class=\"finding\">" + both(finding.message) + " <span class=\"en\">" +
                   to_html(finding.citation) + "</span></div>\n";
    }
    return section.empty() ? "" : "<h2>須注意 <span class=\"en\">To look at</span></h2>" + section;
}

std::string checklist_section(const scheme::Form& form, const scheme::Values& values,
                              const std::vector<std::string>& handed_in) {
    std::string rows;
    for (const scheme::ChecklistItem& item : scheme::checklist_for(form, values)) {
        const bool there = std::ranges::any_of(item.any_of, [&](const std::string& document) {
            return std::ranges::count(handed_in, document) > 0;
        });
        rows += "<tr><th>" + both(item.label) + "</th><td class=\"" +
                (there ? "passed\">☑ 已附 attached" : "failed\">☐ 未附 missing") +
                "</td><td class=\"en\">" + to_html(item.rule) + "</td></tr>\n";
    }
    return rows.empty() ? ""
                        : "<h2>文件檢核 <span class=\"en\">Documents</span></h2><table>" + rows +
                              "</table>\n";
}

std::string check_section(const scheme::Form& form, const std::vector<Check>& checks) {
    std::string section = "<h2>審驗 <span class=\"en\">Checks</span></h2><table>\n";
    for (const Check& check : checks) {
        const scheme::Check* definition = form.find_check(check.kind);
        const std::string state(to_text(check.state));
        section += "<tr><th>" + (definition ? both(definition->label) : to_html(check.kind)) +
                   "<br><span class=\"" + state + "\">" +
                   (check.state == CheckState::Open     ? "☐ 待審驗 open"
                    : check.state == CheckState::Passed ? "☑ 相符 passed"
                                                        : "☒ 不符 failed") +
                   "</span><br><span class=\"en\">" + to_html(check.officer) +
                   "</span></th><td><ul>";
        for (const Bilingual& point : definition ? definition->points : std::vector<Bilingual>()) {
            section += "<li>" + both(point) + "</li>";
        }
        section += "</ul>" + (check.note.empty() ? "" : "<p>" + to_html(check.note) + "</p>") +
                   "</td></tr>\n";
    }
    return section + "</table>\n";
}

/// Figures by the words officers know; a new figure shows by its own name until it gets one.
std::string figure_label(const std::string& name) {
    static const std::map<std::string, std::string> labels{
        {"suggestion", "建議"},
        {"score", "相似度（0–1000）"},
        {"copy_suspicion", "影印疑慮（0–1）"},
        {"rotation_deg", "旋轉（度）"},
        {"scale", "比例"},
        {"displacement_p95_mm", "局部位移 95%（mm）"},
        {"displacement_rms_mm", "局部位移均方根（mm）"},
        {"extra_ink", "多出墨跡"},
        {"ink_correlation", "墨跡相關"},
        {"ink_gain_mm", "墨跡外擴（mm）"},
        {"inked", "上墨比例"},
        {"missing_ink", "缺少墨跡"},
        {"shape_score", "形狀相似度"},
        {"visible", "可見比例"}};
    const auto label = labels.find(name);
    return (label == labels.end() ? "" : label->second + " ") + "<span class=\"en\">" +
           to_html(name) + "</span>";
}

std::string suggestion_text(const std::string& suggestion) {
    static const std::map<std::string, std::string> suggestions{{"match_suggested", "建議相符"},
                                                                {"look_closely", "請仔細比對"},
                                                                {"mismatch_suggested", "建議不符"},
                                                                {"not_comparable", "無法比對"}};
    const auto text = suggestions.find(suggestion);
    return (text == suggestions.end() ? "" : text->second + " ") + suggestion;
}

std::string figure_row(const std::string& name, const nlohmann::json& value) {
    return "<tr><th>" + figure_label(name) + "</th><td>" +
           to_html(value.is_string() ? suggestion_text(value.get<std::string>()) : value.dump()) +
           "</td></tr>";
}

std::string figures_table(const nlohmann::json& figures) {
    std::string rows;
    for (const char* name : {"suggestion", "score", "copy_suspicion", "rotation_deg", "scale"}) {
        rows += figure_row(name, figures.at(name));
    }
    for (const auto& [name, value] : figures.at("details").items()) {
        rows += figure_row(name, value);
    }
    return "<table>" + rows + "</table>\n";
}

/// Of an impression that is to become the specimen: how clear it is; nothing is compared yet.
std::string clearness_table(const nlohmann::json& figures) {
    return "<p>本表印文登錄為原留印鑑，尚無比對對象；數字表示其清晰程度。 <span class=\"en\">This "
           "impression becomes the specimen; the figures say how clear it is.</span></p>\n<table>" +
           figure_row("copy_suspicion", figures.at("copy_suspicion")) +
           figure_row("visible", figures.at("details").at("visible")) +
           figure_row("inked", figures.at("details").at("inked")) + "</table>\n";
}

/// Says why a seal of the right shape may still get a low score.
std::string copy_warning(const nlohmann::json& figures) {
    if (figures.at("copy_suspicion").get<double>() < seal::kCopySuspected) {
        return "";
    }
    return "<div "
           "class=\"finding\">墨色均勻，像是影印或列印而非蓋印，相似度因此調降；請以原件確認。 "
           "<span class=\"en\">The ink is as even as a print or copy, which lowers the score: look "
           "at the original paper.</span></div>\n";
}

/// One seal beside its specimen, with the figures.
std::string comparison_section(const Office& office, const scheme::Form& form,
                               const Request& request, const SealFigures& one) {
    if (lacks_specimen(form, one)) {
        return "<div class=\"finding\">檔內無原留印鑑，請與登記資料所用印鑑目視比對。 <span "
               "class=\"en\">No specimen on file: compare with the seal of the registration by "
               "eye.</span></div>\n";
    }
    const auto figures = nlohmann::json::parse(one.figures);
    if (one.specimen_sha.empty()) {
        return copy_warning(figures) + clearness_table(figures);
    }
    const auto overlay = seal_picture(office.files, one);
    const std::string compared =
        !overlay ? ""
                 : "<div class=\"pictures\">" +
                       picture("image/png", *overlay,
                               "原留印鑑｜本次印文（已對齊）｜差異　specimen | impression | "
                               "difference",
                               request.number) +
                       "</div>";
    return compared + copy_warning(figures) + figures_table(figures);
}

std::string seal_section(const Office& office, const scheme::Form& form, const Request& request,
                         const std::vector<Scan>& scans) {
    std::string section =
        "<h2>印鑑 <span class=\"en\">Seals — the officer decides; the figures only rank</span></h2>"
        "<p class=\"legend\"><span><i class=\"dot\" style=\"background:#9a9a9a\"></i>兩者皆有 both"
        "</span><span><i class=\"dot\" style=\"background:#2b5fd9\"></i>缺少 missing</span><span>"
        "<i class=\"dot\" style=\"background:#d92b2b\"></i>多出 extra</span><span><i class=\"dot\" "
        "style=\"background:#e6d34a\"></i>遮蔽 hidden</span></p>\n";
    const auto seals = seal_figures(office.database, office.files, form, request);
    if (!seals) {
        section += "<div class=\"finding\">" + to_html(seals.error().detail) + "</div>\n";
    }
    for (const scheme::SealBox& box : form.seals) {
        const auto scan = std::ranges::find(scans, box.field, &Scan::role);
        if (scan == scans.end()) {
            continue;
        }
        section +=
            "<h3>" + both(box.label) + "</h3><div class=\"pictures\">" +
            scan_picture(office, *scan, "本申請單印文 impression on this form", request.number) +
            "</div>\n";
        if (!seals) {
            continue;
        }
        const auto one = std::ranges::find(*seals, box.role, &SealFigures::role);
        section += one == seals->end() ? "" : comparison_section(office, form, request, *one);
    }
    return section;
}

/// What a scanned picture that is no seal shows: a document's copy, or a whole page of the form.
std::string paper_title(const scheme::Form& form, const Scan& scan) {
    const auto copy = std::ranges::find(form.copies, scan.role, &scheme::CopyBox::field);
    if (copy != form.copies.end()) {
        return both(copy->label);
    }
    constexpr std::string_view page = "page:";
    return scan.role.starts_with(page) ? both({"掃描頁 " + scan.role.substr(page.size()),
                                               "scanned page " + scan.role.substr(page.size())})
                                       : to_html(scan.role);
}

std::string papers_section(const Office& office, const scheme::Form& form, const Request& request,
                           const std::vector<Scan>& scans) {
    std::string pictures;
    for (const Scan& scan : scans) {
        if (std::ranges::find(form.seals, scan.role, &scheme::SealBox::field) == form.seals.end()) {
            pictures += "<h3>" + paper_title(form, scan) + "</h3><div class=\"pictures\">" +
                        scan_picture(office, scan, scan.file_name, request.number) + "</div>\n";
        }
    }
    return pictures.empty()
               ? ""
               : "<h2>掃描文件 <span class=\"en\">Scanned papers</span></h2>\n" + pictures;
}

std::string decision_section(const std::vector<Decision>& decisions) {
    std::string rows;
    for (const Decision& decision : decisions) {
        std::string reasons;
        for (const auto& reason : nlohmann::json::parse(decision.reasons)) {
            reasons += "<li>" + to_html(reason.get<std::string>()) + "</li>";
        }
        rows += "<tr><th>" + to_taipei_text(decision.decided_at) + "</th><td>" +
                to_html(decision.outcome) + "　" + to_html(decision.officer) + "<ul>" + reasons +
                "</ul></td></tr>\n";
    }
    return rows.empty()
               ? ""
               : "<h2>核定 <span class=\"en\">Decisions</span></h2><table>" + rows + "</table>\n";
}

Result<SheetMatter> read_sheet_matter(store::Tx& tx, std::string_view number) {
    auto request = find_request(tx, number);
    if (!request) {
        return request.error();
    }
    const RequestId id = request->id;
    return SheetMatter{*std::move(request), checks_of(tx, id), scans_of(tx, id),
                       decisions_of(tx, id), keyings_of(tx, id)};
}

}  // namespace

Result<std::string> request_sheet(const Office& office, std::string_view number) {
    const auto matter = store::transact(office.database, "request.sheet", [&](store::Tx& tx) {
        return read_sheet_matter(tx, number);
    });
    if (!matter) {
        return matter.error();
    }
    const Request& request = matter->request;
    const scheme::Form& form = form_of(office, request);
    const scheme::Values values = values_of(request);
    return head_of(scheme_of(office, request), form, request) + times_of(request) +
           findings_section(request) + fields_of(form, shown_values(request, matter->keyings)) +
           checklist_section(form, values, intake::documents_of(request.payload)) +
           seal_section(office, form, request, matter->scans) +
           papers_section(office, form, request, matter->scans) +
           check_section(form, matter->checks) + decision_section(matter->decisions) + "<footer>" +
           to_html(request.form_hash) + "　" + to_utc_text(office.database.clock().now()) +
           "</footer></body></html>\n";
}

}  // namespace sealdesk::requests
