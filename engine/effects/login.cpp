#include "effects/login.h"

#include <algorithm>

#include "audit/log.h"
#include "slips/slip.h"

namespace sealdesk::effects {
namespace {

using subscribers::Account;
using subscribers::Login;

constexpr std::size_t kChosenPasswordMin = 8;  ///< as a PFX password (T 4.12.1)
constexpr std::size_t kChosenPasswordMax =
    64;  ///< longer ones are no stronger behind three strikes

Error unknown_account() {
    return {ErrorKind::NotFound, "account.unknown", "There is no such account.", {}, {}};
}

void log_attempt(store::Tx& tx, const Account& account, Login outcome) {
    const bool striking =
        outcome == Login::WrongPassword ||
        (outcome == Login::Suspended && account.state == subscribers::AccountState::Active);
    if (striking) {
        audit::append(tx, {outcome == Login::Suspended ? "account.suspended" : "account.strike",
                           "subscriber",
                           "account:" + account.name,
                           {{"failures", account.failures + 1}}});
    }
}

Outcome check_chosen(const Account& account, const Secret& fresh) {
    const std::string_view text = fresh.reveal();
    const bool has_letter = std::ranges::any_of(
        text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
    const bool has_digit = std::ranges::any_of(text, [](char c) { return c >= '0' && c <= '9'; });
    const bool holds_name = text.find(account.name) != std::string_view::npos;
    if (text.size() < kChosenPasswordMin || text.size() > kChosenPasswordMax || !has_letter ||
        !has_digit || holds_name) {
        return Error{ErrorKind::Refused,
                     "account.weak_password",
                     "A password has 8 to 64 characters with letters and digits, and does not "
                     "hold the account's name.",
                     {},
                     "T 4.9.7"};
    }
    return done();
}

Error login_refused(Login outcome) {
    if (outcome == Login::Suspended) {
        return {ErrorKind::Refused,
                "account.suspended",
                "Too many wrong passwords; only a password-reset form helps.",
                {},
                "T 4.1.2"};
    }
    return {ErrorKind::Refused, "account.wrong_password", "The password is wrong.", {}, "T 4.1.2"};
}

Result<Login> attempt(store::Tx& tx, const Account& account, const Secret& password,
                      int strikes_max) {
    const Login outcome = subscribers::try_login(tx, account, password, strikes_max);
    log_attempt(tx, account, outcome);
    return outcome;
}

}  // namespace

Result<Login> log_in(store::Database& database, std::string_view name, const Secret& password,
                     int strikes_max) {
    return store::transact(database, "account.login", [&](store::Tx& tx) -> Result<Login> {
        const auto account = subscribers::find_account(tx, name);
        if (!account) {
            return unknown_account();
        }
        return attempt(tx, *account, password, strikes_max);
    });
}

Outcome change_password(store::Database& database, std::string_view name,
                        const Secret& old_password, const Secret& fresh, int strikes_max) {
    const auto entered = log_in(database, name, old_password, strikes_max);  // strikes count
    if (!entered) {
        return entered.error();
    }
    if (*entered != Login::Accepted && *entered != Login::MustChange) {
        return login_refused(*entered);
    }
    return store::transact(database, "account.change", [&](store::Tx& tx) -> Outcome {
        const auto account = subscribers::find_account(tx, name);
        if (!account) {
            return unknown_account();
        }
        const auto strong = check_chosen(*account, fresh);
        if (!strong) {
            return strong.error();
        }
        const auto changed = subscribers::change_password(tx, *account, fresh);
        if (!changed) {
            return changed.error();
        }
        slips::mark_used(tx, account->id, account->generation);
        audit::append(tx, {"account.password_changed",
                           "subscriber",
                           "account:" + account->name,
                           {{"generation", account->generation}}});
        return done();
    });
}

}  // namespace sealdesk::effects
