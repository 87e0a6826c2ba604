#include "requests/return_store.h"

namespace sealdesk::requests {
namespace {

constexpr std::string_view kInsertReturn = R"sql(
    INSERT INTO request_return (id, request_id, request_version, open_request, returned_at,
                                due_before, last_day, remind_at, close_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kOpenReturn = R"sql(
    SELECT id, request_id, request_version, returned_at, due_before, last_day, remind_at, close_at
    FROM request_return
    WHERE open_request = ?
)sql";

constexpr std::string_view kReturnDecidedOn = R"sql(
    SELECT id, request_id, request_version, returned_at, due_before, last_day, remind_at, close_at
    FROM request_return
    WHERE request_id = ? AND request_version = ?
)sql";

constexpr std::string_view kReturnsToRemind = R"sql(
    SELECT id, request_id, request_version, returned_at, due_before, last_day, remind_at, close_at
    FROM request_return
    WHERE remind_at <= ?
    ORDER BY remind_at, id
    LIMIT ?
)sql";

constexpr std::string_view kReturnsToClose = R"sql(
    SELECT id, request_id, request_version, returned_at, due_before, last_day, remind_at, close_at
    FROM request_return
    WHERE close_at <= ?
    ORDER BY close_at, id
    LIMIT ?
)sql";

constexpr std::string_view kLastResubmission = R"sql(
    SELECT MAX(ended_at)
    FROM request_return
    WHERE request_id = ? AND ending = 'resubmitted'
)sql";

constexpr std::string_view kEndReturn = R"sql(
    UPDATE request_return
    SET open_request = NULL, remind_at = NULL, close_at = NULL, ending = ?, ended_at = ?
    WHERE open_request = ?
)sql";

constexpr std::string_view kMarkReminded = R"sql(
    UPDATE request_return
    SET remind_at = NULL
    WHERE id = ? AND remind_at = ?
)sql";

Return read_return(const store::Row& row) {
    return {row.number(0),          RequestId(row.number(1)), row.number(2),
            row.instant(3),         row.instant_or_null(4),   row.instant_or_null(5),
            row.instant_or_null(6), row.instant_or_null(7)};
}

std::optional<Return> first_return(const std::vector<store::Row>& rows) {
    return rows.empty() ? std::nullopt : std::optional(read_return(rows.front()));
}

std::vector<Return> all_returns(const std::vector<store::Row>& rows) {
    std::vector<Return> returns;
    returns.reserve(rows.size());
    for (const store::Row& row : rows) {
        returns.push_back(read_return(row));
    }
    return returns;
}

}  // namespace

std::string Return::last_day_roc() const {
    return last_day ? to_roc_text(day_in_taipei(*last_day)) : "";
}
std::string Return::last_day_iso() const {
    return last_day ? to_iso_text(day_in_taipei(*last_day)) : "";
}

void insert_return(store::Tx& tx, const Return& fresh) {
    tx.execute(kInsertReturn, fresh.id, fresh.request.value(), fresh.request_version,
               fresh.request.value(), fresh.returned_at, fresh.due_before, fresh.last_day,
               fresh.remind_at, fresh.close_at);
}

std::optional<Return> open_return(store::Tx& tx, RequestId request) {
    return first_return(tx.query(kOpenReturn, request.value()));
}

std::optional<Return> return_decided_on(store::Tx& tx, RequestId request, std::int64_t version) {
    return first_return(tx.query(kReturnDecidedOn, request.value(), version));
}

std::optional<Instant> last_resubmission(store::Tx& tx, RequestId request) {
    return tx.query(kLastResubmission, request.value()).at(0).instant_or_null(0);
}

void end_return(store::Tx& tx, RequestId request, std::string_view ending) {
    tx.execute(kEndReturn, ending, tx.now(), request.value());
}

std::vector<Return> returns_to_remind(store::Tx& tx, int limit) {
    return all_returns(tx.query(kReturnsToRemind, tx.now(), limit));
}

std::vector<Return> returns_to_close(store::Tx& tx, int limit) {
    return all_returns(tx.query(kReturnsToClose, tx.now(), limit));
}

bool mark_reminded(store::Tx& tx, const Return& seen) {
    return tx.execute(kMarkReminded, seen.id, seen.remind_at) == 1;
}

}  // namespace sealdesk::requests
