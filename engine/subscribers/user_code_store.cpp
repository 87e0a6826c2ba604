#include <algorithm>
#include <array>

#include "crypto/verifier.h"
#include "subscribers/strikes.h"
#include "subscribers/user_code.h"

namespace sealdesk::subscribers {
namespace {

constexpr std::array<std::string_view, 2> kUserCodeStates{"active", "locked"};

constexpr std::string_view kUserCodeOf = R"sql(
    SELECT state, verifier, preset, failures, generation
    FROM user_code
    WHERE subscriber_id = ?
)sql";

constexpr std::string_view kInsertUserCode = R"sql(
    INSERT INTO user_code (subscriber_id, state, verifier, preset, failures, generation, set_at,
                           changed_at)
    VALUES (?, 'active', ?, ?, 0, 1, ?, ?)
)sql";

constexpr std::string_view kReplaceUserCode = R"sql(
    UPDATE user_code
    SET state = 'active', verifier = ?, preset = ?, failures = 0, generation = generation + 1,
        set_at = ?, changed_at = ?
    WHERE subscriber_id = ? AND generation = ?
)sql";

constexpr std::string_view kCountWrongCode = R"sql(
    UPDATE user_code
    SET failures = ?, state = ?, changed_at = ?
    WHERE subscriber_id = ? AND generation = ? AND failures = ? AND state = 'active'
)sql";

constexpr std::string_view kClearWrongCodes = R"sql(
    UPDATE user_code
    SET failures = 0, changed_at = ?
    WHERE subscriber_id = ? AND generation = ? AND state = 'active'
)sql";

Error code_changed_meanwhile() {
    return {ErrorKind::Conflict,
            "user_code.changed_meanwhile",
            "The user code was tried or changed at the same moment; try again.",
            {},
            {}};
}

bool replace(store::Tx& tx, const UserCode& seen, std::string_view verifier, bool preset) {
    return tx.execute(kReplaceUserCode, verifier, preset ? 1 : 0, tx.now(), tx.now(),
                      seen.subscriber.value(), seen.generation) > 0;
}

}  // namespace

std::string_view to_text(UserCodeState state) {
    return kUserCodeStates.at(static_cast<std::size_t>(state));
}

std::optional<UserCode> user_code_of(store::Tx& tx, SubscriberId subscriber) {
    const auto rows = tx.query(kUserCodeOf, subscriber.value());
    if (rows.empty()) {
        return std::nullopt;
    }
    const store::Row& row = rows.front();
    const std::string& state = row.text(0);
    const auto* const found = std::ranges::find(kUserCodeStates, state);
    SEALDESK_CHECK(found != kUserCodeStates.end());  // the table allows no other
    return UserCode{subscriber,         static_cast<UserCodeState>(found - kUserCodeStates.begin()),
                    row.text(1),        row.number(2) != 0,
                    int(row.number(3)), row.number(4)};
}

void set_user_code(store::Tx& tx, SubscriberId subscriber, std::string_view verifier, bool preset) {
    const auto seen = user_code_of(tx, subscriber);
    if (!seen) {
        tx.execute(kInsertUserCode, subscriber.value(), verifier, preset ? 1 : 0, tx.now(),
                   tx.now());
    } else if (!replace(tx, *seen, verifier, preset)) {
        throw Failure(code_changed_meanwhile());
    }
}

CodeTry try_user_code(store::Tx& tx, const UserCode& seen, const Secret& code, int strikes_max) {
    if (seen.state == UserCodeState::Locked) {
        return CodeTry::Locked;
    }
    const Attempt attempt =
        try_secret(tx,
                   {kCountWrongCode, kClearWrongCodes, to_text(UserCodeState::Active),
                    to_text(UserCodeState::Locked)},
                   {seen.subscriber.value(), seen.generation, seen.failures, seen.verifier}, code,
                   strikes_max, code_changed_meanwhile());
    switch (attempt) {
        case Attempt::Right: return seen.preset ? CodeTry::MustChange : CodeTry::Accepted;
        case Attempt::Wrong: return CodeTry::Wrong;
        case Attempt::Locked: return CodeTry::Locked;
    }
    check_failed("an attempt has an end", __FILE__, __LINE__);
}

Outcome change_user_code(store::Tx& tx, const UserCode& seen, const Secret& fresh) {
    if (seen.state == UserCodeState::Locked) {
        return Error{ErrorKind::Refused,
                     "user_code.locked",
                     "The user code is locked after too many wrong tries; the counter resets it.",
                     {},
                     "M 4.4.7"};
    }
    if (crypto::verifies(seen.verifier, fresh)) {
        return Error{ErrorKind::Refused,
                     "user_code.unchanged",
                     "The new user code is the old one; choose another.",
                     {},
                     "M 4.3.2"};
    }
    if (!replace(tx, seen, crypto::make_verifier(fresh, tx.random()), false)) {
        return code_changed_meanwhile();
    }
    return done();
}

}  // namespace sealdesk::subscribers
