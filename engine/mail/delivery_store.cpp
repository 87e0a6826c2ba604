#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/process_name.h"
#include "base/text.h"
#include "mail/delivery.h"
#include "mail/outbox_events.h"
#include "mail/pace.h"
#include "store/bulk.h"

namespace sealdesk::mail {
namespace {

/// Candidates looked at for one block: with eight times the block two senders seldom meet.
constexpr int kCandidatesPerPlace = 8;

/// Held rows read at once in the search for dead senders.
constexpr int kHeldPage = 500;

constexpr std::string_view kFindHeld = R"(
    SELECT id, state, owner, token, lease_until, doubts
    FROM mail_outbox
    WHERE state = ? AND id > ?
    ORDER BY id
    LIMIT ?)";

constexpr std::string_view kPutBack = R"(
    UPDATE mail_outbox
    SET state = ?, failure = ?, doubts = doubts + ?, attempts = attempts + 1, next_at = ?,
        owner = NULL, token = NULL, lease_until = NULL, changed_at = ?
    WHERE id = ? AND token = ? AND state = ? AND withdrawn = 0)";

constexpr std::string_view kPutBackWithdrawn = R"(
    UPDATE mail_outbox
    SET state = 'superseded', doubts = doubts + ?, attempts = attempts + 1,
        owner = NULL, token = NULL, lease_until = NULL, changed_at = ?, settled_at = ?
    WHERE id = ? AND token = ? AND state = ? AND withdrawn = 1)";

// A clock that was set back must not park mails for longer than any pause of ours.
constexpr std::string_view kPullForward = R"(
    UPDATE mail_outbox
    SET next_at = ?
    WHERE state = ? AND next_at > ?)";

constexpr std::string_view kFindDue = R"(
    SELECT id, body_size, next_at, recipient
    FROM mail_outbox
    WHERE state = ? AND next_at <= ?
    ORDER BY next_at
    LIMIT ?)";

// Followed by the list of ids.
constexpr std::string_view kTakeDue = R"(
    UPDATE mail_outbox
    SET state = 'sending', owner = ?, token = ?, lease_until = ?, next_at = NULL, changed_at = ?
    WHERE state IN ('queued', 'deferred', 'indoubt') AND next_at <= ? AND id IN )";

constexpr std::string_view kReadTaken = R"(
    SELECT outbox.id, outbox.attempts, outbox.doubts, outbox.give_up_at, outbox.envelope_from,
           outbox.recipient, outbox.body_sha256, body.bytes
    FROM mail_outbox AS outbox
    LEFT JOIN mail_body AS body ON body.mail_id = outbox.id
    WHERE outbox.token = ? AND outbox.id IN )";

constexpr std::string_view kMarkDot = R"(
    UPDATE mail_outbox
    SET state = 'dot', lease_until = ?, changed_at = ?
    WHERE id = ? AND token = ? AND withdrawn = 0 AND state IN ('sending', 'dot'))";

constexpr std::string_view kFindWithdrawn = R"(
    SELECT withdrawn
    FROM mail_outbox
    WHERE id = ? AND token = ?)";

constexpr std::string_view kSettle = R"(
    UPDATE mail_outbox
    SET state = ?, failure = ?, attempts = ?, doubts = ?, next_at = ?, owner = NULL, token = NULL,
        lease_until = NULL, last_code = ?, last_reply = ?, changed_at = ?, settled_at = ?
    WHERE id = ? AND token = ? AND state IN ('sending', 'dot'))";

constexpr std::string_view kSettleLate = R"(
    UPDATE mail_outbox
    SET state = 'sent', failure = '', next_at = NULL, last_code = ?, last_reply = ?,
        changed_at = ?, settled_at = ?
    WHERE id = ? AND state = 'indoubt')";

constexpr std::string_view kFindState = R"(
    SELECT state
    FROM mail_outbox
    WHERE id = ?)";

constexpr std::string_view kRelease = R"(
    UPDATE mail_outbox
    SET state = 'queued', next_at = ?, owner = NULL, token = NULL, lease_until = NULL,
        changed_at = ?
    WHERE id = ? AND token = ? AND state = 'sending' AND withdrawn = 0)";

constexpr std::string_view kReleaseWithdrawn = R"(
    UPDATE mail_outbox
    SET state = 'superseded', owner = NULL, token = NULL, lease_until = NULL, changed_at = ?,
        settled_at = ?
    WHERE id = ? AND token = ? AND state = 'sending' AND withdrawn = 1)";

constexpr std::array<State, 3> kWaitingStates{State::Queued, State::Deferred, State::InDoubt};

struct HeldRow {
    MailId id;
    State state;
    std::string owner;
    std::int64_t token;
    Instant lease_until;
    int doubts;
};

struct DueRow {
    std::int64_t id;
    std::int64_t size;
    std::int64_t next_at;
    std::string recipient;
};

// "5.1.1", or "550" when the server gave no enhanced code.
std::string reason_text(const Reply& reply) {
    return reply.enhanced.empty() ? std::to_string(reply.code) : reply.enhanced;
}

void put_back_withdrawn(store::Tx& tx, const HeldRow& row) {
    const int doubt = row.state == State::Dot ? 1 : 0;
    const auto changed = tx.execute(kPutBackWithdrawn, doubt, tx.now(), tx.now(), row.id.value(),
                                    row.token, to_text(row.state));
    if (changed != 0) {
        append_mail_event(tx, "superseded", kSenderActor, row.id, {{"recovered", true}});
    }
}

void put_back(store::Tx& tx, const HeldRow& row) {
    const Standing standing{.attempts = 0, .doubts = row.doubts, .give_up_at = tx.now()};
    const Ruling ruling = rule_on_dead_sender(row.state == State::Dot, standing, tx.now());
    const auto changed =
        tx.execute(kPutBack, to_text(ruling.next), ruling.failure, ruling.is_doubt ? 1 : 0,
                   ruling.next_at, tx.now(), row.id.value(), row.token, to_text(row.state));
    if (changed == 0) {
        put_back_withdrawn(tx, row);
    } else if (ruling.is_doubt) {
        append_mail_event(tx, "in_doubt", kSenderActor, row.id,
                          {{"recovered", true}, {"parked", !ruling.next_at.has_value()}});
    }
}

std::vector<HeldRow> held_page(store::Tx& tx, State state, std::int64_t after) {
    std::vector<HeldRow> page;
    for (const auto& row : tx.query(kFindHeld, to_text(state), after, kHeldPage)) {
        page.push_back(HeldRow{MailId(row.number(0)), state, row.text_or_null(2).value_or(""),
                               row.number(3), row.instant(4), static_cast<int>(row.number(5))});
    }
    return page;
}

std::int64_t recover(store::Tx& tx, const std::string& me) {
    std::map<std::string, bool> dead{{me, true}};
    const auto is_dead = [&dead](const std::string& owner) {
        const auto known = dead.find(owner);
        return known != dead.end() ? known->second
                                   : dead.emplace(owner, is_certainly_dead(owner)).first->second;
    };
    std::int64_t recovered = 0;
    for (const State state : {State::Sending, State::Dot}) {
        std::int64_t after = 0;
        for (auto page = held_page(tx, state, after); !page.empty();
             page = held_page(tx, state, after)) {
            for (const auto& row : page) {
                after = row.id.value();
                if (row.lease_until <= tx.now() || is_dead(row.owner)) {
                    put_back(tx, row);
                    ++recovered;
                }
            }
        }
    }
    return recovered;
}

std::vector<DueRow> due_rows(store::Tx& tx, int count) {
    std::vector<DueRow> due;
    const Instant latest = tx.now() + kRetryPauseMax * 6 / 5;  // the longest pause and its jitter
    for (const State state : kWaitingStates) {
        tx.execute(kPullForward, latest, to_text(state), latest);
        for (const auto& row : tx.query(kFindDue, to_text(state), tx.now(), count)) {
            due.push_back(DueRow{row.number(0), row.number(1), row.number(2), row.text(3)});
        }
    }
    std::sort(due.begin(), due.end(), [](const DueRow& a, const DueRow& b) {
        return std::pair(a.next_at, a.id) < std::pair(b.next_at, b.id);
    });
    return due;
}

// A random run of candidates, cut to what one block may hold; ids sorted, so that two senders that
// lock the same rows lock them in the same order.
std::vector<std::int64_t> choose_block(store::Tx& tx, const std::vector<DueRow>& due,
                                       const ClaimOptions& options) {
    const auto count = static_cast<std::size_t>(options.count);
    std::size_t from = 0;
    if (due.size() > count) {
        from = static_cast<std::size_t>(random_number(tx.random())) % (due.size() - count + 1);
    }
    std::vector<Candidate> chosen;
    std::int64_t bytes = 0;
    for (std::size_t i = from; i < due.size() && chosen.size() < count; ++i) {
        bytes += due[i].size;
        if (!chosen.empty() && bytes > options.bytes) {
            break;
        }
        chosen.push_back({due[i].id, due[i].recipient});
    }
    if (options.limits != nullptr && !options.limits->empty()) {
        return within_pace(tx, *options.limits, chosen);
    }
    std::vector<std::int64_t> ids;
    ids.reserve(chosen.size());
    for (const Candidate& one : chosen) {
        ids.push_back(one.id);
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

std::set<std::string> suppressed_among(store::Tx& tx, const std::vector<ClaimedMail>& mails) {
    std::set<std::string> found;
    for (const auto& mail : mails) {
        if (is_suppressed(tx, mail.to)) {
            found.insert(mail.to);
        }
    }
    return found;
}

std::vector<store::Value> id_values(const std::vector<std::int64_t>& ids) {
    std::vector<store::Value> values;
    values.reserve(ids.size() + 8);
    for (const std::int64_t id : ids) {
        values.emplace_back(id);
    }
    return values;
}

void settle_one(store::Tx& tx, const ClaimedMail& mail, const Ruling& ruling) {
    const Settlement settlement{&mail, ruling, {}};
    settle(tx, {&settlement, 1});
}

void fail_untried(store::Tx& tx, const ClaimedMail& mail, std::string code) {
    settle_one(tx, mail,
               Ruling{.next = State::Failed, .failure = std::move(code), .counts = false});
}

// Reads what this token took; mails whose bytes are not what was written at enqueue are failed.
std::vector<ClaimedMail> read_taken(store::Tx& tx, std::int64_t token,
                                    const std::vector<std::int64_t>& ids, std::int64_t& failed) {
    auto values = id_values(ids);
    values.insert(values.begin(), token);
    const std::string sql = std::string(kReadTaken) + store::placeholders(ids.size());
    std::vector<ClaimedMail> mails;
    for (const auto& row : tx.query_list(sql, values)) {
        ClaimedMail mail{MailId(row.number(0)),
                         token,
                         Standing{static_cast<int>(row.number(1)), static_cast<int>(row.number(2)),
                                  row.instant(3)},
                         row.text(4),
                         row.text(5),
                         row.is_null(7) ? std::string() : row.bytes(7)};
        if (sha256_hex(mail.bytes) != row.text(6)) {
            fail_untried(tx, mail, "mail.damaged");
            ++failed;
            continue;
        }
        mails.push_back(std::move(mail));
    }
    return mails;
}

// Mails that must not be tried any more are settled before anyone tries.
void settle_hopeless(store::Tx& tx, ClaimedBlock& block) {
    const auto suppressed = suppressed_among(tx, block.mails);
    std::vector<ClaimedMail> kept;
    for (auto& mail : block.mails) {
        if (suppressed.count(mail.to) != 0) {
            fail_untried(tx, mail, "mail.suppressed");
            ++block.failed;
        } else if (mail.standing.give_up_at <= tx.now()) {
            settle_one(tx, mail, rule_on_expired(mail.standing));
            ++block.failed;
        } else {
            kept.push_back(std::move(mail));
        }
    }
    block.mails = std::move(kept);
}

audit::Event settled_event(const ClaimedMail& mail, const Ruling& ruling, const Reply& reply) {
    nlohmann::json detail{{"attempt", mail.standing.attempts + (ruling.counts ? 1 : 0)}};
    if (!ruling.failure.empty()) {
        detail["failure"] = ruling.failure;
    }
    if (reply.code != 0) {
        detail["smtp"] = reply.code;
        detail["status"] = reply.enhanced;
    }
    const bool doubt = ruling.next == State::InDoubt;
    return mail_event(doubt ? "in_doubt" : to_text(ruling.next), kSenderActor, mail.id, detail);
}

bool is_settled(State state) {
    return state == State::Sent || state == State::Failed || state == State::Superseded;
}

std::optional<Instant> settled_at(State state, Instant now) {
    std::optional<Instant> at;
    if (is_settled(state)) {
        at = now;
    }
    return at;
}

bool is_withdrawn(store::Tx& tx, const ClaimedMail& mail) {
    const auto rows = tx.query(kFindWithdrawn, mail.id.value(), mail.token);
    return !rows.empty() && rows[0].number(0) != 0;
}

// The row is no longer ours: either an unknown COMMIT had written it before, or another sender
// thought us dead. What we know for certain, that the mail was taken, still ends a doubt.
State settle_overtaken(store::Tx& tx, const Settlement& settlement,
                       std::vector<audit::Event>& events) {
    const auto& [mail, ruling, reply] = settlement;
    if (ruling.next == State::Sent) {
        const auto late =
            tx.execute(kSettleLate, reply.code, reply.text, tx.now(), tx.now(), mail->id.value());
        if (late != 0) {
            events.push_back(settled_event(*mail, ruling, reply));
            return State::Sent;
        }
    }
    const auto rows = tx.query(kFindState, mail->id.value());
    const auto state = rows.empty() ? std::nullopt : state_from_text(rows[0].text(0));
    if (!state) {
        throw_internal("mail.row_missing", "An outbox row vanished or holds an unknown state.");
    }
    return *state;
}

State settle_row(store::Tx& tx, const Settlement& settlement, std::vector<audit::Event>& events) {
    const ClaimedMail& mail = *settlement.mail;
    const Reply& reply = settlement.reply;
    Ruling kept = settlement.ruling;
    if (!is_settled(kept.next) && is_withdrawn(tx, mail)) {
        kept.next = State::Superseded;
        kept.failure.clear();
        kept.next_at.reset();
    }
    const int attempts = mail.standing.attempts + (kept.counts ? 1 : 0);
    const int doubts = mail.standing.doubts + (kept.is_doubt ? 1 : 0);
    const auto changed = tx.execute(kSettle, to_text(kept.next), kept.failure, attempts, doubts,
                                    kept.next_at, reply.code, reply.text, tx.now(),
                                    settled_at(kept.next, tx.now()), mail.id.value(), mail.token);
    if (changed == 0) {
        return settle_overtaken(tx, settlement, events);
    }
    if (kept.next != State::Queued) {  // given back: the host's trouble, not the mail's
        events.push_back(settled_event(mail, kept, reply));
    }
    if (kept.suppress) {
        suppress(tx, mail.to, reason_text(reply), mail.id);
    }
    return kept.next;
}

}  // namespace

ClaimedBlock claim(store::Tx& tx, const ClaimOptions& options) {
    ClaimedBlock block;
    block.recovered = recover(tx, options.owner);
    const auto due = due_rows(tx, options.count * kCandidatesPerPlace);
    if (due.empty()) {
        return block;
    }
    block.found_any = true;

    const auto ids = choose_block(tx, due, options);
    if (ids.empty()) {
        return block;  // the pace of their domains is used up
    }
    const std::int64_t token = random_number(tx.random());
    std::vector<store::Value> values{options.owner, token, to_stored(tx.now() + options.lease),
                                     to_stored(tx.now()), to_stored(tx.now())};
    const auto listed = id_values(ids);
    values.insert(values.end(), listed.begin(), listed.end());
    tx.execute_list(std::string(kTakeDue) + store::placeholders(ids.size()), values);
    block.mails = read_taken(tx, token, ids, block.failed);
    settle_hopeless(tx, block);
    return block;
}

DotMark mark_dot(store::Tx& tx, const ClaimedMail& mail, std::chrono::milliseconds lease) {
    const auto marked =
        tx.execute(kMarkDot, tx.now() + lease, tx.now(), mail.id.value(), mail.token);
    if (marked != 0) {
        return DotMark::Marked;
    }
    if (!is_withdrawn(tx, mail)) {
        return DotMark::Overtaken;
    }
    settle_one(tx, mail, Ruling{.next = State::Superseded, .counts = false});
    return DotMark::Withdrawn;
}

std::vector<State> settle(store::Tx& tx, std::span<const Settlement> settlements) {
    std::vector<State> states;
    std::vector<audit::Event> events;
    for (const auto& settlement : settlements) {
        states.push_back(settle_row(tx, settlement, events));
    }
    audit::append_all(tx, events);
    return states;
}

void release(store::Tx& tx, std::span<const ClaimedMail> mails) {
    for (const auto& mail : mails) {
        const auto released = tx.execute(kRelease, tx.now(), tx.now(), mail.id.value(), mail.token);
        if (released != 0) {
            continue;
        }
        if (tx.execute(kReleaseWithdrawn, tx.now(), tx.now(), mail.id.value(), mail.token) != 0) {
            append_mail_event(tx, "superseded", kSenderActor, mail.id, {{"withdrawn", true}});
        }
    }
}

}  // namespace sealdesk::mail
