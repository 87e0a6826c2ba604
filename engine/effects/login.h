#pragma once

#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "requests/office.h"
#include "subscribers/account.h"
#include "subscribers/subscriber.h"

namespace sealdesk::effects {

/// How many wrong passwords the account's scheme allows (T 4.1.2). Error: account.unknown.
[[nodiscard]] Result<int> strikes_for(const requests::Office& office, std::string_view account);

/// A subscriber logs in at the website. Counts strikes and says what came of it; every attempt
/// that changes something is in the audit log. Refused: account.unknown.
[[nodiscard]] Result<subscribers::Login> log_in(store::Database& database, std::string_view name,
                                                const Secret& password, int strikes_max);

/// 8 to 64 bytes with a letter and a digit: what any password that a subscriber chooses has (as a
/// PFX password, T 4.12.1; longer ones are no stronger behind three strikes).
[[nodiscard]] bool is_choosable(const Secret& password);

/// The forced change at the first login (T 4.3.2), or a later one: needs the password in force.
/// The slip that carried the first password is then used up. Refused: account.unknown,
/// account.wrong_password, account.suspended, account.password_unchanged, account.weak_password
/// (8 to 64 characters with letters and digits, not holding the account's name or a word, number
/// or date of the registration form; T 4.9.7 advises 6 at least and no personal data).
[[nodiscard]] Outcome change_password(store::Database& database, std::string_view name,
                                      const Secret& old_password, const Secret& fresh,
                                      int strikes_max);

/// A subscriber who has come in; only enter() makes one.
class Visitor {
public:
    [[nodiscard]] const subscribers::Account& account() const { return account_; }
    [[nodiscard]] const subscribers::Subscriber& subscriber() const { return subscriber_; }
    [[nodiscard]] const scheme::Scheme& scheme() const { return scheme_; }
    [[nodiscard]] std::string actor() const { return "account:" + account_.name; }

private:
    friend Result<Visitor> enter(const requests::Office& office, std::string_view account,
                                 const Secret& password);
    Visitor(subscribers::Account account, subscribers::Subscriber subscriber,
            const scheme::Scheme& scheme)
        : account_(std::move(account)), subscriber_(std::move(subscriber)), scheme_(scheme) {}

    subscribers::Account account_;
    subscribers::Subscriber subscriber_;
    const scheme::Scheme& scheme_;
};

/// Lets a subscriber in to what the website offers: log_in(), and the password must be its own
/// (T 4.3.2: the one on the slip is changed first). Refused: account.unknown,
/// account.wrong_password, account.suspended, account.waiting, account.must_change.
[[nodiscard]] Result<Visitor> enter(const requests::Office& office, std::string_view account,
                                    const Secret& password);

}  // namespace sealdesk::effects
