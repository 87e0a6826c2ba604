#include <algorithm>
#include <array>

#include "mail/outbox.h"

namespace sealdesk::mail {
namespace {

constexpr std::string_view kSummaryOfMail = R"(
    SELECT id, kind, subject_ref, recipient, state, failure, attempts, doubts, next_at, last_code,
           enqueued_at, settled_at, dedup_key, message_id, body_sha256, body_size, last_reply
    FROM mail_outbox
    WHERE id = ?)";

constexpr std::string_view kListMails = R"(
    SELECT id, kind, subject_ref, recipient, state, failure, attempts, doubts, next_at, last_code,
           enqueued_at, settled_at
    FROM mail_outbox
    WHERE id > ?
    ORDER BY id
    LIMIT ?)";

constexpr std::string_view kListMailsInState = R"(
    SELECT id, kind, subject_ref, recipient, state, failure, attempts, doubts, next_at, last_code,
           enqueued_at, settled_at
    FROM mail_outbox
    WHERE id > ? AND state = ? AND failure <> 'mail.bounced'
    ORDER BY id
    LIMIT ?)";

constexpr std::string_view kListMailsBounced = R"(
    SELECT id, kind, subject_ref, recipient, state, failure, attempts, doubts, next_at, last_code,
           enqueued_at, settled_at
    FROM mail_outbox
    WHERE id > ? AND state = 'sent' AND failure = 'mail.bounced' AND
          id IN (SELECT mail_id FROM mail_report WHERE fate = 'bounced')
    ORDER BY id
    LIMIT ?)";

constexpr std::string_view kCountBouncedNow = R"(
    SELECT COUNT(id)
    FROM mail_outbox
    WHERE state = 'sent' AND failure = 'mail.bounced' AND
          id IN (SELECT mail_id FROM mail_report WHERE fate = 'bounced'))";

#define SEALDESK_WAITS_FOR_PERSON                                               \
    "id IN (SELECT id FROM mail_outbox WHERE state IN ('failed', 'indoubt') "   \
    "       UNION SELECT mail_id FROM mail_report WHERE fate = 'bounced') AND " \
    "(state = 'failed' OR (state = 'indoubt' AND next_at IS NULL) OR "          \
    " (state = 'sent' AND failure = 'mail.bounced')) AND "                      \
    "id NOT IN (SELECT mail_id FROM mail_handled)"

constexpr std::string_view kListMailsWaiting =
    "SELECT id, kind, subject_ref, recipient, state, failure, attempts, doubts, next_at, "
    "last_code, enqueued_at, settled_at FROM mail_outbox WHERE id > ? "
    "AND " SEALDESK_WAITS_FOR_PERSON " ORDER BY id LIMIT ?";

constexpr std::string_view kCountWaiting =
    "SELECT COUNT(id) FROM mail_outbox WHERE " SEALDESK_WAITS_FOR_PERSON;

#undef SEALDESK_WAITS_FOR_PERSON

constexpr std::string_view kListMailsOfSubject = R"(
    SELECT id, kind, subject_ref, recipient, state, failure, attempts, doubts, next_at, last_code,
           enqueued_at, settled_at
    FROM mail_outbox
    WHERE id > ? AND subject_ref = ?
    ORDER BY id
    LIMIT ?)";

constexpr std::string_view kReadBody = R"(
    SELECT bytes
    FROM mail_body
    WHERE mail_id = ?)";

constexpr std::string_view kCountByState = R"(
    SELECT state, COUNT(id)
    FROM mail_outbox
    GROUP BY state)";

constexpr std::string_view kCountOpen = R"(
    SELECT COUNT(id)
    FROM mail_outbox
    WHERE state IN ('queued', 'sending', 'dot', 'deferred', 'indoubt'))";

constexpr std::string_view kCountEnqueued = R"(
    SELECT COUNT(id)
    FROM mail_outbox
    WHERE enqueued_at >= ? AND enqueued_at < ?)";

constexpr std::string_view kCountSettledSince = R"(
    SELECT COUNT(id)
    FROM mail_outbox
    WHERE settled_at >= ?)";

constexpr std::string_view kCountSettled = R"(
    SELECT COUNT(id)
    FROM mail_outbox
    WHERE settled_at >= ? AND settled_at < ? AND state = ?)";

constexpr std::array<State, 9> kAllStates{State::Queued,  State::Sending,    State::Dot,
                                          State::Sent,    State::Deferred,   State::Failed,
                                          State::InDoubt, State::Superseded, State::Bounced};

State state_of_row(const store::Row& row, std::size_t column) {
    const auto state = state_from_text(row.text(column));
    if (!state) {
        throw_internal("mail.unknown_state",
                       "The outbox holds a state this program does not know.");
    }
    return *state;
}

/// A mail that came back was sent: its row says so, and its failure the rest.
State state_shown(const store::Row& row, std::size_t state, std::size_t failure) {
    const State stored = state_of_row(row, state);
    return stored == State::Sent && row.text(failure) == "mail.bounced" ? State::Bounced : stored;
}

MailSummary summary_of_row(const store::Row& row) {
    return MailSummary{.id = MailId(row.number(0)),
                       .kind = row.text(1),
                       .subject_ref = row.number(2),
                       .address = row.text(3),
                       .state = state_shown(row, 4, 5),
                       .failure = row.text(5),
                       .attempts = static_cast<int>(row.number(6)),
                       .doubts = static_cast<int>(row.number(7)),
                       .next_at = row.instant_or_null(8),
                       .last_code = static_cast<int>(row.number(9)),
                       .enqueued_at = row.instant(10),
                       .settled_at = row.instant_or_null(11)};
}

// What was open at an instant: what is open now, without what came since, with what was settled
// since. Costs what happened since then, not what ever happened.
std::int64_t open_at(store::Tx& tx, Instant at) {
    return tx.query(kCountOpen)[0].number(0) -
           tx.query(kCountEnqueued, at, Instant::max())[0].number(0) +
           tx.query(kCountSettledSince, at)[0].number(0);
}

std::int64_t count_settled(store::Tx& tx, Instant from, Instant to, State state) {
    return tx.query(kCountSettled, from, to, to_text(state))[0].number(0);
}

}  // namespace

std::vector<MailSummary> list(store::Tx& tx, const MailFilter& filter) {
    const auto rows =
        filter.waits_for_person ? tx.query(kListMailsWaiting, filter.after, filter.count_max)
        : filter.subject_ref != 0
            ? tx.query(kListMailsOfSubject, filter.after, filter.subject_ref, filter.count_max)
        : filter.state == State::Bounced
            ? tx.query(kListMailsBounced, filter.after, filter.count_max)
        : filter.state
            ? tx.query(kListMailsInState, filter.after, to_text(*filter.state), filter.count_max)
            : tx.query(kListMails, filter.after, filter.count_max);
    std::vector<MailSummary> mails;
    for (const auto& row : rows) {
        MailSummary mail = summary_of_row(row);
        if (!filter.state || mail.state == *filter.state) {
            mails.push_back(std::move(mail));
        }
    }
    return mails;
}

Result<MailDetail> show(store::Tx& tx, MailId id) {
    const auto rows = tx.query(kSummaryOfMail, id.value());
    if (rows.empty()) {
        return Error{ErrorKind::NotFound,
                     "mail.not_found",
                     "There is no such mail.",
                     "mail:" + std::to_string(id.value()),
                     {}};
    }
    const auto& row = rows[0];
    MailDetail detail{.summary = summary_of_row(row),
                      .dedup_key = row.text(12),
                      .message_id = row.text(13),
                      .body_sha256 = row.text(14),
                      .body_size = row.number(15),
                      .last_reply = row.text(16),
                      .subject = {},
                      .attachments = {},
                      .history = audit::events_about(tx, "mail:" + std::to_string(id.value()))};
    const auto body = tx.query(kReadBody, id.value());
    if (!body.empty()) {
        OwnMail mail = read_own_mail(body[0].bytes(0));
        detail.subject = std::move(mail.subject);
        detail.attachments = std::move(mail.attachments);
    }
    return detail;
}

std::vector<StateCount> counts_by_state(store::Tx& tx) {
    std::vector<StateCount> counts;
    counts.reserve(kAllStates.size());
    for (const State state : kAllStates) {
        counts.push_back(StateCount{state, 0});
    }
    for (const auto& row : tx.query(kCountByState)) {
        const State state = state_of_row(row, 0);
        const auto place = std::find_if(counts.begin(), counts.end(), [state](const auto& count) {
            return count.state == state;
        });
        place->count = row.number(1);
    }
    const std::int64_t bounced = tx.query(kCountBouncedNow)[0].number(0);
    for (StateCount& one : counts) {
        one.count += one.state == State::Bounced ? bounced
                     : one.state == State::Sent  ? -bounced
                                                 : 0;
    }
    return counts;
}

std::int64_t count_waiting_for_person(store::Tx& tx) {
    return tx.query(kCountWaiting).front().number(0);
}

MailLedger ledger(store::Tx& tx, Instant from, Instant to) {
    return MailLedger{.open_before = open_at(tx, from),
                      .in = tx.query(kCountEnqueued, from, to)[0].number(0),
                      .sent = count_settled(tx, from, to, State::Sent),
                      .failed = count_settled(tx, from, to, State::Failed),
                      .superseded = count_settled(tx, from, to, State::Superseded),
                      .open_after = open_at(tx, to)};
}

}  // namespace sealdesk::mail
