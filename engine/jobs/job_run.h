#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/tx.h"

namespace sealdesk::jobs {

/// What one run of a job did, in things of its own kind: mails, certificates, files.
struct JobCount {
    std::int64_t due = 0;  ///< found to be done; done, failed and deferred ones are among them
    std::int64_t done = 0;
    std::int64_t failed = 0;    ///< a person must look
    std::int64_t deferred = 0;  ///< tried again by itself

    void add(const JobCount& other);
    [[nodiscard]] bool is_nothing() const { return due == 0; }
};

/// So many things that were due and are done.
[[nodiscard]] constexpr JobCount all_done(std::int64_t count) { return {count, count, 0, 0}; }

/// Why a job ran. Stored as text.
enum class RunCause {
    Plan,    ///< its planned time had come
    Hand,    ///< somebody named it
    Always,  ///< it had work to do; one record a day
};
enum class RunState {
    Running,
    Done,
    Failed,   ///< something failed, or its worker died and another planned time came
    Stopped,  ///< told to, or its longest time was over; the rest is done next time
    Missed,   ///< no worker looked in time
};
[[nodiscard]] std::string_view to_text(RunCause cause);
[[nodiscard]] std::string_view to_text(RunState state);

/// The record of one run (of a day, for a job that always runs).
struct JobRun {
    std::string job;
    RunCause cause;
    Instant planned_at;
    RunState state;
    Instant started_at;
    std::optional<Instant> ended_at;
    std::chrono::microseconds busy{0};
    JobCount count;
    std::string trouble;  ///< code of the error; empty: none
};

/// Which run is meant.
struct RunKey {
    std::string job;
    RunCause cause;
    Instant planned_at;
};

/// A run that this process holds by a lease: no other one of its job goes on anywhere.
struct JobTurn {
    RunKey run;
    std::int64_t token;
    Instant lease_until;
};

/// A run that asks now and then whether it may go on holds its lease so long.
inline constexpr std::chrono::minutes kTurnLease{10};

/// How the turns of a job stand.
struct TurnStanding {
    std::optional<Instant> planned_at;  ///< taken last; none: it never ran by plan
    bool is_running = false;            ///< by a worker that lives, as far as is known
    bool is_abandoned = false;          ///< its worker died in it
};
[[nodiscard]] std::map<std::string, TurnStanding, std::less<>> turn_standings(store::Tx& tx);

/// Begins a run, or goes on with one whose worker died. Conflict: job.runs_elsewhere.
[[nodiscard]] Result<JobTurn> take_turn(store::Tx& tx, const RunKey& run, std::string_view owner);

/// Starts the lease anew; false when another worker has taken the turn.
[[nodiscard]] bool keep_turn(store::Tx& tx, JobTurn& turn);

/// How a run ended.
struct RunEnd {
    RunState state;
    JobCount count;
    std::chrono::microseconds busy;
    std::string trouble = {};
    bool goes_on = false;  ///< it was told to stop: due again at the next look
};
void end_turn(store::Tx& tx, const JobTurn& turn, const RunEnd& end);

/// Writes down a planned time at which nothing ran; again changes nothing.
void note_missed(store::Tx& tx, std::string_view job, Instant planned_at);

/// Adds to today's record of a job that always runs.
void add_to_day(store::Tx& tx, std::string_view job, const RunEnd& part);

/// The runs planned in a span of time, in its order.
[[nodiscard]] std::vector<JobRun> runs_between(store::Tx& tx, Instant from, Instant until);

/// Whether a person must look: it failed, or never ran.
[[nodiscard]] bool needs_a_look(const JobRun& run);

/// The runs as lines of a page, one a job: time, how it ended, what it did. What failed comes
/// first.
[[nodiscard]] std::vector<std::string> lines_of_runs(const std::vector<JobRun>& runs);

/// The newest run of a job.
[[nodiscard]] std::optional<JobRun> last_run(store::Tx& tx, std::string_view job);

}  // namespace sealdesk::jobs
