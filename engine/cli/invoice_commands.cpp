// `fee invoice`: the invoices that were written for receipts.
#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/fee_parts.h"
#include "cli/session.h"
#include "cli/words.h"
#include "requests/invoices.h"

namespace sealdesk::cli {
namespace {

using requests::Invoice;

struct InvoiceArguments {
    requests::NewInvoice fresh;
    std::string number;
    std::string tracking;
    std::string reason;
};

void print_invoice(Program& program, const Invoice& invoice) {
    if (program.json) {
        program.out << nlohmann::json{{"invoice", invoice.number},
                                      {"receipt", invoice.receipt_number},
                                      {"issued_on", invoice.issued_on},
                                      {"buyer_number", invoice.buyer_number},
                                      {"amount_twd", invoice.amount_twd},
                                      {"items", invoice.items},
                                      {"state", to_text(invoice.state)},
                                      {"tracking", invoice.tracking}}
                           .dump()
                    << '\n';
        return;
    }
    program.out << invoice.number << "  " << invoice.receipt_number << "  " << invoice.issued_on
                << "  NT$" << invoice.amount_twd << "  " << invoice.items << "  "
                << shown(program, to_text(invoice.state)) << "  " << invoice.tracking << '\n';
}

Outcome with_invoice(Program& program, Desk& desk,
                     const std::function<Result<Invoice>(const std::string& by)>& work) {
    const auto by = acting(program, desk, officers::Action::ReceiveForms);
    if (!by) {
        return by.error();
    }
    const auto invoice = work(*by);
    if (!invoice) {
        return invoice.error();
    }
    print_invoice(program, *invoice);
    return done();
}

Outcome list_invoices(Program& program, Desk& desk, const std::string& receipt) {
    const auto invoices = store::transact(desk.database, "invoice.list", [&](store::Tx& tx) {
        return requests::invoices_for(tx, receipt);
    });
    for (const Invoice& invoice : invoices) {
        print_invoice(program, invoice);
    }
    return done();
}

using SharedInvoiceArguments = std::shared_ptr<InvoiceArguments>;

void add_recording(CLI::App& invoice, Program& program, const SharedInvoiceArguments& arguments) {
    auto* record = invoice.add_subcommand(
        "record", program.text("登錄已開立之發票", "an invoice was written for a receipt"));
    record->add_option("RECEIPT", arguments->fresh.receipt_number)->required();
    record->add_option("--number", arguments->fresh.number, "AB12345678")->required();
    record->add_option("--buyer", arguments->fresh.buyer_number,
                       program.text("買受人統一編號", "the buyer's unified business number"));
    record->footer(program.text("例： ", "Example: ") +
                   "sealdesk --as dee fee invoice record F115-000001-4 --number AB12345678");
    record->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) {
            return with_invoice(program, desk, [&](const std::string& by) {
                return requests::record_invoice(desk.office, arguments->fresh, by);
            });
        });
    });
    auto* list =
        invoice.add_subcommand("list", program.text("某收據之發票", "the invoices of a receipt"));
    list->add_option("RECEIPT", arguments->fresh.receipt_number)->required();
    list->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) {
            return list_invoices(program, desk, arguments->fresh.receipt_number);
        });
    });
}

void add_ends(CLI::App& invoice, Program& program, const SharedInvoiceArguments& arguments) {
    auto* deliver = invoice.add_subcommand(
        "deliver", program.text("發票已隨件交付；郵寄者註明掛號號碼",
                                "handed over with the goods; posted with --tracking"));
    deliver->add_option("INVOICE", arguments->number)->required();
    deliver->add_option("--tracking", arguments->tracking,
                        program.text("掛號號碼", "number of the registered post"));
    deliver->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) {
            return with_invoice(program, desk, [&](const std::string& by) {
                return requests::deliver_invoice(desk.office, arguments->number,
                                                 arguments->tracking, by);
            });
        });
    });
    auto* cancel = invoice.add_subcommand("void", program.text("發票作廢", "void an invoice"));
    cancel->add_option("INVOICE", arguments->number)->required();
    cancel->add_option("--reason", arguments->reason)->required();
    cancel->callback([&program, arguments] {
        with_desk(program, [&](Desk& desk) {
            return with_invoice(program, desk, [&](const std::string& by) {
                return requests::void_invoice(desk.office, arguments->number, arguments->reason,
                                              by);
            });
        });
    });
}

}  // namespace

void add_invoice_commands(CLI::App& fee, Program& program) {
    auto arguments = std::make_shared<InvoiceArguments>();
    auto* invoice = fee.add_subcommand(
        "invoice", program.text("統一發票之登錄、交付、作廢", "record, deliver, void invoices"));
    invoice->require_subcommand(1);
    add_recording(*invoice, program, arguments);
    add_ends(*invoice, program, arguments);
}

}  // namespace sealdesk::cli
