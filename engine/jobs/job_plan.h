#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/calendar.h"
#include "base/result.h"
#include "base/text.h"

namespace sealdesk::jobs {

/// On which days a job's times count.
enum class PlanDays {
    Every,
    Working,              ///< working days of the government's calendar
    FirstOfMonth,         ///< the 1st
    FirstWorkingOfMonth,  ///< the month's first working day
};

/// When a job runs: jobs/NAME.yaml. Times are those of Taipei.
struct JobPlan {
    std::string job;
    Bilingual title;
    std::vector<std::chrono::minutes> times = {};  ///< of the day; none: whenever it has work
    PlanDays days = PlanDays::Every;
    /// A run that was missed is made up for, once, at the next look; else it waits for its next
    /// time when kMissedAfter has passed.
    bool makes_up = true;
    std::chrono::minutes longest{0};  ///< then it stops between two pieces of work; 0: no limit
    bool alarms = true;               ///< its failure is mailed to the operators

    [[nodiscard]] bool is_always() const { return times.empty(); }
};

/// From then on a planned time counts as missed.
inline constexpr std::chrono::minutes kMissedAfter{60};

/// Planned times that are looked back at, at most: what was missed longer ago is not listed.
inline constexpr int kLookBackDays = 62;

/// Reads NAME.yaml of every job. Errors (Invalid, with file and line): those of scheme::read_yaml()
/// and scheme::check_shape(); job.other_name (the file says another name); job.unknown (a file of a
/// job there is not).
[[nodiscard]] Result<std::vector<JobPlan>> load_plans(const std::filesystem::path& folder,
                                                      std::span<const std::string_view> jobs);

/// The plan of a job; it must be among them.
[[nodiscard]] const JobPlan& plan_of(std::span<const JobPlan> plans, std::string_view job);

/// Its planned times later than `after`, up to and with `until`, kLookBackDays at most, the oldest
/// first.
[[nodiscard]] std::vector<Instant> planned_between(const JobPlan& plan, const Calendar& calendar,
                                                   Instant after, Instant until);

/// Its next planned time later than `after`; nothing for one that always runs.
[[nodiscard]] std::optional<Instant> next_planned(const JobPlan& plan, const Calendar& calendar,
                                                  Instant after);

}  // namespace sealdesk::jobs
