// The queue: one job a key, one holder a job, an end only for the holder.

#include "queue/queue.h"

#include <csignal>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "store/tx.h"
#include "support/backends.h"
#include "support/failing_connection.h"

namespace sealdesk::queue {
namespace {

using namespace std::chrono_literals;

class Queue : public test::OnEveryBackend {
protected:
    void add(const std::string& kind, const std::string& key, Instant run_at) {
        store::transact(db(), "test.enqueue",
                        [&](store::Tx& tx) { enqueue(tx, kind, key, 7, run_at); });
    }
    void add(const std::string& kind, const std::string& key) { add(kind, key, clock().now()); }

    std::vector<Job> claim_all(int count = 20, std::chrono::seconds lease = 60s) {
        return claim(db(), {.count = count, .lease = lease});
    }
    Job claim_one() {
        auto jobs = claim_all(1);
        EXPECT_EQ(jobs.size(), 1U);
        return jobs.at(0);
    }
    std::string code_of(const Outcome& outcome) { return outcome ? "ok" : outcome.error().code; }
    template <class Fn>
    std::string end(const Fn& fn) {
        return code_of(store::transact(db(), "test.end", fn));
    }
    std::string complete_it(const Job& job) {
        return end([&](store::Tx& tx) { return complete(tx, job); });
    }
    std::string defer_it(const Job& job) {
        const Error why{ErrorKind::Unavailable, "mail.down", "The mail server is down.", {}, {}};
        return end([&](store::Tx& tx) { return defer(tx, job, why); });
    }
    std::map<std::string, std::int64_t> states() {
        std::map<std::string, std::int64_t> by_state;
        store::transact(db(), "test.count", [&](store::Tx& tx) {
            by_state.clear();
            for (const auto& one : counts(tx)) {
                by_state[one.state] += one.count;
            }
        });
        return by_state;
    }
    std::vector<FailedJob> failed() {
        return store::transact(db(), "test.failed",
                               [](store::Tx& tx) { return failed_jobs(tx, 0, 100); });
    }
    std::optional<Instant> due() {
        return store::transact(db(), "test.due", [](store::Tx& tx) { return next_due(tx); });
    }
};

TEST_P(Queue, AnEmptyQueueGivesNothing) {
    EXPECT_TRUE(claim_all().empty());
    EXPECT_EQ(due(), std::nullopt);
    EXPECT_TRUE(states().empty());
}

TEST_P(Queue, AJobCarriesWhatWasEnqueued) {
    add("mail.send", "request 17 result");
    const Job job = claim_one();

    EXPECT_EQ(job.kind, "mail.send");
    EXPECT_EQ(job.key, "request 17 result");
    EXPECT_EQ(job.subject, 7);
    EXPECT_EQ(job.attempt, 1);
    EXPECT_EQ(complete_it(job), "ok");
    EXPECT_EQ(states(), (std::map<std::string, std::int64_t>{{"done", 1}}));
}

TEST_P(Queue, AKeyIsEnqueuedOnceInWhateverStateItsJobIs) {
    add("mail.send", "a");
    add("mail.send", "a");
    add("slip.make", "a");  // another kind is another job
    for (const Job& job : claim_all()) {
        add(job.kind, job.key);
        complete_it(job);
        add(job.kind, job.key);
    }
    EXPECT_EQ(states(), (std::map<std::string, std::int64_t>{{"done", 2}}));
}

TEST_P(Queue, ManyAreEnqueuedAtOnceWithoutThoseThatExist) {
    add("slip.make", "key 5");
    std::vector<NewJob> jobs;
    jobs.reserve(1'301);
    for (int i = 0; i < 1'300; ++i) {
        jobs.push_back({"slip.make", "key " + std::to_string(i % 1'200), i, clock().now()});
    }
    jobs.push_back({"mail.send", "key 5", 1, clock().now()});
    store::transact(db(), "test.enqueue", [&](store::Tx& tx) { enqueue_all(tx, jobs); });
    store::transact(db(), "test.enqueue", [&](store::Tx& tx) { enqueue_all(tx, jobs); });

    EXPECT_EQ(states()["ready"], 1'201);
}

TEST_P(Queue, AJobIsNotTakenBeforeItsTime) {
    add("mail.send", "later", clock().now() + 1h);
    EXPECT_TRUE(claim_all().empty());
    EXPECT_EQ(due(), clock().now() + 1h);

    clock().advance(1h);
    EXPECT_EQ(claim_all().size(), 1U);
}

TEST_P(Queue, WhatIsDueFirstIsTakenFirst) {
    for (const int minutes : {3, 1, 2}) {
        add("mail.send", std::to_string(minutes), clock().now() + std::chrono::minutes(minutes));
    }
    clock().advance(1h);
    const auto jobs = claim_all(3);
    ASSERT_EQ(jobs.size(), 3U);
    EXPECT_EQ(jobs[0].key + jobs[1].key + jobs[2].key, "123");
}

TEST_P(Queue, OnlyTheKindsAskedForAreTaken) {
    add("mail.send", "a");
    add("slip.make", "a");
    const auto jobs = claim(db(), {.kinds = {"slip.make", "fee.book"}, .count = 20, .lease = 60s});
    ASSERT_EQ(jobs.size(), 1U);
    EXPECT_EQ(jobs[0].kind, "slip.make");
}

TEST_P(Queue, AJobHasOneHolder) {
    add("mail.send", "a");
    EXPECT_EQ(claim_all().size(), 1U);
    EXPECT_EQ(claim_all().size(), 0U);
}

TEST_P(Queue, ALeaseThatRanOutIsTakenOverAndTheFirstHolderCanNoLongerEndTheJob) {
    add("mail.send", "a");
    const Job first = claim_one();
    clock().advance(61s);
    const Job second = claim_one();

    EXPECT_EQ(second.id, first.id);
    EXPECT_EQ(second.attempt, 2);
    const Error why{ErrorKind::Refused, "x.refused", "No.", {}, {}};
    EXPECT_EQ(complete_it(first), "job.lease_lost");
    EXPECT_EQ(defer_it(first), "job.lease_lost");
    EXPECT_EQ(end([&](store::Tx& tx) { return fail(tx, first, why); }), "job.lease_lost");
    EXPECT_EQ(end([&](store::Tx& tx) { return snooze(tx, first, tx.now()); }), "job.lease_lost");
    EXPECT_EQ(end([&](store::Tx& tx) { return release(tx, first); }), "job.lease_lost");
    EXPECT_EQ(end([&](store::Tx& tx) { return renew(tx, first, 60s); }), "job.lease_lost");
    EXPECT_EQ(complete_it(second), "ok");
    EXPECT_EQ(complete_it(second), "job.lease_lost");  // it has ended
}

TEST_P(Queue, ARenewedLeaseRunsFromNow) {
    add("mail.send", "a");
    const Job job = claim_one();
    clock().advance(50s);
    EXPECT_EQ(end([&](store::Tx& tx) { return renew(tx, job, 60s); }), "ok");
    clock().advance(50s);
    EXPECT_TRUE(claim_all().empty());
    EXPECT_EQ(complete_it(job), "ok");
}

// style.md 3.4: 1 min, 5 min, 30 min, 2 h, then failed.
TEST_P(Queue, AMachineThatDoesNotAnswerIsAskedFiveTimes) {
    add("mail.send", "a");
    for (const auto pause : kRetryPauses) {
        EXPECT_EQ(defer_it(claim_one()), "ok");
        clock().advance(pause - 1s);
        EXPECT_TRUE(claim_all().empty());
        clock().advance(1s);
    }
    EXPECT_EQ(defer_it(claim_one()), "ok");

    const auto jobs = failed();
    ASSERT_EQ(jobs.size(), 1U);
    EXPECT_EQ(jobs[0].code, "mail.down");
    EXPECT_EQ(jobs[0].detail, "The mail server is down.");
    EXPECT_EQ(jobs[0].failed_at, clock().now());
}

TEST_P(Queue, AFailedJobRunsAgainOnlyWhenAnOperatorSaysSo) {
    add("mail.send", "a");
    add("mail.send", "b");
    const Error why{ErrorKind::Refused, "x.refused", std::string(2'000, 'x'), {}, {}};
    for (const Job& job : claim_all()) {
        end([&](store::Tx& tx) { return fail(tx, job, why); });
    }
    clock().advance(24h);
    EXPECT_TRUE(claim_all().empty());

    const auto retried = store::transact(db(), "test.retry",
                                         [](store::Tx& tx) { return retry(tx, "mail.send", "b"); });
    EXPECT_EQ(retried, 1);
    const Job job = claim_one();
    EXPECT_EQ(job.key, "b");
    EXPECT_EQ(job.attempt, 1);
}

TEST_P(Queue, ASnoozedJobMayWaitAsOftenAsItLikes) {
    add("ca.poll", "a");
    for (int i = 0; i < 3 * kClaimsMax; ++i) {
        const Job job = claim_one();
        EXPECT_EQ(end([&](store::Tx& tx) { return snooze(tx, job, tx.now() + 10min); }), "ok");
        EXPECT_TRUE(claim_all().empty());
        clock().advance(10min);
    }
    EXPECT_EQ(claim_one().attempt, 1);
}

TEST_P(Queue, ASnoozeThatIsOverAlreadyLastsASecond) {
    add("ca.poll", "a");
    const Job job = claim_one();
    end([&](store::Tx& tx) { return snooze(tx, job, tx.now() - 1h); });
    EXPECT_TRUE(claim_all().empty());  // or a worker would never be idle
    clock().advance(1s);
    EXPECT_EQ(claim_all().size(), 1U);
}

TEST_P(Queue, AReleasedJobIsAsIfNeverTaken) {
    add("mail.send", "a");
    const Job job = claim_one();
    EXPECT_EQ(end([&](store::Tx& tx) { return release(tx, job); }), "ok");
    EXPECT_EQ(claim_one().attempt, 1);
}

TEST_P(Queue, AJobThatKillsItsWorkersEndsAsFailed) {
    add("slip.make", "poison");
    for (int i = 0; i < kClaimsMax; ++i) {
        EXPECT_EQ(claim_all().size(), 1U) << i;
        clock().advance(61s);  // the worker is gone
    }
    EXPECT_TRUE(claim_all().empty());
    ASSERT_EQ(failed().size(), 1U);
    EXPECT_EQ(failed()[0].code, "job.worker_died");
}

TEST_P(Queue, AJobAndItsResultAreOneCommit) {
    add("mail.send", "a");
    const Job job = claim_one();
    EXPECT_THROW(store::transact(db(), "test.end",
                                 [&](store::Tx& tx) {
                                     EXPECT_TRUE(complete(tx, job));
                                     throw_unavailable("test.cut", "cut off");
                                 }),
                 Failure);
    EXPECT_EQ(states()["leased"], 1);
    EXPECT_EQ(complete_it(job), "ok");
}

TEST_P(Queue, AClaimHoldsAllOrNothingWhicheverWriteFails) {
    for (int i = 0; i < 5; ++i) {
        add("mail.send", std::to_string(i));
    }
    clock().advance(1s);
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 20);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            const auto jobs = claim(broken, {.count = 5, .lease = 60s});
            ASSERT_FALSE(failing.has_failed());
            EXPECT_EQ(jobs.size(), 5U);
            break;
        } catch (const Failure&) {
            EXPECT_EQ(states()["ready"], 5) << "after failing write " << write;
        }
    }
}

TEST_P(Queue, EnqueuingIsRepeatedWhenAnotherWorkerWasFaster) {
    for (int write = 0; write < 4; ++write) {
        test::FailingConnection failing(connection(), write, store::Trouble::Retry);
        store::Database shaken(failing, clock(), random());
        store::transact(shaken, "test.enqueue", [&](store::Tx& tx) {
            enqueue(tx, "mail.send", std::to_string(write), 1, tx.now());
        });
    }
    EXPECT_EQ(states()["ready"], 4);
}

/// A worker in a process of its own: claims and completes until nothing is left, and appends each
/// key it completed to a table of its own making.
void work_until_idle(const store::ConnectionOptions& options, std::int64_t worker) {
    const auto connection = store::open(options);
    const SystemClock clock;
    SystemRandom random;
    store::Database database(*connection, clock, random);
    for (int idle = 0; idle < 3;) {
        const auto jobs = claim(database, {.count = 7, .lease = 600s});
        idle = jobs.empty() ? idle + 1 : 0;
        for (const Job& job : jobs) {
            const auto outcome = store::transact(database, "test.work", [&](store::Tx& tx) {
                tx.execute("INSERT INTO test_done (id, job, worker) VALUES (?, ?, ?)", tx.new_id(),
                           job.id.value(), worker);
                return complete(tx, job);
            });
            if (!outcome) {
                ::_exit(3);
            }
        }
    }
}

TEST_P(Queue, TheJobsOfAKilledWorkerNeedNotWaitForTheEndOfItsLease) {
    add("mail.send", "a");
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const auto own = store::open(options());
        SystemRandom own_random;
        store::Database database(*own, clock(), own_random);
        const auto jobs = claim(database, {.count = 1, .lease = 600s});
        ::kill(::getpid(), jobs.size() == 1 ? SIGKILL : SIGTERM);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

    clock().advance(1s);  // far less than the lease
    const auto jobs = claim_all();
    ASSERT_EQ(jobs.size(), 1U);
    EXPECT_EQ(jobs[0].attempt, 2);
    EXPECT_TRUE(claim_all().empty());  // we live
}

TEST_P(Queue, SeveralProcessesDoEachJobOnce) {
    constexpr int jobs_total = 300;
    constexpr int workers = 3;
    connection().execute(
        "CREATE TABLE test_done (id BIGINT PRIMARY KEY, job BIGINT, worker BIGINT)", {});
    std::vector<NewJob> jobs;
    jobs.reserve(jobs_total);
    for (int i = 0; i < jobs_total; ++i) {
        jobs.push_back({"mail.send", std::to_string(i), i, clock().now() - 24h * 3650});
    }
    store::transact(db(), "test.enqueue", [&](store::Tx& tx) { enqueue_all(tx, jobs); });

    std::vector<pid_t> children;
    for (int worker = 0; worker < workers; ++worker) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            try {
                work_until_idle(options(), worker);
                ::_exit(0);
            } catch (const std::exception&) {
                ::_exit(4);
            }
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        ::waitpid(child, &status, 0);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    }

    EXPECT_EQ(states(), (std::map<std::string, std::int64_t>{{"done", jobs_total}}));
    const auto done = connection().query("SELECT COUNT(*), COUNT(DISTINCT job) FROM test_done", {});
    EXPECT_EQ(done.at(0).number(0), jobs_total);
    EXPECT_EQ(done.at(0).number(1), jobs_total);
}

SEALDESK_ON_EVERY_BACKEND(Queue);

}  // namespace
}  // namespace sealdesk::queue
