// `report month`: the month in numbers, each of which can be proved.
#include <algorithm>
#include <map>
#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "cli/chosen_day.h"
#include "cli/desk.h"
#include "cli/report_commands.h"
#include "cli/table.h"
#include "intake/table_workbook.h"
#include "jobs/announcement.h"
#include "jobs/month_page.h"
#include "jobs/month_report.h"
#include "jobs/month_words.h"

namespace sealdesk::cli {
namespace {

using jobs::FigureKey;
using jobs::MonthReport;

struct MonthArguments {
    std::string month;
    std::string scheme;
    std::string prove;
    std::string csv;
    std::string xlsx;
    std::string html;
    std::string announce;
};

Result<const scheme::Scheme*> scheme_named(const Desk& desk, const std::string& id) {
    const scheme::Scheme* found = id.empty() && desk.schemes.size() == 1
                                      ? &desk.schemes.front()
                                      : scheme::find_scheme(desk.schemes, id);
    if (found == nullptr) {
        return Error{ErrorKind::Invalid,
                     "report.scheme",
                     "Name the scheme with --scheme; `sealdesk rule list` shows which there are.",
                     id,
                     {}};
    }
    return found;
}

/// "certificates.revoked/SCHEME/PROFILE/key_compromise": a figure, and further parts of its key.
bool matches(const FigureKey& key, const std::vector<std::string>& wanted) {
    const std::string* parts[] = {&key.name, &key.scheme, &key.kind, &key.reason};
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (i >= std::size(parts) || *parts[i] != wanted[i]) {
            return false;
        }
    }
    return true;
}

/// The events behind one figure, one a line, as they stand in the chain.
Outcome prove(Program& program, Desk& desk, const MonthArguments& arguments,
              std::chrono::year_month month) {
    const auto wanted = split(arguments.prove, '/');
    const auto& names = jobs::figure_names();
    const bool known = std::any_of(names.begin(), names.end(), [&](const jobs::FigureName& name) {
        return !name.events.empty() && name.name == wanted.front();
    });
    if (!known) {
        return Error{ErrorKind::Invalid,
                     "report.figure",
                     "There is no such figure that is counted from events; `sealdesk report month` "
                     "names them, such as certificates.issued.",
                     wanted.front(),
                     {}};
    }
    std::int64_t count = 0;
    store::transact(desk.database, "report.prove", [&](store::Tx& tx) {
        jobs::for_each_event_of(
            tx, month_in_taipei(month), wanted.front(),
            [&](const audit::Record& event, const FigureKey& key) {
                if (!matches(key, wanted) ||
                    (!arguments.scheme.empty() && key.scheme != arguments.scheme)) {
                    return;
                }
                ++count;
                if (program.json) {
                    program.out << nlohmann::json{{"sequence", event.sequence},
                                                  {"at", to_utc_text(from_stored(event.at))},
                                                  {"kind", event.kind},
                                                  {"subject", event.subject},
                                                  {"hash", event.hash}}
                                << '\n';
                } else {
                    program.out << event.sequence << "  " << to_taipei_text(from_stored(event.at))
                                << "  " << event.kind << "  " << event.subject << '\n';
                }
            });
    });
    program.err << program.pick("事件 ", "events ") << count << '\n';
    return done();
}

std::string hours(std::chrono::minutes time) {
    return std::to_string(time.count() / 60) + ":" + (time.count() % 60 < 10 ? "0" : "") +
           std::to_string(time.count() % 60);
}

void print_figures(Program& program, const Desk& desk, const MonthReport& report) {
    Table table(program, {{"項目", "figure"},
                          {"憑證", "scheme"},
                          {"種類", "kind"},
                          {"件數", "count"},
                          {"稽核事件", "events"}});
    struct Sum {
        std::int64_t count = 0;
        std::int64_t first = 0;
        std::int64_t last = 0;
    };
    std::map<FigureKey, Sum> sums;  // applicants' kinds are in --json and the files
    for (const auto& [key, figure] : report.figures) {
        FigureKey without = key;
        without.applicant.clear();
        Sum& sum = sums[without];
        sum.first = sum.count == 0 ? figure.first_event : std::min(sum.first, figure.first_event);
        sum.last = std::max(sum.last, figure.last_event);
        sum.count += figure.count;
    }
    for (const auto& [key, sum] : sums) {
        const Bilingual kind = key.name.starts_with("requests.")
                                   ? jobs::words_of_form(desk.schemes, key.scheme, key.kind)
                                   : Bilingual{key.kind, key.kind};
        table.add(
            {program.language == Language::Chinese ? jobs::words_of_figure(key.name).zh : key.name,
             key.scheme, kind.in(program.language) + (key.reason.empty() ? "" : " " + key.reason),
             std::to_string(sum.count),
             sum.last == 0 ? program.text("效期屆滿", "by their ends")
                           : std::to_string(sum.first) + "–" + std::to_string(sum.last)});
    }
    table.print(program.out, 24);
}

void print_queues(Program& program, const MonthReport& report) {
    if (report.queues.empty()) {
        return;
    }
    program.out << program.pick("未結申請案（工作日）\n", "open requests (working days)\n");
    Table table(program, {{"憑證", "scheme"},
                          {"狀態", "state"},
                          {"件數", "count"},
                          {"逾期", "overdue"},
                          {"中位數", "median"},
                          {"最久", "oldest"}});
    for (const requests::QueueAge& one : report.queues) {
        table.add({one.scheme,
                   program.text(requests::to_chinese(one.state), requests::to_text(one.state)),
                   std::to_string(one.age.count), std::to_string(one.overdue),
                   std::to_string(one.median_days), std::to_string(one.oldest_days)});
    }
    table.print(program.out, 24);
}

void print_service(Program& program, const Desk& desk, const MonthReport& report) {
    if (report.service.empty()) {
        return;
    }
    program.out << program.pick("服務時間（時:分；中位數、95%）\n",
                                "service times (h:mm; median, 95 %)\n");
    Table table(program, {{"憑證", "scheme"},
                          {"申請單", "form"},
                          {"如期", "kept"},
                          {"逾期", "late"},
                          {"至核定", "to decision"},
                          {"至結案", "to the end"},
                          {"核准後一工作日內", "in 1 day"}});
    for (const requests::ServiceTime& one : report.service) {
        const auto times = [](const requests::Durations& all) {
            return all.count == 0 ? std::string("-") : hours(all.median) + " " + hours(all.p95);
        };
        table.add({one.scheme,
                   jobs::words_of_form(desk.schemes, one.scheme, one.form).in(program.language),
                   std::to_string(one.kept), std::to_string(one.late), times(one.decision),
                   times(one.whole),
                   std::to_string(one.done_within_day) + "/" +
                       std::to_string(one.done_within_day + one.done_later)});
    }
    table.print(program.out, 16);
}

void print_text(Program& program, const Desk& desk, const MonthReport& report) {
    const Bilingual month = jobs::words_of_month(report.month);
    program.out << program.pick(month.zh + "統計", "Statistics, " + month.en)
                << (report.is_over ? "" : program.pick("（本月尚未結束）", " (not over yet)"))
                << '\n';
    print_figures(program, desk, report);
    print_queues(program, report);
    print_service(program, desk, report);
    program.out << program.pick("稽核紀錄至第 ", "audit log up to event ") << report.chain.sequence
                << "  " << report.chain.hash.substr(0, 16) << '\n';
    for (const jobs::Disagreement& one : report.disagreements) {
        program.out << program.pick("不符：", "DISAGREE: ") << one.key.name << ' ' << one.key.scheme
                    << ' ' << one.key.kind << ' ' << one.key.reason
                    << program.pick("　稽核紀錄 ", "  log ") << one.from_log
                    << program.pick("　資料 ", "  records ") << one.from_records << '\n';
    }
}

intake::TableSheet figures_sheet(const MonthReport& report) {
    intake::TableSheet sheet{
        "統計 Figures",
        {"月份 month", "項目 figure", "憑證 scheme", "種類 kind", "申請者 applicant", "事由 reason",
         "件數 count", "首件事件 first event", "末件事件 last event"},
        {}};
    for (const auto& [key, figure] : report.figures) {
        sheet.rows.push_back({to_iso_text(report.month), key.name, key.scheme, key.kind,
                              key.applicant, key.reason, figure.count, figure.first_event,
                              figure.last_event});
    }
    return sheet;
}

void write_workbook(const MonthReport& report, const std::string& file) {
    intake::TableSheet service{"服務時間 Service",
                               {"憑證 scheme", "申請單 form", "如期 kept", "逾期 late",
                                "無期限 no promise", "至核定中位數（分） median to decision, min",
                                "至結案中位數（分） median to end, min", "95%（分） p95, min"},
                               {}};
    for (const requests::ServiceTime& one : report.service) {
        service.rows.push_back({one.scheme, one.form, one.kept, one.late, one.unpromised,
                                std::int64_t(one.decision.median.count()),
                                std::int64_t(one.whole.median.count()),
                                std::int64_t(one.whole.p95.count())});
    }
    intake::TableSheet queues{"未結 Open",
                              {"憑證 scheme", "狀態 state", "件數 count", "逾期 overdue",
                               "中位數（工作日） median, days", "最久（工作日） oldest, days"},
                              {}};
    for (const requests::QueueAge& one : report.queues) {
        queues.rows.push_back({one.scheme, std::string(requests::to_text(one.state)), one.age.count,
                               one.overdue, std::int64_t(one.median_days),
                               std::int64_t(one.oldest_days)});
    }
    const intake::TableSheet sheets[] = {figures_sheet(report), std::move(queues),
                                         std::move(service)};
    intake::write_tables(file, to_iso_text(report.month), report.made_at, sheets);
}

void write_report(const std::string& file, std::string_view bytes, const Program& program) {
    write_file_durably(file, bytes, FileAccess::Everyone);
    program.err << file << '\n';
}

Outcome announce(Program& program, Desk& desk, const MonthArguments& arguments,
                 std::chrono::year_month month) {
    const auto scheme = scheme_named(desk, arguments.scheme);
    if (!scheme) {
        return scheme.error();
    }
    const auto announcement = store::transact(desk.database, "report.announce", [&](store::Tx& tx) {
        return jobs::announcement_of(tx, **scheme, month);
    });
    const auto bytes = jobs::announced_as(announcement, arguments.announce);
    if (!bytes) {
        return bytes.error();
    }
    write_report(arguments.announce, *bytes, program);
    return done();
}

void write_files(Program& program, Desk& desk, const MonthArguments& arguments,
                 const MonthReport& report) {
    if (!arguments.csv.empty()) {
        write_report(arguments.csv, jobs::to_csv(report), program);
    }
    if (!arguments.xlsx.empty()) {
        write_workbook(report, arguments.xlsx);
        program.err << arguments.xlsx << '\n';
    }
    if (!arguments.html.empty()) {
        const auto course = store::transact(desk.database, "report.course", [&](store::Tx& tx) {
            return jobs::course_until(tx, report.month);
        });
        write_report(arguments.html, jobs::month_page(report, course, desk.schemes), program);
    }
}

Outcome show_month(Program& program, Desk& desk, const MonthArguments& arguments) {
    const auto month = chosen_month(desk, arguments.month);
    if (!month) {
        return month.error();
    }
    if (!arguments.scheme.empty()) {
        const auto scheme = scheme_named(desk, arguments.scheme);
        if (!scheme) {
            return scheme.error();
        }
    }
    if (!arguments.prove.empty()) {
        return prove(program, desk, arguments, *month);
    }
    const auto report = store::transact(desk.database, "report.month", [&](store::Tx& tx) {
        return jobs::report_month(tx, desk.schemes, desk.calendar, {*month, arguments.scheme});
    });
    if (program.json) {
        program.out << jobs::to_json(report) << '\n';
    } else {
        print_text(program, desk, report);
    }
    write_files(program, desk, arguments, report);
    if (!arguments.announce.empty()) {
        Outcome announced = announce(program, desk, arguments, *month);
        if (!announced) {
            return announced;
        }
    }
    if (!report.agrees()) {
        return Error{
            ErrorKind::Internal, "report.disagreement",
            "The audit log and the records do not agree on a number. Stop the jobs and run "
            "`sealdesk audit verify`.",
            to_iso_text(report.month), "M 4.5"};
    }
    return done();
}

}  // namespace

void add_month_report(CLI::App& report_command, Program& program) {
    auto arguments = std::make_shared<MonthArguments>();
    auto* month = report_command.add_subcommand(
        "month",
        program.text("月報：簽發、啟用、停用、復用、廢止、到期等統計，未結案件與服務時間",
                     "the month in numbers, counted from the audit log; queue ages, service "
                     "times"));
    month->add_option("--month", arguments->month,
                      program.text("哪一月：2026-11 或 115/11（預設本月）",
                                   "which month: 2026-11 or 115/11 (default: this one)"));
    month->add_option("--scheme", arguments->scheme,
                      program.text("只統計此憑證種類", "this scheme alone"));
    month->add_option("--prove,--events", arguments->prove,
                      program.text("列出某數字所依據之稽核事件：項目[/憑證[/種類[/事由]]]",
                                   "lists the audit events behind a figure: "
                                   "NAME[/SCHEME[/KIND[/REASON]]]"));
    month->add_option("--csv", arguments->csv, "FILE.csv");
    month->add_option("--xlsx", arguments->xlsx, "FILE.xlsx");
    month->add_option("--html", arguments->html,
                      program.text("含圖表之網頁（單一檔案）", "a page with charts, in one file"));
    month->add_option("--announce", arguments->announce,
                      program.text("公告用簽發及廢止數字：.html、.csv、.json、.txt",
                                   "what the website announces (T 4.13.1): .html, .csv, .json, "
                                   ".txt"));
    month->footer(program.text(
        "數字由稽核紀錄計算，並與資料核對；不符時結束碼為 4。到期憑證依其效期計算。\n"
        "例： sealdesk report month --month 2026-10 --html october.html\n"
        "     sealdesk report month --prove certificates.revoked",
        "Numbers are counted from the audit log and compared with the records; exit status 4 when "
        "they disagree. Expired certificates are counted by their ends.\n"
        "Examples: sealdesk report month --month 2026-10 --html october.html\n"
        "          sealdesk report month --prove certificates.revoked"));
    month->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return show_month(program, desk, *arguments); });
    });
}

}  // namespace sealdesk::cli
