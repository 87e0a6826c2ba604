#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "requests/request.h"
#include "store/tx.h"

namespace sealdesk::requests {

/// One stay of a form with its applicant (補正).
struct Return {
    std::int64_t id;
    RequestId request;
    std::int64_t request_version;  ///< the version that the return decided on
    Instant returned_at;
    std::optional<Instant> due_before;  ///< the promised end when the clock was stopped
    std::optional<Instant> last_day;    ///< its midnight in Taipei; none: no end
    std::optional<Instant> remind_at;   ///< none: no reminder, or it went out
    std::optional<Instant> close_at;    ///< none: no end, or over

    /// "115/12/26"; empty when there is no end.
    [[nodiscard]] std::string last_day_roc() const;
    [[nodiscard]] std::string last_day_iso() const;
};

void insert_return(store::Tx& tx, const Return& fresh);

/// The stay that lasts now.
[[nodiscard]] std::optional<Return> open_return(store::Tx& tx, RequestId request);

/// The stay that a decision began; none when that decision was no return.
[[nodiscard]] std::optional<Return> return_decided_on(store::Tx& tx, RequestId request,
                                                      std::int64_t version);

/// When the applicant's last correction came in; none when there was none.
[[nodiscard]] std::optional<Instant> last_resubmission(store::Tx& tx, RequestId request);

/// Ends the stay that lasts now, if one does: "resubmitted", "rejected", "withdrawn", "lapsed".
void end_return(store::Tx& tx, RequestId request, std::string_view ending);

/// Stays whose reminder, or whose closing, is due by now; oldest first, `limit` at most.
[[nodiscard]] std::vector<Return> returns_to_remind(store::Tx& tx, int limit);
[[nodiscard]] std::vector<Return> returns_to_close(store::Tx& tx, int limit);

/// The reminder is on its way; false when another worker was first.
bool mark_reminded(store::Tx& tx, const Return& seen);

}  // namespace sealdesk::requests
