#include "requests/invoices.h"

#include <algorithm>
#include <array>

#include "audit/log.h"
#include "base/text.h"
#include "intake/field_rules.h"
#include "officers/officer.h"

namespace sealdesk::requests {
namespace {

constexpr std::array<std::string_view, 4> kInvoiceStates{"issued", "handed_over", "posted", "void"};
constexpr std::size_t kNumberLength = 10;
constexpr std::size_t kTrackLetters = 2;

constexpr std::string_view kInvoicesFor = R"sql(
    SELECT id, number, receipt_number, issued_on, buyer_number, amount_twd, items, state, tracking
    FROM fee_invoice
    WHERE receipt_number = ?
    ORDER BY id
)sql";

constexpr std::string_view kInvoice = R"sql(
    SELECT id, number, receipt_number, issued_on, buyer_number, amount_twd, items, state, tracking
    FROM fee_invoice
    WHERE number = ?
)sql";

constexpr std::string_view kInsertInvoice = R"sql(
    INSERT INTO fee_invoice (id, number, receipt_number, alive, issued_on, buyer_number, amount_twd,
                             items, state, issued_by, issued_at, changed_by, changed_at)
    VALUES (?, ?, ?, 1, ?, ?, ?, ?, 'issued', ?, ?, ?, ?)
)sql";

constexpr std::string_view kSaveInvoice = R"sql(
    UPDATE fee_invoice
    SET state = ?, alive = ?, tracking = ?, changed_by = ?, changed_at = ?
    WHERE id = ? AND state = ?
)sql";

Error invoice_error(ErrorKind kind, std::string code, std::string detail, std::string_view where) {
    return {kind, std::move(code), std::move(detail), std::string(where), {}};
}

InvoiceState to_invoice_state(const std::string& text) {
    const auto* const found = std::ranges::find(kInvoiceStates, text);
    if (found == kInvoiceStates.end()) {
        throw_internal("invoice.unknown_state", "An invoice is in a state this program lacks.");
    }
    return static_cast<InvoiceState>(found - kInvoiceStates.begin());
}

std::vector<Invoice> read_invoices(const std::vector<store::Row>& rows) {
    std::vector<Invoice> invoices;
    invoices.reserve(rows.size());
    for (const store::Row& row : rows) {
        invoices.push_back({row.number(0), row.text(1), row.text(2), row.text(3),
                            row.text_or_null(4).value_or(""), row.number(5), row.text(6),
                            to_invoice_state(row.text(7)), row.text_or_null(8).value_or("")});
    }
    return invoices;
}

Result<Invoice> find_invoice(store::Tx& tx, std::string_view number) {
    auto found = read_invoices(tx.query(kInvoice, number));
    if (found.empty()) {
        return invoice_error(ErrorKind::NotFound, "invoice.not_found",
                             "No invoice of this number is recorded.", number);
    }
    return found.front();
}

bool is_invoice_number(std::string_view text) {
    return text.size() == kNumberLength &&
           std::ranges::all_of(text.substr(0, kTrackLetters),
                               [](char c) { return c >= 'A' && c <= 'Z'; }) &&
           std::ranges::all_of(text.substr(kTrackLetters),
                               [](char c) { return c >= '0' && c <= '9'; });
}

Outcome check_numbers(const NewInvoice& fresh) {
    if (!is_invoice_number(fresh.number)) {
        return invoice_error(ErrorKind::Invalid, "invoice.number",
                             "An invoice number is two capital letters and eight digits.",
                             fresh.number);
    }
    if (!fresh.buyer_number.empty() && !intake::is_ubn(fresh.buyer_number)) {
        return invoice_error(ErrorKind::Invalid, "invoice.buyer",
                             "This is no unified business number; check each digit.",
                             fresh.buyer_number);
    }
    return done();
}

void tell_chain(store::Tx& tx, const std::string& kind, const Invoice& invoice,
                const std::string& by) {
    audit::append(tx, {kind,
                       officers::actor_of(by),
                       "receipt:" + invoice.receipt_number,
                       {{"invoice", invoice.number},
                        {"amount_twd", invoice.amount_twd},
                        {"state", to_text(invoice.state)}}});
}

Result<Invoice> record_in(store::Tx& tx, const NewInvoice& fresh, const std::string& by) {
    const auto charges = charges_under(tx, fresh.receipt_number);
    if (!charges) {
        return charges.error();
    }
    Invoice invoice{tx.new_id(),
                    fresh.number,
                    fresh.receipt_number,
                    to_iso_text(day_in_taipei(tx.now())),
                    fresh.buyer_number,
                    0,
                    "",
                    InvoiceState::Issued,
                    ""};
    for (const Charge& charge : *charges) {
        if (charge.state == ChargeState::Paid) {
            invoice.amount_twd += charge.amount_twd;
            invoice.items += (invoice.items.empty() ? "" : ", ") + charge.item + " x" +
                             std::to_string(charge.pieces);
        }
    }
    if (invoice.items.empty()) {
        return invoice_error(ErrorKind::Refused, "invoice.nothing_paid",
                             "Nothing is paid under this receipt number; take the cash first.",
                             fresh.receipt_number);
    }
    for (const Invoice& other : invoices_for(tx, fresh.receipt_number)) {
        if (other.state != InvoiceState::Void) {
            return invoice_error(ErrorKind::Refused, "invoice.exists",
                                 "This receipt has invoice " + other.number + " already.",
                                 fresh.receipt_number);
        }
    }
    if (find_invoice(tx, fresh.number)) {
        return invoice_error(ErrorKind::Refused, "invoice.number_used",
                             "This invoice number was recorded before.", fresh.number);
    }
    tx.execute(kInsertInvoice, invoice.id, invoice.number, invoice.receipt_number,
               invoice.issued_on,
               invoice.buyer_number.empty() ? std::nullopt : std::optional(invoice.buyer_number),
               invoice.amount_twd, invoice.items, by, tx.now(), by, tx.now());
    tell_chain(tx, "invoice.issued", invoice, by);
    return invoice;
}

/// Moves an invoice on; refused when somebody else did first.
Outcome save_invoice(store::Tx& tx, const Invoice& seen, const Invoice& next,
                     const std::string& by) {
    const bool alive = next.state != InvoiceState::Void;
    if (tx.execute(kSaveInvoice, to_text(next.state), alive ? std::optional(1) : std::nullopt,
                   next.tracking.empty() ? std::nullopt : std::optional(next.tracking), by,
                   tx.now(), seen.id, to_text(seen.state)) == 0) {
        return invoice_error(ErrorKind::Conflict, "invoice.changed_meanwhile",
                             "Somebody else changed this invoice at the same moment.", seen.number);
    }
    return done();
}

Result<Invoice> move_invoice(store::Tx& tx, const Invoice& seen, InvoiceState state,
                             const std::string& tracking, const std::string& by) {
    Invoice next = seen;
    next.state = state;
    next.tracking = tracking;
    const Outcome saved = save_invoice(tx, seen, next, by);
    if (!saved) {
        return saved.error();
    }
    tell_chain(tx, "invoice." + std::string(to_text(state)), next, by);
    return next;
}

}  // namespace

std::string_view to_text(InvoiceState state) {
    return kInvoiceStates.at(static_cast<std::size_t>(state));
}

std::vector<Invoice> invoices_for(store::Tx& tx, std::string_view receipt_number) {
    return read_invoices(tx.query(kInvoicesFor, receipt_number));
}

Result<Invoice> record_invoice(const Office& office, const NewInvoice& fresh,
                               const std::string& by) {
    const Outcome numbers = check_numbers(fresh);
    if (!numbers) {
        return numbers.error();
    }
    return store::transact(office.database, "invoice.record",
                           [&](store::Tx& tx) { return record_in(tx, fresh, by); });
}

Result<Invoice> deliver_invoice(const Office& office, std::string_view number,
                                const std::string& tracking, const std::string& by) {
    return store::transact(
        office.database, "invoice.deliver", [&](store::Tx& tx) -> Result<Invoice> {
            auto invoice = find_invoice(tx, number);
            if (!invoice) {
                return invoice;
            }
            if (invoice->state != InvoiceState::Issued) {
                return invoice_error(
                    ErrorKind::Refused, "invoice.not_issued",
                    "This invoice is " + std::string(to_text(invoice->state)) + " already.",
                    number);
            }
            return move_invoice(tx, *invoice,
                                tracking.empty() ? InvoiceState::HandedOver : InvoiceState::Posted,
                                tracking, by);
        });
}

Result<Invoice> void_invoice(const Office& office, std::string_view number,
                             const std::string& reason, const std::string& by) {
    if (trim(reason).empty()) {
        return invoice_error(ErrorKind::Invalid, "fee.no_reason", "Say why; the auditor reads it.",
                             number);
    }
    return store::transact(office.database, "invoice.void", [&](store::Tx& tx) -> Result<Invoice> {
        auto invoice = find_invoice(tx, number);
        if (!invoice) {
            return invoice;
        }
        if (invoice->state == InvoiceState::Void) {
            return invoice_error(ErrorKind::Refused, "invoice.void",
                                 "This invoice was voided before.", number);
        }
        return move_invoice(tx, *invoice, InvoiceState::Void, invoice->tracking, by);
    });
}

void void_invoice_of(store::Tx& tx, std::string_view receipt_number, const std::string& by) {
    for (const Invoice& invoice : invoices_for(tx, receipt_number)) {
        if (invoice.state != InvoiceState::Void) {
            static_cast<void>(move_invoice(tx, invoice, InvoiceState::Void, invoice.tracking, by));
        }
    }
}

}  // namespace sealdesk::requests
