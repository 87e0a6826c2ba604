#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jobs/job_plan.h"
#include "jobs/job_run.h"
#include "mail/outbox.h"

namespace sealdesk::jobs {

/// Whom a failed job is told to.
struct Alarm {
    std::vector<std::string> to;  ///< addresses of operators; none: nobody is told
    mail::MailIdentity from;
};

/// Mails the operators that a run failed, once a run; of a job that always runs once a day and
/// trouble. In the transaction that ends the run. What it says names no person (M 2.8.1).
void raise_alarm(store::Tx& tx, const Alarm& alarm, const JobPlan& plan, const RunKey& run,
                 const RunEnd& end);

}  // namespace sealdesk::jobs
