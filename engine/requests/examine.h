#pragma once

#include <string>
#include <string_view>

#include "requests/office.h"

namespace sealdesk::requests {

/// The result of one examination, as an officer gives it.
struct Finding {
    std::string check;  ///< kind of check, as the form names it
    bool passed;
    std::string note;     ///< free words; may be empty when passed, never when failed
    std::string officer;  ///< login of who examined
};

/// Records a check's result with what was looked at: the payload's hash and, for the seal, the
/// figures. When it was the last open one, the request waits for its decision. Refused:
/// check.unknown, check.note_missing, check.payload_changed (edited meanwhile: look again), what
/// seal_figures() refuses, and the refusals of decide_transition().
[[nodiscard]] Result<State> examine(const Office& office, std::string_view number,
                                    const Finding& finding);

/// A correction of one or more fields (label, alias or key → new value), or of a scan, already
/// validated by intake: the request gets a new payload and every check is open again (T 5.1.2;
/// an officer never signs what nobody has examined). On a returned request this is the
/// resubmission (補正), and the promise's clock goes on (deadlines.h). An edit keeps the promise,
/// unless it changes the way of delivery that the promise depends on. A field that is keyed twice
/// waits for its second keying again when it was changed.
struct Amendment {
    std::string payload;   ///< canonical JSON of all normalised fields
    std::string findings;  ///< JSON list
    std::string applicant_name;
    std::string applicant_kind;
    std::vector<Scan> scans;     ///< replaced ones only
    std::string by;              ///< login of who keyed it
    std::string id_number = {};  ///< another one, when a settled keying says so; empty: unchanged
    std::string settles = {};    ///< the double-keyed field that this amendment settles
};

[[nodiscard]] Result<State> amend(const Office& office, std::string_view number,
                                  const Amendment& amendment);
/// The same in the caller's transaction.
[[nodiscard]] Result<State> amend(store::Tx& tx, const Office& office, std::string_view number,
                                  const Amendment& amendment);

}  // namespace sealdesk::requests
