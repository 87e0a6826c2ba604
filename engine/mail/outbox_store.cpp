#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/digest.h"
#include "base/text.h"
#include "mail/outbox.h"
#include "mail/outbox_events.h"

namespace sealdesk::mail {
namespace {

/// Of what a person says about a mail; the column's width.
constexpr std::size_t kReasonBytesMax = 300;

constexpr std::string_view kFindByKey = R"(
    SELECT id, state
    FROM mail_outbox
    WHERE dedup_key = ?)";

constexpr std::string_view kInsertMail = R"(
    INSERT INTO mail_outbox
        (id, dedup_key, message_id, kind, subject_ref, recipient, envelope_from, body_sha256,
         body_size, state, failure, withdrawn, attempts, doubts, next_at, give_up_at, owner, token,
         lease_until, last_code, last_reply, enqueued_at, changed_at, settled_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', '', 0, 0, 0, ?, ?, NULL, NULL, NULL, 0, '', ?, ?,
            NULL))";

constexpr std::string_view kRefuseSuppressed = R"(
    UPDATE mail_outbox
    SET state = 'failed', failure = 'mail.suppressed', next_at = NULL, settled_at = ?
    WHERE id = ? AND state = 'queued')";

constexpr std::string_view kInsertBody = R"(
    INSERT INTO mail_body (mail_id, bytes)
    VALUES (?, ?))";

// A mail in doubt may have arrived; what is superseded is its resending.
constexpr std::string_view kSupersede = R"(
    UPDATE mail_outbox
    SET state = 'superseded', next_at = NULL, changed_at = ?, settled_at = ?
    WHERE id = ? AND state IN ('queued', 'deferred', 'indoubt'))";

constexpr std::string_view kWithdraw = R"(
    UPDATE mail_outbox
    SET withdrawn = 1, changed_at = ?
    WHERE id = ? AND state IN ('sending', 'dot'))";

constexpr std::string_view kFindForRetry = R"(
    SELECT outbox.state, outbox.recipient, outbox.give_up_at, body.mail_id
    FROM mail_outbox AS outbox
    LEFT JOIN mail_body AS body ON body.mail_id = outbox.id
    WHERE outbox.id = ?)";

constexpr std::string_view kRetry = R"(
    UPDATE mail_outbox
    SET state = 'queued', failure = '', next_at = ?, give_up_at = ?, changed_at = ?,
        settled_at = NULL
    WHERE id = ? AND (state IN ('deferred', 'failed', 'indoubt') OR
                      (state = 'sent' AND failure = 'mail.bounced')))";

constexpr std::string_view kCloseByHand = R"(
    UPDATE mail_outbox
    SET state = ?, failure = ?, next_at = NULL, changed_at = ?, settled_at = ?
    WHERE id = ? AND state IN ('deferred', 'indoubt'))";

constexpr std::string_view kIsHandled = R"(
    SELECT mail_id
    FROM mail_handled
    WHERE mail_id = ?)";

constexpr std::string_view kInsertHandled = R"(
    INSERT INTO mail_handled (mail_id, reason, handled_by, handled_at)
    VALUES (?, ?, ?, ?))";

constexpr std::string_view kDeleteHandled = R"(
    DELETE FROM mail_handled
    WHERE mail_id = ?)";

constexpr std::string_view kMayBeHandled = R"(
    SELECT id
    FROM mail_outbox
    WHERE id = ? AND (state = 'failed' OR (state = 'sent' AND failure = 'mail.bounced')))";

constexpr std::string_view kExists = R"(
    SELECT id
    FROM mail_outbox
    WHERE id = ?)";

#define SEALDESK_PURGEABLE                                                           \
    "FROM mail_body AS body JOIN mail_outbox AS outbox ON outbox.id = body.mail_id " \
    "WHERE outbox.settled_at < ? AND "                                               \
    "(outbox.state = 'superseded' OR "                                               \
    " (outbox.state = 'sent' AND outbox.failure <> 'mail.bounced') OR "              \
    " body.mail_id IN (SELECT mail_id FROM mail_handled))"

constexpr std::string_view kFindPurgeable =
    "SELECT body.mail_id " SEALDESK_PURGEABLE " ORDER BY body.mail_id LIMIT ?";
constexpr std::string_view kCountPurgeable = "SELECT COUNT(*) " SEALDESK_PURGEABLE;

#undef SEALDESK_PURGEABLE

constexpr std::string_view kDeleteBody = R"(
    DELETE FROM mail_body
    WHERE mail_id = ?)";

constexpr std::size_t kDedupKeyMax = 120;  ///< as in ddl/090_mail_outbox.sql
constexpr std::size_t kKindMax = 40;       ///< as in ddl/090_mail_outbox.sql

/// Bytes of the digest in a Message-ID: 128 bits are unique for any desk's lifetime.
constexpr std::size_t kIdDigits = 32;

struct StateName {
    State state;
    std::string_view text;
};
constexpr std::array<StateName, 9> kStateNames{{{State::Queued, "queued"},
                                                {State::Sending, "sending"},
                                                {State::Dot, "dot"},
                                                {State::Sent, "sent"},
                                                {State::Deferred, "deferred"},
                                                {State::Failed, "failed"},
                                                {State::InDoubt, "indoubt"},
                                                {State::Superseded, "superseded"},
                                                {State::Bounced, "bounced"}}};

Error no_such_mail(MailId id) {
    return Error{ErrorKind::NotFound,
                 "mail.not_found",
                 "There is no such mail.",
                 "mail:" + std::to_string(id.value()),
                 {}};
}

State read_state(const std::string& text) {
    const auto state = state_from_text(text);
    if (!state) {
        throw_internal("mail.unknown_state",
                       "The outbox holds a state this program does not know.");
    }
    return *state;
}

Outcome check_keys(const OutgoingMail& mail) {
    const auto is_key_char = [](char c) { return c > 0x20 && c < 0x7F; };
    const auto is_kind_char = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    };
    const bool good = !mail.dedup_key.empty() && mail.dedup_key.size() <= kDedupKeyMax &&
                      std::all_of(mail.dedup_key.begin(), mail.dedup_key.end(), is_key_char) &&
                      !mail.kind.empty() && mail.kind.size() <= kKindMax &&
                      std::all_of(mail.kind.begin(), mail.kind.end(), is_kind_char);
    if (!good) {
        return Error{ErrorKind::Invalid,
                     "mail.bad_key",
                     "The mail's key or kind is empty, too long or not plain text.",
                     {},
                     {}};
    }
    return done();
}

// The key itself may say what the mail is about; its digest says nothing to a stranger.
std::string message_id_for(std::string_view dedup_key, const std::string& domain) {
    std::string id("<");
    id += sha256_hex(dedup_key).substr(0, kIdDigits);
    id += '@';
    id += domain;
    id += '>';
    return id;
}

Result<std::string> compose_outgoing(const MailIdentity& identity, const OutgoingMail& mail,
                                     const std::string& message_id, Instant now) {
    return compose(Message{.from = identity.from,
                           .to = mail.to,
                           .subject = mail.subject,
                           .text = mail.text,
                           .html = mail.html,
                           .attachments = mail.attachments,
                           .enveloped = mail.enveloped,
                           .message_id = message_id,
                           .date = now,
                           .sign = identity.sign});
}

/// Random bytes in a bounce token: nobody guesses 128 bits.
constexpr std::size_t kTokenBytes = 16;

// Where reports about this one mail go.
std::string envelope_sender(store::Tx& tx, const MailIdentity& identity) {
    const std::size_t at = identity.bounce_address.rfind('@');
    if (at == std::string::npos) {
        return identity.envelope_from;
    }
    std::string token(kTokenBytes, '\0');
    tx.random().fill(token);
    return identity.bounce_address.substr(0, at) + "+" + to_hex(token) +
           identity.bounce_address.substr(at);
}

}  // namespace

std::string_view to_text(State state) {
    for (const auto& name : kStateNames) {
        if (name.state == state) {
            return name.text;
        }
    }
    SEALDESK_CHECK(false);
}

std::optional<State> state_from_text(std::string_view text) {
    for (const auto& name : kStateNames) {
        if (name.text == text) {
            return name.state;
        }
    }
    return std::nullopt;
}

audit::Event mail_event(std::string_view what, std::string_view actor, MailId id,
                        const nlohmann::json& detail) {
    return audit::Event{"mail." + std::string(what), std::string(actor),
                        "mail:" + std::to_string(id.value()), detail};
}

void append_mail_event(store::Tx& tx, std::string_view what, std::string_view actor, MailId id,
                       const nlohmann::json& detail) {
    audit::append(tx, mail_event(what, actor, id, detail));
}

Result<Enqueued> enqueue(store::Tx& tx, const MailIdentity& identity, const OutgoingMail& mail) {
    const auto keys = check_keys(mail);
    if (!keys) {
        return keys.error();
    }
    const auto known = tx.query(kFindByKey, mail.dedup_key);
    if (!known.empty()) {
        return Enqueued{MailId(known[0].number(0)), false, read_state(known[0].text(1))};
    }
    const std::string message_id = message_id_for(mail.dedup_key, identity.message_id_domain);
    const std::string sender = envelope_sender(tx, identity);
    const auto is_sender = check_address(sender);
    if (!is_sender) {
        return is_sender.error();
    }
    const auto body = compose_outgoing(identity, mail, message_id, tx.now());
    if (!body) {
        return body.error();
    }

    const MailId id(tx.new_id());
    const std::string digest = sha256_hex(*body);
    tx.execute(kInsertMail, id.value(), mail.dedup_key, message_id, mail.kind, mail.subject_ref,
               mail.to.address, sender, digest, body->size(), tx.now(),
               mail.give_up_at.value_or(tx.now() + kLifetime), tx.now(), tx.now());
    tx.execute(kInsertBody, id.value(), store::Blob{*body});
    const bool suppressed = is_suppressed(tx, mail.to.address);
    if (suppressed) {
        tx.execute(kRefuseSuppressed, tx.now(), id.value());
    }
    append_mail_event(tx, suppressed ? "failed" : "enqueued", mail.actor, id,
                      {{"kind", mail.kind},
                       {"request", mail.subject_ref},
                       {"sha256", digest},
                       {"suppressed", suppressed}});
    return Enqueued{id, true, suppressed ? State::Failed : State::Queued};
}

std::string_view bounce_token(std::string_view envelope_from) {
    const std::size_t at = envelope_from.rfind('@');
    const std::size_t plus = envelope_from.rfind('+', at);
    if (at == std::string_view::npos || plus == std::string_view::npos ||
        at - plus != 2 * kTokenBytes + 1) {
        return {};
    }
    const std::string_view token = envelope_from.substr(plus + 1, 2 * kTokenBytes);
    const bool is_hex = token.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    return is_hex ? token : std::string_view();
}

Superseded supersede(store::Tx& tx, std::string_view dedup_key, std::string_view actor) {
    const auto known = tx.query(kFindByKey, dedup_key);
    if (known.empty()) {
        return Superseded::NoNeed;
    }
    const MailId id(known[0].number(0));
    if (tx.execute(kSupersede, tx.now(), tx.now(), id.value()) != 0) {
        append_mail_event(tx, "superseded", actor, id, nlohmann::json::object());
        return Superseded::Done;
    }
    if (tx.execute(kWithdraw, tx.now(), id.value()) != 0) {
        append_mail_event(tx, "withdrawn", actor, id, nlohmann::json::object());
        return Superseded::Withdrawing;
    }
    // Neither waiting nor held: settled, unless it changed between the two statements, which one
    // more look tells (on SQLite it cannot).
    const State state = read_state(tx.query(kFindByKey, dedup_key)[0].text(1));
    return state == State::Sent ? Superseded::TooLate : Superseded::NoNeed;
}

Outcome retry(store::Tx& tx, MailId id, std::string_view actor) {
    const auto rows = tx.query(kFindForRetry, id.value());
    if (rows.empty()) {
        return no_such_mail(id);
    }
    if (is_suppressed(tx, rows[0].text(1))) {
        return Error{ErrorKind::Refused,
                     "mail.suppressed",
                     "The address was refused for good before: have it corrected, or lift the "
                     "suppression first.",
                     "mail:" + std::to_string(id.value()),
                     {}};
    }
    const Instant give_up_at = std::max(rows[0].instant(2), tx.now() + kLifetime);
    const bool has_body = !rows[0].is_null(3);
    if (!has_body || tx.execute(kRetry, tx.now(), give_up_at, tx.now(), id.value()) == 0) {
        return Error{ErrorKind::Refused,
                     "mail.not_retryable",
                     "Only a mail that was deferred, failed, came back or is in doubt, and whose "
                     "text is still kept, can be sent again.",
                     "mail:" + std::to_string(id.value()),
                     {}};
    }
    tx.execute(kDeleteHandled, id.value());
    append_mail_event(tx, "retried", actor, id, {{"from", rows[0].text(0)}});
    return done();
}

Outcome close_by_hand(store::Tx& tx, MailId id, Word word, std::string_view actor) {
    if (tx.query(kExists, id.value()).empty()) {
        return no_such_mail(id);
    }
    const bool arrived = word == Word::Arrived;
    const auto closed = tx.execute(kCloseByHand, arrived ? "sent" : "failed",
                                   arrived ? "" : "mail.given_up", tx.now(), tx.now(), id.value());
    if (closed == 0) {
        return Error{ErrorKind::Refused,
                     "mail.not_closable",
                     "Only a mail that is deferred or in doubt can be closed by hand.",
                     "mail:" + std::to_string(id.value()),
                     {}};
    }
    append_mail_event(tx, "closed", actor, id, {{"arrived", arrived}});
    return done();
}

Outcome handle(store::Tx& tx, MailId id, const ByHand& by) {
    if (by.reason.empty() || by.reason.size() > kReasonBytesMax) {
        return Error{ErrorKind::Invalid,
                     "mail.bad_reason",
                     "Say in 1 to 300 bytes what was done; no personal data.",
                     "mail:" + std::to_string(id.value()),
                     {}};
    }
    if (tx.query(kExists, id.value()).empty()) {
        return no_such_mail(id);
    }
    if (!tx.query(kIsHandled, id.value()).empty()) {
        return done();
    }
    const Outcome given_up = close_by_hand(tx, id, Word::GivenUp, by.actor);
    if (!given_up && tx.query(kMayBeHandled, id.value()).empty()) {
        return Error{ErrorKind::Refused,
                     "mail.not_to_handle",
                     "Only a mail that failed, came back, was deferred or is in doubt is handled "
                     "by hand.",
                     "mail:" + std::to_string(id.value()),
                     {}};
    }
    tx.execute(kInsertHandled, id.value(), by.reason, by.actor, tx.now());
    append_mail_event(tx, "handled", by.actor, id, {{"reason", by.reason}});
    return done();
}

std::int64_t purge_bodies(store::Tx& tx, Instant settled_before, int count_max) {
    std::int64_t purged = 0;
    for (const auto& row : tx.query(kFindPurgeable, settled_before, count_max)) {
        purged += tx.execute(kDeleteBody, row.number(0));
    }
    if (purged > 0) {
        audit::append(tx, {"mail.texts_erased", "job:mail-texts", "mails", {{"count", purged}}});
    }
    return purged;
}

std::int64_t count_purgeable(store::Tx& tx, Instant settled_before) {
    return tx.query(kCountPurgeable, settled_before).front().number(0);
}

}  // namespace sealdesk::mail
