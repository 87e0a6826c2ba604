#include <algorithm>
#include <array>

#include "slips/wait.h"

namespace sealdesk::slips {
namespace {

#define SEALDESK_WAIT_COLUMNS                                                         \
    "slip_id, lock_kind, certificate, left_at, state, due_at, void_at, reminded_at, " \
    "bounced_at, bounce"

constexpr std::string_view kInsertWait = R"sql(
    INSERT INTO slip_wait (slip_id, lock_kind, certificate, left_at, state, due_at, void_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kWaitOf =
    "SELECT " SEALDESK_WAIT_COLUMNS " FROM slip_wait WHERE slip_id = ?";

constexpr std::string_view kWaitsDue =
    "SELECT " SEALDESK_WAIT_COLUMNS
    " FROM slip_wait WHERE state = ? AND due_at <= ? ORDER BY due_at, slip_id LIMIT ?";

constexpr std::string_view kNoteReminder = R"sql(
    UPDATE slip_wait
    SET state = 'reminded', due_at = void_at, reminded_at = ?
    WHERE slip_id = ? AND state = 'waiting'
)sql";

constexpr std::string_view kEndWait = R"sql(
    UPDATE slip_wait
    SET state = 'ended', due_at = NULL
    WHERE slip_id = ? AND state <> 'ended'
)sql";

constexpr std::string_view kNoteBounce = R"sql(
    UPDATE slip_wait
    SET bounced_at = ?, bounce = ?
    WHERE slip_id = ? AND lock_kind <> 'paper'
      AND (bounce IS NULL OR (bounce = 'passing' AND ? = 'permanent'))
)sql";

constexpr std::string_view kListBounced =
    "SELECT " SEALDESK_WAIT_COLUMNS
    " FROM slip_wait WHERE bounced_at > 0 AND state <> 'ended' ORDER BY bounced_at, slip_id "
    "LIMIT ?";

constexpr std::array<std::string_view, 3> kLocks{"certificate", "code", "paper"};
constexpr std::array<std::string_view, 3> kSteps{"waiting", "reminded", "ended"};

template <class Enum>
Enum wait_word(const std::array<std::string_view, 3>& words, const std::string& text) {
    const auto* const found = std::ranges::find(words, text);
    if (found == words.end()) {
        throw_internal("slips.bad_row", "A waiting slip is stored in a way this program lacks.");
    }
    return static_cast<Enum>(found - words.begin());
}

Wait read_wait(const store::Row& row) {
    Wait wait{.slip = SlipId{row.number(0)},
              .lock = wait_word<Lock>(kLocks, row.text(1)),
              .certificate = row.text_or_null(2).value_or(""),
              .left_at = row.instant(3),
              .next = wait_word<WaitStep>(kSteps, row.text(4)),
              .terms = {std::nullopt, row.instant_or_null(6)},
              .reminded_at = row.instant_or_null(7),
              .bounced_at = row.instant_or_null(8),
              .bounced_for_good = row.text_or_null(9) == std::optional<std::string>("permanent")};
    if (wait.next == WaitStep::Remind) {
        wait.terms.remind_at = row.instant_or_null(5);
    }
    return wait;
}

std::vector<Wait> read_waits(const std::vector<store::Row>& rows) {
    std::vector<Wait> waits;
    waits.reserve(rows.size());
    for (const store::Row& row : rows) {
        waits.push_back(read_wait(row));
    }
    return waits;
}

}  // namespace

std::string_view to_text(Lock lock) { return kLocks.at(std::size_t(lock)); }

void begin_wait(store::Tx& tx, const Wait& fresh) {
    if (wait_of(tx, fresh.slip)) {
        return;
    }
    const bool reminds = fresh.terms.remind_at.has_value();
    const auto certificate =
        fresh.certificate.empty() ? std::nullopt : std::optional(fresh.certificate);
    tx.execute(kInsertWait, fresh.slip.value(), to_text(fresh.lock), certificate, tx.now(),
               reminds ? kSteps[0] : kSteps[1],
               reminds ? fresh.terms.remind_at : fresh.terms.void_at, fresh.terms.void_at);
}

std::optional<Wait> wait_of(store::Tx& tx, SlipId slip) {
    const auto rows = tx.query(kWaitOf, slip.value());
    return rows.empty() ? std::nullopt : std::optional(read_wait(rows.front()));
}

std::vector<Wait> waits_due(store::Tx& tx, WaitStep next, int count_max) {
    return read_waits(tx.query(kWaitsDue, kSteps.at(std::size_t(next)), tx.now(), count_max));
}

bool note_reminder(store::Tx& tx, const Wait& seen) {
    return tx.execute(kNoteReminder, tx.now(), seen.slip.value()) > 0;
}

void end_wait(store::Tx& tx, SlipId slip) { tx.execute(kEndWait, slip.value()); }

bool note_bounce(store::Tx& tx, SlipId slip, bool for_good) {
    const std::string_view how = for_good ? "permanent" : "passing";
    return tx.execute(kNoteBounce, tx.now(), how, slip.value(), how) > 0;
}

std::vector<Wait> list_bounced(store::Tx& tx, int count_max) {
    return read_waits(tx.query(kListBounced, count_max));
}

}  // namespace sealdesk::slips
