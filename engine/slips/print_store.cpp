#include <algorithm>
#include <array>

#include "audit/log.h"
#include "slips/print_rows.h"
#include "slips/slip_rows.h"
#include "store/counters.h"

namespace sealdesk::slips {
namespace {

#define SEALDESK_BATCH_COLUMNS                                                          \
    "id, number, state, parts, file_sha256, items, slips, pages, version, created_at, " \
    "made_at, printed_at, closed_at, "                                                  \
    "(SELECT stock FROM print_batch_stock WHERE batch_id = print_batch.id)"

constexpr std::string_view kBatchByNumber =
    "SELECT " SEALDESK_BATCH_COLUMNS " FROM print_batch WHERE number = ?";

constexpr std::string_view kBatchById =
    "SELECT " SEALDESK_BATCH_COLUMNS " FROM print_batch WHERE id = ?";

constexpr std::string_view kBatchUnfinished =
    "SELECT " SEALDESK_BATCH_COLUMNS " FROM print_batch WHERE state = 'making' ORDER BY id LIMIT 1";

constexpr std::string_view kBatchPage =
    "SELECT " SEALDESK_BATCH_COLUMNS " FROM print_batch WHERE id > ? ORDER BY id LIMIT ?";

constexpr std::string_view kInsertBatch = R"sql(
    INSERT INTO print_batch (id, number, state, items, slips, pages, version, created_at)
    VALUES (?, ?, 'making', ?, ?, 0, 1, ?)
)sql";

constexpr std::string_view kInsertBatchStock = R"sql(
    INSERT INTO print_batch_stock (batch_id, stock)
    VALUES (?, ?)
)sql";

constexpr std::string_view kBatchReady = R"sql(
    UPDATE print_batch
    SET state = 'ready', parts = ?, file_sha256 = ?, items = ?, slips = ?, pages = ?, made_at = ?,
        version = version + 1
    WHERE id = ? AND version = ? AND state = 'making'
)sql";

constexpr std::string_view kBatchEmpty = R"sql(
    UPDATE print_batch
    SET state = 'closed', parts = '{}', items = 0, slips = 0, made_at = ?, closed_at = ?,
        version = version + 1
    WHERE id = ? AND version = ? AND state = 'making'
)sql";

constexpr std::string_view kBatchPrinting = R"sql(
    UPDATE print_batch
    SET state = 'printing', version = version + 1
    WHERE id = ? AND version = ? AND state = 'ready'
)sql";

constexpr std::string_view kBatchPrinted = R"sql(
    UPDATE print_batch
    SET state = 'printed', printed_at = ?, version = version + 1
    WHERE id = ? AND version = ? AND state = 'printing'
)sql";

constexpr std::string_view kBatchClosed = R"sql(
    UPDATE print_batch
    SET state = 'closed', closed_at = ?, version = version + 1
    WHERE id = ? AND version = ? AND state = 'printed'
)sql";

constexpr std::string_view kInsertItem = R"sql(
    INSERT INTO print_item (id, dedup_key, kind, request_id, slip_id, delivery, parcel_rank,
                            scheme, template_name, fields, sealed, sealed_pages, state,
                            created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?)
)sql";

constexpr std::string_view kItemByKey = R"sql(
    SELECT id
    FROM print_item
    WHERE dedup_key = ?
)sql";

constexpr std::string_view kItemsWaiting = R"sql(
    SELECT id, slip_id, delivery, request_id, kind, scheme, template_name
    FROM print_item
    WHERE state = 'waiting'
    ORDER BY delivery, request_id, parcel_rank, id
    LIMIT ?
)sql";

constexpr std::string_view kTemplatesWaiting = R"sql(
    SELECT DISTINCT scheme, template_name
    FROM print_item
    WHERE state = 'waiting'
)sql";

constexpr std::string_view kKindsWaiting = R"sql(
    SELECT kind, COUNT(*)
    FROM print_item
    WHERE state = 'waiting'
    GROUP BY kind
    ORDER BY kind
)sql";

constexpr std::string_view kReserveItem = R"sql(
    UPDATE print_item
    SET state = 'batched', batch_id = ?
    WHERE id = ? AND state = 'waiting'
)sql";

constexpr std::string_view kItemsOfBatch = R"sql(
    SELECT id, kind, request_id, slip_id, scheme, template_name, fields, sealed_pages
    FROM print_item
    WHERE batch_id = ? AND state = 'batched'
    ORDER BY delivery, request_id, parcel_rank, id
    LIMIT ?
)sql";

constexpr std::string_view kSealedPage = R"sql(
    SELECT sealed
    FROM print_item
    WHERE id = ?
)sql";

constexpr std::string_view kItemsPrinted = R"sql(
    UPDATE print_item
    SET state = 'printed', sealed = NULL
    WHERE batch_id = ? AND state = 'batched'
)sql";

constexpr std::string_view kSlipsOpenInBatch = R"sql(
    SELECT COUNT(*)
    FROM slip
    WHERE batch_id = ? AND state IN ('batched', 'printed')
)sql";

constexpr std::array<std::string_view, 3> kPrintKinds{"letter", "receipt", "slip"};
constexpr std::array<std::string_view, 5> kBatchStates{"making", "ready", "printing", "printed",
                                                       "closed"};

std::optional<BatchState> batch_state_from_text(std::string_view text) {
    const auto found = std::ranges::find(kBatchStates, text);
    if (found == kBatchStates.end()) {
        return std::nullopt;
    }
    return static_cast<BatchState>(found - kBatchStates.begin());
}

StoredBatch read_batch(const store::Row& row) {
    const auto state = batch_state_from_text(row.text(2));
    if (!state) {
        throw_internal("slips.bad_row", "A stored print batch has an unknown state.");
    }
    return {.batch = {.id = PrintBatchId{row.number(0)},
                      .number = row.text(1),
                      .state = *state,
                      .stock = row.text_or_null(13).value_or(std::string(kUsualStock)),
                      .file_sha256 = row.text_or_null(4).value_or(""),
                      .items = row.number(5),
                      .slips = row.number(6),
                      .pages = row.number(7),
                      .created_at = row.instant(9),
                      .made_at = row.instant_or_null(10),
                      .printed_at = row.instant_or_null(11),
                      .closed_at = row.instant_or_null(12)},
            .manifest = row.text_or_null(3).value_or(""),
            .version = row.number(8)};
}

std::optional<StoredBatch> first_batch(const std::vector<store::Row>& rows) {
    if (rows.empty()) {
        return std::nullopt;
    }
    return read_batch(rows.front());
}

PrintKind kind_of(const std::string& text) {
    const auto kind = std::ranges::find(kPrintKinds, text);
    if (kind == kPrintKinds.end()) {
        throw_internal("slips.bad_row", "A stored print item has an unknown kind.");
    }
    return static_cast<PrintKind>(kind - kPrintKinds.begin());
}

PrintItem read_item(const store::Row& row) {
    const auto slip = row.number_or_null(3);
    return {.id = PrintItemId{row.number(0)},
            .kind = kind_of(row.text(1)),
            .request = RequestId{row.number(2)},
            .slip = slip ? std::optional(SlipId{*slip}) : std::nullopt,
            .scheme = row.text(4),
            .template_name = row.text(5),
            .fields = fields_from_json(row.text(6)),
            .sealed_pages = row.number_or_null(7).value_or(0)};
}

/// One waiting item, as far as choosing needs it.
struct WaitingItem {
    std::int64_t id;
    std::optional<std::int64_t> slip;  ///< only of a slip's own pages
    std::string parcel;
};

/// What waits in parcel order, and the stock of the first; of others only what goes on it, too.
struct Waiting {
    std::string stock;
    std::vector<WaitingItem> items;
};

Waiting waiting_items(store::Tx& tx, const StockNames& stocks) {
    Waiting waiting;
    for (const store::Row& row : tx.query(kItemsWaiting, kItemsPerBatchMax + 1)) {
        const auto stock = stocks.find({row.text(5), row.text(6)});
        if (stock == stocks.end()) {
            continue;  // came after its stock was asked for
        }
        if (waiting.items.empty()) {
            waiting.stock = stock->second;
        }
        if (waiting.stock != stock->second) {
            continue;
        }
        waiting.items.push_back({row.number(0),
                                 row.text(4) == "slip" ? row.number_or_null(1) : std::nullopt,
                                 row.text(2) + ":" + std::to_string(row.number(3))});
    }
    return waiting;
}

/// How many of the waiting items make the batch: whole parcels, up to the limits. A parcel larger
/// than a batch would be split; there is none in practice.
std::size_t choose_items(const std::vector<WaitingItem>& waiting) {
    std::size_t chosen = 0;
    int slips = 0;
    for (std::size_t begin = 0; begin < waiting.size();) {
        std::size_t end = begin;
        int slips_here = 0;
        while (end < waiting.size() && waiting[end].parcel == waiting[begin].parcel) {
            slips_here += waiting[end].slip ? 1 : 0;
            ++end;
        }
        if (end > std::size_t(kItemsPerBatchMax) || slips + slips_here > kSlipsPerBatchMax) {
            break;
        }
        slips += slips_here;
        chosen = end;
        begin = end;
    }
    return chosen > 0 ? chosen : std::min<std::size_t>(waiting.size(), kSlipsPerBatchMax);
}

Outcome reserve_items(store::Tx& tx, PrintBatchId batch, const std::vector<WaitingItem>& waiting,
                      std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        const WaitingItem& item = waiting[i];
        if (tx.execute(kReserveItem, batch.value(), item.id) == 0) {
            return Error{ErrorKind::Conflict,
                         "slips.changed_meanwhile",
                         "Another worker is printing the same items.",
                         {},
                         {}};
        }
        if (!item.slip) {
            continue;
        }
        const auto slip = find_slip(tx, SlipId{*item.slip});
        if (!slip) {
            return slip.error();
        }
        const Outcome moved = move_slip(tx, *slip, {.to = SlipState::Batched, .batch = batch});
        if (!moved) {
            return moved.error();
        }
    }
    return done();
}

Outcome changed_one(std::int64_t changed, const StoredBatch& seen) {
    if (changed == 0) {
        return Error{ErrorKind::Conflict,
                     "slips.changed_meanwhile",
                     "Someone else works on the print batch.",
                     seen.batch.number,
                     {}};
    }
    return done();
}

void record_batch_event(store::Tx& tx, std::string kind, std::string_view actor,
                        const StoredBatch& seen, nlohmann::json detail) {
    detail["number"] = seen.batch.number;
    audit::append(tx, {std::move(kind), std::string(actor),
                       "print_batch:" + std::to_string(seen.batch.id.value()), std::move(detail)});
}

}  // namespace

std::string_view to_text(PrintKind kind) { return kPrintKinds.at(std::size_t(kind)); }
std::string_view to_text(BatchState state) { return kBatchStates.at(std::size_t(state)); }

PrintItemId add_print_item(store::Tx& tx, const NewPrintItem& item) {
    SEALDESK_CHECK(item.kind != PrintKind::Slip && item.delivery != Delivery::Electronic);
    const auto before = tx.query(kItemByKey, item.dedup_key);
    if (!before.empty()) {
        return PrintItemId{before.front().number(0)};
    }
    const PrintItemId id{tx.new_id()};
    tx.execute(kInsertItem, id.value(), item.dedup_key, to_text(item.kind), item.request.value(),
               std::nullopt, to_text(item.delivery), int(item.kind) + 1, item.scheme,
               item.template_name, fields_to_json(item.fields), std::nullopt, std::nullopt,
               tx.now());
    return id;
}

void add_sealed_item(store::Tx& tx, const SealedItem& item, const std::string& sealed,
                     std::int64_t pages) {
    if (!tx.query(kItemByKey, item.dedup_key).empty()) {
        return;
    }
    tx.execute(kInsertItem, tx.new_id(), item.dedup_key, to_text(item.kind),
               item.slip.request.value(), item.slip.id.value(), to_text(item.delivery),
               int(item.kind) + 1, item.slip.scheme, item.slip.template_name, "{}",
               store::Blob{sealed}, pages, tx.now());
}

std::optional<StoredBatch> find_stored_batch(store::Tx& tx, std::string_view number) {
    return first_batch(tx.query(kBatchByNumber, number));
}

std::optional<StoredBatch> unfinished_batch(store::Tx& tx) {
    return first_batch(tx.query(kBatchUnfinished));
}

std::vector<TemplateKey> templates_waiting(store::Tx& tx) {
    std::vector<TemplateKey> keys;
    for (const store::Row& row : tx.query(kTemplatesWaiting)) {
        keys.emplace_back(row.text(0), row.text(1));
    }
    return keys;
}

std::vector<WaitingPaper> waiting_paper(store::Tx& tx) {
    std::vector<WaitingPaper> waiting;
    for (const store::Row& row : tx.query(kKindsWaiting)) {
        waiting.push_back({kind_of(row.text(0)), row.number(1)});
    }
    return waiting;
}

std::optional<StoredBatch> reserve_batch(store::Tx& tx, const StockNames& stocks) {
    const auto [stock, waiting] = waiting_items(tx, stocks);
    if (waiting.empty()) {
        return std::nullopt;
    }
    const std::size_t count = choose_items(waiting);
    const auto slips = std::count_if(waiting.begin(), waiting.begin() + std::ptrdiff_t(count),
                                     [](const WaitingItem& item) { return item.slip.has_value(); });
    const PrintBatchId id{tx.new_id()};
    const std::string number = store::take_number(tx, 'P', "print-batch");
    tx.execute(kInsertBatch, id.value(), number, std::int64_t(count), std::int64_t(slips),
               tx.now());
    tx.execute(kInsertBatchStock, id.value(), stock);
    const Outcome reserved = reserve_items(tx, id, waiting, count);
    if (!reserved) {
        throw Failure(reserved.error());  // only one maker at a time: somebody works around it
    }
    auto made = first_batch(tx.query(kBatchById, id.value()));
    record_batch_event(
        tx, "print.batch_begun", "system", *made,
        {{"items", made->batch.items}, {"slips", made->batch.slips}, {"stock", stock}});
    return made;
}

std::vector<PrintItem> items_of_batch(store::Tx& tx, PrintBatchId batch) {
    std::vector<PrintItem> items;
    for (const store::Row& row : tx.query(kItemsOfBatch, batch.value(), kItemsPerBatchMax + 1)) {
        items.push_back(read_item(row));
    }
    return items;
}

std::string sealed_page(store::Tx& tx, PrintItemId item) {
    const auto rows = tx.query(kSealedPage, item.value());
    if (rows.empty() || rows.front().is_null(0)) {
        throw_internal("slips.bad_row", "A sealed receipt has lost its page.");
    }
    return rows.front().bytes(0);
}

Outcome set_batch_ready(store::Tx& tx, const StoredBatch& seen, const BatchResult& result) {
    Outcome outcome = changed_one(
        tx.execute(kBatchReady, result.manifest, result.file_sha256, result.items, result.slips,
                   result.pages, tx.now(), seen.batch.id.value(), seen.version),
        seen);
    if (outcome) {
        record_batch_event(tx, "print.batch_made", "system", seen,
                           {{"sha256", result.file_sha256},
                            {"items", result.items},
                            {"slips", result.slips},
                            {"pages", result.pages}});
    }
    return outcome;
}

Outcome set_batch_empty(store::Tx& tx, const StoredBatch& seen) {
    Outcome outcome = changed_one(
        tx.execute(kBatchEmpty, tx.now(), tx.now(), seen.batch.id.value(), seen.version), seen);
    if (outcome) {
        record_batch_event(tx, "print.batch_closed", "system", seen, {{"items", 0}});
    }
    return outcome;
}

Outcome set_batch_printing(store::Tx& tx, const StoredBatch& seen) {
    return changed_one(tx.execute(kBatchPrinting, seen.batch.id.value(), seen.version), seen);
}

Outcome set_batch_printed(store::Tx& tx, const StoredBatch& seen) {
    Outcome outcome =
        changed_one(tx.execute(kBatchPrinted, tx.now(), seen.batch.id.value(), seen.version), seen);
    if (!outcome) {
        return outcome.error();
    }
    tx.execute(kItemsPrinted, seen.batch.id.value());
    for (const Slip& slip : slips_of_batch(tx, seen.batch.id, 0, kItemsPerBatchMax)) {
        if (slip.state != SlipState::Batched) {
            continue;
        }
        const Outcome moved = move_slip(tx, slip, {.to = SlipState::Printed});
        if (!moved) {
            return moved.error();
        }
    }
    return done();
}

Outcome set_batch_closed(store::Tx& tx, const StoredBatch& seen, std::string_view actor) {
    Outcome outcome =
        changed_one(tx.execute(kBatchClosed, tx.now(), seen.batch.id.value(), seen.version), seen);
    if (outcome) {
        record_batch_event(tx, "print.batch_closed", actor, seen, {{"items", seen.batch.items}});
    }
    return outcome;
}

void close_batch_if_done(store::Tx& tx, PrintBatchId batch, std::string_view actor) {
    const auto stored = first_batch(tx.query(kBatchById, batch.value()));
    if (!stored || stored->batch.state != BatchState::Printed ||
        tx.query(kSlipsOpenInBatch, batch.value()).front().number(0) > 0) {
        return;
    }
    const Outcome closed = set_batch_closed(tx, *stored, actor);
    if (!closed) {
        throw Failure(closed.error());
    }
}

Result<PrintBatch> find_batch(store::Tx& tx, std::string_view number) {
    const auto stored = find_stored_batch(tx, number);
    if (!stored) {
        return Error{
            ErrorKind::NotFound, "slips.batch_not_found", "There is no such print batch.", {}, {}};
    }
    return stored->batch;
}

PrintBatch get_batch(store::Tx& tx, PrintBatchId id) {
    const auto stored = first_batch(tx.query(kBatchById, id.value()));
    if (!stored) {
        throw_internal("slips.bad_row", "A slip is of a batch that is not stored.");
    }
    return stored->batch;
}

std::vector<Slip> slips_in_batch(store::Tx& tx, PrintBatchId batch) {
    return slips_of_batch(tx, batch, 0, kItemsPerBatchMax);
}

std::vector<PrintBatch> list_batches(store::Tx& tx, std::int64_t after, int count_max) {
    std::vector<PrintBatch> batches;
    for (const store::Row& row : tx.query(kBatchPage, after, count_max)) {
        batches.push_back(read_batch(row).batch);
    }
    return batches;
}

}  // namespace sealdesk::slips
