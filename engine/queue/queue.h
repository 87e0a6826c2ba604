#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "store/tx.h"

namespace sealdesk::queue {

/// A job that this worker holds by a lease. Whoever holds it may be overtaken when the lease runs
/// out, so every job is idempotent by its key, and the token guards its end.
struct Job {
    JobId id;
    std::string kind;      ///< what to do, such as "mail.send"; at most 60 characters
    std::string key;       ///< of what: UNIQUE with the kind; at most 190 characters, no secret
    std::int64_t subject;  ///< id of the record it is about, 0 for none
    std::int64_t token;    ///< proves the lease
    int attempt;           ///< 1 for the first claim
};

/// A job to be enqueued.
struct NewJob {
    std::string kind;
    std::string key;
    std::int64_t subject;
    Instant run_at;
};

/// Adds a job in the caller's transaction. A job of the same kind and key, in whatever state, is
/// left as it is: the effect of a decision exists once, however often it is asked for.
void enqueue(store::Tx& tx, std::string_view kind, std::string_view key, std::int64_t subject,
             Instant run_at);

/// Many at once, by multi-row inserts.
void enqueue_all(store::Tx& tx, std::span<const NewJob> jobs);

/// What a worker asks for.
struct ClaimOptions {
    std::vector<std::string> kinds = {};  ///< empty: every kind
    int count = 20;                       ///< at most; 1 to 500
    /// Longer than the slowest job takes, since another worker takes the job over afterwards.
    std::chrono::seconds lease = std::chrono::minutes(5);
};

/// Takes jobs that are due, or whose lease has run out, in a transaction of its own. Several
/// workers may claim at once: no job is held by two. A job claimed kClaimsMax times without an
/// end (its worker dies each time) is set to failed instead.
[[nodiscard]] std::vector<Job> claim(store::Database& database, const ClaimOptions& options);

/// Claims of one job before it is thought to kill its workers. Generous, because a worker that is
/// killed takes the whole block down that it had claimed.
inline constexpr int kClaimsMax = 20;

/// Pauses after the first, second, … failure by a machine that did not answer; after the last the
/// job fails (style.md 3.4: 1 min, 5 min, 30 min, 2 h).
inline constexpr std::chrono::minutes kRetryPauses[] = {
    std::chrono::minutes(1), std::chrono::minutes(5), std::chrono::minutes(30),
    std::chrono::minutes(120)};

// The ends of a job, each in the caller's transaction. All return Conflict job.lease_lost when
// another worker holds the job by now; the caller returns that error, so that everything rolls
// back.

/// The job is done: in the same transaction as its result.
Outcome complete(store::Tx& tx, const Job& job);

/// The job cannot be done; an operator looks at it (job list) and may retry() it.
Outcome fail(store::Tx& tx, const Job& job, const Error& why);

/// A machine did not answer: later, by kRetryPauses; failed after the last pause.
Outcome defer(store::Tx& tx, const Job& job, const Error& why);

/// Not yet: what the job waits for is expected at `until`, one second from now at the earliest.
/// Does not count as a failure.
Outcome snooze(store::Tx& tx, const Job& job, Instant until);

/// Gives a job back untouched, for example because the worker is told to stop.
Outcome release(store::Tx& tx, const Job& job);

/// Starts the lease anew; ask before a long step.
Outcome renew(store::Tx& tx, const Job& job, std::chrono::seconds lease);

/// Those of one claim's jobs that this worker still holds: neither ended nor taken over.
[[nodiscard]] std::vector<JobId> still_held(store::Tx& tx, std::span<const Job> jobs);

/// Makes failed jobs ready again, with all their attempts; returns how many. An empty kind or key
/// means every one.
std::int64_t retry(store::Tx& tx, std::string_view kind, std::string_view key);

/// Jobs by kind and state ("ready", "leased", "done", "failed"), in that order.
struct Count {
    std::string kind;
    std::string state;
    std::int64_t count;
};
[[nodiscard]] std::vector<Count> counts(store::Tx& tx);

/// How many jobs about this record are not done (ready, leased or failed).
[[nodiscard]] std::int64_t open_jobs_about(store::Tx& tx, std::int64_t subject);

/// How many jobs about this record were made under this key at that moment, in whatever state: what
/// a decision has begun, to be compared with what its event says.
[[nodiscard]] std::int64_t jobs_begun(store::Tx& tx, std::int64_t subject, std::string_view key,
                                      Instant at);

/// A job that failed, as an operator sees it.
struct FailedJob {
    JobId id;
    std::string kind;
    std::string key;
    std::int64_t subject;
    std::string code;    ///< Error::code of the last failure
    std::string detail;  ///< its sentence
    Instant failed_at;
};

/// Failed jobs, the oldest first, after the given id (0: from the start), at most `limit`.
[[nodiscard]] std::vector<FailedJob> failed_jobs(store::Tx& tx, std::int64_t after, int limit);

/// When the next job becomes due (ready, or its lease runs out); nothing when none is open.
[[nodiscard]] std::optional<Instant> next_due(store::Tx& tx,
                                              std::span<const std::string> kinds = {});

}  // namespace sealdesk::queue
