#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "requests/office.h"

namespace sealdesk::requests {

/// The second keying: fields that a form's `double_keyed` names are keyed again by another person,
/// who does not see the first keying. Nothing is decided before both agree or a third person has
/// settled the difference (the transition table).

/// A request with fields that wait. Who asks never sees a value here.
struct KeyingTask {
    Request request;
    std::vector<Keying> fields;  ///< those in the state that was asked for
};
[[nodiscard]] std::vector<KeyingTask> keying_tasks(store::Tx& tx, KeyingState state,
                                                   std::int64_t after_id, int limit);

/// A request's values as they may be shown: those that still wait for their second keying are
/// covered, so that it stays blind.
[[nodiscard]] scheme::Values shown_values(const Request& request,
                                          const std::vector<Keying>& keyings);
inline constexpr std::string_view kCovered = "（待第二人鍵入 to be keyed twice）";

/// Field key → text, as keyed.
using Keyed = std::map<std::string, std::string>;

/// Takes the second keying of every field that waits, all at once. Each text is read by the rules
/// of the form and compared with the first keying; equal is done, a difference waits to be
/// settled. Returns the fields that differ. Refused: keying.none, keying.same_person (four eyes),
/// keying.fields (other fields than those that wait), keying.invalid (the text breaks a rule of its
/// field), request.not_now (the request is decided, or with the applicant).
[[nodiscard]] Result<std::vector<std::string>> key_again(const Office& office,
                                                         std::string_view number,
                                                         const Keyed& keyed, const std::string& by);

/// A difference as a third person sees it; looking is an audit event. Refused: keying.none,
/// keying.third_person (who keyed it once does not settle it).
struct Difference {
    std::string field;
    std::string first;
    std::string second;
};
[[nodiscard]] Result<Difference> look_at_difference(const Office& office, std::string_view number,
                                                    const std::string& field,
                                                    const std::string& by);

/// What a difference is settled with: one of the keyings, or a text of its own from the paper.
enum class Settlement { First, Second, Own };

/// Settles a difference. Another value than the first goes through every rule of the form and of
/// the register, and the checks are open again. Refused: keying.none, keying.third_person,
/// edit.invalid, and what decide_transition() refuses.
[[nodiscard]] Result<State> settle_keying(const Office& office, std::string_view number,
                                          const std::string& field, Settlement with,
                                          const std::string& own_text, const std::string& by);

}  // namespace sealdesk::requests
