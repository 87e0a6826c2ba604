#include <algorithm>
#include <array>
#include <utility>

#include "base/process_name.h"
#include "jobs/job_run.h"

namespace sealdesk::jobs {
namespace {

constexpr std::string_view kTurns = R"sql(
    SELECT job, token, owner, lease_until, planned_at
    FROM job_turn
)sql";

constexpr std::string_view kTurn = R"sql(
    SELECT job, token, owner, lease_until, planned_at
    FROM job_turn
    WHERE job = ?
)sql";

constexpr std::string_view kInsertTurn = R"sql(
    INSERT INTO job_turn (job, token, owner, lease_until, planned_at)
    VALUES (?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kTakeTurn = R"sql(
    UPDATE job_turn
    SET token = ?, owner = ?, lease_until = ?, planned_at = ?
    WHERE job = ? AND token = ?
)sql";

constexpr std::string_view kKeepTurn = R"sql(
    UPDATE job_turn
    SET lease_until = ?
    WHERE job = ? AND token = ?
)sql";

constexpr std::string_view kLeaveTurn = R"sql(
    UPDATE job_turn
    SET token = 0, owner = '', lease_until = 0, planned_at = planned_at - ?
    WHERE job = ? AND token = ?
)sql";

constexpr std::string_view kEndDead = R"sql(
    UPDATE job_run
    SET state = 'failed', ended_at = ?, trouble = 'job.worker_died'
    WHERE job = ? AND state = 'running' AND NOT (cause = ? AND planned_at = ?)
)sql";

constexpr std::string_view kRunAgain = R"sql(
    UPDATE job_run
    SET state = 'running', ended_at = NULL, trouble = ''
    WHERE job = ? AND cause = ? AND planned_at = ?
)sql";

constexpr std::string_view kInsertRun = R"sql(
    INSERT INTO job_run (id, job, cause, planned_at, state, started_at, ended_at, busy_us, due, done,
                         failed, deferred, trouble)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kEndRun = R"sql(
    UPDATE job_run
    SET state = ?, ended_at = ?, busy_us = busy_us + ?, due = due + ?, done = done + ?,
        failed = failed + ?, deferred = deferred + ?, trouble = ?
    WHERE job = ? AND cause = ? AND planned_at = ?
)sql";

constexpr std::string_view kRunsBetween = R"sql(
    SELECT job, cause, planned_at, state, started_at, ended_at, busy_us, due, done, failed, deferred,
           trouble
    FROM job_run
    WHERE planned_at >= ? AND planned_at < ?
    ORDER BY planned_at, job, id
)sql";

constexpr std::string_view kLastRun = R"sql(
    SELECT job, cause, planned_at, state, started_at, ended_at, busy_us, due, done, failed, deferred,
           trouble
    FROM job_run
    WHERE job = ? AND cause = ?
    ORDER BY planned_at DESC
    LIMIT 1
)sql";

constexpr std::string_view kRun = R"sql(
    SELECT job, cause, planned_at, state, started_at, ended_at, busy_us, due, done, failed, deferred,
           trouble
    FROM job_run
    WHERE job = ? AND cause = ? AND planned_at = ?
)sql";

constexpr std::array<std::pair<RunCause, std::string_view>, 3> kCauses{
    {{RunCause::Plan, "plan"}, {RunCause::Hand, "hand"}, {RunCause::Always, "always"}}};

constexpr std::array<std::pair<RunState, std::string_view>, 5> kStates{
    {{RunState::Running, "running"},
     {RunState::Done, "done"},
     {RunState::Failed, "failed"},
     {RunState::Stopped, "stopped"},
     {RunState::Missed, "missed"}}};

template <class Word, std::size_t N>
Word word_from(const std::array<std::pair<Word, std::string_view>, N>& words,
               const std::string& text) {
    const auto found = std::ranges::find(words, text, &std::pair<Word, std::string_view>::second);
    if (found == words.end()) {
        throw_internal("job.unknown_word", "A record of a run holds a word this program has not.");
    }
    return found->first;
}

JobRun read_run(const store::Row& row) {
    return {row.text(0),
            word_from(kCauses, row.text(1)),
            row.instant(2),
            word_from(kStates, row.text(3)),
            row.instant(4),
            row.instant_or_null(5),
            std::chrono::microseconds(row.number(6)),
            {row.number(7), row.number(8), row.number(9), row.number(10)},
            row.text(11)};
}

struct TurnRow {
    std::int64_t token;
    std::string owner;
    Instant lease_until;
    Instant planned_at;

    [[nodiscard]] bool is_held_at(Instant now) const {
        return token != 0 && lease_until > now && !is_certainly_dead(owner);
    }
};

TurnRow read_turn(const store::Row& row) {
    return {row.number(1), row.text(2), row.instant(3), row.instant(4)};
}

void insert_run(store::Tx& tx, const RunKey& run, const RunEnd& end) {
    const bool running = end.state == RunState::Running;
    tx.execute(kInsertRun, tx.new_id(), run.job, to_text(run.cause), run.planned_at,
               to_text(end.state), tx.now(), running ? std::nullopt : std::optional(tx.now()),
               end.busy.count(), end.count.due, end.count.done, end.count.failed,
               end.count.deferred, end.trouble);
}

std::int64_t update_run(store::Tx& tx, const RunKey& run, const RunEnd& end) {
    return tx.execute(kEndRun, to_text(end.state), tx.now(), end.busy.count(), end.count.due,
                      end.count.done, end.count.failed, end.count.deferred, end.trouble, run.job,
                      to_text(run.cause), run.planned_at);
}

}  // namespace

void JobCount::add(const JobCount& other) {
    due += other.due;
    done += other.done;
    failed += other.failed;
    deferred += other.deferred;
}

std::string_view to_text(RunCause cause) {
    return std::ranges::find(kCauses, cause, &std::pair<RunCause, std::string_view>::first)->second;
}

std::string_view to_text(RunState state) {
    return std::ranges::find(kStates, state, &std::pair<RunState, std::string_view>::first)->second;
}

std::map<std::string, TurnStanding, std::less<>> turn_standings(store::Tx& tx) {
    std::map<std::string, TurnStanding, std::less<>> standings;
    for (const store::Row& row : tx.query(kTurns)) {
        const TurnRow turn = read_turn(row);
        const bool held = turn.is_held_at(tx.now());
        standings[row.text(0)] = {
            turn.planned_at == Instant{} ? std::nullopt : std::optional(turn.planned_at), held,
            turn.token != 0 && !held};
    }
    return standings;
}

Result<JobTurn> take_turn(store::Tx& tx, const RunKey& run, std::string_view owner) {
    JobTurn turn{run, tx.new_id(), tx.now() + kTurnLease};
    const auto rows = tx.query(kTurn, run.job);
    const bool by_plan = run.cause == RunCause::Plan;
    if (rows.empty()) {
        tx.execute(kInsertTurn, run.job, turn.token, owner, turn.lease_until,
                   by_plan ? run.planned_at : Instant{});
    } else {
        const TurnRow seen = read_turn(rows.front());
        if (seen.is_held_at(tx.now()) ||
            tx.execute(kTakeTurn, turn.token, owner, turn.lease_until,
                       by_plan ? run.planned_at : seen.planned_at, run.job, seen.token) == 0) {
            return Error{ErrorKind::Conflict,
                         "job.runs_elsewhere",
                         "Another worker runs this job now; wait until it has ended.",
                         run.job,
                         {}};
        }
        if (seen.token != 0) {
            tx.execute(kEndDead, tx.now(), run.job, to_text(run.cause), run.planned_at);
        }
    }
    if (tx.query(kRun, run.job, to_text(run.cause), run.planned_at).empty()) {
        insert_run(tx, run, {RunState::Running, {}, {}});
    } else {
        tx.execute(kRunAgain, run.job, to_text(run.cause), run.planned_at);
    }
    return turn;
}

bool keep_turn(store::Tx& tx, JobTurn& turn) {
    turn.lease_until = tx.now() + kTurnLease;
    return tx.execute(kKeepTurn, turn.lease_until, turn.run.job, turn.token) == 1;
}

void end_turn(store::Tx& tx, const JobTurn& turn, const RunEnd& end) {
    // A planned time that goes on is not taken yet: one microsecond earlier was the last one.
    const int back = end.goes_on && turn.run.cause == RunCause::Plan ? 1 : 0;
    if (tx.execute(kLeaveTurn, back, turn.run.job, turn.token) == 1) {
        update_run(tx, turn.run, end);
    }
}

void note_missed(store::Tx& tx, std::string_view job, Instant planned_at) {
    const RunKey run{std::string(job), RunCause::Plan, planned_at};
    if (tx.query(kRun, run.job, to_text(run.cause), run.planned_at).empty()) {
        insert_run(tx, run, {RunState::Missed, {}, {}});
    }
}

void add_to_day(store::Tx& tx, std::string_view job, const RunEnd& part) {
    const RunKey run{std::string(job), RunCause::Always,
                     start_of_day_in_taipei(day_in_taipei(tx.now()))};
    const auto rows = tx.query(kRun, run.job, to_text(run.cause), run.planned_at);
    if (rows.empty()) {
        insert_run(tx, run, part);
        return;
    }
    const JobRun so_far = read_run(rows.front());
    if (part.count.is_nothing() && part.trouble == so_far.trouble) {
        return;  // the same trouble as at the look before
    }
    RunEnd whole = part;
    if (so_far.state == RunState::Failed) {  // a day with a failure stays one
        whole.state = RunState::Failed;
        whole.trouble = part.trouble.empty() ? so_far.trouble : part.trouble;
    }
    update_run(tx, run, whole);
}

std::vector<JobRun> runs_between(store::Tx& tx, Instant from, Instant until) {
    std::vector<JobRun> runs;
    for (const store::Row& row : tx.query(kRunsBetween, from, until)) {
        runs.push_back(read_run(row));
    }
    return runs;
}

std::optional<JobRun> last_run(store::Tx& tx, std::string_view job) {
    std::optional<JobRun> last;
    for (const auto& [cause, word] : kCauses) {
        const auto rows = tx.query(kLastRun, job, word);
        if (!rows.empty()) {
            JobRun run = read_run(rows.front());
            if (!last || run.started_at > last->started_at) {
                last = std::move(run);
            }
        }
    }
    return last;
}

}  // namespace sealdesk::jobs
