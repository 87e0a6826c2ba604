#include "requests/keying_store.h"

#include <algorithm>

#include "store/bulk.h"

namespace sealdesk::requests {
namespace {

constexpr std::string_view kInsertKeyings =
    "INSERT INTO request_keying (id, request_id, field, state, first_by, changed_at) VALUES";

constexpr std::string_view kKeyingsOfRequest = R"sql(
    SELECT id, request_id, field, state, first_by, second_by, second_value, settled_by
    FROM request_keying
    WHERE request_id = ?
    ORDER BY id
)sql";

constexpr std::string_view kRequestsWithKeying = R"sql(
    SELECT DISTINCT request_id
    FROM request_keying
    WHERE state = ? AND request_id > ?
    ORDER BY request_id
    LIMIT ?
)sql";

constexpr std::string_view kSaveKeying = R"sql(
    UPDATE request_keying
    SET state = ?, first_by = ?, second_by = ?, second_value = ?, settled_by = ?, changed_at = ?
    WHERE id = ? AND state = ?
)sql";

KeyingState to_keying_state(const std::string& text) {
    for (const KeyingState state :
         {KeyingState::Open, KeyingState::Same, KeyingState::Differs, KeyingState::Settled}) {
        if (to_text(state) == text) {
            return state;
        }
    }
    throw_internal("keying.unknown_state", "A keying is in a state this program lacks.");
}

std::optional<std::string> or_nothing(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

void insert_keyings(store::Tx& tx, const std::vector<Keying>& fresh) {
    std::vector<store::Value> values;
    for (const Keying& one : fresh) {
        for (store::Value value : std::initializer_list<store::Value>{
                 one.id, one.request.value(), one.field, std::string(to_text(one.state)),
                 one.first_by, to_stored(tx.now())}) {
            values.push_back(std::move(value));
        }
    }
    store::insert_rows(tx, kInsertKeyings, 6, values);
}

std::vector<Keying> keyings_of(store::Tx& tx, RequestId request) {
    std::vector<Keying> keyings;
    for (const store::Row& row : tx.query(kKeyingsOfRequest, request.value())) {
        keyings.push_back({row.number(0), RequestId(row.number(1)), row.text(2),
                           to_keying_state(row.text(3)), row.text(4),
                           row.text_or_null(5).value_or(""), row.text_or_null(6).value_or(""),
                           row.text_or_null(7).value_or("")});
    }
    return keyings;
}

std::vector<RequestId> requests_with_keying(store::Tx& tx, KeyingState state, std::int64_t after_id,
                                            int limit) {
    std::vector<RequestId> ids;
    for (const store::Row& row : tx.query(kRequestsWithKeying, to_text(state), after_id, limit)) {
        ids.emplace_back(row.number(0));
    }
    return ids;
}

bool save_keying(store::Tx& tx, const Keying& seen, const Keying& next) {
    const auto value =
        next.state == KeyingState::Differs ? std::optional(next.second_value) : std::nullopt;
    return tx.execute(kSaveKeying, to_text(next.state), next.first_by, or_nothing(next.second_by),
                      value, or_nothing(next.settled_by), tx.now(), seen.id,
                      to_text(seen.state)) == 1;
}

}  // namespace sealdesk::requests
