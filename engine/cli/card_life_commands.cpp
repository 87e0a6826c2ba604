#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/card_commands.h"
#include "cli/session.h"
#include "cli/subscriber_named.h"
#include "cli/table.h"
#include "cli/words.h"
#include "effects/card_life.h"
#include "effects/parcel_steps.h"
#include "subscribers/hold.h"

namespace sealdesk::cli {
namespace {

using subscribers::OnCertificates;
using subscribers::Token;
using subscribers::TokenEvent;
using subscribers::TokenState;
using subscribers::Transition;

constexpr int kCardPage = 500;

struct CardLifeArguments {
    std::string number;
    std::string state;
    std::string subscriber;
    std::string reason;
};

using SharedCardLifeArguments = std::shared_ptr<CardLifeArguments>;

/// What a person does to a card: the command, the event, what it takes, and its help.
struct CardVerb {
    std::string_view name;
    TokenEvent event;
    officers::Action action;
    bool signs;  ///< it revokes: the officer proves with the key who acts
    std::pair<std::string_view, std::string_view> help;
    std::pair<std::string_view, std::string_view> example;
};

constexpr CardVerb kCardVerbs[] = {
    {"received",
     TokenEvent::Receive,
     officers::Action::Examine,
     false,
     {"確認用戶已收到卡片（無投遞紀錄者）",
      "the subscriber has it, where the post confirms nothing"},
     {"電話確認負責人已簽收", "'signed for by the responsible person, by telephone'"}},
    {"suspend",
     TokenEvent::Suspend,
     officers::Action::Examine,
     false,
     {"停用：卡內憑證全部停用", "suspend it: all its certificates are put on hold"},
     {"疑遭盜用", "'may be misused'"}},
    {"resume",
     TokenEvent::Resume,
     officers::Action::Examine,
     false,
     {"復用；掛失者為尋回", "in use again; of a lost one: it was found"},
     {"尋回", "found"}},
    {"lost",
     TokenEvent::Lose,
     officers::Action::Examine,
     false,
     {"掛失：立即停用；確定遺失時由另一位審驗人員以 card retire 廢止",
      "reported lost: on hold at once; another officer confirms with `card retire`"},
     {"負責人來電掛失", "'reported by telephone'"}},
    {"damaged",
     TokenEvent::Damage,
     officers::Action::Decide,
     true,
     {"毀損：卡內憑證廢止", "does not work any more: its certificates are revoked"},
     {"晶片無法讀取", "'the chip cannot be read'"}},
    {"return",
     TokenEvent::Return,
     officers::Action::Decide,
     true,
     {"用戶退回：卡內憑證廢止", "given back by the subscriber: its certificates are revoked"},
     {"卡面印製錯誤", "'misprinted'"}},
    {"retire",
     TokenEvent::Retire,
     officers::Action::Decide,
     true,
     {"終止（含確定遺失）：卡內憑證廢止",
      "for good, also of a lost one: its certificates are revoked"},
     {"確定無法尋回", "'it stays lost'"}}};

std::string event_text(const Program& program, TokenEvent event) {
    constexpr std::array<std::string_view, subscribers::kTokenEventCount> chinese{
        "製卡", "郵寄", "轉窗口待領", "確認收到", "窗口領取", "接受憑證",     "停用",
        "復用", "掛失", "毀損",       "退回",     "終止",     "憑證全數失效", "報廢重製"};
    return program.text(chinese.at(static_cast<std::size_t>(event)), subscribers::to_text(event));
}

std::string effect_text(const Program& program, OnCertificates what) {
    constexpr std::array<std::string_view, 4> chinese{"", "停用", "復用", "廢止"};
    return what == OnCertificates::Nothing
               ? std::string()
               : program.text(chinese.at(static_cast<std::size_t>(what)),
                              subscribers::to_text(what));
}

/// The table itself, for auditors.
void print_life(Program& program) {
    Table table(program, {{"狀態", "state"},
                          {"事件", "event"},
                          {"成為", "becomes"},
                          {"憑證", "certificates"},
                          {"廢止事由", "revoked for"}});
    for (const Transition& one : subscribers::kTokenLife) {
        if (program.json) {
            program.out << nlohmann::ordered_json{{"from", subscribers::to_text(one.from)},
                                                  {"event", subscribers::to_text(one.event)},
                                                  {"to", subscribers::to_text(one.to)},
                                                  {"certificates",
                                                   subscribers::to_text(one.certificates)},
                                                  {"revoked_for", one.revoked_for}}
                        << '\n';
        }
        table.add({shown(program, subscribers::to_text(one.from)), event_text(program, one.event),
                   shown(program, subscribers::to_text(one.to)),
                   effect_text(program, one.certificates), std::string(one.revoked_for)});
    }
    if (!program.json) {
        table.print(program.out);
        program.out << program.text(
            "空白卡片由卡片庫存管理，製卡後始列入。復用後，憑證均已接受者即"
            "為已接受。\n",
            "A blank card belongs to the stock. What is resumed is accepted "
            "at once when everything in it was.\n");
    }
}

nlohmann::ordered_json card_json(const Token& card) {
    return {{"token", card.id.value()},
            {"card_number", card.card_number},
            {"kind", subscribers::to_text(card.kind)},
            {"state", subscribers::to_text(card.state)},
            {"order", card.order_key}};
}

void show_card_row(Program& program, Table& table, const Token& card) {
    if (program.json) {
        program.out << card_json(card) << '\n';
    }
    table.add({card.card_number, shown(program, subscribers::to_text(card.kind)),
               shown(program, subscribers::to_text(card.state)), card.order_key,
               std::to_string(card.id.value())});
}

using ShowToken = std::function<void(const Token&)>;

Outcome each_of_subscriber(Desk& desk, const std::string& named, const ShowToken& show) {
    const auto cards = store::transact(desk.database, "card.list",
                                       [&](store::Tx& tx) -> Result<std::vector<Token>> {
                                           const auto subscriber = subscriber_named(tx, named);
                                           if (!subscriber) {
                                               return subscriber.error();
                                           }
                                           return subscribers::tokens_of(tx, *subscriber);
                                       });
    if (!cards) {
        return cards.error();
    }
    std::ranges::for_each(*cards, show);
    return done();
}

/// Page by page.
void each_in_state(Desk& desk, TokenState state, const ShowToken& show) {
    std::int64_t after = 0;
    for (bool more = true; more;) {
        const auto page = store::transact(desk.database, "card.list", [&](store::Tx& tx) {
            return subscribers::list_tokens(tx, state, after, kCardPage);
        });
        std::ranges::for_each(page, show);
        more = !page.empty();
        after = more ? page.back().id.value() : after;
    }
}

/// The cards of one subscriber, or those of one state after the other.
Outcome each_card(Desk& desk, const CardLifeArguments& arguments, const ShowToken& show) {
    const auto wanted = subscribers::token_state_from(arguments.state);
    const auto show_if = [&](const Token& one) {
        if (one.kind != subscribers::TokenKind::NonCard && (!wanted || one.state == *wanted)) {
            show(one);
        }
    };
    if (!arguments.subscriber.empty()) {
        return each_of_subscriber(desk, arguments.subscriber, show_if);
    }
    for (std::size_t i = 0; i < subscribers::kTokenStateCount; ++i) {
        const auto state = static_cast<TokenState>(i);
        if (!wanted || state == *wanted) {
            each_in_state(desk, state, show_if);
        }
    }
    return done();
}

Outcome list_cards(Program& program, Desk& desk, const CardLifeArguments& arguments) {
    Table table(program, {{"卡號", "card"},
                          {"種類", "kind"},
                          {"狀態", "state"},
                          {"依據", "ordered by"},
                          {"符記編號", "token"}});
    Outcome listed =
        each_card(desk, arguments, [&](const Token& one) { show_card_row(program, table, one); });
    if (listed && !program.json) {
        table.print(program.out);
    }
    return listed;
}

/// A card with everything an auditor asks about it.
struct ShownCard {
    Token card;
    std::vector<subscribers::TakenStep> way;
    std::vector<std::pair<subscribers::Certificate, std::string>> certificates;  ///< with holds
    std::vector<parcels::Parcel> parcels;
};

Result<ShownCard> read_card(store::Tx& tx, const std::string& number) {
    auto card = effects::find_card(tx, number);
    if (!card) {
        return card.error();
    }
    ShownCard shown{*std::move(card), {}, {}, {}};
    shown.way = subscribers::steps_of(tx, shown.card.id);
    for (auto& one : subscribers::contents_of(tx, shown.card.id)) {
        std::string holds;
        for (const subscribers::HoldSource source : subscribers::open_holds(tx, one.id)) {
            holds.append(holds.empty() ? "" : ",").append(subscribers::to_text(source));
        }
        shown.certificates.emplace_back(std::move(one), holds);
    }
    shown.parcels = effects::parcels_with(tx, shown.card);
    return shown;
}

std::vector<std::string_view> events_from(TokenState state) {
    std::vector<std::string_view> events;
    for (const Transition& one : subscribers::kTokenLife) {
        if (one.from == state && one.event != TokenEvent::Spend) {
            events.push_back(subscribers::to_text(one.event));
        }
    }
    return events;
}

void print_card_json(Program& program, const ShownCard& one) {
    auto json = card_json(one.card);
    json["possible"] = events_from(one.card.state);
    json["way"] = nlohmann::ordered_json::array();
    for (const subscribers::TakenStep& step : one.way) {
        json["way"].push_back({{"at", to_utc_text(step.at)},
                               {"event", subscribers::to_text(step.event)},
                               {"state", subscribers::to_text(step.to)},
                               {"by", step.actor},
                               {"reason", step.reason}});
    }
    json["certificates"] = nlohmann::ordered_json::array();
    for (const auto& [certificate, holds] : one.certificates) {
        json["certificates"].push_back(
            {{"serial", certificate.serial},
             {"profile", certificate.profile},
             {"state", subscribers::to_text(certificate.state)},
             {"holds", holds.empty() ? std::vector<std::string>() : split(holds, ',')}});
    }
    json["parcels"] = nlohmann::ordered_json::array();
    for (const parcels::Parcel& parcel : one.parcels) {
        json["parcels"].push_back({{"parcel", parcel.number},
                                   {"state", parcels::to_text(parcel.state)},
                                   {"tracking", parcel.tracking}});
    }
    program.out << json << '\n';
}

void print_card(Program& program, const ShownCard& one) {
    program.out << one.card.name() << "  " << shown(program, subscribers::to_text(one.card.kind))
                << "  " << shown(program, subscribers::to_text(one.card.state)) << '\n';
    Table way(program, {{"時間", "at"},
                        {"事件", "event"},
                        {"成為", "became"},
                        {"辦理人", "by"},
                        {"原因", "reason"}});
    for (const subscribers::TakenStep& step : one.way) {
        way.add({to_taipei_text(step.at), event_text(program, step.event),
                 shown(program, subscribers::to_text(step.to)), step.actor, step.reason});
    }
    way.print(program.out);
    Table certificates(program, {{"憑證序號", "certificate"},
                                 {"格式", "profile"},
                                 {"狀態", "state"},
                                 {"停用者", "on hold by"}});
    for (const auto& [certificate, holds] : one.certificates) {
        certificates.add({certificate.serial, certificate.profile,
                          shown(program, subscribers::to_text(certificate.state)),
                          shown_list(program, holds, ',')});
    }
    certificates.print(program.out);
    Table parcels(program, {{"包裹", "parcel"}, {"狀態", "state"}, {"掛號號碼", "tracking"}});
    for (const parcels::Parcel& parcel : one.parcels) {
        parcels.add(
            {parcel.number, shown(program, parcels::to_text(parcel.state)), parcel.tracking});
    }
    parcels.print(program.out);
}

Outcome show_card(Program& program, Desk& desk, const std::string& number) {
    const auto card = store::transact(desk.database, "card.show",
                                      [&](store::Tx& tx) { return read_card(tx, number); });
    if (!card) {
        return card.error();
    }
    program.json ? print_card_json(program, *card) : print_card(program, *card);
    return done();
}

Result<std::string> who_steps(Program& program, Desk& desk, const CardVerb& verb) {
    if (!verb.signs) {
        return acting(program, desk, verb.action);
    }
    const auto session = sign_in(program, desk, verb.action);
    if (!session) {
        return session.error();
    }
    return session->officer.login;
}

Outcome step_card(Program& program, Desk& desk, const CardVerb& verb,
                  const CardLifeArguments& arguments) {
    const auto by = who_steps(program, desk, verb);
    if (!by) {
        return by.error();
    }
    const auto card = store::transact(desk.database, "card.step", [&](store::Tx& tx) {
        return effects::step_card(
            tx, desk.office,
            {arguments.number, verb.event, arguments.reason, officers::actor_of(*by)});
    });
    if (!card) {
        return card.error();
    }
    if (program.json) {
        program.out << card_json(*card) << '\n';
    } else {
        program.out << card->name() << "  " << shown(program, subscribers::to_text(card->state))
                    << '\n';
    }
    return done();
}

void add_verb(CLI::App& card, Program& program, const SharedCardLifeArguments& arguments,
              const CardVerb& verb) {
    auto* command = card.add_subcommand(std::string(verb.name),
                                        program.text(verb.help.first, verb.help.second));
    command->add_option("CARD", arguments->number, "MA00001234")->required();
    command
        ->add_option("--reason", arguments->reason,
                     program.text("原因，供稽核查閱", "why; an auditor will read it"))
        ->required();
    command->footer(program.text("例： ", "Example: ") + "sealdesk --as ann card " +
                    std::string(verb.name) + " MA00001234 --reason " +
                    program.text(verb.example.first, verb.example.second));
    command->callback([&program, arguments, &verb] {
        with_desk(program, [&](Desk& desk) { return step_card(program, desk, verb, *arguments); });
    });
}

void add_card_views(CLI::App& card, Program& program, const SharedCardLifeArguments& arguments) {
    auto* list = card.add_subcommand("list", program.text("卡片及狀態", "cards and their states"));
    list->add_option("--state", arguments->state, program.text("只列此狀態", "only this state"))
        ->check(CLI::IsMember(token_states()));
    list->add_option("--subscriber", arguments->subscriber,
                     program.text("只列此用戶（帳號或申請案號）",
                                  "only of this subscriber: its account, or one of its requests"));
    list->footer(program.text("例： ", "Example: ") + "sealdesk card list --state shipped");
    list->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return list_cards(program, desk, *arguments); });
    });
    auto* show = card.add_subcommand(
        "show",
        program.text("一張卡：經過、憑證、郵寄物", "one card: its way, certificates, parcels"));
    show->add_option("CARD", arguments->number,
                     program.text("卡號，或符記編號", "the card's number, or the token's"))
        ->required();
    show->footer(program.text("例： ", "Example: ") + "sealdesk card show MA00001234");
    show->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return show_card(program, desk, arguments->number); });
    });
    auto* life = card.add_subcommand(
        "life", program.text("狀態變更表：何者可成為何者，及對憑證之效果",
                             "the table of states: what may become what, and what that does to "
                             "certificates"));
    life->footer(program.text("例： ", "Example: ") + "sealdesk card life");
    life->callback([&program] { print_life(program); });
}

}  // namespace

std::vector<std::string> token_states() {
    std::vector<std::string> states;
    for (std::size_t i = 0; i < subscribers::kTokenStateCount; ++i) {
        states.emplace_back(subscribers::to_text(static_cast<TokenState>(i)));
    }
    return states;
}

void add_card_life_commands(CLI::App& card, Program& program) {
    auto arguments = std::make_shared<CardLifeArguments>();
    add_card_views(card, program, arguments);
    for (const CardVerb& verb : kCardVerbs) {
        add_verb(card, program, arguments, verb);
    }
}

}  // namespace sealdesk::cli
