#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/session.h"
#include "cli/slip_parts.h"
#include "cli/table.h"
#include "slips/form_stock.h"
#include "slips/template.h"

namespace sealdesk::cli {
namespace {

struct FormStockArguments {
    std::string stock;
    std::string first;
    std::string last;
    std::string number;
    std::string note;
    std::int64_t found = 0;
};

Outcome show_forms(Program& program, Desk& desk) {
    const auto counts = store::transact(desk.database, "slip.stock",
                                        [](store::Tx& tx) { return slips::count_forms(tx); });
    Table table(program, {{"用紙", "stock"},
                          {"收入", "received"},
                          {"已列印", "printed"},
                          {"毀損", "spoiled"},
                          {"結存", "left"},
                          {"盤點差異", "difference"},
                          {"下一號", "next"}});
    for (const slips::FormCount& count : counts) {
        if (program.json) {
            program.out << nlohmann::ordered_json{{"stock", count.stock},
                                                  {"received", count.received},
                                                  {"printed", count.printed},
                                                  {"spoiled", count.spoiled},
                                                  {"left", count.left()},
                                                  {"difference", count.counted_difference},
                                                  {"next", count.next}}
                        << '\n';
        }
        table.add({count.stock, std::to_string(count.received), std::to_string(count.printed),
                   std::to_string(count.spoiled), std::to_string(count.left()),
                   std::to_string(count.counted_difference), count.next});
    }
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

using FormStep = std::function<Outcome(store::Tx&, const slips::Stock&, const std::string& actor)>;

Outcome move_forms(Program& program, Desk& desk, const std::string& name, const FormStep& step) {
    const auto by = acting(program, desk, officers::Action::HandleSlips);
    if (!by) {
        return by.error();
    }
    slips::TemplateShelf templates(desk.settings.templates);
    const auto stocks = templates.stocks();
    if (!stocks) {
        return stocks.error();
    }
    const slips::Stock* const stock = (*stocks)->find(name);
    if (stock == nullptr) {
        return slips::no_such_stock(name);
    }
    const Outcome moved = store::transact(desk.database, "slip.stock-move", [&](store::Tx& tx) {
        return step(tx, *stock, officers::actor_of(*by));
    });
    return moved ? show_forms(program, desk) : moved;
}

CLI::App* add_form_step(CLI::App& stock, Program& program,
                        const std::shared_ptr<FormStockArguments>& arguments,
                        const std::pair<const char*, std::string>& name_and_help,
                        const FormStep& step) {
    auto* command = stock.add_subcommand(name_and_help.first, name_and_help.second);
    command->add_option("STOCK", arguments->stock, program.text("用紙名稱", "name of the stock"))
        ->required();
    command->callback([&program, arguments, step] {
        with_desk(program,
                  [&](Desk& desk) { return move_forms(program, desk, arguments->stock, step); });
    });
    return command;
}

}  // namespace

void add_form_stock_commands(CLI::App& slip, Program& program) {
    auto arguments = std::make_shared<FormStockArguments>();
    auto* stock = slip.add_subcommand(
        "stock", program.text("預印號碼用紙：收入、毀損、盤點",
                              "pre-numbered forms: received, spoiled, counted"));
    stock->require_subcommand(0, 1);
    stock->footer(program.text(
        "收入＝已列印＋毀損＋結存；盤點不符者，日報表不平。\n"
        "例： sealdesk --as dee slip stock receive fan-fold AB000001 AB001000\n"
        "     下班前： sealdesk --as dee slip stock count fan-fold 988",
        "Received = printed + spoiled + left; a wrong count is a difference in the day report.\n"
        "Example: sealdesk --as dee slip stock receive fan-fold AB000001 AB001000\n"
        "         at day end: sealdesk --as dee slip stock count fan-fold 988"));
    auto* receive = add_form_step(
        *stock, program, arguments,
        {"receive", program.text("收入一箱：首號、末號", "a box came: first and last number")},
        [arguments](store::Tx& tx, const slips::Stock& of, const std::string& actor) {
            return slips::receive_forms(
                tx, of, {arguments->first, arguments->last, arguments->note}, actor);
        });
    receive->add_option("FIRST", arguments->first, "AB000001")->required();
    receive->add_option("LAST", arguments->last, "AB001000")->required();
    receive->add_option("--note", arguments->note, program.text("送貨單號", "delivery note"));
    auto* spoil = add_form_step(
        *stock, program, arguments,
        {"spoil", program.text("一張毀損（撕破、卡紙、印壞）", "a form was torn or misprinted")},
        [arguments](store::Tx& tx, const slips::Stock& of, const std::string& actor) {
            return slips::spoil_form(tx, of, arguments->number, arguments->note, actor);
        });
    spoil->add_option("NUMBER", arguments->number, "AB000017")->required();
    spoil->add_option("--reason", arguments->note, program.text("原因", "what happened"))
        ->required();
    auto* count = add_form_step(
        *stock, program, arguments,
        {"count", program.text("盤點：現有張數", "the forms that lie there now")},
        [arguments](store::Tx& tx, const slips::Stock& of, const std::string& actor) {
            return slips::record_form_count(tx, of, arguments->found, arguments->note, actor);
        });
    count->add_option("NUMBER", arguments->found, program.text("張數", "how many"))->required();
    count->add_option("--note", arguments->note, program.text("備註", "remark"));
    stock->callback([&program, stock] {
        if (stock->get_subcommands().empty()) {
            with_desk(program, [&](Desk& desk) { return show_forms(program, desk); });
        }
    });
}

}  // namespace sealdesk::cli
