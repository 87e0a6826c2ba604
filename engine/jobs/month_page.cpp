#include "jobs/month_page.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "jobs/bar_chart.h"
#include "jobs/month_words.h"
#include "jobs/page_parts.h"

namespace sealdesk::jobs {
namespace {

/// "簽發憑證 certificates issued", for HTML.
std::string both(const Bilingual& words) {
    return to_html(words.zh) + " <span lang=\"en\">" + to_html(words.en) + "</span>";
}

std::string one_line(const Bilingual& words) {
    return words.zh == words.en ? words.zh : words.zh + " " + words.en;
}

std::string figure_of(const BarChart& chart) {
    return "<figure><figcaption><strong>" + both(chart.title) + "</strong><br>" +
           both(chart.description) + "</figcaption>" + to_svg(chart) + to_html_table(chart) +
           "</figure>";
}

std::string heading(const Bilingual& words) { return "<h2>" + both(words) + "</h2>"; }

/// "11/2026" is read everywhere, and short enough for twelve of them.
std::string month_label(std::chrono::year_month month) {
    return to_iso_text(month).substr(2);  // "26-11"
}

/// A figure by month, of one scheme, stacked by kind.
BarChart course_chart(const std::vector<MonthOfCourse>& course, const std::string& scheme,
                      std::string_view name, const std::string& id) {
    std::set<std::string> kinds;
    for (const MonthOfCourse& one : course) {
        for (const auto& [key, figure] : one.figures) {
            if (key.name == name && key.scheme == scheme) {
                kinds.insert(key.kind);
            }
        }
    }
    const Bilingual words = words_of_figure(name);
    BarChart chart{
        id,
        {"近十二個月" + words.zh, words.en + ", last 12 months"},
        {"每月一條，依憑證種類疊加。", "One bar a month, stacked by certificate profile."},
        {"月份", "Month"},
        {},
        {kinds.begin(), kinds.end()},
        {}};
    for (const MonthOfCourse& one : course) {
        chart.bars.push_back(month_label(one.month));
        auto& values = chart.values.emplace_back();
        for (const std::string& kind : chart.parts) {
            values.push_back(sum_of(one.figures, name, scheme, kind));
        }
    }
    return chart;
}

std::string courses_of(const std::vector<MonthOfCourse>& course, const scheme::Scheme& scheme) {
    std::string html = heading(scheme.title);
    for (const std::string_view name :
         {"certificates.issued", "certificates.activated", "certificates.revoked"}) {
        BarChart chart =
            course_chart(course, scheme.id, name, scheme.id + "-" + std::string(name.substr(13)));
        html += chart.parts.empty() ? "<p>" + both(chart.title) + "：0</p>" : figure_of(chart);
    }
    return html;
}

/// All figures of the month in one table, with what proves them.
std::string figures_of(const MonthReport& report, const std::vector<scheme::Scheme>& schemes) {
    std::string html =
        heading({"本月數字", "This month's numbers"}) +
        "<table><caption>每個數字與其依據之稽核事件 <span lang=\"en\">Each number, and between "
        "which events of the audit log those lie that it counts</span></caption><thead><tr>"
        "<th scope=\"col\">項目 Figure</th><th scope=\"col\">憑證 Scheme</th><th "
        "scope=\"col\">種類 Kind</th><th scope=\"col\">申請者 Applicant</th><th "
        "scope=\"col\">事由 Reason</th><th scope=\"col\">件數 Count</th><th "
        "scope=\"col\">事件 Events</th></tr></thead><tbody>";
    for (const auto& [key, figure] : report.figures) {
        const Bilingual kind = key.name.starts_with("requests.")
                                   ? words_of_form(schemes, key.scheme, key.kind)
                                   : Bilingual{key.kind, key.kind};
        const std::string events =
            figure.last_event == 0
                ? "紀錄 records"
                : std::to_string(figure.first_event) + "–" + std::to_string(figure.last_event);
        html += "<tr><th scope=\"row\">" + both(words_of_figure(key.name)) + "</th><th>" +
                to_html(words_of_scheme(schemes, key.scheme).zh) + "</th><th>" +
                to_html(one_line(kind)) + "</th><th>" +
                to_html(words_of_applicant(schemes, key.scheme, key.applicant).zh) + "</th><th>" +
                to_html(key.reason) + "</th><td>" + std::to_string(figure.count) + "</td><td>" +
                events + "</td></tr>";
    }
    return html + "</tbody></table>";
}

std::string queues_of(const MonthReport& report, const std::vector<scheme::Scheme>& schemes) {
    if (report.queues.empty()) {
        return heading({"未結申請案", "Open requests"}) + "<p>0</p>";
    }
    BarChart count{"queues",
                   {"未結申請案件數", "Open requests"},
                   {"依狀態；逾期者另計。", "By state; those past their promised end apart."},
                   {"狀態", "State"},
                   {},
                   {"期限內 in time", "逾期 overdue"},
                   {}};
    BarChart age{"ages",
                 {"未結申請案年齡（工作日）", "Age of open requests, in working days"},
                 {"自收件起之工作日數：中位數及其至最久者。",
                  "Working days since receipt: the median, and from there to the oldest."},
                 {"狀態", "State"},
                 {},
                 {"中位數 median", "至最久者 to the oldest"},
                 {}};
    for (const requests::QueueAge& one : report.queues) {
        const std::string label = words_of_scheme(schemes, one.scheme).zh + " " +
                                  std::string(requests::to_chinese(one.state));
        count.bars.push_back(label);
        count.values.push_back({one.age.count - one.overdue, one.overdue});
        age.bars.push_back(label);
        age.values.push_back({one.median_days, one.oldest_days - one.median_days});
    }
    return heading({"未結申請案", "Open requests"}) + figure_of(count) + figure_of(age);
}

std::string hours(std::chrono::minutes time) {
    constexpr int minutes_of_tenth = 6;
    const auto tenths = (time.count() + minutes_of_tenth / 2) / minutes_of_tenth;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

std::string service_table(const MonthReport& report, const std::vector<scheme::Scheme>& schemes) {
    std::string html =
        "<table><caption>處理時間（小時；不含補正期間） <span lang=\"en\">Hours, without the time "
        "with the applicant: median / 19 of 20</span></caption><thead><tr><th scope=\"col\">申請單 "
        "Form</th><th scope=\"col\">收件至核定 To decision</th><th scope=\"col\">核准至結案 To "
        "completion</th><th scope=\"col\">收件至結案 Whole</th><th scope=\"col\">核准後一工作日內 "
        "Within a working day</th></tr></thead><tbody>";
    for (const requests::ServiceTime& one : report.service) {
        html += "<tr><th scope=\"row\">" +
                to_html(words_of_scheme(schemes, one.scheme).zh + " " +
                        one_line(words_of_form(schemes, one.scheme, one.form))) +
                "</th>";
        for (const requests::Durations* times : {&one.decision, &one.carried, &one.whole}) {
            html += "<td>" +
                    (times->count == 0 ? std::string("–")
                                       : hours(times->median) + " / " + hours(times->p95)) +
                    "</td>";
        }
        html += "<td>" + std::to_string(one.done_within_day) + " / " +
                std::to_string(one.done_within_day + one.done_later) + "</td></tr>";
    }
    return html + "</tbody></table>";
}

std::string service_of(const MonthReport& report, const std::vector<scheme::Scheme>& schemes) {
    const std::string head = heading({"服務時間與承諾", "Service times and promises"});
    if (report.service.empty()) {
        return head + "<p>0</p>";
    }
    BarChart kept{
        "promises",
        {"本月結束之申請案：是否如期", "Requests that ended: in time?"},
        {"依申請單（T 5.1.5、M 4.4.4、M 4.4.8）。", "By form (T 5.1.5, M 4.4.4, M 4.4.8)."},
        {"申請單", "Form"},
        {},
        {"如期 kept", "逾期 late", "無期限 no promise"},
        {}};
    for (const requests::ServiceTime& one : report.service) {
        kept.bars.push_back(words_of_scheme(schemes, one.scheme).zh + " " +
                            words_of_form(schemes, one.scheme, one.form).zh);
        kept.values.push_back({one.kept, one.late, one.unpromised});
    }
    return head + figure_of(kept) + service_table(report, schemes);
}

std::string standing_of(const MonthReport& report) {
    std::string html =
        "<p>製表 " + to_taipei_text(report.made_at) +
        (report.is_over ? ""
                        : "　（本月尚未結束 <span lang=\"en\">the month is not over</span>）") +
        "<br>稽核紀錄至第 <span lang=\"en\">Audit log up to event</span> " +
        std::to_string(report.chain.sequence) + "<br><code class=\"small\">" +
        to_html(report.chain.hash) + "</code></p>";
    for (const Disagreement& one : report.disagreements) {
        html += "<p class=\"alarm\">稽核紀錄與資料不符 The log and the records disagree: " +
                to_html(one.key.name + " " + one.key.scheme + " " + one.key.kind + " " +
                        one.key.reason) +
                " " + std::to_string(one.from_log) + " ≠ " + std::to_string(one.from_records) +
                "</p>";
    }
    return html;
}

}  // namespace

std::vector<MonthOfCourse> course_until(store::Tx& tx, std::chrono::year_month last) {
    constexpr std::array<std::string_view, 3> names{"certificates.issued", "certificates.activated",
                                                    "certificates.revoked"};
    std::vector<MonthOfCourse> course;
    for (int before = kCourseMonths - 1; before >= 0; --before) {
        const auto month = last - std::chrono::months(before);
        course.push_back({month, count_figures(tx, month_in_taipei(month), names)});
    }
    return course;
}

std::string month_page(const MonthReport& report, const std::vector<MonthOfCourse>& course,
                       const std::vector<scheme::Scheme>& schemes) {
    const Bilingual month = words_of_month(report.month);
    std::string body = standing_of(report);
    for (const scheme::Scheme& scheme : schemes) {
        if (report.scheme.empty() || report.scheme == scheme.id) {
            body += courses_of(course, scheme);
        }
    }
    body += queues_of(report, schemes) + service_of(report, schemes) + figures_of(report, schemes);
    return page_of({month.zh + "統計", "Statistics, " + month.en}, body);
}

}  // namespace sealdesk::jobs
