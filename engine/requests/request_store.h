#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "requests/request.h"
#include "store/tx.h"

namespace sealdesk::requests {

/// Rows of a new request: itself, its checks (all open), its scans, and the fields that wait for a
/// second keying.
struct NewRequest {
    Request request;
    std::vector<std::string> check_kinds;
    std::vector<Scan> scans;
    bool alone = true;                    ///< no other open request of its form and number
    std::string user_code_verifier = {};  ///< of the user code on the form, if it has one
    std::vector<std::string> double_keyed = {};
};

/// Saves many at once with multi-row INSERTs. UNIQUE(open_key) decides when two counters receive
/// the same applicant's form at the same moment, where a rule allows one only.
void insert_requests(store::Tx& tx, std::span<const NewRequest> fresh);

/// The key that at most one open request may have. One that need not be alone adds a slash and its
/// id; earlier_open() finds those.
[[nodiscard]] std::string open_key(std::string_view scheme, std::string_view form,
                                   std::string_view id_number);

/// As much of an open request as intake asks about.
struct OpenRequest {
    std::string number;
    std::string applicant_kind;
    std::string applicant_name;
};

/// Which of these keys are taken, and by which open request.
[[nodiscard]] std::map<std::string, OpenRequest, std::less<>> open_among(
    store::Tx& tx, std::span<const std::string> keys);

/// Number of the oldest open request of the same form and applicant that came before this one, or
/// "": one that may be open at the same time.
[[nodiscard]] std::string earlier_open(store::Tx& tx, const Request& request);

/// The numbers of requests by the value of their id; at most 1,000 ids.
[[nodiscard]] std::map<std::int64_t, std::string> numbers_of(store::Tx& tx,
                                                             std::span<const RequestId> ids);

[[nodiscard]] Result<Request> find_request(store::Tx& tx, std::string_view number);
[[nodiscard]] Request get_request(store::Tx& tx, RequestId id);
[[nodiscard]] std::vector<Check> checks_of(store::Tx& tx, RequestId id);
[[nodiscard]] std::vector<Scan> scans_of(store::Tx& tx, RequestId id);  ///< the current ones

/// Those in one state that have a promised end by `until`, the nearest first.
[[nodiscard]] std::vector<Request> list_by_due(store::Tx& tx, State state, Instant until,
                                               int limit);

/// Those in one state without a promised end (with the applicant, ended), oldest first.
[[nodiscard]] std::vector<Request> list_undue(store::Tx& tx, State state, int limit);

/// Requests of a form with this record number (收件編號), oldest first; at most 20.
[[nodiscard]] std::vector<Request> find_by_record(store::Tx& tx, std::string_view scheme,
                                                  std::string_view form, std::string_view record);

/// A page of requests in one state, by key.
[[nodiscard]] std::vector<Request> list_requests(store::Tx& tx, State state, std::int64_t after_id,
                                                 int limit);

/// A page of requests by the time of their last decision: from `from` (there, after `after_id`) on,
/// before `until`.
struct DecidedPage {
    Instant from;
    std::int64_t after_id = 0;
    Instant until;
    int limit = 500;
};
[[nodiscard]] std::vector<Request> list_decided(store::Tx& tx, const DecidedPage& page);

/// Ids of requests with an open check of this kind: an officer's queue, oldest first.
[[nodiscard]] std::vector<RequestId> open_checks(store::Tx& tx, std::string_view kind,
                                                 std::int64_t after_id, int limit);

/// Error (Conflict) request.changed_meanwhile: the request is no longer as it was seen.
[[nodiscard]] Error request_changed_meanwhile(const Request& seen);

/// Moves a request that was seen in a certain version. Refused (request.changed_meanwhile) when
/// somebody else changed it first. Sets decided_at, closed_at, due_at and open_key as the new
/// state asks.
Outcome save_state(store::Tx& tx, const Request& seen, State next);

/// The same, with a new payload (an edit or a resubmission). `alone`: the form, as it is now,
/// allows one open request of its number.
Outcome save_payload(store::Tx& tx, const Request& seen, State next, const Request& changed,
                     bool alone);

/// Records the result of an open check; false when it was not open any more.
bool save_check(store::Tx& tx, const Check& check);

/// Opens every check again except those in `keep`.
void reopen_checks(store::Tx& tx, RequestId id);

/// Replaces the scan of one role.
void replace_scan(store::Tx& tx, RequestId id, const Scan& scan);

/// How many requests stand in each state; for the day report.
[[nodiscard]] std::map<std::string, std::int64_t> count_by_state(store::Tx& tx);

}  // namespace sealdesk::requests
