#include <cstdio>
#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/card_commands.h"
#include "cli/chosen_day.h"
#include "cli/desk.h"
#include "cli/table.h"
#include "cli/words.h"
#include "effects/promises.h"

namespace sealdesk::cli {
namespace {

using effects::Promise;

struct PromiseArguments {
    std::string month;
    bool late = false;
};

double hours_of(std::chrono::microseconds time) {
    return std::chrono::duration<double, std::ratio<3600>>(time).count();
}

/// Hours with one decimal.
std::string hours_text(std::chrono::microseconds time) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", hours_of(time));
    return text;
}

void print_figures(Program& program, const std::vector<effects::PromiseFigures>& all) {
    Table table(program, {{"寄送方式", "delivery"},
                          {"件數", "count"},
                          {"已送出", "out"},
                          {"準時", "kept"},
                          {"逾時", "late"},
                          {"中位(時)", "median h"},
                          {"95%(時)", "95 % h"}});
    for (const effects::PromiseFigures& one : all) {
        if (program.json) {
            program.out << nlohmann::ordered_json{{"delivery", one.delivery},
                                                  {"count", one.count},
                                                  {"out", one.out},
                                                  {"kept", one.kept},
                                                  {"late", one.late},
                                                  {"median_hours", hours_of(one.median)},
                                                  {"percentile_95_hours",
                                                   hours_of(one.percentile_95)}}
                        << '\n';
        }
        table.add({shown(program, one.delivery), std::to_string(one.count), std::to_string(one.out),
                   std::to_string(one.kept), std::to_string(one.late), hours_text(one.median),
                   hours_text(one.percentile_95)});
    }
    if (!program.json) {
        table.print(program.out);
    }
}

void print_late(Program& program, const std::vector<Promise>& promises, Instant now) {
    Table table(program, {{"物件", "item"},
                          {"申請案號", "request"},
                          {"寄送方式", "delivery"},
                          {"期限", "promised"},
                          {"送出", "out"}});
    for (const Promise& one : promises) {
        if (one.is_kept(now)) {
            continue;
        }
        const std::string out = one.out_at ? to_taipei_text(*one.out_at) : "";
        if (program.json) {
            program.out << nlohmann::ordered_json{{"item", one.item},
                                                  {"request", one.request},
                                                  {"delivery", one.delivery},
                                                  {"decided_at", to_utc_text(one.decided_at)},
                                                  {"due_at", to_utc_text(one.due)},
                                                  {"out_at",
                                                   one.out_at ? to_utc_text(*one.out_at) : ""}}
                        << '\n';
        }
        table.add(
            {one.item, one.request, shown(program, one.delivery), to_taipei_text(one.due), out});
    }
    if (!program.json) {
        table.print(program.out);
    }
}

Outcome show_promises(Program& program, Desk& desk, const PromiseArguments& arguments) {
    const auto month = chosen_month(desk, arguments.month);
    if (!month) {
        return month.error();
    }
    const Instant now = desk.clock.now();
    const auto promises =
        effects::promises_between(desk.office, start_of_day_in_taipei(*month / 1),
                                  start_of_day_in_taipei((*month + std::chrono::months(1)) / 1));
    if (arguments.late) {
        print_late(program, promises, now);
    } else {
        print_figures(program, effects::figures_of(promises, now));
    }
    return done();
}

}  // namespace

void add_parcel_promises_command(CLI::App& parcel, Program& program) {
    auto arguments = std::make_shared<PromiseArguments>();
    auto* command = parcel.add_subcommand(
        "promises", program.text("核定至交付、寄出之時間，是否合於承諾（T 5.1.5）",
                                 "from decision to hand-over: were promises kept (T 5.1.5)"));
    command->add_option("--month", arguments->month,
                        program.text("核定之月份（預設本月）", "month of the decision (this one)"));
    command->add_flag("--late", arguments->late,
                      program.text("列出逾時者", "what was late, or is late in the house"));
    command->footer(program.text("現場領取以窗口時間計，郵寄與電子化以辦公日曆之工作日計。\n例： ",
                                 "Pick-up is counted in office hours, the others in working days "
                                 "of the government's calendar.\nExample: ") +
                    "sealdesk parcel promises --month 115/11 --late");
    command->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return show_promises(program, desk, *arguments); });
    });
}

}  // namespace sealdesk::cli
