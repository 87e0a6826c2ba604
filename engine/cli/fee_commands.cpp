#include "cli/fee_commands.h"

#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "cli/fee_parts.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/words.h"
#include "effects/sale_receipt.h"
#include "requests/fees.h"
#include "requests/request_store.h"

namespace sealdesk::cli {
namespace {

using requests::Charge;
using requests::ChargeState;

constexpr int kChargePage = 500;
constexpr std::size_t kChargesMax = 10'000;

struct FeeArguments {
    requests::Sale sale;
    std::string number;
    std::string request;
    std::string reason;
    std::string state;
    std::string output;
    bool give = false;
    bool decline = false;
};

using SharedFeeArguments = std::shared_ptr<FeeArguments>;

void print_charges(Program& program, const std::vector<Charge>& charges,
                   const std::map<std::int64_t, std::string>& numbers) {
    Table table(program, {{"收據號碼", "receipt"},
                          {"項目", "item"},
                          {"數量", "pieces"},
                          {"金額 NT$", "NT$"},
                          {"狀態", "state"},
                          {"別", "kind"},
                          {"申請案", "request"}});
    for (const Charge& charge : charges) {
        const auto found = charge.request ? numbers.find(charge.request->value()) : numbers.end();
        const std::string request = found == numbers.end() ? "" : found->second;
        if (program.json) {
            program.out << nlohmann::json{{"receipt", charge.receipt_number},
                                          {"scheme", charge.scheme},
                                          {"item", charge.item},
                                          {"pieces", charge.pieces},
                                          {"amount_twd", charge.amount_twd},
                                          {"state", to_text(charge.state)},
                                          {"kind", to_text(charge.kind)},
                                          {"request", request},
                                          {"charged_by", charge.charged_by},
                                          {"charged_at", to_utc_text(charge.charged_at)}}
                               .dump()
                        << '\n';
        } else {
            table.add({charge.receipt_number, charge.item, std::to_string(charge.pieces),
                       std::to_string(charge.amount_twd), shown(program, to_text(charge.state)),
                       shown(program, to_text(charge.kind)), request});
        }
    }
    if (!program.json) {
        table.print(program.out);
    }
}

void show(Program& program, Desk& desk, const std::vector<Charge>& charges) {
    std::vector<RequestId> ids;
    for (const Charge& charge : charges) {
        if (charge.request) {
            ids.push_back(*charge.request);
        }
    }
    print_charges(program, charges,
                  store::transact(desk.database, "fee.numbers",
                                  [&](store::Tx& tx) { return requests::numbers_of(tx, ids); }));
}

/// Runs one of the use cases as the person at the counter, and shows what became of the charges.
Outcome with_charges(
    Program& program, Desk& desk,
    const std::function<Result<std::vector<Charge>>(const std::string& by)>& work) {
    const auto by = acting(program, desk, officers::Action::ReceiveForms);
    if (!by) {
        return by.error();
    }
    const auto charges = work(*by);
    if (!charges) {
        return charges.error();
    }
    show(program, desk, *charges);
    return done();
}

Outcome sell(Program& program, Desk& desk, const FeeArguments& arguments, bool prepaid) {
    return with_charges(program, desk, [&](const std::string& by) -> Result<std::vector<Charge>> {
        requests::Sale sale = arguments.sale;
        sale.prepaid = prepaid;
        const auto charge = requests::sell(desk.office, sale, by);
        return charge ? Result<std::vector<Charge>>(std::vector{*charge}) : charge.error();
    });
}

Outcome refund(Program& program, Desk& desk, const FeeArguments& arguments) {
    return with_charges(program, desk, [&](const std::string& by) {
        return arguments.give || arguments.decline
                   ? requests::settle_refund(desk.office, arguments.number, arguments.give, by)
                   : requests::ask_refund(desk.office, arguments.number, arguments.reason, by);
    });
}

/// Every charge in one state, page after page, as many as a person could still look through.
std::vector<Charge> all_charges(store::Tx& tx, ChargeState state) {
    std::vector<Charge> all;
    for (std::int64_t after = 0; all.size() < kChargesMax;) {
        auto page = requests::list_charges(tx, state, after, kChargePage);
        if (page.empty()) {
            break;
        }
        after = page.back().id;
        std::ranges::move(page, std::back_inserter(all));
    }
    return all;
}

Outcome list_fees(Program& program, Desk& desk, const FeeArguments& arguments) {
    const auto charges = store::transact(
        desk.database, "fee.list", [&](store::Tx& tx) -> Result<std::vector<Charge>> {
            if (!arguments.request.empty()) {
                const auto request = requests::find_request(tx, arguments.request);
                return request ? Result<std::vector<Charge>>(requests::fees_of(tx, request->id))
                               : request.error();
            }
            for (const ChargeState state :
                 {ChargeState::Due, ChargeState::Paid, ChargeState::Refunded, ChargeState::Void}) {
                if (to_text(state) == arguments.state) {
                    return all_charges(tx, state);
                }
            }
            return all_charges(tx, ChargeState::Due);
        });
    if (!charges) {
        return charges.error();
    }
    show(program, desk, *charges);
    return done();
}

Outcome print_receipt(Program& program, Desk& desk, const FeeArguments& arguments) {
    slips::TemplateShelf templates(desk.settings.templates);
    const auto pdf = effects::sale_receipt(desk.office, templates, arguments.number);
    if (!pdf) {
        return pdf.error();
    }
    write_file_durably(arguments.output, *pdf, FileAccess::Owner);
    program.err << arguments.output << '\n';
    return done();
}

void add_sale(CLI::App& fee, Program& program, const SharedFeeArguments& arguments,
              const char* name, std::pair<std::string_view, std::string_view> help, bool prepaid) {
    auto* sale = fee.add_subcommand(name, program.text(help.first, help.second));
    sale->add_option("SCHEME", arguments->sale.scheme)->required();
    sale->add_option("ITEM", arguments->sale.item)->required();
    sale->add_option("--count", arguments->sale.pieces, program.text("數量", "pieces"));
    sale->add_flag("--again", arguments->sale.again,
                   program.text("與方才所售相同，另售一筆", "one more like the last"));
    if (!prepaid) {
        sale->add_option("--request", arguments->sale.request,
                         program.text("所屬申請案號", "the request it belongs to"));
    }
    sale->footer(program.text("例： ", "Example: ") + "sealdesk --as dee fee " + name +
                 " SCHEME document_copy --count 2");
    sale->callback([&program, arguments, prepaid] {
        with_desk(program, [&](Desk& desk) { return sell(program, desk, *arguments, prepaid); });
    });
}

CLI::App* add_numbered(CLI::App& fee, Program& program, const SharedFeeArguments& arguments,
                       const char* name, std::pair<std::string_view, std::string_view> help) {
    auto* command = fee.add_subcommand(name, program.text(help.first, help.second));
    command->add_option("RECEIPT", arguments->number, program.text("收據號碼", "receipt number"))
        ->required();
    return command;
}

void add_payments(CLI::App& fee, Program& program, const SharedFeeArguments& arguments) {
    auto* pay = add_numbered(fee, program, arguments, "pay",
                             {"收取待繳之規費（現金）", "take the cash for what is due"});
    pay->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) {
            return with_charges(program, desk, [&](const std::string& by) {
                return requests::pay(desk.office, arguments->number, by);
            });
        });
    });
    auto* attach = add_numbered(
        fee, program, arguments, "attach",
        {"預繳之規費歸入已送件之申請案", "the form of a prepaid fee has been handed in"});
    attach->add_option("REQUEST", arguments->request)->required();
    attach->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) {
            return with_charges(program, desk, [&](const std::string& by) {
                return requests::attach(desk.office, arguments->number, arguments->request, by);
            });
        });
    });
    auto* cancel = add_numbered(fee, program, arguments, "void",
                                {"註銷尚未繳納之規費", "take back what nobody has paid"});
    cancel->add_option("--reason", arguments->reason)->required();
    cancel->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) {
            return with_charges(program, desk, [&](const std::string& by) {
                return requests::void_charge(desk.office, arguments->number, arguments->reason, by);
            });
        });
    });
}

void add_receipt(CLI::App& fee, Program& program, const SharedFeeArguments& arguments) {
    auto* command = add_numbered(fee, program, arguments, "receipt",
                                 {"列印收據（已繳納者）", "the receipt of what was paid, as PDF"});
    command->add_option("-o,--output", arguments->output, "FILE.pdf")->required();
    command->footer(program.text("例： ", "Example: ") +
                    "sealdesk fee receipt F115-000001-4 -o receipt.pdf");
    command->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return print_receipt(program, desk, *arguments); });
    });
}

void add_refunds(CLI::App& fee, Program& program, const SharedFeeArguments& arguments) {
    auto* command = add_numbered(
        fee, program, arguments, "refund",
        {"退費：一人提出（--reason），另一人付出（--give）或不准（--decline）",
         "one person asks (--reason), another gives (--give) or declines (--decline)"});
    auto* reason = command->add_option("--reason", arguments->reason);
    auto* give = command->add_flag("--give", arguments->give)->excludes(reason);
    command->add_flag("--decline", arguments->decline)->excludes(reason)->excludes(give);
    command->footer(program.text("例： ", "Examples: ") +
                    "sealdesk --as dee fee refund F115-000001-4 --reason \"not used\"    "
                    "sealdesk --as ann fee refund F115-000001-4 --give");
    command->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return refund(program, desk, *arguments); });
    });
}

}  // namespace

void add_fee_commands(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<FeeArguments>();
    auto* fee = app.add_subcommand("fee", program.text("規費：收費、預繳、退費、發票、日結",
                                                       "fees: charge, prepay, refund, invoice, "
                                                       "the cash box"));
    fee->require_subcommand(1);
    add_sale(
        *fee, program, arguments, "charge",
        {"收費（現金，可不附申請單）", "charge an item and take the cash, with or without form"},
        false);
    add_sale(*fee, program, arguments, "prepay",
             {"預繳（送件前可退費）", "paid before the form is handed in, refundable until then"},
             true);
    add_payments(*fee, program, arguments);
    add_receipt(*fee, program, arguments);
    add_refunds(*fee, program, arguments);
    auto* list = fee->add_subcommand(
        "list", program.text("規費清單（預設待繳）", "charges (default: what is due)"));
    list->add_option("--state", arguments->state, "due, paid, refunded, void")
        ->check(CLI::IsMember({"due", "paid", "refunded", "void"}));
    list->add_option("--request", arguments->request);
    list->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) { return list_fees(program, desk, *arguments); });
    });
    add_invoice_commands(*fee, program);
    add_cash_commands(*fee, program);
    add_end_of_service(*fee, program);
}

}  // namespace sealdesk::cli
