#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/numbering.h"
#include "requests/fees.h"
#include "store/counters.h"

namespace sealdesk::requests {
namespace {

constexpr std::string_view kFeesOfRequest = R"sql(
    SELECT item, amount_twd, receipt_number, charged_at
    FROM fee_line
    WHERE request_id = ?
    ORDER BY id
)sql";

constexpr std::string_view kInsertFee = R"sql(
    INSERT INTO fee_line (id, request_id, item, amount_twd, receipt_number, charged_at)
    VALUES (?, ?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kFeesCharged = R"sql(
    SELECT COUNT(*), COALESCE(SUM(amount_twd), 0)
    FROM fee_line
    WHERE charged_at >= ? AND charged_at < ?
)sql";

}  // namespace

std::vector<FeeLine> fees_of(store::Tx& tx, RequestId id) {
    std::vector<FeeLine> lines;
    for (const store::Row& row : tx.query(kFeesOfRequest, id.value())) {
        lines.push_back({row.text(0), row.number(1), row.text(2), row.instant(3)});
    }
    return lines;
}

std::vector<FeeLine> charge_fees(store::Tx& tx, const scheme::Form& form, const Request& request) {
    auto lines = fees_of(tx, request.id);
    const auto due = scheme::fees_due(form, values_of(request));
    if (!lines.empty() || due.empty()) {
        return lines;
    }
    const int roc_year = int(day_in_taipei(tx.now()).year()) - 1911;
    const std::string receipt = make_number('F', roc_year, store::take_numbers(tx, "receipt", 1));
    for (const scheme::Fee& fee : due) {
        tx.execute(kInsertFee, tx.new_id(), request.id.value(), fee.item, fee.amount_twd, receipt,
                   tx.now());
        lines.push_back({fee.item, fee.amount_twd, receipt, tx.now()});
        audit::append(tx,
                      {"fee.charged",
                       "system",
                       "request:" + request.number,
                       {{"item", fee.item}, {"amount_twd", fee.amount_twd}, {"receipt", receipt}}});
    }
    return lines;
}

FeeTotal fees_charged(store::Tx& tx, Instant from, Instant until) {
    const auto rows = tx.query(kFeesCharged, from, until);
    return {rows.at(0).number(0), rows.at(0).number(1)};
}

}  // namespace sealdesk::requests
