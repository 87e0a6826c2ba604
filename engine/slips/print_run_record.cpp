#include "slips/print_run_record.h"

#include <nlohmann/json.hpp>

namespace sealdesk::slips {
namespace {

constexpr std::string_view kInsertPrintRun = R"sql(
    INSERT INTO print_run (batch_id, actor, print_sha256, printed, printed_at)
    VALUES (?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kPrintRunOfBatch = R"sql(
    SELECT actor, print_sha256, printed, printed_at
    FROM print_run
    WHERE batch_id = ?
)sql";

}  // namespace

void keep_print_run(store::Tx& tx, PrintBatchId batch, const PrintRunRecord& run) {
    auto items = nlohmann::json::array();
    for (const PrintedItem& item : run.items) {
        items.push_back(
            {item.kind, item.number, item.first_page, item.pages, item.first_form, item.last_form});
    }
    tx.execute(kInsertPrintRun, batch.value(), run.actor, run.sha256, items.dump(), tx.now());
}

std::optional<PrintRunRecord> find_print_run(store::Tx& tx, PrintBatchId batch) {
    const auto rows = tx.query(kPrintRunOfBatch, batch.value());
    if (rows.empty()) {
        return std::nullopt;
    }
    const store::Row& row = rows.front();
    PrintRunRecord run{row.text(0), row.text(1), {}, row.instant(3)};
    const auto items = nlohmann::json::parse(row.text(2), nullptr, false);
    if (!items.is_array()) {
        throw_internal("slips.bad_row", "A stored record of printing cannot be read.");
    }
    for (const auto& item : items) {
        run.items.push_back(
            {item.at(0), item.at(1), item.at(2), item.at(3), item.at(4), item.at(5)});
    }
    return run;
}

}  // namespace sealdesk::slips
