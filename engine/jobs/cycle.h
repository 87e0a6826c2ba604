#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "jobs/alarm.h"
#include "jobs/due_jobs.h"
#include "jobs/job_plan.h"

namespace sealdesk::jobs {

/// What one worker's rounds need.
struct Cycle {
    const JobTools& tools;
    std::span<const JobPlan> plans;
    std::vector<std::string> jobs = {};  ///< those named by hand; none: what is due by its plan
    Alarm alarm = {};
};

/// What a job came to.
struct JobTotal {
    std::string_view job;
    JobCount count;
};

/// What was done, for the operator.
struct CycleReport {
    std::vector<JobTotal> totals;  ///< of jobs that had something to do
    JobNews news;
    std::optional<Error> trouble;  ///< the first one

    [[nodiscard]] std::int64_t moved() const;   ///< things that are done
    [[nodiscard]] std::int64_t failed() const;  ///< things that a person must look at
    void add(const CycleReport& other);
};

/// Passes over all jobs until one moves nothing. A job that always runs has work or not; one with
/// planned times runs when one has come since it ran last, and only once across all workers: a time
/// that was missed is made up for, or waits, as its plan says, and a run whose worker died is taken
/// over. A job that is named runs at once, whatever its plan. Each run leaves its record (JobRun),
/// and an alarm where it failed; one job's trouble does not keep the others from running. Throws
/// Failure when the database is gone. Units of work: "job.begin", "job.end", "job.keep".
[[nodiscard]] CycleReport run_until_idle(const Cycle& cycle);

/// One line of the calendar of the night.
struct JobStanding {
    const JobPlan* plan;
    std::optional<JobRun> last;
    std::optional<Instant> next;  ///< none: it always runs
    bool is_running = false;
};
[[nodiscard]] std::vector<JobStanding> job_standings(store::Tx& tx, std::span<const JobPlan> plans,
                                                     const Calendar& calendar);

}  // namespace sealdesk::jobs
