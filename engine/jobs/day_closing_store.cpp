#include "jobs/day_closing_store.h"

namespace sealdesk::jobs {
namespace {

constexpr std::string_view kLastClosing = R"sql(
    SELECT number, day, difference, document, signature
    FROM day_closing
    ORDER BY number DESC
    LIMIT 1
)sql";

constexpr std::string_view kClosingOfDay = R"sql(
    SELECT number, day, difference, document, signature
    FROM day_closing
    WHERE day = ?
)sql";

constexpr std::string_view kClosingsAfter = R"sql(
    SELECT number, day, difference, document, signature
    FROM day_closing
    WHERE number > ?
    ORDER BY number
    LIMIT ?
)sql";

constexpr std::string_view kInsertClosing = R"sql(
    INSERT INTO day_closing (number, day, difference, document, signature, closed_at)
    VALUES (?, ?, ?, ?, ?, ?)
)sql";

StoredClosing read_closing(const store::Row& row) {
    return {row.number(0), row.text(1), row.number(2), row.text(3), row.bytes(4)};
}

std::optional<StoredClosing> only(const std::vector<store::Row>& rows) {
    return rows.empty() ? std::nullopt : std::optional(read_closing(rows.front()));
}

}  // namespace

std::optional<StoredClosing> last_closing(store::Tx& tx) { return only(tx.query(kLastClosing)); }

std::optional<StoredClosing> closing_of(store::Tx& tx, std::string_view day) {
    return only(tx.query(kClosingOfDay, day));
}

std::vector<StoredClosing> closings_after(store::Tx& tx, std::int64_t number, std::int64_t limit) {
    std::vector<StoredClosing> closings;
    for (const store::Row& row : tx.query(kClosingsAfter, number, limit)) {
        closings.push_back(read_closing(row));
    }
    return closings;
}

void insert_closing(store::Tx& tx, const StoredClosing& closing) {
    tx.execute(kInsertClosing, closing.number, closing.day, closing.difference, closing.document,
               store::Blob{closing.signature}, tx.now());
}

}  // namespace sealdesk::jobs
