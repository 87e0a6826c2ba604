#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slips/print_batch.h"

// What was printed, as the control sheet says it: no names, no secrets.
namespace sealdesk::slips {

/// One item on paper.
struct PrintedItem {
    std::string kind;
    std::string number;  ///< of a slip; otherwise empty
    std::int64_t first_page = 0;
    std::int64_t pages = 0;
    std::string first_form;  ///< of pre-numbered stock
    std::string last_form;
};

struct PrintRunRecord {
    std::string actor;
    std::string sha256;  ///< of the file in the print queue
    std::vector<PrintedItem> items;
    Instant printed_at = {};
};

void keep_print_run(store::Tx& tx, PrintBatchId batch, const PrintRunRecord& run);

/// Nothing when the batch was not printed, or by a program that kept no such record.
[[nodiscard]] std::optional<PrintRunRecord> find_print_run(store::Tx& tx, PrintBatchId batch);

}  // namespace sealdesk::slips
