#include "cli/report_commands.h"

#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/durable_file.h"
#include "cli/audit_keeper.h"
#include "cli/ca_of.h"
#include "cli/chosen_day.h"
#include "cli/crls_of.h"
#include "cli/day_keeper.h"
#include "cli/fee_commands.h"
#include "cli/job_views.h"
#include "cli/table.h"
#include "cli/words.h"
#include "jobs/day_closing.h"
#include "jobs/day_page.h"
#include "jobs/day_report.h"

namespace sealdesk::cli {
namespace {

using jobs::DayReport;
using jobs::Ledger;

nlohmann::json to_json(const std::vector<jobs::CrlStanding>& crls) {
    nlohmann::json list = nlohmann::json::array();
    for (const jobs::CrlStanding& one : crls) {
        nlohmann::json line = {
            {"authority", one.authority}, {"published", one.published}, {"in_time", one.in_time}};
        if (one.crl) {
            line["number"] = one.crl->number;
            line["entries"] = one.crl->entries;
            line["age_minutes"] = one.age.count();
            line["this_update"] = to_utc_text(one.crl->this_update);
            line["next_update"] = to_utc_text(one.crl->next_update);
        }
        list.push_back(std::move(line));
    }
    return list;
}

/// Null while the day is not closed.
nlohmann::json closing_json(const jobs::DayBook& book) {
    if (book.number == 0) {
        return nullptr;
    }
    return {{"number", book.number},
            {"at", book.at},
            {"difference", book.difference()},
            {"chain", {{"sequence", book.chain.sequence}, {"hash", book.chain.hash}}},
            {"document_sha256", sha256_hex(jobs::to_document(book))}};
}

/// M 2.6.2: once a day, published within one working day.
void print_crls(Program& program, const std::vector<jobs::CrlStanding>& crls) {
    for (const jobs::CrlStanding& one : crls) {
        program.out << program.pick("廢止清冊 ", "CRL ") << one.authority << ' ';
        if (one.crl) {
            program.out << one.crl->number << program.pick("，已簽發 ", ", issued ")
                        << one.age.count() / 60 << program.pick(" 小時前", " hours ago")
                        << program.pick("，下次更新 ", ", next update ")
                        << to_taipei_text(one.crl->next_update)
                        << (one.published ? program.pick("，已公布", ", published")
                                          : program.pick("，未公布", ", NOT PUBLISHED"));
        } else {
            program.out << program.pick("未曾簽發", "never issued");
        }
        program.out << (one.in_time
                            ? ""
                            : program.pick("，逾一個工作日（M 2.6.2）：請執行 sealdesk ca crl",
                                           ", LATE, more than one working day (M 2.6.2): run "
                                           "sealdesk ca crl"))
                    << '\n';
    }
}

/// M 4.7: the report says it from two months before on.
void print_keys_due(Program& program, const std::vector<KeyDue>& due) {
    for (const KeyDue& one : due) {
        program.out << program.pick("憑證機構金鑰應更換 ", "the CA's key is to be changed: ")
                    << one.scheme << program.pick("，簽發期限 ", ", it signs until ")
                    << to_iso_text(day_in_taipei(one.end)) << '\n';
    }
}

void print_json(Program& program, const DayReport& report, const std::vector<KeyDue>& due,
                const jobs::DayBook& book) {
    nlohmann::json keys_due = nlohmann::json::array();
    for (const KeyDue& one : due) {
        keys_due.push_back({{"scheme", one.scheme}, {"signs_until", to_utc_text(one.end)}});
    }
    nlohmann::json ledgers = nlohmann::json::array();
    for (const Ledger& ledger : report.ledgers) {
        ledgers.push_back({{"name", ledger.name},
                           {"in", ledger.in},
                           {"out", ledger.out},
                           {"open", ledger.open},
                           {"difference", ledger.difference()}});
    }
    nlohmann::json runs = nlohmann::json::array();
    for (const jobs::JobRun& run : report.runs) {
        runs.push_back(nlohmann::json(run_json(run)));
    }
    program.out << nlohmann::json{{"day", to_iso_text(report.day)},
                                  {"closes", report.closes()},
                                  {"accepted", report.counts.accepted},
                                  {"refused", report.counts.refused},
                                  {"duplicate", report.counts.duplicate},
                                  {"files_refused", report.counts.files_refused},
                                  {"mails_in", report.counts.mails_in},
                                  {"mails_sent", report.counts.mails_sent},
                                  {"mails_bounced", report.counts.mails_bounced},
                                  {"fee_lines", report.counts.fee_lines},
                                  {"fees_twd", report.counts.fees_twd},
                                  {"taken_twd", report.counts.taken_twd},
                                  {"ledgers", ledgers},
                                  {"disagreements", jobs::disagreements_json(report.disagreements)},
                                  {"closing", closing_json(book)},
                                  {"ca_keys_due", keys_due},
                                  {"runs", runs},
                                  {"crls", to_json(report.crls)}}
                       .dump()
                << '\n';
}

void print_text(Program& program, const DayReport& report) {
    program.out << program.pick("日報　", "Day report  ") << to_roc_text(report.day) << "  "
                << to_iso_text(report.day) << '\n'
                << program.pick("本日收件 ", "today accepted ") << report.counts.accepted
                << program.pick("，退件 ", ", refused ") << report.counts.refused
                << program.pick("，重複 ", ", duplicate ") << report.counts.duplicate
                << program.pick("，整檔退件 ", ", whole files refused ")
                << report.counts.files_refused << program.pick("；郵件 ", "; mails ")
                << report.counts.mails_sent << '/' << report.counts.mails_in
                << program.pick("，退回 ", ", came back ") << report.counts.mails_bounced
                << program.pick("；規費 NT$", "; fees NT$") << report.counts.fees_twd << '\n';
    Table table(
        program,
        {{"帳", "ledger"}, {"收", "in"}, {"結", "out"}, {"未結", "open"}, {"差額", "difference"}});
    for (const Ledger& ledger : report.ledgers) {
        table.add({shown(program, ledger.name), std::to_string(ledger.in),
                   std::to_string(ledger.out), std::to_string(ledger.open),
                   std::to_string(ledger.difference())});
    }
    table.print(program.out);
    for (const jobs::Disagreement& one : report.disagreements) {
        program.out << program.pick("稽核紀錄與資料不符：", "LOG AND RECORDS DISAGREE: ")
                    << one.key.name << ' ' << one.key.scheme << ' ' << one.key.kind << ' '
                    << one.from_log << " ≠ " << one.from_records << '\n';
    }
    print_crls(program, report.crls);
    print_runs(program, report.runs);
}

void print_closing(Program& program, const jobs::DayBook& book) {
    if (book.number == 0) {
        program.out << program.pick("本日尚未日結\n", "this day is not closed\n");
        return;
    }
    program.out << program.pick("日結第 ", "closing ") << book.number << "  " << book.at << "  "
                << sha256_hex(jobs::to_document(book)).substr(0, 16) << '\n';
}

struct DayArguments {
    std::string day;
    std::string pdf;
    bool close = false;
    bool verify = false;
};

/// A book that was closed is shown as it was closed; else as it stands now.
jobs::DayBook book_of(Desk& desk, std::chrono::year_month_day day,
                      const std::vector<jobs::CrlPlace>& crls) {
    return store::transact(desk.database, "report.book", [&](store::Tx& tx) {
        auto closed = jobs::closed_day(tx, day);
        return closed ? *std::move(closed) : jobs::read_day(tx, day, desk.schemes, crls);
    });
}

Outcome verify_days(Program& program, Desk& desk) {
    const auto trusted = audit_certificates(desk);
    if (!trusted) {
        return trusted.error();
    }
    const auto verified = jobs::verify_days(desk.database, *trusted);
    if (program.json) {
        nlohmann::json finding;
        if (verified.finding) {
            finding = {{"code", verified.finding->code},
                       {"day", verified.finding->day},
                       {"detail", verified.finding->detail}};
        }
        program.out << nlohmann::json{{"closings", verified.sound},
                                      {"not_closing", verified.unclosed},
                                      {"sound", !verified.finding},
                                      {"finding", finding}}
                           .dump()
                    << '\n';
    } else {
        program.out << program.pick("日結 ", "closings ") << verified.sound
                    << program.pick("，其中帳目不平 ", ", of these not closing ")
                    << verified.unclosed
                    << (verified.finding ? program.pick("：有問題", ": NOT SOUND")
                                         : program.pick("：完整", ": sound"))
                    << '\n';
    }
    if (verified.finding) {
        return Error{ErrorKind::Refused, verified.finding->code, verified.finding->detail,
                     verified.finding->day, "M 4.5"};
    }
    return done();
}

Outcome show_day(Program& program, Desk& desk, const DayArguments& arguments) {
    if (arguments.verify) {
        return verify_days(program, desk);
    }
    const auto day = chosen_day(desk, arguments.day);
    if (!day) {
        return day.error();
    }
    std::int64_t difference = 0;
    if (arguments.close) {
        const auto closed = close_books(program, desk, *day);
        if (!closed) {
            return closed.error();
        }
        difference = closed->difference();
    }
    const auto crls = crl_places(desk);
    const auto report = store::transact(desk.database, "report.day", [&](store::Tx& tx) {
        return jobs::report_whole_day(tx, *day, desk.schemes, crls);
    });
    const jobs::DayBook book = book_of(desk, *day, crls);
    if (program.json) {
        print_json(program, report, ca_keys_due(desk), book);
    } else {
        print_text(program, report);
        print_keys_due(program, ca_keys_due(desk));
        print_closing(program, book);
    }
    if (!arguments.pdf.empty()) {
        write_file_durably(arguments.pdf, jobs::day_page({book, report.runs, desk.clock.now()}),
                           FileAccess::Owner);
        program.err << arguments.pdf << '\n';
    }
    return report.closes() && difference == 0 ? done() : Outcome(does_not_close(book.day));
}

}  // namespace

void add_report_commands(CLI::App& app, Program& program) {
    auto* report_command =
        app.add_subcommand("report", program.text("報表", "reports that prove the sums close"));
    report_command->require_subcommand(1);
    auto arguments = std::make_shared<DayArguments>();
    auto* day = report_command->add_subcommand(
        "day",
        program.text("日報：各帳收、結、未結與差額", "every ledger: in, out, open, difference"));
    day->add_option("--day", arguments->day,
                    program.text("哪一天的收發數（預設今天）；各帳一律算到現在",
                                 "whose day's counts (default today); ledgers are "
                                 "always as of now"));
    day->add_option("--pdf", arguments->pdf,
                    program.text("一頁報表（已日結者依日結時之數字）",
                                 "one page; of a day that was closed, as it was closed"));
    day->add_flag("--close", arguments->close,
                  program.text("日結：以稽核金鑰簽署各帳並保存，之後不得更改",
                               "closes the day: the sums are signed with the audit key and kept"));
    day->add_flag("--verify", arguments->verify,
                  program.text("驗證所有日結", "proves all closings, signatures and order"));
    day->footer(
        program.text("例： ", "Examples: ") +
        "sealdesk report day --day 115/11/20     sealdesk report day --close --pdf day.pdf");
    day->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return show_day(program, desk, *arguments); });
    });
    add_month_report(*report_command, program);
    add_cash_report(*report_command, program);
}

}  // namespace sealdesk::cli
