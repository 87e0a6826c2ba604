#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "cli/session.h"
#include "cli/slip_parts.h"
#include "cli/table.h"
#include "cli/words.h"
#include "effects/apart.h"
#include "effects/replace_slip.h"
#include "effects/unopened.h"
#include "slips/control_sheet.h"
#include "slips/print_batch.h"
#include "slips/slip.h"

namespace sealdesk::cli {
namespace {

struct SlipArguments {
    std::string number;
    std::string reason = "lost";
    SlipScanArguments scan;
    std::string form;                   ///< number of the form on top in the printer
    std::string output;                 ///< where the control sheet is to lie
    std::vector<std::string> tracking;  ///< "SLIP=NUMBER", or one number for one slip
};

using SharedSlipArguments = std::shared_ptr<SlipArguments>;

constexpr int kBatchPage = 500;

void print_one(Program& program, Table& table, const slips::PrintBatch& batch) {
    if (program.json) {
        program.out << nlohmann::json{{"batch", batch.number},
                                      {"state", slips::to_text(batch.state)},
                                      {"stock", batch.stock},
                                      {"slips", batch.slips},
                                      {"items", batch.items},
                                      {"pages", batch.pages},
                                      {"file_sha256", batch.file_sha256}}
                           .dump()
                    << '\n';
    }
    table.add({batch.number, shown(program, slips::to_text(batch.state)), batch.stock,
               std::to_string(batch.slips), std::to_string(batch.pages)});
}

Outcome list_all_batches(Program& program, Desk& desk) {
    Table table(program, {{"批次", "batch"},
                          {"狀態", "state"},
                          {"用紙", "stock"},
                          {"密碼單", "slips"},
                          {"頁數", "pages"}});
    std::int64_t after = 0;
    for (;;) {
        const auto page = store::transact(desk.database, "slip.batches", [&](store::Tx& tx) {
            return slips::list_batches(tx, after, kBatchPage);
        });
        for (const slips::PrintBatch& batch : page) {
            print_one(program, table, batch);
        }
        if (page.size() < kBatchPage) {
            break;
        }
        after = page.back().id.value();
    }
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

/// The control sheet, where it belongs unless another place is named; where it lies.
Result<std::string> write_control(Desk& desk, slips::TemplateShelf& templates,
                                  const std::string& number, const std::string& output) {
    const auto pdf = slips::control_sheet(desk.database, templates, number);
    if (!pdf) {
        return pdf.error();
    }
    const auto folder = desk.print_folder() / "control";
    std::filesystem::create_directories(folder);
    const std::string file =
        output.empty() ? (folder / (number + "-control.pdf")).string() : output;
    write_file_durably(file, *pdf, FileAccess::Owner);
    return file;
}

Outcome make_control(Program& program, Desk& desk, const SlipArguments& arguments) {
    slips::TemplateShelf templates(desk.settings.templates);
    const auto file = write_control(desk, templates, arguments.number, arguments.output);
    if (!file) {
        return file.error();
    }
    if (program.json) {
        program.out << nlohmann::json{{"batch", arguments.number}, {"file", *file}} << '\n';
    } else {
        program.out << *file << '\n';
    }
    return done();
}

Outcome print_one_batch(Program& program, Desk& desk, const SlipArguments& arguments) {
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
    slips::TemplateShelf templates(desk.settings.templates);
    const auto queued = slips::print_batch(
        {desk.database, desk.print_folder(), *certificate, *key, templates, arguments.form},
        arguments.number, officers::actor_of(*by));
    if (!queued) {
        return queued.error();
    }
    const auto control = write_control(desk, templates, arguments.number, {});
    if (!control) {
        report(program, control.error());  // it can be made again: slip control
    }
    if (program.json) {
        program.out << nlohmann::json{{"batch", arguments.number},
                                      {"control", control ? *control : ""},
                                      {"first_form", queued->first_form},
                                      {"last_form", queued->last_form},
                                      {"file", queued->file.string()},
                                      {"pages", queued->pages},
                                      {"slips", queued->slips},
                                      {"left_out", queued->left_out}}
                           .dump()
                    << '\n';
    } else {
        program.out << queued->file.string() << "  " << program.pick("頁數 ", "pages ")
                    << queued->pages << program.pick("，密碼單 ", ", slips ") << queued->slips;
        if (!queued->first_form.empty()) {
            program.out << program.pick("，表單號 ", ", forms ") << queued->first_form << " – "
                        << queued->last_form;
        }
        program.out << '\n' << (control ? *control + "\n" : std::string());
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

void add_ack_command(CLI::App& slip, Program& program, const SharedSlipArguments& arguments) {
    auto* ack =
        slip.add_subcommand("ack", program.text("確認已交付或已寄出（批次或單張）",
                                                "handed over or posted: a batch or one slip"));
    ack->add_option("NUMBER", arguments->number)->required();
    ack->add_option(
        "--tracking", arguments->tracking,
        program.text("掛號號碼：SLIP=號碼，可多個", "registered-mail numbers: SLIP=NUMBER …"));
    ack->add_option("--scan", arguments->scan.scan,
                    program.text("條碼掃描檔：一行一號，可加「;掛號號碼」",
                                 "what a hand scanner wrote: a code a line, ;TRACKING if posted"));
    ack->add_option("--spoiled", arguments->scan.spoiled,
                    program.text("毀損單張之掃描檔（亦可於號碼前加 X）",
                                 "the same of spoiled sheets (or X before the code)"));
    ack->add_flag("--dry-run", arguments->scan.dry_run,
                  program.text("只顯示將發生之事，不寫入", "show what would come of it"));
    ack->footer(program.text(
        "毀損者作廢，改發新密碼之密碼單；未掃描者列出，批次不結案；同一檔案再匯入不改變任何資料。\n"
        "例： sealdesk --as dee slip ack P115-000001-2 --scan scan.txt --spoiled bad.txt",
        "Spoiled slips are void and made anew with another password; what was not scanned is "
        "listed, and the batch stays open. The same file again changes nothing.\n"
        "Example: sealdesk --as dee slip ack P115-000001-2 --scan scan.txt --spoiled bad.txt"));
    ack->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) {
            arguments->scan.batch = arguments->number;
            const bool scanned = !arguments->scan.scan.empty() || !arguments->scan.spoiled.empty();
            return scanned ? acknowledge_by_scan(program, desk, arguments->scan)
                           : acknowledge(program, desk, *arguments);
        });
    });
}

}  // namespace

void add_slip_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<SlipArguments>();
    auto* slip =
        app.add_subcommand("slip", program.text("密碼單：清單、列印、確認、作廢",
                                                "password slips: list, print, acknowledge, void"));
    slip->require_subcommand(1);
    add_slip_list_commands(*slip, program);
    slip->add_subcommand("batches", program.text("列出列印批次", "the print batches"))
        ->callback([&program] {
            with_desk(program, [&](Desk& desk) { return list_all_batches(program, desk); });
        });
    auto* print =
        slip->add_subcommand("print", program.text("解密一個批次到列印佇列（僅一次）",
                                                   "decrypt a batch into the print queue, once"));
    print->add_option("BATCH", arguments->number)->required();
    print->add_option("--form", arguments->form,
                      program.text("預印號碼用紙：印表機最上面一張的號碼，不符則不印",
                                   "pre-numbered stock: the form on top in the printer"));
    print->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return print_one_batch(program, desk, *arguments); });
    });
    auto* control = slip->add_subcommand(
        "control", program.text("批次控制單（列印時自動產生，可再產生）",
                                "the control sheet of a printed batch, once more"));
    control->add_option("BATCH", arguments->number)->required();
    control->add_option("-o,--output", arguments->output, "FILE.pdf");
    control->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return make_control(program, desk, *arguments); });
    });
    add_ack_command(*slip, program, arguments);
    add_void_command(*slip, program, arguments);
    add_form_stock_commands(*slip, program);
}

}  // namespace sealdesk::cli
