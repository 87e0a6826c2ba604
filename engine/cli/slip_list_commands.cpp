// `slip list`, `slip show`.
#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/slip_parts.h"
#include "cli/table.h"
#include "cli/words.h"
#include "slips/form_stock.h"
#include "slips/password.h"
#include "slips/slip.h"
#include "slips/wait.h"

namespace sealdesk::cli {
namespace {

struct SlipListArguments {
    std::string number;
    std::string state;
    bool unopened = false;
    int days = 0;
    bool bounced = false;
};

constexpr int kSlipPage = 500;

/// A slip and the pre-numbered forms it was printed on.
struct ListedSlip {
    slips::Slip slip;
    std::vector<std::string> forms;
};

void print_slip(Program& program, Table& table, const ListedSlip& listed) {
    const slips::Slip& slip = listed.slip;
    if (program.json) {
        program.out << nlohmann::json{{"slip", slip.number},
                                      {"request", slip.request_number},
                                      {"account", slip.account_name},
                                      {"delivery", slips::to_text(slip.delivery)},
                                      {"state", slips::to_text(slip.state)},
                                      {"tracking", slip.tracking_number},
                                      {"forms", listed.forms},
                                      {"void_reason", slip.void_reason}}
                           .dump()
                    << '\n';
    }
    table.add({slip.number, slip.request_number, slip.account_name,
               shown(program, slips::to_text(slip.delivery)),
               shown(program, slips::to_text(slip.state)), slip.tracking_number});
}

Table slip_table(Program& program) {
    return Table(program, {{"密碼單號", "slip"},
                           {"申請案號", "request"},
                           {"帳號", "account"},
                           {"領取方式", "delivery"},
                           {"狀態", "state"},
                           {"掛號號碼", "tracking"}});
}

/// Every slip, or those of a state, that satisfies `wanted`.
template <class Wanted>
void list_page_by_page(Program& program, Desk& desk, Table& table,
                       std::optional<slips::SlipState> state, const Wanted& wanted) {
    slips::SlipFilter filter;
    filter.state = state;
    filter.count_max = kSlipPage;
    for (;;) {
        const auto page = store::transact(desk.database, "slip.list", [&](store::Tx& tx) {
            std::vector<ListedSlip> listed;
            for (slips::Slip& slip : slips::list_slips(tx, filter)) {
                auto forms = slips::forms_of(tx, slip.id);
                listed.push_back({std::move(slip), std::move(forms)});
            }
            return listed;
        });
        for (const ListedSlip& one : page) {
            if (wanted(one.slip)) {
                print_slip(program, table, one);
            }
        }
        if (page.size() < kSlipPage) {
            break;
        }
        filter.after = page.back().slip.id.value();
    }
}

/// Those that left the office at least `days` calendar days ago and whose password nobody has used.
void list_unopened(Program& program, Desk& desk, Table& table, int days) {
    const std::chrono::sys_days today{day_in_taipei(desk.database.clock().now())};
    const Instant until = start_of_day_in_taipei(today - std::chrono::days(days - 1));
    for (const auto state :
         {slips::SlipState::HandedOver, slips::SlipState::Posted, slips::SlipState::Sent}) {
        list_page_by_page(program, desk, table, state, [&](const slips::Slip& slip) {
            return !slip.carries_pin() && slip.ended_at && *slip.ended_at < until;
        });
    }
}

void list_bounced(Program& program, Desk& desk, Table& table) {
    const auto bounced = store::transact(desk.database, "slip.bounced", [&](store::Tx& tx) {
        std::vector<ListedSlip> list;
        for (const slips::Wait& one : slips::list_bounced(tx, kSlipPage)) {
            list.push_back({slips::find_slip(tx, one.slip).value(), slips::forms_of(tx, one.slip)});
        }
        return list;
    });
    for (const ListedSlip& one : bounced) {
        print_slip(program, table, one);
    }
}

Outcome list_all_slips(Program& program, Desk& desk, const SlipListArguments& arguments) {
    Table table = slip_table(program);
    if (arguments.bounced) {
        list_bounced(program, desk, table);
    } else if (arguments.unopened) {
        list_unopened(program, desk, table, arguments.days);
    } else {
        list_page_by_page(program, desk, table, slips::slip_state_from_text(arguments.state),
                          [](const slips::Slip&) { return true; });
    }
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

std::string slip_moment(std::optional<Instant> at) { return at ? to_taipei_text(*at) : ""; }

/// What a slip is and what has become of it; no secret, no address.
nlohmann::ordered_json slip_facts(const slips::Slip& slip, const std::optional<slips::Wait>& wait) {
    nlohmann::ordered_json facts{{"slip", slip.number},
                                 {"request", slip.request_number},
                                 {"account", slip.account_name},
                                 {"delivery", slips::to_text(slip.delivery)},
                                 {"state", slips::to_text(slip.state)},
                                 {"created_at", slip_moment(slip.created_at)},
                                 {"tracking", slip.tracking_number},
                                 {"void_reason", slip.void_reason}};
    const bool used = slip.state == slips::SlipState::Used;
    const bool is_void = slip.state == slips::SlipState::Void;
    facts["left_at"] = wait              ? slip_moment(wait->left_at)
                       : used || is_void ? ""
                                         : slip_moment(slip.ended_at);
    facts["used_at"] = used ? slip_moment(slip.ended_at) : "";
    facts["void_at"] = is_void ? slip_moment(slip.ended_at) : "";
    if (wait) {
        facts["lock"] = slips::to_text(wait->lock);
        facts["encrypted_to"] = wait->certificate;
        facts["opening_code_bits"] =
            wait->lock == slips::Lock::Code ? slips::opening_code_bits() : 0;
        facts["reminded_at"] = slip_moment(wait->reminded_at);
        facts["runs_out_at"] = slip_moment(wait->terms.void_at);
        facts["bounced_at"] = slip_moment(wait->bounced_at);
    }
    return facts;
}

Outcome show_slip(Program& program, Desk& desk, const std::string& number) {
    const auto found = store::transact(
        desk.database, "slip.show", [&](store::Tx& tx) -> Result<nlohmann::ordered_json> {
            const auto slip = slips::find_slip(tx, number);
            return slip ? Result<nlohmann::ordered_json>(
                              slip_facts(*slip, slips::wait_of(tx, slip->id)))
                        : slip.error();
        });
    if (!found) {
        return found.error();
    }
    if (program.json) {
        program.out << found->dump() << '\n';
        return done();
    }
    for (const auto& [name, value] : found->items()) {
        const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
        if (!text.empty() && text != "0") {
            program.out << name << "  " << shown(program, text) << '\n';
        }
    }
    return done();
}

}  // namespace

void add_slip_list_commands(CLI::App& slip, Program& program) {
    auto arguments = std::make_shared<SlipListArguments>();
    auto* list = slip.add_subcommand("list", program.text("列出密碼單", "all slips"));
    auto* state = list->add_option("--state", arguments->state)
                      ->check(CLI::IsMember({"waiting", "batched", "printed", "handed_over",
                                             "posted", "sent", "used", "void"}));
    auto* unopened =
        list->add_flag("--unopened", arguments->unopened,
                       program.text("已交付、郵寄或寄送而密碼尚未使用者",
                                    "those that left and whose password nobody has used"))
            ->excludes(state);
    list->add_option("--days", arguments->days,
                     program.text("至少已過幾日", "for so many days at least"))
        ->check(CLI::Range(0, 3660))
        ->needs(unopened);
    list->add_flag("--bounced", arguments->bounced,
                   program.text("電子郵件被退回者", "those whose mail came back"))
        ->excludes(state)
        ->excludes(unopened);
    list->footer(program.text("例： ", "Example: ") + "sealdesk slip list --unopened --days 7");
    list->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return list_all_slips(program, desk, *arguments); });
    });
    auto* show = slip.add_subcommand(
        "show", program.text("一張密碼單：狀態、寄送、啟用、提醒、開啟碼強度（位元）",
                             "one slip: state, when it left, was used, its code's bits"));
    show->add_option("SLIP", arguments->number)->required();
    show->footer(program.text("例： ", "Example: ") + "sealdesk slip show S115-000001-2");
    show->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return show_slip(program, desk, arguments->number); });
    });
}

}  // namespace sealdesk::cli
