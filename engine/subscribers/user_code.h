#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/result.h"
#include "base/secret.h"
#include "store/tx.h"

namespace sealdesk::subscribers {

/// Where a user code stands. Stored as text.
enum class UserCodeState {
    Active,
    Locked,  ///< too many wrong codes; only the counter helps (M 4.4.7)
};
[[nodiscard]] std::string_view to_text(UserCodeState state);

/// 用戶代碼 of a subscriber (M 4.1.1.1): it authenticates holds, releases and acceptance.
struct UserCode {
    SubscriberId subscriber;
    UserCodeState state;
    std::string verifier;
    bool preset;   ///< made from registry data: the subscriber must change it first (M 4.3.2)
    int failures;  ///< consecutive wrong codes
    std::int64_t generation;
};

[[nodiscard]] std::optional<UserCode> user_code_of(store::Tx& tx, SubscriberId subscriber);

/// Puts a code in force, in place of the one before and of its strikes: the code on an approved
/// form (M 4.1.1.1), the new one at the counter (M 4.4.7), or a preset one (M 4.1.1.2, M 4.3.2).
/// `verifier` is crypto::make_verifier of it.
void set_user_code(store::Tx& tx, SubscriberId subscriber, std::string_view verifier,
                   bool preset = false);

/// What a try came to.
enum class CodeTry {
    Accepted,
    MustChange,  ///< right, but preset: change_user_code() first
    Wrong,
    Locked,
};

/// Checks a code and counts strikes in the caller's transaction; `strikes_max` consecutive wrong
/// ones lock it. Failure user_code.changed_meanwhile when another try was faster.
CodeTry try_user_code(store::Tx& tx, const UserCode& seen, const Secret& code, int strikes_max);

/// Replaces the code after a right try. Refused: user_code.locked, user_code.unchanged;
/// Conflict: user_code.changed_meanwhile.
Outcome change_user_code(store::Tx& tx, const UserCode& seen, const Secret& fresh);

}  // namespace sealdesk::subscribers
