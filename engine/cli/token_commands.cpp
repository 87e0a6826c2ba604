#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/desk.h"
#include "cli/table.h"
#include "cli/words.h"
#include "subscribers/token.h"

namespace sealdesk::cli {
namespace {

constexpr int kTokenPage = 500;

struct TokenArguments {
    std::string state;
};

using subscribers::Token;
using subscribers::TokenState;

constexpr TokenState kEveryTokenState[] = {TokenState::Ordered,   TokenState::Made,
                                           TokenState::AtCounter, TokenState::HandedOver,
                                           TokenState::Accepted,  TokenState::Ended};

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
    for (const TokenState state : kEveryTokenState) {
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
        ->check(
            CLI::IsMember({"ordered", "made", "at_counter", "handed_over", "accepted", "ended"}));
    list->footer(program.text("例： ", "Example: ") + "sealdesk token list --state ordered");
    list->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return list_tokens(program, desk, *arguments); });
    });
}

}  // namespace sealdesk::cli
