#include "effects/sale_receipt.h"

#include <algorithm>

#include "effects/papers.h"
#include "paper/page.h"
#include "requests/fees.h"
#include "requests/request_store.h"

namespace sealdesk::effects {
namespace {

using requests::Charge;
using requests::ChargeState;

/// What the paper says, read in one go.
struct Sold {
    std::vector<Charge> charges;
    std::string request_number;
    const scheme::Form* form = nullptr;  ///< that asked for it, if one did
};

Result<Sold> read_sold(const requests::Office& office, store::Tx& tx, std::string_view number) {
    auto charges = requests::charges_under(tx, number);
    if (!charges) {
        return charges.error();
    }
    std::erase_if(*charges, [](const Charge& charge) {
        return charge.state != ChargeState::Paid && charge.state != ChargeState::Refunded;
    });
    if (charges->empty()) {
        return Error{ErrorKind::Refused,
                     "fee.nothing_paid",
                     "A receipt says what was paid; take the cash first: `sealdesk fee pay`.",
                     std::string(number),
                     {}};
    }
    const auto id = charges->front().request;
    if (!id) {
        return Sold{*std::move(charges), {}};
    }
    const auto request = requests::get_request(tx, *id);
    return Sold{*std::move(charges), request.number,
                scheme::find_form(office.schemes, request.scheme, request.form)};
}

/// "證明文件影本 2 × 20"; an item that the scheme no longer has is known by its key.
std::string item_text(const scheme::Scheme& scheme, const scheme::Form* form,
                      const Charge& charge) {
    const auto fee = requests::find_fee(scheme, form, charge.item);
    std::string text = fee ? fee->label.zh : charge.item;
    if (charge.pieces > 1) {
        text += "　" + std::to_string(charge.pieces) + " × " + std::to_string(charge.unit_twd);
    }
    return charge.state == ChargeState::Refunded ? text + "（已退費）" : text;
}

slips::Fields fields_of(const scheme::Scheme& scheme, const Sold& sold) {
    slips::Fields fields = head_fields(scheme);
    fields["request_number"] = sold.request_number;
    std::int64_t total = 0;
    for (const Charge& charge : sold.charges) {
        const std::string line = fields["fee_items"].empty() ? "" : "\n";
        const bool kept = charge.state == ChargeState::Paid;
        total += kept ? charge.amount_twd : 0;
        fields["fee_items"] += line + item_text(scheme, sold.form, charge);
        fields["fee_amounts"] += line + std::to_string(kept ? charge.amount_twd : 0);
    }
    const Charge& first = sold.charges.front();
    fields["receipt_number"] = first.receipt_number;
    fields["issued_on"] = to_roc_text(day_in_taipei(first.charged_at));
    fields["officer"] = first.charged_by;
    fields["total"] = std::to_string(total);
    return fields;
}

}  // namespace

Result<std::string> sale_receipt(const requests::Office& office, slips::TemplateShelf& templates,
                                 std::string_view number) {
    const auto sold = store::transact(office.database, "fee.receipt",
                                      [&](store::Tx& tx) { return read_sold(office, tx, number); });
    if (!sold) {
        return sold.error();
    }
    const Charge& first = sold->charges.front();
    const scheme::Scheme* scheme = scheme::find_scheme(office.schemes, first.scheme);
    if (scheme == nullptr) {
        throw_internal("request.no_form", "The scheme of a charge is not among the desk's forms.");
    }
    const auto compiled = templates.get(scheme->id, "sale-receipt");
    if (!compiled) {
        return compiled.error();
    }
    paper::Document document((*compiled)->title(), first.charged_at);
    const auto pages = (*compiled)->stamp(document, fields_of(*scheme, *sold));
    return pages ? Result<std::string>(document.finish()) : pages.error();
}

}  // namespace sealdesk::effects
