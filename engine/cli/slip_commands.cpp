#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/session.h"
#include "cli/table.h"
#include "cli/words.h"
#include "effects/apart.h"
#include "effects/replace_slip.h"
#include "effects/unopened.h"
#include "slips/password.h"
#include "slips/print_batch.h"
#include "slips/slip.h"
#include "slips/wait.h"

namespace sealdesk::cli {
namespace {

struct SlipArguments {
    std::string number;
    std::string state;
    bool unopened = false;
    int days = 0;
    bool bounced = false;
    std::string reason = "lost";
    std::vector<std::string> tracking;  ///< "SLIP=NUMBER", or one number for one slip
};

using SharedSlipArguments = std::shared_ptr<SlipArguments>;

constexpr int kSlipPage = 500;

void print_slip(Program& program, Table& table, const slips::Slip& slip) {
    if (program.json) {
        program.out << nlohmann::json{{"slip", slip.number},
                                      {"request", slip.request_number},
                                      {"account", slip.account_name},
                                      {"delivery", slips::to_text(slip.delivery)},
                                      {"state", slips::to_text(slip.state)},
                                      {"tracking", slip.tracking_number},
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
            return slips::list_slips(tx, filter);
        });
        for (const slips::Slip& slip : page) {
            if (wanted(slip)) {
                print_slip(program, table, slip);
            }
        }
        if (page.size() < kSlipPage) {
            break;
        }
        filter.after = page.back().id.value();
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
        std::vector<slips::Slip> list;
        for (const slips::Wait& one : slips::list_bounced(tx, kSlipPage)) {
            list.push_back(slips::find_slip(tx, one.slip).value());
        }
        return list;
    });
    for (const slips::Slip& slip : bounced) {
        print_slip(program, table, slip);
    }
}

Outcome list_all_slips(Program& program, Desk& desk, const SlipArguments& arguments) {
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

void print_one(Program& program, Table& table, const slips::PrintBatch& batch) {
    if (program.json) {
        program.out << nlohmann::json{{"batch", batch.number},
                                      {"state", slips::to_text(batch.state)},
                                      {"slips", batch.slips},
                                      {"items", batch.items},
                                      {"pages", batch.pages},
                                      {"file_sha256", batch.file_sha256}}
                           .dump()
                    << '\n';
    }
    table.add({batch.number, shown(program, slips::to_text(batch.state)),
               std::to_string(batch.slips), std::to_string(batch.pages)});
}

Outcome list_all_batches(Program& program, Desk& desk) {
    Table table(program,
                {{"批次", "batch"}, {"狀態", "state"}, {"密碼單", "slips"}, {"頁數", "pages"}});
    std::int64_t after = 0;
    for (;;) {
        const auto page = store::transact(desk.database, "slip.batches", [&](store::Tx& tx) {
            return slips::list_batches(tx, after, kSlipPage);
        });
        for (const slips::PrintBatch& batch : page) {
            print_one(program, table, batch);
        }
        if (page.size() < kSlipPage) {
            break;
        }
        after = page.back().id.value();
    }
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

Outcome print_one_batch(Program& program, Desk& desk, const std::string& number) {
    const auto by = acting(program, desk, officers::Action::HandleSlips);
    if (!by) {
        return by.error();
    }
    const auto password =
        read_password(desk.settings.print_key_password_file,
                      program.pick("列印室金鑰密碼：", "Print room key password: "));
    if (!password) {
        return password.error();
    }
    const auto certificate = crypto::Certificate::load(desk.settings.print_certificate);
    if (!certificate) {
        return certificate.error();
    }
    const auto key = crypto::KeyPair::load(desk.settings.print_key, *password);
    if (!key) {
        return key.error();
    }
    const auto queued = slips::print_batch({desk.database, desk.print_folder(), *certificate, *key},
                                           number, officers::actor_of(*by));
    if (!queued) {
        return queued.error();
    }
    if (program.json) {
        program.out << nlohmann::json{{"batch", number},
                                      {"file", queued->file.string()},
                                      {"pages", queued->pages},
                                      {"slips", queued->slips},
                                      {"left_out", queued->left_out}}
                           .dump()
                    << '\n';
    } else {
        program.out << queued->file.string() << "  " << program.pick("頁數 ", "pages ")
                    << queued->pages << program.pick("，密碼單 ", ", slips ") << queued->slips
                    << '\n';
    }
    return done();
}

slips::TrackingNumbers tracking_of(const SlipArguments& arguments) {
    slips::TrackingNumbers numbers;
    for (const std::string& one : arguments.tracking) {
        const auto equals = one.find('=');
        if (equals == std::string::npos) {
            numbers[arguments.number] = one;
        } else {
            numbers[one.substr(0, equals)] = one.substr(equals + 1);
        }
    }
    return numbers;
}

Outcome acknowledge(Program& program, Desk& desk, const SlipArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::HandleSlips);
    if (!by) {
        return by.error();
    }
    const slips::TrackingNumbers tracking = tracking_of(arguments);
    const bool batch = arguments.number.starts_with('P');
    const std::string actor = officers::actor_of(*by);
    const slips::AckCheck leaves = [&](store::Tx& tx, const slips::Slip& slip,
                                       std::string_view number) {
        return effects::slip_leaves(tx, desk.office, slip, number, actor);
    };
    const auto acknowledged =
        store::transact(desk.database, "slip.acknowledge", [&](store::Tx& tx) {
            if (batch) {
                return slips::acknowledge_batch(tx, arguments.number, tracking, actor, leaves);
            }
            const auto found = tracking.find(arguments.number);
            return slips::acknowledge_slip(
                tx, arguments.number, found == tracking.end() ? "" : found->second, actor, leaves);
        });
    if (!acknowledged) {
        return acknowledged.error();
    }
    if (batch) {
        slips::forget_queue_file(desk.print_folder(), arguments.number);
    }
    program.err << arguments.number << program.pick("  已確認\n", "  acknowledged\n");
    return done();
}

Outcome void_one(Program& program, Desk& desk, const SlipArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::HandleSlips);
    if (!by) {
        return by.error();
    }
    const auto replaced = effects::replace_lost_slip(desk.database, arguments.number,
                                                     arguments.reason, officers::actor_of(*by));
    if (!replaced) {
        return replaced.error();
    }
    if (program.json) {
        program.out << nlohmann::json{{"void", arguments.number}, {"replacement", *replaced}}.dump()
                    << '\n';
    } else {
        program.out << arguments.number << program.pick("  作廢", "  void")
                    << (replaced->empty() ? std::string()
                                          : program.text("，改發 ", ", replaced by ") + *replaced)
                    << '\n';
    }
    if (arguments.reason == effects::kWrongAddress) {
        program.err << program.pick(
            "不另寄發：請先以聯絡人資料變更申請單更正地址，再以密碼重新設定申請單取得新密碼單\n",
            "no other one is sent: first a contact-change form, then a password-reset form\n");
    }
    return done();
}

void add_list_commands(CLI::App& slip, Program& program, const SharedSlipArguments& arguments) {
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

void add_void_command(CLI::App& slip, Program& program, const SharedSlipArguments& arguments) {
    auto* command = slip.add_subcommand(
        "void", program.text("作廢並改發（遺失的密碼單不重印）",
                             "void a lost slip and make another; never reprinted"));
    command->add_option("SLIP", arguments->number)->required();
    command->add_option("--reason", arguments->reason, "lost, damaged, wrong_address …");
    command->footer(
        program.text("地址有誤（wrong_address）者只作廢、不改發：新密碼單憑密碼重新設定申請單"
                     "寄註冊聯絡人。\n例： ",
                     "Where the address was wrong (wrong_address) no other one is sent: it takes a "
                     "password-reset form.\nExample: ") +
        "sealdesk --as dee slip void S115-000001-2 --reason wrong_address");
    command->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return void_one(program, desk, *arguments); });
    });
}

}  // namespace

void add_slip_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<SlipArguments>();
    auto* slip =
        app.add_subcommand("slip", program.text("密碼單：清單、列印、確認、作廢",
                                                "password slips: list, print, acknowledge, void"));
    slip->require_subcommand(1);
    add_list_commands(*slip, program, arguments);
    slip->add_subcommand("batches", program.text("列出列印批次", "the print batches"))
        ->callback([&program] {
            with_desk(program, [&](Desk& desk) { return list_all_batches(program, desk); });
        });
    auto* print =
        slip->add_subcommand("print", program.text("解密一個批次到列印佇列（僅一次）",
                                                   "decrypt a batch into the print queue, once"));
    print->add_option("BATCH", arguments->number)->required();
    print->callback([&program, arguments] {
        with_desk(program,
                  [&](Desk& desk) { return print_one_batch(program, desk, arguments->number); });
    });
    auto* ack =
        slip->add_subcommand("ack", program.text("確認已交付或已寄出（批次或單張）",
                                                 "handed over or posted: a batch or one slip"));
    ack->add_option("NUMBER", arguments->number)->required();
    ack->add_option(
        "--tracking", arguments->tracking,
        program.text("掛號號碼：SLIP=號碼，可多個", "registered-mail numbers: SLIP=NUMBER …"));
    ack->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return acknowledge(program, desk, *arguments); });
    });
    add_void_command(*slip, program, arguments);
}

}  // namespace sealdesk::cli
