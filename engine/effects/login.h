#pragma once

#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "store/tx.h"
#include "subscribers/account.h"

namespace sealdesk::effects {

/// A subscriber logs in at the website. Counts strikes and says what came of it; every attempt
/// that changes something is in the audit log. Refused: account.unknown.
[[nodiscard]] Result<subscribers::Login> log_in(store::Database& database, std::string_view name,
                                                const Secret& password, int strikes_max);

/// The forced change at the first login (T 4.3.2), or a later one: needs the password in force.
/// The slip that carried the first password is then used up. Refused: account.unknown,
/// account.wrong_password, account.suspended, account.password_unchanged, account.weak_password
/// (8 to 64 characters with letters and digits, not holding the account's name or a word, number
/// or date of the registration form; T 4.9.7 advises 6 at least and no personal data).
[[nodiscard]] Outcome change_password(store::Database& database, std::string_view name,
                                      const Secret& old_password, const Secret& fresh,
                                      int strikes_max);

}  // namespace sealdesk::effects
