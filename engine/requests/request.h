#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"

namespace sealdesk::requests {

/// Where a request stands. Stored as text (see to_text), never as a number.
enum class State {
    Received,   ///< 審驗中: at least one check is open
    Examined,   ///< 待核定: every check has a result; a second person decides
    Returned,   ///< 補正中: with the applicant, the clock stands
    Approved,   ///< 已核准: its effects are being carried out
    Completed,  ///< 結案: everything that follows from it is done and acknowledged
    Rejected,   ///< 駁回
    Withdrawn,  ///< 撤回 by the applicant
};
inline constexpr int kStateCount = 7;

/// What can happen to a request.
enum class Event {
    CheckRecorded,      ///< a check got its result, others are still open
    LastCheckRecorded,  ///< no check is open any more
    Edited,             ///< a field or scan changed; checks that looked at it are open again
    Return,             ///< 補正: back to the applicant with reasons
    Resubmitted,        ///< the applicant's correction came in
    Approve,
    Reject,
    Withdraw,
    Settled,  ///< every effect done, every slip acknowledged
    Lapse,    ///< 補正期限 passed without a correction
};
inline constexpr int kEventCount = 10;

[[nodiscard]] std::string_view to_text(State state);
[[nodiscard]] std::string_view to_chinese(State state);
[[nodiscard]] std::string_view to_text(Event event);
/// Failure request.unknown_state when the stored text is not one of ours.
[[nodiscard]] State to_state(std::string_view text);
[[nodiscard]] constexpr bool is_closed(State state) {
    return state == State::Completed || state == State::Rejected || state == State::Withdrawn;
}

/// 申請案. The payload is canonical JSON, keys sorted, of the normalised form fields.
struct Request {
    RequestId id;
    std::string number;  ///< such as "R115-000042-7"
    std::string scheme;
    std::string form;
    std::string form_version;
    std::string form_hash;  ///< SHA-256 of the form definition it was received under
    std::string record;     ///< the paper's own number (收件編號); may be empty
    std::string applicant_kind;
    std::string id_number;
    std::string applicant_name;
    std::string payload;
    std::string findings;  ///< JSON list for the examiner
    State state;
    std::int64_t version;  ///< grows by one with every saved change; detects lost updates
    std::string keyed_by;
    Instant received_at;
    std::optional<Instant> due_at;
    std::optional<Instant> decided_at;
    std::optional<Instant> closed_at;
};

/// One examination inside a request.
enum class CheckState { Open, Passed, Failed };
[[nodiscard]] std::string_view to_text(CheckState state);

struct Check {
    std::int64_t id;
    RequestId request;
    std::string kind;  ///< "seal", "documents", … as the form names it
    CheckState state;
    std::string officer;  ///< who examined; empty while open
    std::string note;
    std::string figures;       ///< JSON object; seal figures as the officer saw them
    std::string payload_hash;  ///< of what was examined; empty while open
    std::int64_t times_reopened;
    Instant changed_at;
};

/// A field that a second person keys without seeing the first keying, where the form asks for it.
enum class KeyingState {
    Open,     ///< waits for the second person
    Same,     ///< both keyed the same
    Differs,  ///< waits for a third person to settle it
    Settled,
};
[[nodiscard]] std::string_view to_text(KeyingState state);

struct Keying {
    std::int64_t id;
    RequestId request;
    std::string field;
    KeyingState state;
    std::string first_by;           ///< who keyed the value that the request has
    std::string second_by = {};     ///< empty while open
    std::string second_value = {};  ///< only while it differs (M 2.8.1: not kept longer)
    std::string settled_by = {};    ///< who also is `first_by` when the text was his own
};

/// An image filed with a request.
struct Scan {
    std::string role;    ///< the form field it belongs to
    std::string sha256;  ///< its name in the desk's files
    std::string file_name;
};

}  // namespace sealdesk::requests
