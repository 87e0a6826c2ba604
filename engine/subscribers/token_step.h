#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "subscribers/token.h"

// How a token goes its way: the only thing that writes its state.
namespace sealdesk::subscribers {

/// Who, and of what a person does, why: at most 300 characters.
struct StepBy {
    std::string actor;
    std::string reason = {};
};

/// One step of a token's way.
struct TakenStep {
    std::int64_t number;  ///< from 1
    TokenEvent event;
    TokenState from;
    TokenState to;
    std::string actor;
    std::string reason;
    Instant at;
};

/// Job that revokes what is alive in a token after its last step; its subject is the token's id.
inline constexpr std::string_view kRevokeTokenJob = "certificate.revoke-token";

/// Takes the step that the table allows, in the caller's transaction: the state, the step, the
/// audit event, and what it does to the living certificates: holds of the counter opened or closed
/// and the job that asks the CA, or the job that revokes. Returns the state it came to. Refused
/// token.cannot_move, with what is possible; Conflict token.changed_meanwhile when somebody was
/// faster than `seen`.
Result<TokenState> take_step(store::Tx& tx, const Token& seen, TokenEvent event, const StepBy& by);

/// After a form has opened or closed the counter's holds of a subscriber: a token that has all its
/// living certificates held by the counter is suspended; one that has not, and was suspended or
/// lost, is resumed. Nothing more is done to certificates. Returns the resumed ones.
Result<std::vector<Token>> follow_counter_holds(store::Tx& tx, SubscriberId subscriber,
                                                const StepBy& by);

[[nodiscard]] std::vector<TakenStep> steps_of(store::Tx& tx, TokenId token);  ///< oldest first

}  // namespace sealdesk::subscribers
