// The runner: each kind of error has its reaction (style.md 3.4), and a stop loses nothing.

#include "queue/runner.h"

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "support/backends.h"

namespace sealdesk::queue {
namespace {

using namespace std::chrono_literals;

class Runners : public test::OnEveryBackend {
protected:
    void add(const std::string& key) {
        store::transact(db(), "test.enqueue",
                        [&](store::Tx& tx) { enqueue(tx, "test.job", key, 0, tx.now()); });
    }
    Outcome complete_it(const Job& job) {
        return store::transact(db(), "test.work", [&](store::Tx& tx) { return complete(tx, job); });
    }
    std::map<std::string, std::int64_t> states() {
        return store::transact(db(), "test.count", [](store::Tx& tx) {
            std::map<std::string, std::int64_t> by_state;
            for (const auto& one : counts(tx)) {
                by_state[one.state] += one.count;
            }
            return by_state;
        });
    }
    static Error error(ErrorKind kind) {
        return {kind, "test.error", "An error of a test.", {}, {}};
    }
};

TEST_P(Runners, AllDueJobsAreDone) {
    for (int i = 0; i < 50; ++i) {
        add(std::to_string(i));
    }
    Runner runner(db());
    runner.on("test.job", [&](const Job& job) { return complete_it(job); });
    std::int64_t seen = 0;
    RunOptions options;
    options.progress = [&](const Job&, const Statistics& so_far) { seen = so_far.done; };

    EXPECT_EQ(runner.run(options).done, 50);
    EXPECT_EQ(seen, 50);
    EXPECT_EQ(states()["done"], 50);
    EXPECT_EQ(runner.run(options).done, 0);
}

TEST_P(Runners, JobsWithoutAHandlerAreLeftForOthers) {
    add("a");
    store::transact(db(), "test.enqueue",
                    [&](store::Tx& tx) { enqueue(tx, "other.job", "a", 0, tx.now()); });
    Runner runner(db());
    runner.on("test.job", [&](const Job& job) { return complete_it(job); });
    EXPECT_EQ(runner.run({}).done, 1);
    EXPECT_EQ(states()["ready"], 1);
}

TEST_P(Runners, ARefusalIsForAnOperatorAndTheOthersGoOn) {
    for (const auto kind : {ErrorKind::Invalid, ErrorKind::Refused, ErrorKind::NotFound}) {
        add("bad " + std::to_string(int(kind)));
    }
    add("good");
    Runner runner(db());
    runner.on("test.job", [&](const Job& job) {
        return job.key == "good" ? complete_it(job) : Outcome(error(ErrorKind::Refused));
    });
    const auto statistics = runner.run({});
    EXPECT_EQ(statistics.failed, 3);
    EXPECT_EQ(statistics.done, 1);
    EXPECT_EQ(states()["failed"], 3);
}

TEST_P(Runners, WhatDidNotAnswerIsAskedLater) {
    add("a");
    int calls = 0;
    Runner runner(db());
    runner.on("test.job", [&](const Job& job) {
        return ++calls == 1 ? Outcome(error(ErrorKind::Unavailable)) : complete_it(job);
    });
    EXPECT_EQ(runner.run({}).deferred, 1);
    EXPECT_EQ(calls, 1);
    clock().advance(1min);
    EXPECT_EQ(runner.run({}).done, 1);
}

TEST_P(Runners, AFailureCountsAsTheErrorItCarries) {
    add("a");
    Runner runner(db());
    runner.on("test.job", [&](const Job&) -> Outcome {
        throw_unavailable("test.down", "It does not answer.");
    });
    EXPECT_EQ(runner.run({}).deferred, 1);
    EXPECT_EQ(states()["ready"], 1);
}

TEST_P(Runners, AConflictIsTriedThreeTimesAtOnceAndThenLater) {
    add("a");
    int calls = 0;
    Runner runner(db());
    runner.on("test.job", [&](const Job&) -> Outcome {
        ++calls;
        return error(ErrorKind::Conflict);
    });
    EXPECT_EQ(runner.run({}).deferred, 1);
    EXPECT_EQ(calls, kConflictTries);
}

TEST_P(Runners, AJobTakenOverMeanwhileIsTheOthers) {
    add("a");
    Runner runner(db());
    runner.on("test.job", [&](const Job& job) {
        clock().advance(10min);  // longer than the lease
        const auto others = claim(db(), {.count = 1, .lease = 60s});
        EXPECT_EQ(others.size(), 1U);
        auto ours = complete_it(job);
        EXPECT_TRUE(complete_it(others.at(0)));
        return ours;
    });
    EXPECT_EQ(runner.run({}).lost, 1);
    EXPECT_EQ(states()["done"], 1);
}

TEST_P(Runners, ADefectStopsTheWorkerAndGivesTheOtherJobsBack) {
    for (int i = 0; i < 5; ++i) {
        add(std::to_string(i));
    }
    Runner runner(db());
    runner.on("test.job",
              [&](const Job&) -> Outcome { throw_internal("test.defect", "Something is wrong."); });
    try {
        runner.run({});
        ADD_FAILURE();
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.error().code, "test.defect");
    }
    EXPECT_EQ(states(), (std::map<std::string, std::int64_t>{{"failed", 1}, {"ready", 4}}));
}

TEST_P(Runners, AHandlerThatForgetsItsJobIsADefect) {
    add("a");
    Runner runner(db());
    runner.on("test.job", [](const Job&) { return done(); });
    try {
        runner.run({});
        ADD_FAILURE();
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.error().code, "job.left_open");
    }
    EXPECT_EQ(states()["failed"], 1);
}

TEST_P(Runners, AStopFinishesTheJobInHandAndGivesTheRestBack) {
    for (int i = 0; i < 10; ++i) {
        add(std::to_string(i));
    }
    std::atomic<bool> stop = false;
    int calls = 0;
    Runner runner(db());
    runner.on("test.job", [&](const Job& job) {
        stop = ++calls == 3;
        return complete_it(job);
    });
    RunOptions options;
    options.stop = &stop;
    options.until_idle = false;

    EXPECT_EQ(runner.run(options).done, 3);
    EXPECT_EQ(states(), (std::map<std::string, std::int64_t>{{"done", 3}, {"ready", 7}}));
    stop = false;
    options.until_idle = true;
    EXPECT_EQ(runner.run(options).done, 7);
}

TEST_P(Runners, ALeaseIsRenewedBeforeItRunsOut) {
    for (int i = 0; i < 10; ++i) {
        add(std::to_string(i));
    }
    Runner runner(db());
    runner.on("test.job", [&](const Job& job) {
        clock().advance(1min);  // all ten take twice the lease
        return complete_it(job);
    });
    const auto statistics = runner.run({});
    EXPECT_EQ(statistics.done, 10);
    EXPECT_EQ(statistics.lost, 0);
}

SEALDESK_ON_EVERY_BACKEND(Runners);

}  // namespace
}  // namespace sealdesk::queue
