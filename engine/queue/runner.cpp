#include "queue/runner.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace sealdesk::queue {

namespace {

/// What the runner does with a job whose handler met an error.
enum class Reaction { Fail, Again, Later, Drop, Stop };

// The table of style.md 3.4.
Reaction reaction_to(const Error& error) {
    switch (error.kind) {
        case ErrorKind::Invalid:
        case ErrorKind::Refused:
        case ErrorKind::NotFound: return Reaction::Fail;
        case ErrorKind::Conflict:
            return error.code == "job.lease_lost" ? Reaction::Drop : Reaction::Again;
        case ErrorKind::Unavailable: return Reaction::Later;
        case ErrorKind::Internal: break;
    }
    return Reaction::Stop;
}

/// A handler's Failure counts as the Error it carries: this is one of the three places where
/// Failure is caught.
Outcome call(const Handler& handler, const Job& job) {
    try {
        return handler(job);
    } catch (const Failure& failure) {
        return failure.error();
    }
}

constexpr std::chrono::milliseconds kStopLookedAtEvery{50};

}  // namespace

/// One run's options and progress.
struct Runner::Run {
    Runner& runner;
    const RunOptions& options;
    ClaimOptions wanted;
    Statistics statistics = {};

    [[nodiscard]] bool stopped() const {
        return options.stop != nullptr && options.stop->load(std::memory_order_relaxed);
    }

    void wait() const {
        auto left = options.poll;
        while (left.count() > 0 && !stopped()) {
            const auto slice = std::min(left, kStopLookedAtEvery);
            std::this_thread::sleep_for(slice);
            left -= slice;
        }
    }

    /// In a transaction of its own; whether the job was still ours.
    bool settle(std::string_view name, const std::function<Outcome(store::Tx&)>& how) {
        return store::transact(runner.database_, name, how).has_value();
    }

    void give_back(std::span<const Job> jobs) {
        if (jobs.empty()) {
            return;
        }
        store::transact(runner.database_, "queue.release", [&](store::Tx& tx) {
            for (const Job& job : jobs) {
                // One that another worker holds by now needs no release.
                static_cast<void>(release(tx, job));
            }
        });
    }

    Outcome handle(const Handler& handler, const Job& job) const {
        for (int tries = 1;; ++tries) {
            auto outcome = call(handler, job);
            const bool again =
                !outcome.has_value() && reaction_to(outcome.error()) == Reaction::Again;
            if (!again || tries == kConflictTries) {
                return outcome;
            }
        }
    }

    /// Throws when the error means that the worker must stop.
    void react(const Job& job, const Error& error) {
        switch (reaction_to(error)) {
            case Reaction::Fail:
                count(settle("queue.fail", [&](store::Tx& tx) { return fail(tx, job, error); }),
                      statistics.failed);
                return;
            case Reaction::Again:  // still a conflict after all tries
            case Reaction::Later:
                count(settle("queue.defer", [&](store::Tx& tx) { return defer(tx, job, error); }),
                      statistics.deferred);
                return;
            case Reaction::Drop: ++statistics.lost; return;
            case Reaction::Stop: break;
        }
        count(settle("queue.fail", [&](store::Tx& tx) { return fail(tx, job, error); }),
              statistics.failed);
        throw Failure(error);
    }

    void count(bool ours, std::int64_t& counter) { ++(ours ? counter : statistics.lost); }

    /// The lease is renewed when half of it is gone; false when the job is another's by now.
    bool still_ours(const Job& job, Instant claimed_at) {
        const auto half = options.lease / 2;
        if (runner.database_.clock().now() - claimed_at < half) {
            return true;
        }
        return settle("queue.renew", [&](store::Tx& tx) { return renew(tx, job, options.lease); });
    }

    void run_one(const Job& job, Instant claimed_at) {
        const auto handler = runner.handlers_.find(job.kind);
        SEALDESK_CHECK(handler != runner.handlers_.end());
        if (!still_ours(job, claimed_at)) {
            ++statistics.lost;
            return;
        }
        const auto outcome = handle(handler->second, job);
        if (outcome) {
            ++statistics.done;
        } else {
            react(job, outcome.error());
        }
    }

    /// A handler that ended well must have ended its job.
    void require_all_ended(std::span<const Job> jobs) {
        const auto left = store::transact(runner.database_, "queue.review",
                                          [&](store::Tx& tx) { return still_held(tx, jobs); });
        const auto open = std::find_if(jobs.begin(), jobs.end(), [&](const Job& job) {
            return std::find(left.begin(), left.end(), job.id) != left.end();
        });
        if (open != jobs.end()) {
            react(*open, Error{ErrorKind::Internal,
                               "job.left_open",
                               "The handler of " + open->kind + " did not complete its job.",
                               open->key,
                               {}});
        }
    }

    void run_block(const std::vector<Job>& jobs, Instant claimed_at) {
        std::size_t begun = 0;
        try {
            for (const Job& job : jobs) {
                if (stopped()) {
                    break;
                }
                ++begun;
                run_one(job, claimed_at);
                if (options.progress) {
                    options.progress(job, statistics);
                }
            }
        } catch (const Failure&) {
            try {
                give_back(std::span(jobs).subspan(begun));
            } catch (const Failure&) {  // NOLINT(bugprone-empty-catch)
                // The first failure counts; the leases run out by themselves.
            }
            throw;
        }
        require_all_ended(std::span(jobs).first(begun));
        give_back(std::span(jobs).subspan(begun));
    }
};

void Runner::on(std::string kind, Handler handler) {
    const bool added = handlers_.emplace(std::move(kind), std::move(handler)).second;
    SEALDESK_CHECK(added);
}

Statistics Runner::run(const RunOptions& options) {
    ClaimOptions wanted{options.kinds, options.batch, options.lease};
    if (wanted.kinds.empty()) {
        for (const auto& [kind, handler] : handlers_) {
            wanted.kinds.push_back(kind);
        }
    }
    SEALDESK_CHECK(!wanted.kinds.empty());
    Run run{*this, options, std::move(wanted)};
    while (!run.stopped()) {
        const Instant claimed_at = database_.clock().now();
        const auto jobs = claim(database_, run.wanted);
        if (!jobs.empty()) {
            run.run_block(jobs, claimed_at);
        } else if (options.until_idle) {
            break;
        } else {
            run.wait();
        }
    }
    return run.statistics;
}

}  // namespace sealdesk::queue
