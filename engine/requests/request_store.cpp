#include "requests/request_store.h"

#include <algorithm>

#include "requests/keying_store.h"
#include "store/bulk.h"

namespace sealdesk::requests {
namespace {

constexpr std::string_view kRequestByNumber = R"sql(
    SELECT id, number, scheme, form, form_version, form_hash, record_number, applicant_kind,
           id_number, applicant_name, payload, findings, state, version, keyed_by, received_at,
           due_at, decided_at, closed_at
    FROM request
    WHERE number = ?
)sql";

constexpr std::string_view kRequestById = R"sql(
    SELECT id, number, scheme, form, form_version, form_hash, record_number, applicant_kind,
           id_number, applicant_name, payload, findings, state, version, keyed_by, received_at,
           due_at, decided_at, closed_at
    FROM request
    WHERE id = ?
)sql";

/// Requests looked at that bear one record number; more than one is ambiguous anyway.
constexpr std::int64_t kSameRecordMax = 20;

constexpr std::string_view kRequestsByRecord = R"sql(
    SELECT id, number, scheme, form, form_version, form_hash, record_number, applicant_kind,
           id_number, applicant_name, payload, findings, state, version, keyed_by, received_at,
           due_at, decided_at, closed_at
    FROM request
    WHERE record_number = ? AND scheme = ? AND form = ?
    ORDER BY id
    LIMIT ?
)sql";

constexpr std::string_view kRequestPage = R"sql(
    SELECT id, number, scheme, form, form_version, form_hash, record_number, applicant_kind,
           id_number, applicant_name, payload, findings, state, version, keyed_by, received_at,
           due_at, decided_at, closed_at
    FROM request
    WHERE state = ? AND id > ?
    ORDER BY id
    LIMIT ?
)sql";

constexpr std::string_view kRequestsDecided = R"sql(
    SELECT id, number, scheme, form, form_version, form_hash, record_number, applicant_kind,
           id_number, applicant_name, payload, findings, state, version, keyed_by, received_at,
           due_at, decided_at, closed_at
    FROM request
    WHERE (decided_at > ? OR (decided_at = ? AND id > ?)) AND decided_at < ?
    ORDER BY decided_at, id
    LIMIT ?
)sql";

constexpr std::string_view kRequestsByDue = R"sql(
    SELECT id, number, scheme, form, form_version, form_hash, record_number, applicant_kind,
           id_number, applicant_name, payload, findings, state, version, keyed_by, received_at,
           due_at, decided_at, closed_at
    FROM request
    WHERE state = ? AND due_at <= ?
    ORDER BY due_at, id
    LIMIT ?
)sql";

constexpr std::string_view kRequestsUndue = R"sql(
    SELECT id, number, scheme, form, form_version, form_hash, record_number, applicant_kind,
           id_number, applicant_name, payload, findings, state, version, keyed_by, received_at,
           due_at, decided_at, closed_at
    FROM request
    WHERE state = ? AND due_at IS NULL
    ORDER BY id
    LIMIT ?
)sql";

constexpr std::string_view kChecksOfRequest = R"sql(
    SELECT id, request_id, kind, state, officer, note, figures, payload_hash, times_reopened,
           changed_at
    FROM request_check
    WHERE request_id = ?
    ORDER BY id
)sql";

constexpr std::string_view kOpenChecks = R"sql(
    SELECT request_id
    FROM request_check
    WHERE state = 'open' AND kind = ? AND request_id > ?
    ORDER BY request_id
    LIMIT ?
)sql";

constexpr std::string_view kScansOfRequest = R"sql(
    SELECT role, sha256, file_name
    FROM request_scan
    WHERE request_id = ? AND current = 1
    ORDER BY id
)sql";

constexpr std::string_view kSaveRequestState = R"sql(
    UPDATE request
    SET state = ?, version = version + 1, open_key = CASE WHEN ? = 1 THEN NULL ELSE open_key END,
        due_at = ?, decided_at = ?, closed_at = ?
    WHERE id = ? AND version = ?
)sql";

constexpr std::string_view kSaveRequestPayload = R"sql(
    UPDATE request
    SET state = ?, version = version + 1, payload = ?, findings = ?, applicant_name = ?,
        applicant_kind = ?, id_number = ?, open_key = ?, due_at = ?
    WHERE id = ? AND version = ?
)sql";

constexpr std::string_view kSaveCheck = R"sql(
    UPDATE request_check
    SET state = ?, officer = ?, note = ?, figures = ?, payload_hash = ?, changed_at = ?
    WHERE id = ?
)sql";

constexpr std::string_view kReopenChecks = R"sql(
    UPDATE request_check
    SET state = 'open', officer = NULL, note = '', figures = '{}', payload_hash = '',
        times_reopened = times_reopened + 1, changed_at = ?
    WHERE request_id = ? AND state <> 'open'
)sql";

constexpr std::string_view kRetireScan = R"sql(
    UPDATE request_scan
    SET current = 0
    WHERE request_id = ? AND role = ? AND current = 1
)sql";

constexpr std::string_view kInsertScan = R"sql(
    INSERT INTO request_scan (id, request_id, role, sha256, file_name, current, added_at)
    VALUES (?, ?, ?, ?, ?, 1, ?)
)sql";

constexpr std::string_view kEarlierOpen = R"sql(
    SELECT number
    FROM request
    WHERE open_key >= ? AND open_key < ? AND id < ?
    ORDER BY id
    LIMIT 1
)sql";

constexpr std::string_view kCountRequests = R"sql(
    SELECT state, COUNT(*)
    FROM request
    GROUP BY state
)sql";

Request read_request(const store::Row& row) {
    return {.id = RequestId(row.number(0)),
            .number = row.text(1),
            .scheme = row.text(2),
            .form = row.text(3),
            .form_version = row.text(4),
            .form_hash = row.text(5),
            .record = row.text_or_null(6).value_or(""),
            .applicant_kind = row.text(7),
            .id_number = row.text(8),
            .applicant_name = row.text(9),
            .payload = row.text(10),
            .findings = row.text(11),
            .state = to_state(row.text(12)),
            .version = row.number(13),
            .keyed_by = row.text(14),
            .received_at = row.instant(15),
            .due_at = row.instant_or_null(16),
            .decided_at = row.instant_or_null(17),
            .closed_at = row.instant_or_null(18)};
}

CheckState to_check_state(const std::string& text) {
    for (const CheckState state : {CheckState::Open, CheckState::Passed, CheckState::Failed}) {
        if (to_text(state) == text) {
            return state;
        }
    }
    throw_internal("check.unknown_state", "A check is in a state this program lacks.");
}

/// Rows for one store::insert_rows call, one value after another.
struct Rows {
    std::vector<store::Value> values;

    void add(std::initializer_list<store::Value> row) {
        values.insert(values.end(), row.begin(), row.end());
    }
};

constexpr std::string_view kInsertRequests =
    "INSERT INTO request (id, number, scheme, form, form_version, form_hash, record_number, "
    "applicant_kind, id_number, applicant_name, payload, findings, state, version, open_key, "
    "keyed_by, received_at, due_at) VALUES";
constexpr std::string_view kInsertChecks =
    "INSERT INTO request_check (id, request_id, kind, state, officer, note, figures, "
    "payload_hash, times_reopened, changed_at) VALUES";
constexpr std::string_view kInsertScans =
    "INSERT INTO request_scan (id, request_id, role, sha256, file_name, current, added_at) VALUES";

store::Value or_null(const std::string& text) {
    return text.empty() ? store::Value{} : store::Value{text};
}

std::string key_of(const NewRequest& fresh) {
    const Request& r = fresh.request;
    const std::string key = open_key(r.scheme, r.form, r.id_number);
    return fresh.alone ? key : key + "/" + std::to_string(r.id.value());
}

}  // namespace

Error request_changed_meanwhile(const Request& seen) {
    return {ErrorKind::Conflict,
            "request.changed_meanwhile",
            "Somebody else changed the request at the same moment; look at it again.",
            seen.number,
            {}};
}

void insert_requests(store::Tx& tx, std::span<const NewRequest> fresh) {
    Rows requests;
    Rows checks;
    Rows scans;
    std::vector<Keying> keyings;
    const store::Value now = to_stored(tx.now());
    for (const NewRequest& one : fresh) {
        const Request& r = one.request;
        requests.add({r.id.value(), r.number, r.scheme, r.form, r.form_version, r.form_hash,
                      or_null(r.record), r.applicant_kind, r.id_number, r.applicant_name, r.payload,
                      r.findings, std::string(to_text(r.state)), r.version, key_of(one), r.keyed_by,
                      to_stored(r.received_at),
                      r.due_at ? store::Value{to_stored(*r.due_at)} : store::Value{}});
        for (const std::string& kind : one.check_kinds) {
            checks.add({tx.new_id(), r.id.value(), kind, std::string("open"), store::Value{},
                        std::string(), std::string("{}"), std::string(), std::int64_t{0}, now});
        }
        for (const std::string& field : one.double_keyed) {
            keyings.push_back({tx.new_id(), r.id, field, KeyingState::Open, r.keyed_by});
        }
        for (const Scan& scan : one.scans) {
            scans.add({tx.new_id(), r.id.value(), scan.role, scan.sha256, scan.file_name,
                       std::int64_t{1}, now});
        }
    }
    store::insert_rows(tx, kInsertRequests, 18, requests.values);
    store::insert_rows(tx, kInsertChecks, 10, checks.values);
    store::insert_rows(tx, kInsertScans, 7, scans.values);
    insert_keyings(tx, keyings);
}

std::string open_key(std::string_view scheme, std::string_view form, std::string_view id_number) {
    return std::string(scheme) + "/" + std::string(form) + "/" + std::string(id_number);
}

std::map<std::string, OpenRequest, std::less<>> open_among(store::Tx& tx,
                                                           std::span<const std::string> keys) {
    std::map<std::string, OpenRequest, std::less<>> taken;
    if (keys.empty()) {
        return taken;
    }
    const std::string sql =
        "SELECT open_key, number, applicant_kind, applicant_name FROM request WHERE open_key IN " +
        store::placeholders(keys.size());
    const std::vector<store::Value> args(keys.begin(), keys.end());
    for (const store::Row& row : tx.query_list(sql, args)) {
        taken.emplace(row.text(0), OpenRequest{row.text(1), row.text(2), row.text(3)});
    }
    return taken;
}

std::string earlier_open(store::Tx& tx, const Request& request) {
    const std::string key = open_key(request.scheme, request.form, request.id_number);
    const auto rows = tx.query(kEarlierOpen, key + "/", key + "0", request.id.value());
    return rows.empty() ? "" : rows.front().text(0);  // "0" follows "/" in every collation we use
}

std::map<std::int64_t, std::string> numbers_of(store::Tx& tx, std::span<const RequestId> ids) {
    std::map<std::int64_t, std::string> numbers;
    if (ids.empty()) {
        return numbers;
    }
    const std::string sql =
        "SELECT id, number FROM request WHERE id IN " + store::placeholders(ids.size());
    std::vector<store::Value> args;
    for (const RequestId id : ids) {
        args.emplace_back(id.value());
    }
    for (const store::Row& row : tx.query_list(sql, args)) {
        numbers.emplace(row.number(0), row.text(1));
    }
    return numbers;
}

Result<Request> find_request(store::Tx& tx, std::string_view number) {
    const auto rows = tx.query(kRequestByNumber, number);
    if (rows.empty()) {
        return Error{ErrorKind::NotFound,
                     "request.not_found",
                     "There is no request with this number; check each digit.",
                     std::string(number),
                     {}};
    }
    return read_request(rows.front());
}

Request get_request(store::Tx& tx, RequestId id) {
    const auto rows = tx.query(kRequestById, id.value());
    if (rows.empty()) {
        throw_internal("request.missing", "A row refers to a request that does not exist.");
    }
    return read_request(rows.front());
}

std::vector<Check> checks_of(store::Tx& tx, RequestId id) {
    std::vector<Check> checks;
    for (const store::Row& row : tx.query(kChecksOfRequest, id.value())) {
        checks.push_back({row.number(0), RequestId(row.number(1)), row.text(2),
                          to_check_state(row.text(3)), row.text_or_null(4).value_or(""),
                          row.text(5), row.text(6), row.text(7), row.number(8), row.instant(9)});
    }
    return checks;
}

std::vector<Scan> scans_of(store::Tx& tx, RequestId id) {
    std::vector<Scan> scans;
    for (const store::Row& row : tx.query(kScansOfRequest, id.value())) {
        scans.push_back({row.text(0), row.text(1), row.text(2)});
    }
    return scans;
}

std::vector<Request> find_by_record(store::Tx& tx, std::string_view scheme, std::string_view form,
                                    std::string_view record) {
    std::vector<Request> found;
    for (const store::Row& row :
         tx.query(kRequestsByRecord, record, scheme, form, kSameRecordMax)) {
        found.push_back(read_request(row));
    }
    return found;
}

std::vector<Request> list_requests(store::Tx& tx, State state, std::int64_t after_id, int limit) {
    std::vector<Request> page;
    for (const store::Row& row : tx.query(kRequestPage, to_text(state), after_id, limit)) {
        page.push_back(read_request(row));
    }
    return page;
}

std::vector<Request> list_decided(store::Tx& tx, const DecidedPage& page) {
    std::vector<Request> decided;
    for (const store::Row& row :
         tx.query(kRequestsDecided, page.from, page.from, page.after_id, page.until, page.limit)) {
        decided.push_back(read_request(row));
    }
    return decided;
}

std::vector<Request> list_by_due(store::Tx& tx, State state, Instant until, int limit) {
    std::vector<Request> page;
    for (const store::Row& row : tx.query(kRequestsByDue, to_text(state), until, limit)) {
        page.push_back(read_request(row));
    }
    return page;
}

std::vector<Request> list_undue(store::Tx& tx, State state, int limit) {
    std::vector<Request> page;
    for (const store::Row& row : tx.query(kRequestsUndue, to_text(state), limit)) {
        page.push_back(read_request(row));
    }
    return page;
}

std::vector<RequestId> open_checks(store::Tx& tx, std::string_view kind, std::int64_t after_id,
                                   int limit) {
    std::vector<RequestId> queue;
    for (const store::Row& row : tx.query(kOpenChecks, kind, after_id, limit)) {
        queue.emplace_back(row.number(0));
    }
    return queue;
}

Outcome save_state(store::Tx& tx, const Request& seen, State next) {
    const bool decided = next == State::Approved || next == State::Rejected;
    const auto decided_at = decided ? std::optional(tx.now()) : seen.decided_at;
    const auto closed_at = is_closed(next) ? std::optional(tx.now()) : std::nullopt;
    const auto due_at = next == State::Returned ? std::nullopt : seen.due_at;  // the clock stands
    if (tx.execute(kSaveRequestState, to_text(next), is_closed(next) ? 1 : 0, due_at, decided_at,
                   closed_at, seen.id.value(), seen.version) == 0) {
        return request_changed_meanwhile(seen);
    }
    return done();
}

Outcome save_payload(store::Tx& tx, const Request& seen, State next, const Request& changed,
                     bool alone) {
    if (tx.execute(kSaveRequestPayload, to_text(next), changed.payload, changed.findings,
                   changed.applicant_name, changed.applicant_kind, changed.id_number,
                   key_of({changed, {}, {}, alone}), changed.due_at, seen.id.value(),
                   seen.version) == 0) {
        return request_changed_meanwhile(seen);
    }
    return done();
}

bool save_check(store::Tx& tx, const Check& check) {
    return tx.execute(kSaveCheck, to_text(check.state), check.officer, check.note, check.figures,
                      check.payload_hash, tx.now(), check.id) == 1;
}

void reopen_checks(store::Tx& tx, RequestId id) { tx.execute(kReopenChecks, tx.now(), id.value()); }

void replace_scan(store::Tx& tx, RequestId id, const Scan& scan) {
    tx.execute(kRetireScan, id.value(), scan.role);
    tx.execute(kInsertScan, tx.new_id(), id.value(), scan.role, scan.sha256, scan.file_name,
               tx.now());
}

std::map<std::string, std::int64_t> count_by_state(store::Tx& tx) {
    std::map<std::string, std::int64_t> counts;
    for (const store::Row& row : tx.query(kCountRequests)) {
        counts.emplace(row.text(0), row.number(1));
    }
    return counts;
}

}  // namespace sealdesk::requests
