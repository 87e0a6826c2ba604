#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/card_commands.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/words.h"
#include "effects/parcel_steps.h"
#include "parcels/parcel.h"
#include "requests/request_store.h"

namespace sealdesk::cli {
namespace {

struct ParcelArguments {
    std::string number;
    std::string state;
    std::string tracking;
    std::string reason;
    bool identity_checked = false;
};

using SharedParcelArguments = std::shared_ptr<ParcelArguments>;

constexpr int kParcelPage = 500;

/// A parcel with what a person asks about it.
struct ShownParcel {
    parcels::Parcel parcel;
    std::string request;
    std::vector<parcels::Item> items;
    std::vector<parcels::Movement> movements;
    std::optional<parcels::Delivery> delivery;
};

ShownParcel read_shown(store::Tx& tx, parcels::Parcel parcel) {
    auto items = parcels::items_of(tx, parcel.id);
    auto movements = parcels::movements_of(tx, parcel.id);
    auto request = requests::get_request(tx, parcel.request).number;
    auto delivery = parcels::delivery_of(tx, parcel.id);
    return {std::move(parcel), std::move(request), std::move(items), std::move(movements),
            std::move(delivery)};
}

/// A parcel waits for the post; "waiting" elsewhere is paper that waits to be printed.
std::string shown_state(const Program& program, parcels::ParcelState state) {
    return state == parcels::ParcelState::Waiting ? program.text("待寄", "waiting")
                                                  : shown(program, parcels::to_text(state));
}

std::string items_text(const ShownParcel& one) {
    std::string text;
    for (const parcels::Item& item : one.items) {
        text += (text.empty() ? "" : ", ") + item.kind +
                (item.reference.empty() ? "" : " " + item.reference);
    }
    return text;
}

nlohmann::ordered_json to_json(const ShownParcel& one) {
    auto items = nlohmann::ordered_json::array();
    for (const parcels::Item& item : one.items) {
        items.push_back({{"kind", item.kind}, {"reference", item.reference}});
    }
    auto movements = nlohmann::ordered_json::array();
    for (const parcels::Movement& step : one.movements) {
        movements.push_back({{"state", parcels::to_text(step.state)},
                             {"at", to_utc_text(step.at)},
                             {"by", step.actor},
                             {"reference", step.reference},
                             {"note", step.note}});
    }
    return {{"parcel", one.parcel.number},
            {"request", one.request},
            {"state", parcels::to_text(one.parcel.state)},
            {"tracking", one.parcel.tracking},
            {"delivered_at", one.delivery ? to_utc_text(one.delivery->at) : ""},
            {"signed_by", one.delivery ? one.delivery->signed_by : ""},
            {"to", one.parcel.to.name},
            {"address", one.parcel.to.postal_code + one.parcel.to.address},
            {"items", items},
            {"movements", movements}};
}

Outcome list_parcels(Program& program, Desk& desk, const std::string& state) {
    Table table(program, {{"包裹", "parcel"},
                          {"申請案號", "request"},
                          {"狀態", "state"},
                          {"掛號號碼", "tracking"},
                          {"投遞", "delivered"},
                          {"內容", "items"},
                          {"變動時間", "changed"}});
    parcels::ParcelFilter filter{parcels::parcel_state_from(state), 0, kParcelPage};
    for (;;) {
        const auto page = store::transact(desk.database, "parcel.list", [&](store::Tx& tx) {
            std::vector<ShownParcel> shown;
            for (parcels::Parcel& parcel : parcels::list_parcels(tx, filter)) {
                shown.push_back(read_shown(tx, std::move(parcel)));
            }
            return shown;
        });
        for (const ShownParcel& one : page) {
            if (program.json) {
                program.out << to_json(one) << '\n';
            }
            table.add({one.parcel.number, one.request, shown_state(program, one.parcel.state),
                       one.parcel.tracking, one.delivery ? to_taipei_text(one.delivery->at) : "",
                       items_text(one), to_taipei_text(one.parcel.changed_at)});
        }
        if (page.size() < kParcelPage) {
            break;
        }
        filter.after = page.back().parcel.id.value();
    }
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

using MoveParcel = std::function<Outcome(store::Tx&, const Desk&, const std::string& actor)>;

/// One step of one parcel by a person of the post room or the counter, and what it came to.
Outcome move_parcel(Program& program, Desk& desk, const std::string& number,
                    const MoveParcel& step) {
    const auto by = acting(program, desk, officers::Action::HandleSlips);
    if (!by) {
        return by.error();
    }
    const auto moved = store::transact(
        desk.database, "parcel.move", [&](store::Tx& tx) -> Result<parcels::Parcel> {
            const Outcome taken = step(tx, desk, officers::actor_of(*by));
            if (!taken) {
                return taken.error();
            }
            return parcels::find_parcel(tx, number);
        });
    if (!moved) {
        return moved.error();
    }
    if (program.json) {
        program.out << nlohmann::json{{"parcel", moved->number},
                                      {"state", parcels::to_text(moved->state)},
                                      {"tracking", moved->tracking}}
                    << '\n';
    } else {
        program.out << moved->number << "  " << shown_state(program, moved->state) << '\n';
    }
    return done();
}

CLI::App* add_step(CLI::App& parcel, Program& program, const SharedParcelArguments& arguments,
                   std::string_view name, std::pair<std::string_view, std::string_view> help,
                   const MoveParcel& step) {
    auto* command = parcel.add_subcommand(std::string(name), program.text(help.first, help.second));
    command->add_option("PARCEL", arguments->number, "G115-000001-2")->required();
    command->callback([&program, arguments, step] {
        with_desk(program,
                  [&](Desk& desk) { return move_parcel(program, desk, arguments->number, step); });
    });
    return command;
}

void add_reason(CLI::App* command, const Program& program, const SharedParcelArguments& arguments) {
    command
        ->add_option("--reason", arguments->reason,
                     program.text("原因（例：查無此址、逾期未領）",
                                  "why, such as what the post wrote on it"))
        ->required();
}

void add_steps(CLI::App& parcel, Program& program, const SharedParcelArguments& arguments) {
    auto* post = add_step(parcel, program, arguments, "post",
                          {"登錄掛號郵寄", "posted, under its registered-mail number"},
                          [arguments](store::Tx& tx, const Desk& desk, const std::string& actor) {
                              return effects::post_parcel(
                                  tx, desk.office, {arguments->number, actor, arguments->tracking});
                          });
    post->add_option("--tracking", arguments->tracking,
                     program.text("掛號號碼", "registered-mail number"))
        ->required();
    post->footer(program.text("例： ", "Example: ") +
                 "sealdesk --as dee parcel post G115-000001-2 --tracking 12345678901234");
    auto* back = add_step(
        parcel, program, arguments, "undeliverable",
        {"無法送達，轉註冊窗口待領，並通知領取",
         "came back: it lies at the counter and a collection notice is sent"},
        [arguments](store::Tx& tx, const Desk&, const std::string& actor) {
            return effects::take_parcel_back(tx, {arguments->number, actor, {}, arguments->reason});
        });
    add_reason(back, program, arguments);
    back->footer(program.text("例： ", "Example: ") +
                 "sealdesk --as dee parcel undeliverable G115-000001-2 --reason 查無此址");
    auto* collect = add_step(
        parcel, program, arguments, "collect",
        {"現場領取（領取單須已核准）",
         "handed over at the counter, against an approved collection form"},
        [arguments](store::Tx& tx, const Desk& desk, const std::string& actor) {
            return effects::collect_parcel(
                tx, desk.office, {arguments->number, actor, {}, {}, arguments->identity_checked});
        });
    collect->add_flag("--identity-checked", arguments->identity_checked,
                      program.text("已核對負責人及代理人身分證件與領取單印鑑",
                                   "identity cards and seals were compared with the form"));
    collect->footer(program.text("例： ", "Example: ") +
                    "sealdesk --as dee parcel collect G115-000001-2 --identity-checked");
    auto* void_one =
        add_step(parcel, program, arguments, "void",
                 {"作廢（遺失、毀損、不再需要）", "lost, damaged or not needed"},
                 [arguments](store::Tx& tx, const Desk&, const std::string& actor) {
                     return parcels::void_parcel(tx, arguments->number, arguments->reason, actor);
                 });
    add_reason(void_one, program, arguments);
    void_one->footer(program.text("例： ", "Example: ") +
                     "sealdesk --as dee parcel void G115-000001-2 --reason 郵件遺失");
}

}  // namespace

void add_parcel_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<ParcelArguments>();
    auto* parcel = app.add_subcommand(
        "parcel", program.text("郵寄物：寄出、退回、領取",
                               "posted goods: what was sent, came back, was collected"));
    parcel->require_subcommand(1);
    auto* list = parcel->add_subcommand(
        "list", program.text("清單：內容、掛號號碼、狀態", "contents, numbers, states"));
    list->add_option("--state", arguments->state, program.text("只列此狀態", "only in this state"))
        ->check(
            CLI::IsMember({"waiting", "posted", "at_counter", "released", "collected", "void"}));
    list->footer(program.text("例： ", "Example: ") + "sealdesk parcel list --state at_counter");
    list->callback([&program, arguments] {
        with_desk(program,
                  [&](Desk& desk) { return list_parcels(program, desk, arguments->state); });
    });
    add_steps(*parcel, program, arguments);
    add_parcel_delivered_command(*parcel, program);
    add_parcel_returned_command(*parcel, program);
    add_parcel_post_commands(*parcel, program);
    add_parcel_promises_command(*parcel, program);
}

}  // namespace sealdesk::cli
