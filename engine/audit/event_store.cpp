#include "audit/event_store.h"

#include "base/error.h"
#include "store/bulk.h"

namespace sealdesk::audit {
namespace {

constexpr std::string_view kReadHead = R"sql(
    SELECT sequence, hash
    FROM audit_head
    WHERE id = 1
)sql";

constexpr std::string_view kMoveHead = R"sql(
    UPDATE audit_head
    SET sequence = sequence + ?
    WHERE id = 1
)sql";

constexpr std::string_view kInsertHead = R"sql(
    INSERT INTO audit_head (id, sequence, hash)
    VALUES (1, ?, ?)
)sql";

constexpr std::string_view kSetHeadHash = R"sql(
    UPDATE audit_head
    SET hash = ?
    WHERE id = 1
)sql";

constexpr std::string_view kInsertEvents = R"sql(
    INSERT INTO audit_event (sequence, at, kind, actor, subject, detail, hash)
    VALUES
)sql";
constexpr std::size_t kEventColumns = 7;

constexpr std::string_view kEventsAfter = R"sql(
    SELECT sequence, at, kind, actor, subject, detail, hash
    FROM audit_event
    WHERE sequence > ?
    ORDER BY sequence
    LIMIT ?
)sql";

constexpr std::string_view kEventsFiltered = R"sql(
    SELECT sequence, at, kind, actor, subject, detail, hash
    FROM audit_event
    WHERE sequence > ? AND at >= ? AND at < ? AND (? = '' OR kind = ?)
    ORDER BY sequence
    LIMIT ?
)sql";

constexpr std::string_view kEventsOfSubject = R"sql(
    SELECT sequence, at, kind, actor, subject, detail, hash
    FROM audit_event
    WHERE subject = ? AND sequence > ? AND at >= ? AND at < ? AND (? = '' OR kind = ?)
    ORDER BY sequence
    LIMIT ?
)sql";

constexpr std::string_view kEventsOfKind = R"sql(
    SELECT sequence, at, kind, actor, subject, detail, hash
    FROM audit_event
    WHERE kind = ? AND at >= ? AND at < ? AND (at > ? OR sequence > ?)
    ORDER BY at, sequence
    LIMIT ?
)sql";

constexpr std::string_view kLastCheckpoint = R"sql(
    SELECT number, sequence, document, signature
    FROM audit_checkpoint
    ORDER BY number DESC
    LIMIT 1
)sql";

constexpr std::string_view kCheckpointsAfter = R"sql(
    SELECT number, sequence, document, signature
    FROM audit_checkpoint
    WHERE number > ?
    ORDER BY number
    LIMIT ?
)sql";

constexpr std::string_view kInsertCheckpoint = R"sql(
    INSERT INTO audit_checkpoint (number, sequence, document, signature)
    VALUES (?, ?, ?, ?)
)sql";

std::vector<Record> to_records(const std::vector<store::Row>& rows) {
    std::vector<Record> records;
    records.reserve(rows.size());
    for (const store::Row& row : rows) {
        records.push_back({row.number(0), row.number(1), row.text(2), row.text(3), row.text(4),
                           row.text(5), row.text(6)});
    }
    return records;
}

StoredCheckpoint to_checkpoint(const store::Row& row) {
    return {row.number(0), row.number(1), row.text(2), row.bytes(3)};
}

/// The head as it was before it moved; nothing when there is none. The update comes first: it takes
/// the row's lock, so what is read next stays true.
std::optional<Head> move_head(store::Tx& tx, std::int64_t count) {
    if (tx.execute(kMoveHead, count) != 1) {
        return std::nullopt;
    }
    Head head = read_head(tx);
    head.sequence -= count;
    return head;
}

}  // namespace

Head read_head(store::Tx& tx) {
    const auto rows = tx.query(kReadHead);
    return rows.empty() ? Head{} : Head{rows[0].number(0), rows[0].text(1)};
}

Head take_head(store::Tx& tx, std::int64_t count) {
    auto head = move_head(tx, count);
    if (head) {
        return *head;
    }
    if (tx.query(kEventsAfter, 0, 1).empty()) {
        // The very first append. Two at once meet at the primary key, and one is repeated.
        tx.execute(kInsertHead, count, kChainStart);
        return {};
    }
    // Another worker's first append was committed after we had looked for the head; if not, the
    // head is lost.
    head = move_head(tx, count);
    if (!head) {
        throw_internal("audit.head_missing",
                       "The audit log has events but no head; run `sealdesk audit verify` and "
                       "call the auditor.");
    }
    return *head;
}

void set_head_hash(store::Tx& tx, std::string_view hash) { tx.execute(kSetHeadHash, hash); }

void insert_records(store::Tx& tx, std::span<const Record> records) {
    std::vector<store::Value> values;
    values.reserve(records.size() * kEventColumns);
    for (const Record& record : records) {
        values.emplace_back(record.sequence);
        values.emplace_back(record.at);
        values.emplace_back(record.kind);
        values.emplace_back(record.actor);
        values.emplace_back(record.subject);
        values.emplace_back(record.detail);
        values.emplace_back(record.hash);
    }
    store::insert_rows(tx, kInsertEvents, kEventColumns, values);
}

std::vector<Record> records_after(store::Tx& tx, std::int64_t sequence, std::int64_t limit) {
    return to_records(tx.query(kEventsAfter, sequence, limit));
}

std::vector<Record> filtered_records_after(store::Tx& tx, const ExportFilter& filter,
                                           std::int64_t sequence, std::int64_t limit) {
    const Instant from = filter.from.value_or(from_stored(INT64_MIN));
    const Instant to = filter.to.value_or(from_stored(INT64_MAX));
    if (filter.subject.empty()) {
        return to_records(
            tx.query(kEventsFiltered, sequence, from, to, filter.kind, filter.kind, limit));
    }
    return to_records(tx.query(kEventsOfSubject, filter.subject, sequence, from, to, filter.kind,
                               filter.kind, limit));
}

std::vector<Record> events_of_kind(store::Tx& tx, std::string_view kind, const TimeSpan& span,
                                   std::int64_t after, std::int64_t limit) {
    return to_records(
        tx.query(kEventsOfKind, kind, span.from, span.until, span.from, after, limit));
}

std::optional<StoredCheckpoint> last_checkpoint(store::Tx& tx) {
    const auto rows = tx.query(kLastCheckpoint);
    return rows.empty() ? std::nullopt : std::optional(to_checkpoint(rows[0]));
}

std::vector<StoredCheckpoint> checkpoints_after(store::Tx& tx, std::int64_t number,
                                                std::int64_t limit) {
    std::vector<StoredCheckpoint> checkpoints;
    for (const store::Row& row : tx.query(kCheckpointsAfter, number, limit)) {
        checkpoints.push_back(to_checkpoint(row));
    }
    return checkpoints;
}

void insert_checkpoint(store::Tx& tx, const StoredCheckpoint& checkpoint) {
    tx.execute(kInsertCheckpoint, checkpoint.number, checkpoint.sequence, checkpoint.document,
               store::Blob{checkpoint.signature});
}

}  // namespace sealdesk::audit
