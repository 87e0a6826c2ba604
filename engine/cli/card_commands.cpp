#include "cli/card_commands.h"

#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cards/card_stock.h"
#include "cards/reader.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/words.h"
#include "effects/card_face.h"

namespace sealdesk::cli {
namespace {

struct StockArguments {
    std::int64_t quantity = 0;
    std::string note;
};

using SharedStockArguments = std::shared_ptr<StockArguments>;

Outcome list_readers(Program& program) {
    auto readers = cards::Readers::open();
    if (!readers) {
        return readers.error();
    }
    const auto all = readers->list();
    if (!all) {
        return all.error();
    }
    Table table(program, {{"讀卡機", "reader"}, {"卡片", "card"}});
    for (const cards::ReaderState& one : *all) {
        if (program.json) {
            program.out << nlohmann::json{{"reader", one.name},
                                          {"card", one.has_card},
                                          {"in_use", one.in_use}}
                        << '\n';
        }
        table.add({one.name, std::string(one.in_use     ? program.pick("使用中", "in use")
                                         : one.has_card ? program.pick("有", "yes")
                                                        : program.pick("無", "no"))});
    }
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

Outcome show_stock(Program& program, Desk& desk) {
    const auto stock = store::transact(desk.database, "card.stock",
                                       [](store::Tx& tx) { return cards::count_card_stock(tx); });
    const std::pair<std::pair<const char*, const char*>, std::int64_t> lines[] = {
        {{"收入", "received"}, stock.received},
        {{"空白", "blank"}, stock.blank()},
        {{"製作中", "in_work"}, stock.in_work},
        {{"完成", "complete"}, stock.complete},
        {{"報廢", "spoiled"}, stock.spoiled},
        {{"空白銷毀", "discarded"}, stock.discarded},
        {{"盤點差異", "difference"}, stock.counted_difference}};
    nlohmann::ordered_json document;
    Table table(program, {{"卡片", "cards"}, {"張數", "number"}});
    for (const auto& [name, number] : lines) {
        document[name.second] = number;
        table.add({std::string(program.pick(name.first, name.second)), std::to_string(number)});
    }
    if (program.json) {
        program.out << document << '\n';
    } else {
        table.print(program.out);
    }
    return done();
}

Outcome move_stock(Program& program, Desk& desk, cards::StockMove move,
                   const StockArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::RunJobs);
    if (!by) {
        return by.error();
    }
    const Outcome entered = effects::enter_card_stock(
        desk.database, {move, arguments.quantity, officers::actor_of(*by), arguments.note});
    return entered ? show_stock(program, desk) : entered;
}

void add_stock_command(CLI::App& stock, Program& program, const SharedStockArguments& arguments,
                       cards::StockMove move, const std::string& help) {
    auto* command = stock.add_subcommand(move == cards::StockMove::Received    ? "receive"
                                         : move == cards::StockMove::Discarded ? "discard"
                                                                               : "count",
                                         help);
    command->add_option("NUMBER", arguments->quantity, program.text("張數", "how many"))
        ->required();
    command->add_option("--note", arguments->note,
                        program.text("送貨單號、銷毀原因", "delivery note, reason"));
    command->callback([&program, arguments, move] {
        with_desk(program, [&](Desk& desk) { return move_stock(program, desk, move, *arguments); });
    });
}

void add_stock_commands(CLI::App& card, Program& program) {
    auto arguments = std::make_shared<StockArguments>();
    auto* stock =
        card.add_subcommand("stock", program.text("空白卡庫存：收入、銷毀、盤點",
                                                  "blank cards: received, thrown away, counted"));
    stock->require_subcommand(0, 1);
    stock->footer(program.text("例： ", "Example: ") +
                  "sealdesk --as dee card stock receive 500 --note D-2026-117\n" +
                  program.text("      下班前： ", "         at day end: ") +
                  "sealdesk --as dee card stock count 488");
    add_stock_command(*stock, program, arguments, cards::StockMove::Received,
                      program.text("收入空白卡", "blank cards came"));
    add_stock_command(*stock, program, arguments, cards::StockMove::Discarded,
                      program.text("銷毀空白卡", "blank cards were thrown away"));
    add_stock_command(*stock, program, arguments, cards::StockMove::Counted,
                      program.text("盤點空白卡", "the blank cards that lie there now"));
    stock->callback([&program, stock] {
        if (stock->get_subcommands().empty()) {
            with_desk(program, [&](Desk& desk) { return show_stock(program, desk); });
        }
    });
}

}  // namespace

void add_card_commands(CLI::App& app, Program& program) {
    auto* card = app.add_subcommand(
        "card", program.text("憑證IC卡：製卡、庫存、去向、掛失、密碼",
                             "cards: making them, stock, where they are, lost ones, PINs"));
    card->require_subcommand(1);
    card->add_subcommand("readers", program.text("讀卡機", "card readers"))->callback([&program] {
        run_guarded(program, [&] { return list_readers(program); });
    });
    add_stock_commands(*card, program);
    add_card_station_commands(*card, program);
    add_card_life_commands(*card, program);
    add_card_pin_commands(*card, program);
}

}  // namespace sealdesk::cli
