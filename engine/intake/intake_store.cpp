#include "intake/intake_store.h"

#include <algorithm>
#include <utility>

#include "store/bulk.h"

namespace sealdesk::intake {

namespace {

constexpr std::string_view kFindBatchByFile = R"(
SELECT id FROM intake_batch WHERE file_sha256 = ? AND scheme = ? AND form = ?)";

constexpr std::string_view kInsertBatch = R"(
INSERT INTO intake_batch (id, file_name, file_sha256, scheme, form, form_version, encoding,
    started_at, finished_at, rows_accepted, rows_refused, rows_duplicate)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, 0, 0, 0))";

// A batch that goes on after a crash is finished when its last row is: the first end stands.
constexpr std::string_view kFinishBatch = R"(
UPDATE intake_batch SET finished_at = ? WHERE id = ? AND finished_at IS NULL)";

constexpr std::string_view kAddBatchRows = R"(
UPDATE intake_batch SET rows_accepted = rows_accepted + ?, rows_refused = rows_refused + ?,
    rows_duplicate = rows_duplicate + ?
WHERE id = ?)";

constexpr std::string_view kFindBatch = R"(
SELECT id, file_name, file_sha256, scheme, form, form_version, encoding, started_at, finished_at,
    rows_accepted, rows_refused, rows_duplicate
FROM intake_batch WHERE id = ?)";

constexpr std::string_view kListBatches = R"(
SELECT id, file_name, file_sha256, scheme, form, form_version, encoding, started_at, finished_at,
    rows_accepted, rows_refused, rows_duplicate
FROM intake_batch WHERE id > ? ORDER BY id LIMIT ?)";

constexpr std::string_view kFindSubmissions = R"(
SELECT row_key, id, fate, request_number, duplicate_of, reasons, batch_id, row_no
FROM submission WHERE row_key IN )";

constexpr std::string_view kInsertSubmissions = R"(
INSERT INTO submission (id, batch_id, row_no, record_number, row_key, fate, request_id,
    request_number, duplicate_of, reasons, payload, filed_at) VALUES)";
constexpr std::size_t kSubmissionColumns = 12;

constexpr std::string_view kInsertSubmissionScans = R"(
INSERT INTO submission_scan (submission_id, field, sha256, file_name) VALUES)";
constexpr std::size_t kSubmissionScanColumns = 4;

constexpr std::string_view kCountSubmissions = R"(
SELECT fate, COUNT(*) FROM submission WHERE filed_at >= ? AND filed_at < ? GROUP BY fate)";

constexpr std::string_view kFindRefusedFile = R"(
SELECT id FROM refused_file WHERE file_sha256 = ? AND code = ?)";

constexpr std::string_view kInsertRefusedFile = R"(
INSERT INTO refused_file (id, file_name, file_sha256, code, refused_at) VALUES (?, ?, ?, ?, ?))";

constexpr std::string_view kCountRefusedFiles = R"(
SELECT COUNT(*) FROM refused_file WHERE refused_at >= ? AND refused_at < ?)";

/// Keys asked for in one statement.
constexpr std::size_t kKeysPerQuery = 500;

FateKind fate_from(const std::string& text) {
    for (const FateKind fate : {FateKind::Accepted, FateKind::Refused, FateKind::Duplicate}) {
        if (name_of(fate) == text) {
            return fate;
        }
    }
    throw_internal("intake.unknown_fate", "a stored fate is none of the three");
}

Batch batch_from(const store::Row& row) {
    return {BatchId{row.number(0)},
            {row.text(1), row.text(2), row.text(3), row.text(4), row.text(5), row.text(6)},
            row.instant(7),
            row.instant_or_null(8),
            row.number(9),
            row.number(10),
            row.number(11)};
}

void append_submission(std::vector<store::Value>& values, const NewSubmission& row, Instant now) {
    values.insert(values.end(),
                  {row.id.value(), row.batch.value(), row.row_number, row.record_number,
                   row.row_key, std::string(name_of(row.fate)),
                   row.request ? store::Value(row.request->value()) : store::Value(),
                   row.request_number, row.duplicate_of, row.reasons, row.payload, to_stored(now)});
}

std::int64_t count_fate(std::span<const NewSubmission> submissions, FateKind fate) {
    return std::ranges::count(submissions, fate, &NewSubmission::fate);
}

}  // namespace

std::string_view name_of(FateKind fate) {
    switch (fate) {
        case FateKind::Accepted: return "accepted";
        case FateKind::Refused: return "refused";
        case FateKind::Duplicate: return "duplicate";
    }
    return {};
}

BatchId find_or_start_batch(store::Tx& tx, const NewBatch& batch) {
    const auto known = tx.query(kFindBatchByFile, batch.file_sha256, batch.scheme, batch.form);
    if (!known.empty()) {
        return BatchId{known.front().number(0)};
    }
    const std::int64_t id = tx.new_id();
    tx.execute(kInsertBatch, id, batch.file_name, batch.file_sha256, batch.scheme, batch.form,
               batch.form_version, batch.encoding, tx.now());
    return BatchId{id};
}

void finish_batch(store::Tx& tx, BatchId batch) {
    tx.execute(kFinishBatch, tx.now(), batch.value());
}

std::optional<Batch> find_batch(store::Tx& tx, BatchId batch) {
    const auto rows = tx.query(kFindBatch, batch.value());
    return rows.empty() ? std::nullopt : std::optional(batch_from(rows.front()));
}

std::vector<Batch> list_batches(store::Tx& tx, std::optional<BatchId> after, std::int64_t count) {
    std::vector<Batch> batches;
    for (const store::Row& row : tx.query(kListBatches, after ? after->value() : 0, count)) {
        batches.push_back(batch_from(row));
    }
    return batches;
}

std::map<std::string, KnownSubmission> find_submissions_by_key(store::Tx& tx,
                                                               std::span<const std::string> keys) {
    std::map<std::string, KnownSubmission> known;
    for (std::size_t begin = 0; begin < keys.size(); begin += kKeysPerQuery) {
        const auto some = keys.subspan(begin, std::min(kKeysPerQuery, keys.size() - begin));
        const std::string sql = std::string(kFindSubmissions) + store::placeholders(some.size());
        const std::vector<store::Value> args(some.begin(), some.end());
        for (const store::Row& row : tx.query_list(sql, args)) {
            known.emplace(row.text(0),
                          KnownSubmission{SubmissionId{row.number(1)}, fate_from(row.text(2)),
                                          row.text(3), row.text(4), reasons_from_json(row.text(5)),
                                          BatchId{row.number(6)}, row.number(7)});
        }
    }
    return known;
}

void save_submissions(store::Tx& tx, std::span<const NewSubmission> submissions) {
    if (submissions.empty()) {
        return;
    }
    std::vector<store::Value> rows;
    std::vector<store::Value> scans;
    rows.reserve(submissions.size() * kSubmissionColumns);
    for (const NewSubmission& submission : submissions) {
        SEALDESK_CHECK(submission.batch == submissions.front().batch);
        append_submission(rows, submission, tx.now());
        for (const Scan& scan : submission.scans) {
            scans.insert(scans.end(), {submission.id.value(), scan.field, scan.sha256, scan.name});
        }
    }
    store::insert_rows(tx, kInsertSubmissions, kSubmissionColumns, rows);
    if (!scans.empty()) {
        store::insert_rows(tx, kInsertSubmissionScans, kSubmissionScanColumns, scans);
    }
    tx.execute(kAddBatchRows, count_fate(submissions, FateKind::Accepted),
               count_fate(submissions, FateKind::Refused),
               count_fate(submissions, FateKind::Duplicate), submissions.front().batch.value());
}

bool note_refused_file(store::Tx& tx, const RefusedFile& file) {
    if (!tx.query(kFindRefusedFile, file.file_sha256, file.code).empty()) {
        return false;
    }
    tx.execute(kInsertRefusedFile, tx.new_id(), file.file_name, file.file_sha256, file.code,
               tx.now());
    return true;
}

std::int64_t count_refused_files(store::Tx& tx, Instant from, Instant until) {
    return tx.query(kCountRefusedFiles, from, until).front().number(0);
}

FateCounts count_submissions(store::Tx& tx, Instant from, Instant until) {
    FateCounts counts;
    for (const store::Row& row : tx.query(kCountSubmissions, from, until)) {
        switch (fate_from(row.text(0))) {
            case FateKind::Accepted: counts.accepted = row.number(1); break;
            case FateKind::Refused: counts.refused = row.number(1); break;
            case FateKind::Duplicate: counts.duplicate = row.number(1); break;
        }
    }
    return counts;
}

}  // namespace sealdesk::intake
