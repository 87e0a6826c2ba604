#include "cli/job_views.h"

#include <ostream>

#include "cli/table.h"
#include "cli/words.h"

namespace sealdesk::cli {

nlohmann::ordered_json job_json(std::string_view job, const jobs::JobCount& count) {
    return {{"job", job},
            {"due", count.due},
            {"done", count.done},
            {"failed", count.failed},
            {"deferred", count.deferred}};
}

nlohmann::ordered_json run_json(const jobs::JobRun& run) {
    auto line = job_json(run.job, run.count);
    line["cause"] = jobs::to_text(run.cause);
    line["planned_at"] = to_utc_text(run.planned_at);
    line["state"] = jobs::to_text(run.state);
    line["started_at"] = to_utc_text(run.started_at);
    line["ended_at"] = run.ended_at ? to_utc_text(*run.ended_at) : "";
    line["busy_ms"] = run.busy.count() / 1000;
    line["trouble"] = run.trouble;
    return line;
}

void print_runs(Program& program, const std::vector<jobs::JobRun>& runs) {
    if (runs.empty()) {
        return;
    }
    Table table(program, {{"工作", "job"},
                          {"時間", "at"},
                          {"結果", "state"},
                          {"到期", "due"},
                          {"完成", "done"},
                          {"延後", "deferred"},
                          {"失敗", "failed"},
                          {"毫秒", "ms"},
                          {"原因", "because"}});
    for (const jobs::JobRun& one : runs) {
        const bool all_day = one.cause == jobs::RunCause::Always;
        table.add({one.job, all_day ? "" : to_taipei_text(one.planned_at).substr(11),
                   shown(program, jobs::to_text(one.state)), std::to_string(one.count.due),
                   std::to_string(one.count.done), std::to_string(one.count.deferred),
                   std::to_string(one.count.failed), std::to_string(one.busy.count() / 1000),
                   one.trouble});
    }
    table.print(program.out);
}

}  // namespace sealdesk::cli
