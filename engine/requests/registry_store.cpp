#include "requests/registry_store.h"

#include <algorithm>
#include <array>

#include "intake/evaluate.h"
#include "store/bulk.h"

namespace sealdesk::requests {
namespace {

constexpr std::array<std::string_view, 5> kFates{"not_ours", "no_effect", "refused", "duplicate",
                                                 "proposal"};
constexpr std::array<std::string_view, 5> kFatesChinese{"非本中心用戶", "不影響憑證", "退件",
                                                        "重複", "待確認"};

constexpr std::string_view kRegistryBatchByNumber = R"sql(
    SELECT id, number, scheme, form, file_name, file_sha256, encoding, imported_by, started_at,
           finished_at, last_row, rows_read, rows_not_ours
    FROM registry_batch
    WHERE number = ?
)sql";

constexpr std::string_view kRegistryBatchOfFile = R"sql(
    SELECT id, number, scheme, form, file_name, file_sha256, encoding, imported_by, started_at,
           finished_at, last_row, rows_read, rows_not_ours
    FROM registry_batch
    WHERE file_sha256 = ? AND scheme = ? AND form = ?
)sql";

constexpr std::string_view kRegistryBatchPage = R"sql(
    SELECT id, number, scheme, form, file_name, file_sha256, encoding, imported_by, started_at,
           finished_at, last_row, rows_read, rows_not_ours
    FROM registry_batch
    WHERE id > ?
    ORDER BY id
    LIMIT ?
)sql";

constexpr std::string_view kInsertRegistryBatch = R"sql(
    INSERT INTO registry_batch (id, number, scheme, form, file_name, file_sha256, encoding,
                                imported_by, started_at, finished_at, last_row, rows_read,
                                rows_not_ours)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 0, 0, 0)
)sql";

constexpr std::string_view kAdvanceRegistryBatch = R"sql(
    UPDATE registry_batch
    SET last_row = ?, rows_read = rows_read + ?, rows_not_ours = rows_not_ours + ?
    WHERE id = ? AND last_row = ? AND finished_at IS NULL
)sql";

constexpr std::string_view kFinishRegistryBatch = R"sql(
    UPDATE registry_batch
    SET finished_at = ?
    WHERE id = ? AND finished_at IS NULL
)sql";

constexpr std::string_view kInsertRegistryRows =
    "INSERT INTO registry_row (id, batch_id, row_no, fate, record_number, id_number, row_key, "
    "request_id, duplicate_of, reasons, filed_at) VALUES";

constexpr std::string_view kRowsOfRegistryBatch = R"sql(
    SELECT row_no, fate, record_number, id_number, row_key, request_id, duplicate_of, reasons
    FROM registry_row
    WHERE batch_id = ? AND row_no > ?
    ORDER BY row_no
    LIMIT ?
)sql";

constexpr std::string_view kFatesOfRegistryBatch = R"sql(
    SELECT fate, COUNT(*)
    FROM registry_row
    WHERE batch_id = ?
    GROUP BY fate
)sql";

constexpr std::string_view kSumOfRegistryBatches = R"sql(
    SELECT COALESCE(SUM(rows_read), 0), COALESCE(SUM(rows_not_ours), 0)
    FROM registry_batch
)sql";

constexpr std::string_view kCountRegistryRows = R"sql(
    SELECT r.fate, CASE WHEN q.closed_at IS NULL THEN 0 ELSE 1 END, COUNT(*)
    FROM registry_row r LEFT JOIN request q ON q.id = r.request_id
    GROUP BY r.fate, CASE WHEN q.closed_at IS NULL THEN 0 ELSE 1 END
)sql";

RowFate row_fate_from(const std::string& text) {
    const auto* const found = std::ranges::find(kFates, text);
    if (found == kFates.end()) {
        throw_internal("registry.unknown_fate", "A row ended in a way this program lacks.");
    }
    return static_cast<RowFate>(found - kFates.begin());
}

RegistryBatch read_registry_batch(const store::Row& row) {
    return {.id = RegistryBatchId(row.number(0)),
            .number = row.text(1),
            .scheme = row.text(2),
            .form = row.text(3),
            .file_name = row.text(4),
            .file_sha256 = row.text(5),
            .encoding = row.text(6),
            .imported_by = row.text(7),
            .started_at = row.instant(8),
            .finished_at = row.instant_or_null(9),
            .last_row = row.number(10),
            .rows_read = row.number(11),
            .rows_not_ours = row.number(12)};
}

store::Value text_or_null(const std::string& text) {
    return text.empty() ? store::Value{} : store::Value{text};
}

}  // namespace

std::string_view to_text(RowFate fate) { return kFates.at(static_cast<std::size_t>(fate)); }
std::string_view to_chinese(RowFate fate) {
    return kFatesChinese.at(static_cast<std::size_t>(fate));
}

Result<RegistryBatch> find_registry_batch(store::Tx& tx, std::string_view number) {
    const auto rows = tx.query(kRegistryBatchByNumber, number);
    if (rows.empty()) {
        return Error{ErrorKind::NotFound,
                     "registry.no_batch",
                     "There is no batch with this number; `sealdesk registry list` shows them.",
                     std::string(number),
                     {}};
    }
    return read_registry_batch(rows.front());
}

std::optional<RegistryBatch> registry_batch_of_file(store::Tx& tx, std::string_view sha256,
                                                    std::string_view scheme,
                                                    std::string_view form) {
    const auto rows = tx.query(kRegistryBatchOfFile, sha256, scheme, form);
    return rows.empty() ? std::nullopt : std::optional(read_registry_batch(rows.front()));
}

std::vector<RegistryBatch> list_registry_batches(store::Tx& tx, std::int64_t after, int limit) {
    std::vector<RegistryBatch> page;
    for (const store::Row& row : tx.query(kRegistryBatchPage, after, limit)) {
        page.push_back(read_registry_batch(row));
    }
    return page;
}

void insert_registry_batch(store::Tx& tx, const RegistryBatch& batch) {
    tx.execute(kInsertRegistryBatch, batch.id.value(), batch.number, batch.scheme, batch.form,
               batch.file_name, batch.file_sha256, batch.encoding, batch.imported_by,
               batch.started_at);
}

bool advance_registry_batch(store::Tx& tx, const RegistryBatch& seen, std::int64_t last_row,
                            std::int64_t rows_read, std::int64_t rows_not_ours) {
    return tx.execute(kAdvanceRegistryBatch, last_row, rows_read, rows_not_ours, seen.id.value(),
                      seen.last_row) == 1;
}

void finish_registry_batch(store::Tx& tx, RegistryBatchId batch) {
    tx.execute(kFinishRegistryBatch, tx.now(), batch.value());
}

void insert_registry_rows(store::Tx& tx, RegistryBatchId batch, std::span<const RegistryRow> rows) {
    std::vector<store::Value> values;
    const store::Value now = to_stored(tx.now());
    for (const RegistryRow& row : rows) {
        const std::initializer_list<store::Value> one{
            tx.new_id(),
            batch.value(),
            row.row_number,
            std::string(to_text(row.fate)),
            row.record_number,
            row.id_number,
            text_or_null(row.row_key),
            row.request ? store::Value{row.request->value()} : store::Value{},
            row.duplicate_of,
            intake::reasons_to_json(row.reasons),
            now};
        values.insert(values.end(), one.begin(), one.end());
    }
    store::insert_rows(tx, kInsertRegistryRows, 11, values);
}

std::map<std::string, std::string> filed_row_keys(store::Tx& tx,
                                                  std::span<const std::string> keys) {
    std::map<std::string, std::string> filed;
    if (keys.empty()) {
        return filed;
    }
    const std::string sql =
        "SELECT r.row_key, COALESCE(q.number, b.number) FROM registry_row r "
        "JOIN registry_batch b ON b.id = r.batch_id LEFT JOIN request q ON q.id = r.request_id "
        "WHERE r.row_key IN " +
        store::placeholders(keys.size());
    const std::vector<store::Value> args(keys.begin(), keys.end());
    for (const store::Row& row : tx.query_list(sql, args)) {
        filed.emplace(row.text(0), row.text(1));
    }
    return filed;
}

std::vector<RegistryRow> rows_of_batch(store::Tx& tx, RegistryBatchId batch, std::int64_t after_row,
                                       int limit) {
    std::vector<RegistryRow> page;
    for (const store::Row& row : tx.query(kRowsOfRegistryBatch, batch.value(), after_row, limit)) {
        const auto request = row.number_or_null(5);
        page.push_back({row.number(0), row_fate_from(row.text(1)), row.text(2), row.text(3),
                        row.text_or_null(4).value_or(""),
                        request ? std::optional(RequestId(*request)) : std::nullopt, row.text(6),
                        intake::reasons_from_json(row.text(7))});
    }
    return page;
}

std::map<RowFate, std::int64_t> count_rows(store::Tx& tx, const RegistryBatch& batch) {
    std::map<RowFate, std::int64_t> counts{{RowFate::NotOurs, batch.rows_not_ours}};
    for (const store::Row& row : tx.query(kFatesOfRegistryBatch, batch.id.value())) {
        counts[row_fate_from(row.text(0))] = row.number(1);
    }
    return counts;
}

RegistryCounts count_registry(store::Tx& tx) {
    const store::Row sums = tx.query(kSumOfRegistryBatches).front();
    RegistryCounts counts{sums.number(0), sums.number(1), 0, 0};
    for (const store::Row& row : tx.query(kCountRegistryRows)) {
        const bool proposal = row_fate_from(row.text(0)) == RowFate::Proposal;
        const bool closed = row.number(1) == 1;
        (proposal && !closed ? counts.open : counts.ended) += row.number(2);
        counts.proposals += proposal ? row.number(2) : 0;
    }
    return counts;
}

}  // namespace sealdesk::requests
