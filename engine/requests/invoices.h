#pragma once

#include <string>
#include <vector>

#include "requests/fees.h"

/// 統一發票: written by the cashier's own machine under the tax office's numbers; kept here with
/// the receipt it stands for and how it reached the buyer (T 6.1–6.3).
namespace sealdesk::requests {

enum class InvoiceState {
    Issued,
    HandedOver,  ///< with the goods at the counter (T 6.3)
    Posted,      ///< with the goods by registered post (T 6.3)
    Void,
};
[[nodiscard]] std::string_view to_text(InvoiceState state);

struct Invoice {
    std::int64_t id;
    std::string number;  ///< two letters and eight digits
    std::string receipt_number;
    std::string issued_on;     ///< ISO
    std::string buyer_number;  ///< unified business number; empty: a person
    std::int64_t amount_twd;
    std::string items;  ///< "document_copy x2, …"
    InvoiceState state;
    std::string tracking;  ///< of the registered post
};

/// Every invoice of a receipt, void ones too, oldest first.
[[nodiscard]] std::vector<Invoice> invoices_for(store::Tx& tx, std::string_view receipt_number);

struct NewInvoice {
    std::string number;
    std::string receipt_number;
    std::string buyer_number = {};
};

/// Records the invoice for everything that was paid under a receipt number. Refused:
/// invoice.number (shape), invoice.buyer (no unified business number), invoice.nothing_paid,
/// invoice.exists (the receipt has one), invoice.number_used, fee.not_found.
[[nodiscard]] Result<Invoice> record_invoice(const Office& office, const NewInvoice& fresh,
                                             const std::string& by);

/// It was handed over, or posted under `tracking`. Refused: invoice.not_found, invoice.not_issued
/// (delivered before, or void).
[[nodiscard]] Result<Invoice> deliver_invoice(const Office& office, std::string_view number,
                                              const std::string& tracking, const std::string& by);

/// Refused: invoice.not_found, invoice.void, fee.no_reason.
[[nodiscard]] Result<Invoice> void_invoice(const Office& office, std::string_view number,
                                           const std::string& reason, const std::string& by);

/// What is given back has no invoice any more; in the caller's transaction.
void void_invoice_of(store::Tx& tx, std::string_view receipt_number, const std::string& by);

}  // namespace sealdesk::requests
