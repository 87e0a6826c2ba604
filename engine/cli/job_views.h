#pragma once

#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/program.h"
#include "jobs/job_run.h"

namespace sealdesk::cli {

/// {"job","due","done","failed","deferred"}
[[nodiscard]] nlohmann::ordered_json job_json(std::string_view job, const jobs::JobCount& count);

/// {"job","due","done","failed","deferred","cause","planned_at","state","started_at","ended_at",
///  "busy_ms","trouble"}
[[nodiscard]] nlohmann::ordered_json run_json(const jobs::JobRun& run);

/// The runs of a day as a table; nothing where there are none.
void print_runs(Program& program, const std::vector<jobs::JobRun>& runs);

}  // namespace sealdesk::cli
