#include "jobs/alarm.h"

#include "audit/log.h"

namespace sealdesk::jobs {
namespace {

std::string alarm_text(const JobPlan& plan, const RunKey& run, const RunEnd& end) {
    const JobCount& count = end.count;
    return "工作 " + run.job + "（" + plan.title.zh + "）執行失敗。\n預定時間 " +
           to_taipei_text(run.planned_at) + "\n到期 " + std::to_string(count.due) + "，完成 " +
           std::to_string(count.done) + "，失敗 " + std::to_string(count.failed) + "，延後 " +
           std::to_string(count.deferred) + (end.trouble.empty() ? "" : "\n原因 " + end.trouble) +
           "\n\n請執行 sealdesk doctor 查看原因，排除後執行 sealdesk run " + run.job + "。\n\n" +
           "The job " + run.job + " (" + plan.title.en + ") failed.\nPlanned " +
           to_taipei_text(run.planned_at) + "; due " + std::to_string(count.due) + ", done " +
           std::to_string(count.done) + ", failed " + std::to_string(count.failed) + ", deferred " +
           std::to_string(count.deferred) +
           (end.trouble.empty() ? "" : "; because of " + end.trouble) +
           ".\nRun `sealdesk doctor`, mend what it says, then `sealdesk run " + run.job + "`.\n";
}

}  // namespace

void raise_alarm(store::Tx& tx, const Alarm& alarm, const JobPlan& plan, const RunKey& run,
                 const RunEnd& end) {
    const std::string trouble = run.cause == RunCause::Always ? "/" + end.trouble : "";
    for (std::size_t i = 0; i < alarm.to.size(); ++i) {
        const auto told = mail::enqueue(
            tx, alarm.from,
            {.dedup_key = "alarm:" + run.job + ":" + std::to_string(to_stored(run.planned_at)) +
                          trouble + ":" + std::to_string(i),
             .kind = "alarm",
             .to = {"", alarm.to[i]},
             .subject = "Sealdesk：工作失敗 job failed: " + run.job,
             .text = alarm_text(plan, run, end)});
        if (!told) {
            throw Failure(told.error());
        }
    }
}

}  // namespace sealdesk::jobs
