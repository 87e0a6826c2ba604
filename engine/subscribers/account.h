#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/secret.h"
#include "store/tx.h"

namespace sealdesk::subscribers {

/// Where a website account stands. Stored as text.
enum class AccountState {
    Waiting,    ///< a slip with its password is being made; nobody can log in
    Active,     ///< a verifier is stored
    Suspended,  ///< too many wrong passwords; only a reset form helps (T 4.1.2)
};
[[nodiscard]] std::string_view to_text(AccountState state);

/// 憑證作業網站帳號.
struct Account {
    AccountId id;
    SubscriberId subscriber;
    std::string name;
    AccountState state;
    std::optional<std::string> verifier;
    bool must_change;         ///< the next login must set a new password (T 4.3.2)
    int failures;             ///< consecutive wrong passwords
    std::int64_t generation;  ///< of the password; a slip of an older generation is void
};

/// Makes the account of a subscriber, waiting for its first slip. Names are the scheme's prefix,
/// a running number and a check digit; never made from the subscriber's data.
Account open_account(store::Tx& tx, SubscriberId subscriber, std::string_view name_prefix);

[[nodiscard]] std::optional<Account> account_of(store::Tx& tx, SubscriberId subscriber);
[[nodiscard]] std::optional<Account> find_account(store::Tx& tx, std::string_view name);
[[nodiscard]] Account get_account(store::Tx& tx, AccountId id);
[[nodiscard]] std::vector<Account> list_accounts(store::Tx& tx, std::int64_t after_id, int limit);

/// Kills the password in force at once and waits for a new slip (T 5.12): a new generation.
Account begin_reset(store::Tx& tx, const Account& seen);

/// Stores the verifier of the password that was just put on a slip; the account becomes active,
/// with no failures, and must change it at the first login. Refused (account.other_generation)
/// when the account has moved on to another slip meanwhile.
Outcome activate(store::Tx& tx, AccountId id, std::int64_t generation, std::string_view verifier);

/// What a login attempt came to.
enum class Login { Accepted, MustChange, WrongPassword, Suspended, Waiting };

/// Checks a password and counts strikes in the caller's transaction: at `strikes_max` consecutive
/// wrong ones the account is suspended (T 4.1.2: three). The count grows by an UPDATE that names
/// what it saw, so two attempts at once are two strikes.
Login try_login(store::Tx& tx, const Account& account, const Secret& password, int strikes_max);

/// Replaces the password after a correct login. Refused (account.password_unchanged) when it is
/// the old one again.
Outcome change_password(store::Tx& tx, const Account& account, const Secret& fresh);

}  // namespace sealdesk::subscribers
