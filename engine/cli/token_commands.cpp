#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/card_commands.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/words.h"
#include "effects/parcel_steps.h"
#include "subscribers/token.h"

namespace sealdesk::cli {
namespace {

constexpr int kTokenPage = 500;

struct TokenArguments {
    std::string state;
    std::string request;
    std::string card_number;
};

using subscribers::Token;
using subscribers::TokenState;

void show_token(Program& program, Table& table, const Token& token) {
    if (program.json) {
        program.out << nlohmann::json{{"token", token.id.value()},
                                      {"kind", subscribers::to_text(token.kind)},
                                      {"certificates", subscribers::to_text(token.use)},
                                      {"state", subscribers::to_text(token.state)},
                                      {"card_number", token.card_number},
                                      {"order", token.order_key}}
                           .dump()
                    << '\n';
    }
    table.add({shown(program, subscribers::to_text(token.kind)),
               shown(program, subscribers::to_text(token.use)),
               shown(program, subscribers::to_text(token.state)), token.card_number,
               token.order_key});
}

Outcome list_tokens(Program& program, Desk& desk, const TokenArguments& arguments) {
    Table table(program, {{"符記", "token"},
                          {"憑證", "certificates"},
                          {"狀態", "state"},
                          {"卡號", "card"},
                          {"依據", "ordered by"}});
    for (std::size_t i = 0; i < subscribers::kTokenStateCount; ++i) {
        const auto state = static_cast<TokenState>(i);
        if (!arguments.state.empty() && arguments.state != subscribers::to_text(state)) {
            continue;
        }
        std::int64_t after = 0;
        for (bool more = true; more;) {
            const auto page = store::transact(desk.database, "token.list", [&](store::Tx& tx) {
                return subscribers::list_tokens(tx, state, after, kTokenPage);
            });
            for (const Token& token : page) {
                show_token(program, table, token);
                after = token.id.value();
            }
            more = !page.empty();
        }
    }
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

/// What the card centre reports: the card is made, and its number.
Outcome report_card(Program& program, Desk& desk, const TokenArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::RunJobs);
    if (!by) {
        return by.error();
    }
    const Outcome made = store::transact(desk.database, "token.made", [&](store::Tx& tx) {
        return effects::report_card(tx, arguments.request, arguments.card_number,
                                    officers::actor_of(*by));
    });
    if (!made) {
        return made.error();
    }
    const auto state = subscribers::to_text(TokenState::Personalised);
    if (program.json) {
        program.out << nlohmann::json{{"request", arguments.request}, {"state", state}} << '\n';
    } else {
        program.out << arguments.request << "  " << shown(program, state) << '\n';
    }
    return done();
}

}  // namespace

void add_token_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<TokenArguments>();
    auto* token = app.add_subcommand(
        "token", program.text("符記（憑證IC卡與非IC卡類）", "tokens: cards and key stores"));
    token->require_subcommand(1);
    auto* list = token->add_subcommand(
        "list", program.text("符記及狀態；ordered 為發卡中心待製",
                             "tokens and their states; the card centre makes the ordered ones"));
    list->add_option("--state", arguments->state, program.text("只列此狀態", "only this state"))
        ->check(CLI::IsMember(token_states()));
    list->footer(program.text("例： ", "Example: ") + "sealdesk token list --state ordered");
    list->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return list_tokens(program, desk, *arguments); });
    });
    auto* made = token->add_subcommand(
        "made", program.text("發卡中心回報製卡完成及卡號",
                             "the card centre reports the finished card and its number"));
    made->add_option("REQUEST", arguments->request, "R115-000001-2")->required();
    made->add_option("--card-number", arguments->card_number,
                     program.text("印於卡面之卡號", "as printed on the card"))
        ->required();
    made->footer(program.text("例： ", "Example: ") +
                 "sealdesk --as dee token made R115-000001-2 --card-number MA00001234");
    made->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return report_card(program, desk, *arguments); });
    });
}

}  // namespace sealdesk::cli
