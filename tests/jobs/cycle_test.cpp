// The night runs itself: planned times, missed ones, workers that die, records and alarms.
#include "jobs/cycle.h"

#include <gmock/gmock.h>

#include "requests/office_desk.h"
#include "support/failing_connection.h"

namespace sealdesk::jobs {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// An office whose `crl` job is the one that is watched: it succeeds, or its CA does not open.
class NightOfJobs : public test::OfficeDesk {
protected:
    void SetUp() override {
        OfficeDesk::SetUp();
        for (const std::string_view job : job_names()) {
            plans_.push_back({std::string(job), {"夜", "night"}});
        }
        plan().times = {7h};
        sources_ = {{"demo", "none", {}, [this]() -> Result<ca::LocalCa*> {
                         ++opened_;
                         return Error{ErrorKind::Unavailable, "ca.closed", "closed", {}, {}};
                     }}};
        alarm_ = {{"night@example.test", "boss@example.test"},
                  {{"RA", "ra@example.test"}, "ra@example.test", "example.test"}};
    }

    JobPlan& plan() { return *std::ranges::find(plans_, "crl", &JobPlan::job); }

    CycleReport run_on(store::Database& database, const std::vector<std::string>& named = {}) {
        const requests::Office office = office_on(database);
        const effects::Works works = works_of(office);
        mail::SmtpSettings nowhere;
        nowhere.host = "127.0.0.1";
        nowhere.port = 9;
        nowhere.tls = mail::TlsMode::None;
        mail::Sender sender(database, nowhere);
        const Inbox inbox{office, folder() / "inbox", {}, folder(), folder()};
        const JobTools tools{works, sender, inbox, sources_, &stop_, [](const std::string&) {}};
        return run_until_idle({tools, plans_, named.empty() ? wanted_ : named, alarm_});
    }
    CycleReport run(const std::vector<std::string>& named = {}) { return run_on(db(), named); }

    /// "plan 07:00 done", in order.
    std::vector<std::string> runs() {
        return store::transact(db(), "test.runs", [&](store::Tx& tx) {
            std::vector<std::string> found;
            for (const JobRun& one : runs_between(tx, Instant{}, tx.now() + 24h * 400)) {
                if (one.job == "crl") {
                    found.push_back(std::string(to_text(one.cause)) + " " +
                                    to_taipei_text(one.planned_at) + " " +
                                    std::string(to_text(one.state)) +
                                    (one.trouble.empty() ? "" : " " + one.trouble));
                }
            }
            return found;
        });
    }
    std::int64_t alarms() {
        return connection()
            .query("SELECT COUNT(*) FROM mail_outbox WHERE dedup_key LIKE 'alarm:crl:%'", {})
            .front()
            .number(0);
    }

    std::vector<JobPlan> plans_;
    std::vector<CrlSource> sources_;
    Alarm alarm_;
    std::vector<std::string> wanted_;
    std::atomic<bool> stop_ = false;
    int opened_ = 0;
};

TEST_P(NightOfJobs, AJobRunsOnceAtItsTimeAndLeavesARecord) {
    sources_.clear();
    run();  // 09:15
    run();
    EXPECT_THAT(runs(), ElementsAre("plan 2026-11-20 07:00 done"));
    clock().advance(21h);  // 06:15
    run();
    EXPECT_EQ(runs().size(), 1U);
    clock().advance(1h);
    run();
    EXPECT_THAT(runs(), ElementsAre("plan 2026-11-20 07:00 done", "plan 2026-11-21 07:00 done"));
}

TEST_P(NightOfJobs, AfterMissedNightsItRunsOnceAndTheMissedOnesStandInTheRecord) {
    sources_.clear();
    run();
    clock().advance(72h);
    run();
    run();
    EXPECT_THAT(runs(), ElementsAre("plan 2026-11-20 07:00 done", "plan 2026-11-21 07:00 missed",
                                    "plan 2026-11-22 07:00 missed", "plan 2026-11-23 07:00 done"));
}

TEST_P(NightOfJobs, OneThatIsNotMadeUpForWaitsForItsNextTime) {
    plan().makes_up = false;
    run();  // 09:15, more than an hour late
    EXPECT_EQ(opened_, 0);
    EXPECT_THAT(runs(), ElementsAre("plan 2026-11-20 07:00 missed"));
    clock().advance(22h + 30min);  // 07:45
    run();
    EXPECT_EQ(opened_, 1);
}

TEST_P(NightOfJobs, TwoWorkersRunItOnce) {
    const auto other = another_connection();
    store::Database second(*other, clock(), random());
    run();
    run_on(second);
    EXPECT_EQ(opened_, 1);
}

TEST_P(NightOfJobs, AnotherWorkersRunIsNotDisturbed) {
    const RunKey run_of_other{"crl", RunCause::Plan, clock().now() - 26h};
    const auto turn = store::transact(db(), "test.turn", [&](store::Tx& tx) {
        return take_turn(tx, run_of_other, "another host/1/1/1/1");
    });
    ASSERT_TRUE(turn);
    run();
    EXPECT_EQ(opened_, 0);
    EXPECT_EQ(run({"crl"}).trouble->code, "job.runs_elsewhere");

    clock().advance(std::chrono::minutes(kTurnLease) + 1s);  // it has died
    run();
    EXPECT_EQ(opened_, 1);
    EXPECT_THAT(runs(), ElementsAre(::testing::HasSubstr("failed job.worker_died"),
                                    "plan 2026-11-20 07:00 failed ca.closed"));
    store::transact(db(), "test.end", [&](store::Tx& tx) {
        end_turn(tx, *turn, {RunState::Done, all_done(9), {}});  // it was only asleep
    });
    EXPECT_THAT(runs(), ElementsAre(::testing::HasSubstr("failed job.worker_died"),
                                    "plan 2026-11-20 07:00 failed ca.closed"));
}

TEST_P(NightOfJobs, ARunWhoseWorkerDiedIsTakenOverUnderItsPlannedTime) {
    const Instant planned = start_of_day_in_taipei(day_in_taipei(clock().now())) + 7h;
    static_cast<void>(store::transact(db(), "test.turn", [&](store::Tx& tx) {
        return take_turn(tx, {"crl", RunCause::Plan, planned}, "another host/1/1/1/1");
    }));
    clock().advance(std::chrono::minutes(kTurnLease) + 1s);
    sources_.clear();
    run();
    EXPECT_THAT(runs(), ElementsAre("plan 2026-11-20 07:00 done"));
}

TEST_P(NightOfJobs, AFailedRunAlarmsTheOperatorsOnce) {
    EXPECT_EQ(run().trouble->code, "ca.closed");
    EXPECT_THAT(runs(), ElementsAre("plan 2026-11-20 07:00 failed ca.closed"));
    EXPECT_EQ(alarms(), 2);
    run();
    EXPECT_EQ(alarms(), 2);
    clock().advance(24h);
    run();
    EXPECT_EQ(alarms(), 4);
}

TEST_P(NightOfJobs, OneThatAlwaysRunsAlarmsOnceADayAndHasOneRecordADay) {
    plan().times.clear();
    for (int look = 0; look < 5; ++look) {
        run();
        clock().advance(1h);
    }
    EXPECT_EQ(opened_, 5);
    EXPECT_EQ(alarms(), 2);
    EXPECT_THAT(runs(), ElementsAre("always 2026-11-20 00:00 failed ca.closed"));
    clock().advance(24h);
    run();
    EXPECT_EQ(alarms(), 4);
    EXPECT_EQ(runs().size(), 2U);
}

TEST_P(NightOfJobs, ANamedJobRunsAtOnceWhateverItsPlan) {
    run({"crl"});
    run({"crl"});
    EXPECT_EQ(opened_, 2);
    EXPECT_EQ(runs().size(), 1U);  // of one moment
    clock().advance(1s);
    run({"crl"});
    EXPECT_EQ(runs().size(), 2U);
    run();
    EXPECT_EQ(opened_, 4);  // its planned time is still to come
}

TEST_P(NightOfJobs, AJobThatIsToldToStopGoesOnAtTheNextLook) {
    const RunKey key{"crl", RunCause::Plan,
                     start_of_day_in_taipei(day_in_taipei(clock().now())) + 7h};
    store::transact(db(), "test.stopped", [&](store::Tx& tx) {
        const auto turn = take_turn(tx, key, "us");
        end_turn(tx, turn.value(), {RunState::Stopped, all_done(3), {}, "", true});
    });
    sources_.clear();
    run();
    EXPECT_THAT(runs(), ElementsAre("plan 2026-11-20 07:00 done"));
    EXPECT_EQ(store::transact(db(), "test.sum",
                              [](store::Tx& tx) { return last_run(tx, "crl")->count.done; }),
              3);
}

TEST_P(NightOfJobs, AStoppedWorkerBeginsNothing) {
    stop_ = true;
    run();
    EXPECT_THAT(runs(), IsEmpty());
}

TEST_P(NightOfJobs, EachWriteMadeToFailLosesNoRun) {
    int write = 0;
    for (;; ++write) {
        ASSERT_LT(write, 60);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            run_on(broken);
        } catch (const Failure&) {
            continue;
        }
        if (!failing.has_failed()) {
            break;
        }
    }
    EXPECT_GT(write, 10);
    clock().advance(std::chrono::minutes(kTurnLease) + 1s);  // turns left behind are given up
    run();
    EXPECT_THAT(runs(), ElementsAre("plan 2026-11-20 07:00 failed ca.closed"));
    EXPECT_EQ(alarms(), 2);
}

TEST_P(NightOfJobs, TextsOfMailsThatArrivedAreErasedAfterNinetyDays) {
    approved_registration(registration());
    run_effects();
    ASSERT_GE(rows_in("mail_body"), 1);
    connection().execute("UPDATE mail_outbox SET state = 'sent', next_at = NULL, settled_at = ?",
                         std::vector<store::Value>{to_stored(clock().now())});
    const auto erased = [&] {
        const auto report = run({"mail-texts"});
        return report.moved();
    };
    clock().advance(24h * 90);
    EXPECT_EQ(erased(), 0);
    const std::int64_t texts = rows_in("mail_body");
    clock().advance(1s);

    EXPECT_EQ(erased(), texts);

    EXPECT_EQ(rows_in("mail_body"), 0);
    EXPECT_EQ(rows_in("mail_outbox"), texts);  // hash and history stay
}

SEALDESK_ON_EVERY_BACKEND(NightOfJobs);

}  // namespace
}  // namespace sealdesk::jobs
