#include <algorithm>
#include <array>

#include "base/numbering.h"
#include "crypto/verifier.h"
#include "store/counters.h"
#include "subscribers/account.h"
#include "subscribers/strikes.h"

namespace sealdesk::subscribers {
namespace {

constexpr std::array<std::string_view, 3> kAccountStates{"waiting", "active", "suspended"};

constexpr std::string_view kInsertAccount = R"sql(
    INSERT INTO account (id, subscriber_id, name, state, verifier, must_change, failures,
                         generation, created_at, changed_at)
    VALUES (?, ?, ?, 'waiting', NULL, 1, 0, 1, ?, ?)
)sql";

constexpr std::string_view kAccountOf = R"sql(
    SELECT id, subscriber_id, name, state, verifier, must_change, failures, generation
    FROM account
    WHERE subscriber_id = ?
)sql";

constexpr std::string_view kAccountByName = R"sql(
    SELECT id, subscriber_id, name, state, verifier, must_change, failures, generation
    FROM account
    WHERE name = ?
)sql";

constexpr std::string_view kAccountById = R"sql(
    SELECT id, subscriber_id, name, state, verifier, must_change, failures, generation
    FROM account
    WHERE id = ?
)sql";

constexpr std::string_view kAccountPage = R"sql(
    SELECT id, subscriber_id, name, state, verifier, must_change, failures, generation
    FROM account
    WHERE id > ?
    ORDER BY id
    LIMIT ?
)sql";

constexpr std::string_view kBeginReset = R"sql(
    UPDATE account
    SET state = 'waiting', verifier = NULL, must_change = 1, failures = 0,
        generation = generation + 1, changed_at = ?
    WHERE id = ? AND generation = ?
)sql";

constexpr std::string_view kActivateAccount = R"sql(
    UPDATE account
    SET state = 'active', verifier = ?, must_change = 1, failures = 0, changed_at = ?
    WHERE id = ? AND generation = ?
)sql";

constexpr std::string_view kCountStrike = R"sql(
    UPDATE account
    SET failures = ?, state = ?, changed_at = ?
    WHERE id = ? AND generation = ? AND failures = ? AND state = 'active'
)sql";

constexpr std::string_view kClearStrikes = R"sql(
    UPDATE account
    SET failures = 0, changed_at = ?
    WHERE id = ? AND generation = ? AND state = 'active'
)sql";

constexpr std::string_view kChangePassword = R"sql(
    UPDATE account
    SET verifier = ?, must_change = 0, failures = 0, changed_at = ?
    WHERE id = ? AND generation = ? AND state = 'active' AND verifier = ?
)sql";

AccountState to_account_state(const std::string& text) {
    const auto* const found = std::ranges::find(kAccountStates, text);
    if (found == kAccountStates.end()) {
        throw_internal("account.unknown_state", "An account is in a state this program lacks.");
    }
    return static_cast<AccountState>(found - kAccountStates.begin());
}

Account read_account(const store::Row& row) {
    return {AccountId(row.number(0)),
            SubscriberId(row.number(1)),
            row.text(2),
            to_account_state(row.text(3)),
            row.text_or_null(4),
            row.number(5) != 0,
            int(row.number(6)),
            row.number(7)};
}

std::optional<Account> first_account(const std::vector<store::Row>& rows) {
    if (rows.empty()) {
        return std::nullopt;
    }
    return read_account(rows.front());
}

Error changed_meanwhile() {
    return {ErrorKind::Conflict,
            "account.changed_meanwhile",
            "The account changed at the same moment; try again.",
            {},
            {}};
}

}  // namespace

std::string_view to_text(AccountState state) {
    return kAccountStates.at(static_cast<std::size_t>(state));
}

Account open_account(store::Tx& tx, SubscriberId subscriber, std::string_view name_prefix) {
    const std::int64_t sequence = store::take_numbers(tx, "account", 1);
    Account fresh{AccountId(tx.new_id()),
                  subscriber,
                  make_account_name(name_prefix, sequence),
                  AccountState::Waiting,
                  std::nullopt,
                  true,
                  0,
                  1};
    tx.execute(kInsertAccount, fresh.id.value(), subscriber.value(), fresh.name, tx.now(),
               tx.now());
    return fresh;
}

std::optional<Account> account_of(store::Tx& tx, SubscriberId subscriber) {
    return first_account(tx.query(kAccountOf, subscriber.value()));
}

std::optional<Account> find_account(store::Tx& tx, std::string_view name) {
    return first_account(tx.query(kAccountByName, name));
}

Account get_account(store::Tx& tx, AccountId id) {
    auto account = first_account(tx.query(kAccountById, id.value()));
    if (!account) {
        throw_internal("account.missing", "A row refers to an account that does not exist.");
    }
    return *std::move(account);
}

std::vector<Account> list_accounts(store::Tx& tx, std::int64_t after_id, int limit) {
    std::vector<Account> page;
    for (const store::Row& row : tx.query(kAccountPage, after_id, limit)) {
        page.push_back(read_account(row));
    }
    return page;
}

Account begin_reset(store::Tx& tx, const Account& seen) {
    if (tx.execute(kBeginReset, tx.now(), seen.id.value(), seen.generation) == 0) {
        throw Failure(changed_meanwhile());
    }
    return get_account(tx, seen.id);
}

Outcome activate(store::Tx& tx, AccountId id, std::int64_t generation, std::string_view verifier) {
    if (tx.execute(kActivateAccount, verifier, tx.now(), id.value(), generation) == 0) {
        return Error{ErrorKind::Conflict,
                     "account.other_generation",
                     "The account has moved on to another slip; this one is void.",
                     {},
                     "T 5.12"};
    }
    return done();
}

Login try_login(store::Tx& tx, const Account& account, const Secret& password, int strikes_max) {
    if (account.state == AccountState::Suspended) {
        return Login::Suspended;
    }
    if (account.state == AccountState::Waiting) {
        return Login::Waiting;
    }
    const Attempt attempt =
        try_secret(tx,
                   {kCountStrike, kClearStrikes, to_text(AccountState::Active),
                    to_text(AccountState::Suspended)},
                   {account.id.value(), account.generation, account.failures, *account.verifier},
                   password, strikes_max, changed_meanwhile());
    switch (attempt) {
        case Attempt::Right: return account.must_change ? Login::MustChange : Login::Accepted;
        case Attempt::Wrong: return Login::WrongPassword;
        case Attempt::Locked: return Login::Suspended;
    }
    check_failed("an attempt has an end", __FILE__, __LINE__);
}

Outcome change_password(store::Tx& tx, const Account& account, const Secret& fresh) {
    if (account.state != AccountState::Active) {
        return Error{ErrorKind::Refused,
                     "account.not_active",
                     "The account is not active; a password cannot be changed.",
                     {},
                     "T 4.1.2"};
    }
    if (crypto::verifies(*account.verifier, fresh)) {
        return Error{ErrorKind::Refused,
                     "account.password_unchanged",
                     "The new password is the old one; choose another.",
                     {},
                     "T 4.3.2"};
    }
    if (tx.execute(kChangePassword, crypto::make_verifier(fresh, tx.random()), tx.now(),
                   account.id.value(), account.generation, *account.verifier) == 0) {
        return changed_meanwhile();
    }
    return done();
}

}  // namespace sealdesk::subscribers
