#include "subscribers/token_step.h"

#include "audit/log.h"
#include "queue/queue.h"
#include "subscribers/certificate.h"
#include "subscribers/hold.h"

namespace sealdesk::subscribers {
namespace {

constexpr std::string_view kMoveToken = R"sql(
    UPDATE subscriber_token
    SET state = ?, primary_key = ?, changed_at = ?
    WHERE id = ? AND state = ?
)sql";

constexpr std::string_view kStepsOfToken = R"sql(
    SELECT step_no, event, from_state, state, actor, reason, taken_at
    FROM token_step
    WHERE token_id = ?
    ORDER BY step_no
)sql";

constexpr std::string_view kCountTokenSteps = R"sql(
    SELECT COUNT(*)
    FROM token_step
    WHERE token_id = ?
)sql";

constexpr std::string_view kInsertTokenStep = R"sql(
    INSERT INTO token_step (token_id, step_no, event, from_state, state, actor, reason, taken_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
)sql";

Error cannot_move(const Token& token, TokenEvent event) {
    const std::string possible = possible_from(token.state);
    const std::string state(to_text(token.state));
    return {ErrorKind::Refused, "token.cannot_move",
            "Not possible while the token is " + state + ": " + std::string(to_text(event)) +
                (possible.empty() ? "; nothing leads out of there."
                                  : "; possible is: " + possible + "."),
            token.name() + " (" + state + ": " + possible + ")", "M 4.2.1"};
}

/// The state, the step and the audit event; the step's number.
Result<std::int64_t> record_step(store::Tx& tx, const Token& seen, const Transition& taken,
                                 const StepBy& by) {
    if (tx.execute(kMoveToken, to_text(taken.to), primary_key_of(seen, taken.to), tx.now(),
                   seen.id.value(), to_text(seen.state)) == 0) {
        return token_changed_meanwhile(seen);
    }
    const std::int64_t number = tx.query(kCountTokenSteps, seen.id.value()).front().number(0) + 1;
    tx.execute(kInsertTokenStep, seen.id.value(), number, to_text(taken.event), to_text(taken.from),
               to_text(taken.to), by.actor, by.reason, tx.now());
    audit::append(tx, {"token." + std::string(to_text(taken.to)),
                       by.actor,
                       "token:" + std::to_string(seen.id.value()),
                       {{"event", to_text(taken.event)}, {"from", to_text(taken.from)}}});
    return number;
}

bool has_counter_hold(store::Tx& tx, CertificateId certificate) {
    return std::ranges::count(open_holds(tx, certificate), HoldSource::Counter) > 0;
}

/// Opens or closes the counter's holds; a job brings the CA into line when that changed anything.
void move_counter_holds(store::Tx& tx, const Token& token, bool open, const std::string& actor) {
    bool changed = false;
    for (const Certificate& one : living_in(tx, token)) {
        if (has_counter_hold(tx, one.id) == open) {
            continue;
        }
        changed = true;
        static_cast<void>(open ? open_hold(tx, one.id, HoldSource::Counter, actor)
                               : close_hold(tx, one.id, HoldSource::Counter, actor));
    }
    if (changed) {
        queue::enqueue(tx, "certificate.holds", "holds:" + std::to_string(tx.new_id()),
                       token.subscriber.value(), tx.now());
    }
}

void carry_out(store::Tx& tx, const Token& token, const Transition& taken, std::int64_t number,
               const std::string& actor) {
    switch (taken.certificates) {
        case OnCertificates::Nothing: return;
        case OnCertificates::Hold: return move_counter_holds(tx, token, true, actor);
        case OnCertificates::Release: return move_counter_holds(tx, token, false, actor);
        case OnCertificates::Revoke:
            if (!living_in(tx, token).empty()) {
                queue::enqueue(tx, kRevokeTokenJob,
                               std::to_string(token.id.value()) + "/" + std::to_string(number),
                               token.id.value(), tx.now());
            }
    }
}

}  // namespace

Result<TokenState> take_step(store::Tx& tx, const Token& seen, TokenEvent event, const StepBy& by) {
    const Transition* taken = find_transition(seen.state, event);
    if (taken == nullptr) {
        return cannot_move(seen, event);
    }
    const auto number = record_step(tx, seen, *taken, by);
    if (!number) {
        return number.error();
    }
    carry_out(tx, seen, *taken, *number, by.actor);
    return taken->to;
}

Result<std::vector<Token>> follow_counter_holds(store::Tx& tx, SubscriberId subscriber,
                                                const StepBy& by) {
    std::vector<Token> resumed;
    for (Token& token : tokens_of(tx, subscriber)) {
        const auto living = living_in(tx, token);
        const bool all_held = std::ranges::all_of(
            living, [&](const Certificate& one) { return has_counter_hold(tx, one.id); });
        const TokenEvent event = all_held ? TokenEvent::Suspend : TokenEvent::Resume;
        const Transition* taken = find_transition(token.state, event);
        if (living.empty() || taken == nullptr) {
            continue;
        }
        const auto recorded = record_step(tx, token, *taken, by);
        if (!recorded) {
            return recorded.error();
        }
        token.state = taken->to;
        if (event == TokenEvent::Resume) {
            resumed.push_back(std::move(token));
        }
    }
    return resumed;
}

std::vector<TakenStep> steps_of(store::Tx& tx, TokenId token) {
    std::vector<TakenStep> steps;
    for (const store::Row& row : tx.query(kStepsOfToken, token.value())) {
        const auto event = token_event_from(row.text(1));
        const auto from = token_state_from(row.text(2));
        const auto to = token_state_from(row.text(3));
        SEALDESK_CHECK(event && from && to);  // only record_step() writes them
        steps.push_back(
            {row.number(0), *event, *from, *to, row.text(4), row.text(5), row.instant(6)});
    }
    return steps;
}

}  // namespace sealdesk::subscribers
