#include <algorithm>

#include "jobs/job_run.h"

namespace sealdesk::jobs {
namespace {

std::string line_of(const JobRun& run) {
    static constexpr std::pair<RunState, std::string_view> state_words[] = {
        {RunState::Running, "執行中 running"},
        {RunState::Done, "完成 done"},
        {RunState::Failed, "失敗 FAILED"},
        {RunState::Stopped, "中止 stopped"},
        {RunState::Missed, "未執行 MISSED"}};
    const auto* word =
        std::ranges::find(state_words, run.state, &std::pair<RunState, std::string_view>::first);
    const std::string at =
        run.cause == RunCause::Always ? "　　　" : to_taipei_text(run.planned_at).substr(11);
    return at + "　" + run.job + "　" + std::string(word->second) + "　" +
           std::to_string(run.count.done) + " / " + std::to_string(run.count.due) +
           (run.trouble.empty() ? "" : "　" + run.trouble);
}

}  // namespace

bool needs_a_look(const JobRun& run) {
    return run.state == RunState::Failed || run.state == RunState::Missed;
}

std::vector<std::string> lines_of_runs(const std::vector<JobRun>& runs) {
    std::vector<std::string> lines;
    for (const bool bad : {true, false}) {
        for (const JobRun& run : runs) {
            if (needs_a_look(run) == bad) {
                lines.push_back(line_of(run));
            }
        }
    }
    return lines;
}

}  // namespace sealdesk::jobs
