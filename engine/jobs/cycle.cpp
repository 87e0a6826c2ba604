#include "jobs/cycle.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "base/process_name.h"

namespace sealdesk::jobs {
namespace {

/// Passes in one run at most: each moves something, and a request moves at most a few times.
constexpr int kPassesMax = 1000;

bool is_stopped(const JobTools& tools) { return tools.stop != nullptr && tools.stop->load(); }

/// A job's trouble is its own: the others run on. Whether the database still answers shows when
/// the run is written down.
JobResult run_guarded_job(const DueJob& job, const JobTools& tools, const GoOn& go_on,
                          JobNews& news) {
    try {
        return job.run(tools, go_on, news);
    } catch (const Failure& failure) {
        return {{}, failure.error()};
    }
}

RunEnd end_of(const JobResult& result, std::chrono::microseconds busy) {
    const bool failed = result.trouble.has_value() || result.count.failed > 0;
    return {failed ? RunState::Failed : RunState::Done, result.count, busy,
            result.trouble ? result.trouble->code : ""};
}

/// Which planned time of a job is to be run now, and which ones went by.
struct DueTime {
    std::optional<Instant> planned_at;
    std::vector<Instant> missed = {};
    bool is_skipped = false;  ///< too late, and not made up for
};

DueTime due_time(const JobPlan& plan, const TurnStanding& standing, const Calendar& calendar,
                 Instant now) {
    if (standing.is_running) {
        return {};
    }
    const Instant last = standing.planned_at.value_or(now - std::chrono::days(kLookBackDays));
    std::vector<Instant> planned = planned_between(plan, calendar, last, now);
    if (planned.empty()) {
        return {standing.is_abandoned ? standing.planned_at : std::nullopt};
    }
    DueTime due{planned.back()};
    planned.pop_back();
    if (standing.planned_at) {  // else nobody could have looked
        due.missed = std::move(planned);
    }
    due.is_skipped = !plan.makes_up && now - *due.planned_at > kMissedAfter;
    return due;
}

/// One pass over the jobs.
class Pass {
public:
    Pass(const Cycle& cycle, std::set<std::string_view>& by_hand)
        : cycle_(cycle), database_(cycle.tools.works.office.database), by_hand_(by_hand) {}

    CycleReport run() {
        const auto standings = store::transact(database_, "job.look",
                                               [](store::Tx& tx) { return turn_standings(tx); });
        for (const DueJob& job : due_jobs()) {
            if (!is_wanted(job.name) || is_stopped(cycle_.tools)) {
                continue;
            }
            const JobPlan& plan = plan_of(cycle_.plans, job.name);
            if (plan.is_always()) {
                run_always(job, plan);
            } else if (!cycle_.jobs.empty()) {
                run_by_hand(job, plan);
            } else {
                const auto found = standings.find(job.name);
                run_by_plan(job, plan, found == standings.end() ? TurnStanding{} : found->second);
            }
        }
        return std::move(report_);
    }

private:
    [[nodiscard]] bool is_wanted(std::string_view job) const {
        return cycle_.jobs.empty() || std::ranges::count(cycle_.jobs, job) > 0;
    }

    void take_in(std::string_view job, const JobResult& result) {
        if (!result.count.is_nothing()) {
            report_.totals.push_back({job, result.count});
        }
        if (result.trouble && !report_.trouble) {
            report_.trouble = result.trouble;
        }
    }

    void alarm_if_failed(store::Tx& tx, const JobPlan& plan, const RunKey& run, const RunEnd& end) {
        if (end.state == RunState::Failed && plan.alarms) {
            raise_alarm(tx, cycle_.alarm, plan, run, end);
        }
    }

    void run_always(const DueJob& job, const JobPlan& plan) {
        const Instant started = database_.clock().now();
        const JobResult result = run_guarded_job(
            job, cycle_.tools,
            [&] {
                cycle_.tools.progress(std::string(job.name));
                return !is_stopped(cycle_.tools);
            },
            report_.news);
        take_in(job.name, result);
        if (result.count.is_nothing() && !result.trouble) {
            return;
        }
        const RunEnd end = end_of(result, database_.clock().now() - started);
        store::transact(database_, "job.day", [&](store::Tx& tx) {
            add_to_day(tx, job.name, end);
            alarm_if_failed(tx, plan,
                            {std::string(job.name), RunCause::Always,
                             start_of_day_in_taipei(day_in_taipei(tx.now()))},
                            end);
        });
    }

    /// Once in a command, however many passes it takes.
    void run_by_hand(const DueJob& job, const JobPlan& plan) {
        if (by_hand_.insert(job.name).second) {
            run_turn(job, plan, {std::string(job.name), RunCause::Hand, database_.clock().now()});
        }
    }

    void run_by_plan(const DueJob& job, const JobPlan& plan, const TurnStanding& standing) {
        const DueTime due =
            due_time(plan, standing, cycle_.tools.works.office.calendar, database_.clock().now());
        if (!due.planned_at) {
            return;
        }
        const RunKey run{std::string(job.name), RunCause::Plan, *due.planned_at};
        if (!due.missed.empty()) {
            store::transact(database_, "job.missed", [&](store::Tx& tx) {
                for (const Instant planned : due.missed) {
                    note_missed(tx, job.name, planned);
                }
            });
        }
        if (!due.is_skipped) {
            run_turn(job, plan, run);
            return;
        }
        store::transact(database_, "job.skip", [&](store::Tx& tx) {
            const auto turn = take_turn(tx, run, this_process());
            if (turn) {
                end_turn(tx, *turn, {RunState::Missed, {}, {}});
            }
        });
    }

    void run_turn(const DueJob& job, const JobPlan& plan, const RunKey& run) {
        auto turn = store::transact(database_, "job.begin", [&](store::Tx& tx) {
            return take_turn(tx, run, this_process());
        });
        if (!turn) {
            if (run.cause == RunCause::Hand) {  // by plan, the other worker does it
                take_in(job.name, {{}, turn.error()});
            }
            return;
        }
        bool cut = false;
        const Instant started = database_.clock().now();
        const JobResult result = run_guarded_job(
            job, cycle_.tools,
            [&] {
                cycle_.tools.progress(std::string(job.name));
                return !(cut = cut || !may_go_on(*turn, plan, started));
            },
            report_.news);
        take_in(job.name, result);
        RunEnd end = end_of(result, database_.clock().now() - started);
        if (cut && end.state == RunState::Done) {
            end.state = RunState::Stopped;
            end.goes_on = is_stopped(cycle_.tools);
        }
        store::transact(database_, "job.end", [&](store::Tx& tx) {
            end_turn(tx, *turn, end);
            alarm_if_failed(tx, plan, run, end);
        });
    }

    /// Not told to stop, within its longest time, and still ours.
    bool may_go_on(JobTurn& turn, const JobPlan& plan, Instant started) {
        const Instant now = database_.clock().now();
        if (is_stopped(cycle_.tools) ||
            (plan.longest.count() > 0 && now - started >= plan.longest)) {
            return false;
        }
        return turn.lease_until - now > kTurnLease / 2 ||
               store::transact(database_, "job.keep",
                               [&](store::Tx& tx) { return keep_turn(tx, turn); });
    }

    const Cycle& cycle_;
    store::Database& database_;
    std::set<std::string_view>& by_hand_;
    CycleReport report_;
};

}  // namespace

std::int64_t CycleReport::moved() const {
    std::int64_t count = 0;
    for (const JobTotal& one : totals) {
        count += one.count.done;
    }
    return count;
}

std::int64_t CycleReport::failed() const {
    std::int64_t count = 0;
    for (const JobTotal& one : totals) {
        count += one.count.failed;
    }
    return count;
}

void CycleReport::add(const CycleReport& other) {
    for (const JobTotal& one : other.totals) {
        const auto known = std::ranges::find(totals, one.job, &JobTotal::job);
        if (known == totals.end()) {
            totals.push_back(one);
        } else {
            known->count.add(one.count);
        }
    }
    news.inbox_waiting = other.news.inbox_waiting;
    news.bounced += other.news.bounced;
    news.issued_crls.insert(news.issued_crls.end(), other.news.issued_crls.begin(),
                            other.news.issued_crls.end());
    trouble = trouble ? trouble : other.trouble;
}

CycleReport run_until_idle(const Cycle& cycle) {
    CycleReport whole;
    std::set<std::string_view> by_hand;
    for (int pass = 0; pass < kPassesMax && !is_stopped(cycle.tools); ++pass) {
        const CycleReport report = Pass(cycle, by_hand).run();
        whole.add(report);
        if (report.moved() == 0) {
            break;
        }
    }
    return whole;
}

std::vector<JobStanding> job_standings(store::Tx& tx, std::span<const JobPlan> plans,
                                       const Calendar& calendar) {
    const auto turns = turn_standings(tx);
    std::vector<JobStanding> standings;
    for (const JobPlan& plan : plans) {
        const auto turn = turns.find(plan.job);
        standings.push_back({&plan, last_run(tx, plan.job), next_planned(plan, calendar, tx.now()),
                             turn != turns.end() && turn->second.is_running});
    }
    return standings;
}

}  // namespace sealdesk::jobs
