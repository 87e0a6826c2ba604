#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "queue/queue.h"

namespace sealdesk::queue {

/// Does one job and completes it (queue::complete) inside its own last transaction. It may be run
/// more than once for one job. An Error says why it could not be done:
///
/// | kind                       | what the runner does with the job                     |
/// |----------------------------|-------------------------------------------------------|
/// | Invalid, Refused, NotFound | failed; an operator looks at it                       |
/// | Conflict                   | the handler again, at most kConflictTries times, then |
/// |                            | as Unavailable; job.lease_lost: dropped, it is another's |
/// | Unavailable                | later (queue::defer)                                  |
/// | Internal                   | failed, and run() ends by throwing it                 |
///
/// A Failure thrown counts as the Error it carries. A handler that ends well without having ended
/// its job is a defect (job.left_open, Internal).
using Handler = std::function<Outcome(const Job&)>;

/// Runs of a handler that meets a Conflict each time (style.md 3.4).
inline constexpr int kConflictTries = 3;

/// What a run did, for the operator.
struct Statistics {
    std::int64_t done = 0;      ///< ended by their handler (completed or snoozed)
    std::int64_t deferred = 0;  ///< later, because something did not answer
    std::int64_t failed = 0;
    std::int64_t lost = 0;  ///< taken over by another worker
};

/// How one run goes on and ends.
struct RunOptions {
    std::vector<std::string> kinds = {};  ///< empty: every kind that has a handler
    int batch = 20;                       ///< jobs claimed at once
    std::chrono::seconds lease = std::chrono::minutes(5);
    /// True: ends when no job is due. False: waits for more until stopped.
    bool until_idle = true;
    /// While waiting: time between two looks at the queue.
    std::chrono::milliseconds poll = std::chrono::milliseconds(500);
    /// Set by a signal handler: the job in hand is finished, the others are given back.
    const std::atomic<bool>* stop = nullptr;
    /// Called after each job.
    std::function<void(const Job&, const Statistics&)> progress = {};
};

/// One worker: one thread, one database. More work is more processes.
class Runner {
public:
    explicit Runner(store::Database& database) : database_(database) {}

    /// Registers the handler of a kind. A second one for the same kind is a defect.
    void on(std::string kind, Handler handler);

    /// Runs jobs. Throws Failure when the database is gone or a handler met an Internal error.
    Statistics run(const RunOptions& options);

private:
    struct Run;

    store::Database& database_;
    std::map<std::string, Handler, std::less<>> handlers_;
};

}  // namespace sealdesk::queue
