#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/card_commands.h"
#include "cli/session.h"
#include "effects/deliveries.h"
#include "effects/parcel_steps.h"
#include "intake/delivery_file.h"

namespace sealdesk::cli {
namespace {

struct DeliveredArguments {
    std::string what;  ///< a file, or a parcel's number
    std::string at;
    std::string signed_by;
    std::string encoding;
    bool dry_run = false;
};

using ImportPostFile = Result<effects::PostFileSums> (*)(store::Database&,
                                                         const effects::PostImport&);

Outcome take_post_file(Program& program, Desk& desk, const DeliveredArguments& arguments,
                       const std::string& by, ImportPostFile import) {
    const auto sums = import(
        desk.database, {.file = arguments.what,
                        .encoding = arguments.encoding,
                        .dry_run = arguments.dry_run,
                        .actor = officers::actor_of(by),
                        .on_fate = [&](const intake::Fate& fate) {
                            program.out
                                << (program.json ? intake::to_json_line(fate, program.language)
                                                 : intake::to_text(fate, program.language))
                                << '\n';
                        }});
    if (!sums) {
        return sums.error();
    }
    program.err << program.pick("受理 ", "accepted ") << sums->accepted
                << program.pick("，退件 ", ", refused ") << sums->refused
                << program.pick("，重複 ", ", duplicate ") << sums->duplicate
                << (arguments.dry_run
                        ? program.pick("；試行，未寫入任何資料", "; dry run, nothing was written")
                        : std::string_view())
                << '\n';
    if (sums->refused > 0) {
        program.exit = Exit::Refused;
    }
    return done();
}

Outcome confirm_one(Program& program, Desk& desk, const DeliveredArguments& arguments,
                    const std::string& by) {
    const auto at =
        arguments.at.empty() ? std::optional(desk.clock.now()) : intake::read_moment(arguments.at);
    if (!at) {
        return Error{ErrorKind::Invalid,
                     "delivery.moment",
                     "No day of delivery can be read here; such as 2026-11-20 14:05.",
                     arguments.at,
                     {}};
    }
    const parcels::Delivery delivery{*at, arguments.signed_by};
    const auto parcel = store::transact(
        desk.database, "parcel.delivered", [&](store::Tx& tx) -> Result<parcels::Parcel> {
            auto found = parcels::find_parcel(tx, arguments.what);
            const Outcome taken =
                !found ? Outcome(found.error())
                : arguments.dry_run
                    ? parcels::check_delivery(tx, *found, delivery)
                    : effects::deliver_parcel(tx, arguments.what, delivery, officers::actor_of(by));
            return taken ? std::move(found) : taken.error();
        });
    if (!parcel) {
        return parcel.error();
    }
    if (program.json) {
        program.out << nlohmann::ordered_json{{"parcel", parcel->number},
                                              {"state", parcels::to_text(parcel->state)},
                                              {"delivered_at", to_utc_text(*at)}}
                    << '\n';
    } else {
        program.out << parcel->number << program.pick("  已投遞 ", "  delivered ")
                    << to_taipei_text(*at) << '\n';
    }
    return done();
}

Outcome confirm(Program& program, Desk& desk, const DeliveredArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::HandleSlips);
    if (!by) {
        return by.error();
    }
    return std::filesystem::exists(arguments.what)
               ? take_post_file(program, desk, arguments, *by, effects::import_deliveries)
               : confirm_one(program, desk, arguments, *by);
}

Outcome take_returns(Program& program, Desk& desk, const DeliveredArguments& arguments) {
    const auto by = acting(program, desk, officers::Action::HandleSlips);
    return by ? take_post_file(program, desk, arguments, *by, effects::import_returns)
              : Outcome(by.error());
}

void add_encoding_and_rehearsal(CLI::App* command, const Program& program,
                                const std::shared_ptr<DeliveredArguments>& arguments) {
    command->add_option("--encoding", arguments->encoding, "utf-8, cp950, utf-16le");
    command->add_flag(
        "--dry-run", arguments->dry_run,
        program.text("只顯示將發生之事，不寫入", "show what would come of it, touch nothing"));
}

}  // namespace

void add_parcel_returned_command(CLI::App& parcel, Program& program) {
    auto arguments = std::make_shared<DeliveredArguments>();
    auto* command = parcel.add_subcommand(
        "returned", program.text("郵局退件：卡片轉窗口待領並通知，密碼單作廢",
                                 "the post returns mail: cards to the counter, slips void"));
    command
        ->add_option("FILE", arguments->what,
                     program.text("CSV 檔（掛號號碼、退件日期、退件原因）",
                                  "a CSV file (tracking, returned_at, reason)"))
        ->required()
        ->check(CLI::ExistingFile);
    add_encoding_and_rehearsal(command, program, arguments);
    command->footer(
        program.text("退回之密碼單離開過本中心，一律作廢；用戶以申請單另請新密碼單。\n例： ",
                     "A slip that came back has been out of our hands and is void; its addressee "
                     "asks for another by form.\nExample: ") +
        "sealdesk --as dee parcel returned 20261125.csv --dry-run");
    command->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return take_returns(program, desk, *arguments); });
    });
}

void add_parcel_delivered_command(CLI::App& parcel, Program& program) {
    auto arguments = std::make_shared<DeliveredArguments>();
    auto* command = parcel.add_subcommand(
        "delivered",
        program.text("郵局投遞紀錄：卡片即視為用戶已收到",
                     "the post confirms the delivery: a card in it counts as received"));
    command
        ->add_option("WHAT", arguments->what,
                     program.text("CSV 檔（掛號號碼、投遞日期、簽收人），或包裹編號",
                                  "a CSV file (tracking, delivered_at, signed_by), or a parcel"))
        ->required();
    command->add_option("--at", arguments->at,
                        program.text("一件：何時（預設現在）", "of one parcel: when (now)"));
    command
        ->add_option("--signed-by", arguments->signed_by,
                     program.text("一件：由何人簽收", "of one parcel: who signed for it"))
        ->check(CLI::IsMember({"responsible", "employee", "proxy"}));
    add_encoding_and_rehearsal(command, program, arguments);
    command->footer(
        program.text("每列一個結果：受理、退件、重複；同一檔案再匯入不改變任何資料。\n例： ",
                     "One result a row: accepted, refused, duplicate; the same file again changes "
                     "nothing.\nExample: ") +
        "sealdesk --as dee parcel delivered 20261120.csv --dry-run");
    command->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return confirm(program, desk, *arguments); });
    });
}

}  // namespace sealdesk::cli
