// The cash box: `fee close-day`, `fee sign-day`, `report cash`.
#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "cli/chosen_day.h"
#include "cli/fee_commands.h"
#include "cli/fee_parts.h"
#include "cli/session.h"
#include "cli/table.h"
#include "requests/cash.h"

namespace sealdesk::cli {
namespace {

using requests::CashDay;
using requests::CashMove;

struct CashArguments {
    std::string day;
    std::int64_t counted = 0;
    std::int64_t deposited = 0;
    std::optional<std::int64_t> opening;
    std::string note;
    std::string output;
};

void print_json(Program& program, const CashDay& list) {
    nlohmann::json moves = nlohmann::json::array();
    for (const CashMove& move : list.moves) {
        moves.push_back({{"at", to_utc_text(move.at)},
                         {"receipt", move.receipt_number},
                         {"scheme", move.scheme},
                         {"item", move.item},
                         {"pieces", move.pieces},
                         {"amount_twd", move.amount_twd},
                         {"by", move.by}});
    }
    program.out << nlohmann::json{{"day", to_iso_text(list.day)},
                                  {"opening_twd", list.opening_twd},
                                  {"taken_twd", list.taken_twd},
                                  {"refunded_twd", list.refunded_twd},
                                  {"expected_twd", list.expected_twd()},
                                  {"counted_twd", list.counted_twd
                                                      ? nlohmann::json(*list.counted_twd)
                                                      : nlohmann::json()},
                                  {"difference_twd", list.difference_twd()},
                                  {"deposited_twd", list.deposited_twd},
                                  {"note", list.note},
                                  {"closed_by", list.closed_by},
                                  {"signed_by", list.signed_by},
                                  {"moves", moves}}
                       .dump()
                << '\n';
}

void print_text(Program& program, const CashDay& list) {
    program.out << program.pick("現金日報　", "Cash list  ") << to_roc_text(list.day) << "  "
                << to_iso_text(list.day) << '\n';
    Table table(program, {{"時間", "time"},
                          {"收據號碼", "receipt"},
                          {"項目", "item"},
                          {"數量", "pieces"},
                          {"金額 NT$", "NT$"},
                          {"經手人", "by"}});
    for (const CashMove& move : list.moves) {
        table.add({to_taipei_text(move.at).substr(11), move.receipt_number, move.item,
                   std::to_string(move.pieces), std::to_string(move.amount_twd), move.by});
    }
    table.print(program.out);
    const auto line = [&](std::string_view zh, std::string_view en, const std::string& text) {
        program.out << "  " << fit_to_columns(program.pick(zh, en), 14) << text << '\n';
    };
    line("期初", "opening", std::to_string(list.opening_twd));
    line("收入", "taken", std::to_string(list.taken_twd));
    line("退費", "refunded", std::to_string(list.refunded_twd));
    line("應有", "expected", std::to_string(list.expected_twd()));
    line("實點", "counted",
         list.counted_twd ? std::to_string(*list.counted_twd) + "  " + list.closed_by
                          : program.text("尚未清點", "not counted yet"));
    line("差額", "difference", std::to_string(list.difference_twd()));
    line("解繳", "deposited", std::to_string(list.deposited_twd));
    if (!list.note.empty()) {
        line("說明", "note", list.note);
    }
    line("覆核", "signed off",
         list.signed_by.empty() ? program.text("尚未覆核", "not yet") : list.signed_by);
}

/// A difference is a finding, whoever counted: the exit status says so.
void print_list(Program& program, const CashDay& list) {
    if (program.json) {
        print_json(program, list);
    } else {
        print_text(program, list);
    }
    program.exit = list.difference_twd() == 0 ? program.exit : Exit::Refused;
}

Outcome close_day(Program& program, Desk& desk, const CashArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::ReceiveForms);
    if (!by) {
        return by.error();
    }
    const auto day = chosen_day(desk, arguments.day);
    if (!day) {
        return day.error();
    }
    const auto closed = requests::close_cash_day(
        desk.office, *day,
        {arguments.counted, arguments.deposited, arguments.opening, arguments.note}, *by);
    if (!closed) {
        return closed.error();
    }
    print_list(program, *closed);
    return done();
}

Outcome sign_day(Program& program, Desk& desk, const CashArguments& arguments) {
    const auto session = sign_in(program, desk, officers::Action::Decide, Proof::WithSignature);
    if (!session) {
        return session.error();
    }
    const auto day = chosen_day(desk, arguments.day);
    if (!day) {
        return day.error();
    }
    const auto signed_list =
        requests::sign_cash_day(desk.office, *day, session->officer.login, *session->key);
    if (!signed_list) {
        return signed_list.error();
    }
    print_list(program, *signed_list);
    return done();
}

Outcome show_day(Program& program, Desk& desk, const CashArguments& arguments) {
    const auto day = chosen_day(desk, arguments.day);
    if (!day) {
        return day.error();
    }
    const CashDay list = store::transact(
        desk.database, "report.cash", [&](store::Tx& tx) { return requests::cash_day(tx, *day); });
    if (!arguments.output.empty()) {
        write_file_durably(arguments.output, requests::to_csv(list), FileAccess::Owner);
        program.err << arguments.output << '\n';
    }
    print_list(program, list);
    return done();
}

void add_day(CLI::App& command, Program& program, const std::shared_ptr<CashArguments>& arguments) {
    command.add_option("--day", arguments->day,
                       program.text("哪一天（預設今天）", "which day (default today)"));
}

}  // namespace

void add_cash_commands(CLI::App& fee, Program& program) {
    auto arguments = std::make_shared<CashArguments>();
    auto* close = fee.add_subcommand(
        "close-day", program.text("日結：清點現金箱，當日不再收付",
                                  "count the cash box; nothing more is paid on that day"));
    close
        ->add_option("--counted", arguments->counted,
                     program.text("實點金額（元）", "what is in the box, NT$"))
        ->required();
    close->add_option("--deposited", arguments->deposited,
                      program.text("解繳銀行（元）", "carried to the bank, NT$"));
    close->add_option("--opening", arguments->opening,
                      program.text("期初（僅首日）", "what was in it before; first day only"));
    close->add_option("--note", arguments->note,
                      program.text("差額說明", "why there is a difference"));
    close->footer(program.text("例： ", "Example: ") +
                  "sealdesk --as dee fee close-day --counted 12500 --deposited 12000");
    add_day(*close, program, arguments);
    close->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return close_day(program, desk, *arguments); });
    });
    auto* sign = fee.add_subcommand(
        "sign-day", program.text("覆核日結（他人簽章）", "a second person signs the day off"));
    sign->footer(program.text("例： ", "Example: ") +
                 "sealdesk --as ann fee sign-day --day 115/11/20");
    add_day(*sign, program, arguments);
    sign->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return sign_day(program, desk, *arguments); });
    });
}

void add_cash_report(CLI::App& report_command, Program& program) {
    auto arguments = std::make_shared<CashArguments>();
    auto* cash = report_command.add_subcommand(
        "cash", program.text("現金日報：期初、收入、退費、實點、差額",
                             "cash list: opening, taken, refunded, counted, difference"));
    add_day(*cash, program, arguments);
    cash->add_option("-o,--output", arguments->output, "FILE.csv");
    cash->footer(program.text("例： ", "Example: ") +
                 "sealdesk report cash --day 115/11/20 -o cash.csv");
    cash->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return show_day(program, desk, *arguments); });
    });
}

}  // namespace sealdesk::cli
