#include "effects/login.h"

#include <algorithm>

#include "audit/log.h"
#include "effects/guessable.h"
#include "slips/slip.h"
#include "subscribers/subscriber.h"

namespace sealdesk::effects {
namespace {

using subscribers::Account;
using subscribers::Login;

constexpr std::size_t kChosenPasswordMin = 8;
constexpr std::size_t kChosenPasswordMax = 64;

Error unknown_account() {
    return {ErrorKind::NotFound, "account.unknown", "There is no such account.", {}, {}};
}

const scheme::Scheme& scheme_of_account(store::Tx& tx, const requests::Office& office,
                                        const Account& account) {
    const auto subscriber = subscribers::get_subscriber(tx, account.subscriber);
    const scheme::Scheme* scheme = scheme::find_scheme(office.schemes, subscriber.scheme);
    if (scheme == nullptr || !scheme->accounts) {
        throw_internal("request.no_form", "The account's scheme is not among the forms.");
    }
    return *scheme;
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

Outcome check_chosen(const std::vector<std::string>& known, const Secret& fresh) {
    if (!is_choosable(fresh) || holds_guessable(fresh, known)) {
        return Error{ErrorKind::Refused,
                     "account.weak_password",
                     "A password has 8 to 64 characters with letters and digits, and does not "
                     "hold the account's name or what stands on the registration form.",
                     {},
                     "T 4.9.7"};
    }
    return done();
}

Error login_error(std::string code, std::string detail, std::string rule) {
    return {ErrorKind::Refused, std::move(code), std::move(detail), {}, std::move(rule)};
}

/// Nothing when the password is right and the subscriber's own.
Outcome check_let_in(Login outcome) {
    switch (outcome) {
        case Login::Accepted: return done();
        case Login::MustChange:
            return login_error(
                "account.must_change",
                "The password on the slip is for the first login only; set a new one "
                "(`sealdesk account password`).",
                "T 4.3.2");
        case Login::WrongPassword:
            return login_error("account.wrong_password", "The password is wrong.", "T 4.1.2");
        case Login::Suspended:
            return login_error("account.suspended",
                               "Too many wrong passwords; only a password-reset form helps.",
                               "T 4.1.2");
        case Login::Waiting:
            return login_error("account.waiting",
                               "No password is in force: the slip with the new one is being made, "
                               "or the last one was voided and a password-reset form is needed.",
                               "T 5.12");
    }
    check_failed("a login has an end", __FILE__, __LINE__);
}

Result<Login> attempt(store::Tx& tx, const Account& account, const Secret& password,
                      int strikes_max) {
    const Login outcome = subscribers::try_login(tx, account, password, strikes_max);
    log_attempt(tx, account, outcome);
    return outcome;
}

}  // namespace

bool is_choosable(const Secret& password) {
    const std::string_view text = password.reveal();
    const bool has_letter = std::ranges::any_of(
        text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
    const bool has_digit = std::ranges::any_of(text, [](char c) { return c >= '0' && c <= '9'; });
    return text.size() >= kChosenPasswordMin && text.size() <= kChosenPasswordMax && has_letter &&
           has_digit;
}

Result<int> strikes_for(const requests::Office& office, std::string_view name) {
    return store::transact(office.database, "account.find", [&](store::Tx& tx) -> Result<int> {
        const auto account = subscribers::find_account(tx, name);
        if (!account) {
            return unknown_account();
        }
        return int(scheme_of_account(tx, office, *account).accounts->strikes);
    });
}

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
    if (*entered != Login::MustChange) {
        Outcome let_in = check_let_in(*entered);
        if (!let_in) {
            return let_in;
        }
    }
    return store::transact(database, "account.change", [&](store::Tx& tx) -> Outcome {
        const auto account = subscribers::find_account(tx, name);
        if (!account) {
            return unknown_account();
        }
        const auto strong =
            check_chosen(guessable(tx, account->subscriber, {account->name}), fresh);
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

Result<Visitor> enter(const requests::Office& office, std::string_view name,
                      const Secret& password) {
    const auto strikes = strikes_for(office, name);
    if (!strikes) {
        return strikes.error();
    }
    const auto login = log_in(office.database, name, password, *strikes);
    const Outcome let_in = login ? check_let_in(*login) : login.error();
    if (!let_in) {
        return let_in.error();
    }
    return store::transact(office.database, "account.enter", [&](store::Tx& tx) -> Result<Visitor> {
        auto account = subscribers::find_account(tx, name);
        if (!account) {
            return unknown_account();
        }
        auto subscriber = subscribers::get_subscriber(tx, account->subscriber);
        const scheme::Scheme& scheme = scheme_of_account(tx, office, *account);
        return Visitor(*std::move(account), std::move(subscriber), scheme);
    });
}

}  // namespace sealdesk::effects
