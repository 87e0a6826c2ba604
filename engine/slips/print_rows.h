#pragma once

// Inside of slips/ only: print batches and their items as stored.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slips/print_batch.h"

namespace sealdesk::slips {

/// One item of a batch, as the maker of the batch needs it.
struct PrintItem {
    PrintItemId id;
    PrintKind kind;
    RequestId request;
    std::optional<SlipId> slip;
    std::string scheme;
    std::string template_name;
    Fields fields;
    std::int64_t sealed_pages;  ///< 0: not sealed
};

/// A batch with its version, for compare-and-set.
struct StoredBatch {
    PrintBatch batch;
    std::string manifest;  ///< JSON; empty while making
    std::int64_t version;
};

[[nodiscard]] std::optional<StoredBatch> find_stored_batch(store::Tx& tx, std::string_view number);

/// The batch a crashed maker left, if any.
[[nodiscard]] std::optional<StoredBatch> unfinished_batch(store::Tx& tx);

/// Templates of items that wait: scheme and name.
using TemplateKey = std::pair<std::string, std::string>;
[[nodiscard]] std::vector<TemplateKey> templates_waiting(store::Tx& tx);

/// Names of the stocks on which templates are printed.
using StockNames = std::map<TemplateKey, std::string>;

/// Reserves the next parcels in a new batch: of what waits longest in parcel order, that which goes
/// on one stock with the first. Nothing when none waits whose stock is named.
[[nodiscard]] std::optional<StoredBatch> reserve_batch(store::Tx& tx, const StockNames& stocks);

/// Items of the batch that are to be printed, in parcel order; without those voided meanwhile.
[[nodiscard]] std::vector<PrintItem> items_of_batch(store::Tx& tx, PrintBatchId batch);

/// The sealed page of an item, encrypted to the print room.
[[nodiscard]] std::string sealed_page(store::Tx& tx, PrintItemId item);

/// What a batch became when its files were written.
struct BatchResult {
    std::string manifest;
    std::string file_sha256;
    std::int64_t items;
    std::int64_t slips;
    std::int64_t pages;
};

// Moves of a batch, by compare-and-set on its version. Error: slips.changed_meanwhile (Conflict).

Outcome set_batch_ready(store::Tx& tx, const StoredBatch& seen, const BatchResult& result);
/// A batch all of whose items were voided before it was made: closed, with nothing in it.
Outcome set_batch_empty(store::Tx& tx, const StoredBatch& seen);
Outcome set_batch_printing(store::Tx& tx, const StoredBatch& seen);
/// Also its items and slips; what was sealed is forgotten.
Outcome set_batch_printed(store::Tx& tx, const StoredBatch& seen);
Outcome set_batch_closed(store::Tx& tx, const StoredBatch& seen, std::string_view actor);

/// A page that is sealed already: whose, and how it leaves the office.
struct SealedItem {
    PrintKind kind;
    std::string dedup_key;
    const Slip& slip;
    Delivery delivery;
};

/// Puts it among what waits; once a key.
void add_sealed_item(store::Tx& tx, const SealedItem& item, const std::string& sealed,
                     std::int64_t pages);

}  // namespace sealdesk::slips
