#include "jobs/job_plan.h"

#include <algorithm>
#include <map>

#include "scheme/yaml_document.h"

namespace sealdesk::jobs {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::sys_days;
using std::chrono::year_month_day;

/// Days that are looked ahead for the next time: over a year's longest gap of "first of month".
constexpr int kLookAheadDays = 70;

/// "07:30"; the schema has checked its form.
std::chrono::minutes time_of_day(const std::string& text) {
    return std::chrono::hours(std::stoi(text.substr(0, 2))) +
           std::chrono::minutes(std::stoi(text.substr(3, 2)));
}

std::vector<std::chrono::minutes> times_of(const json& at) {
    std::vector<std::chrono::minutes> times;
    if (at == "always") {
        return times;
    }
    for (const json& one : at.is_array() ? at : json::array({at})) {
        times.push_back(time_of_day(one.get<std::string>()));
    }
    std::ranges::sort(times);
    return times;
}

PlanDays days_of(const std::string& word) {
    static const std::map<std::string, PlanDays> words{
        {"every", PlanDays::Every},
        {"working", PlanDays::Working},
        {"first_of_month", PlanDays::FirstOfMonth},
        {"first_working_of_month", PlanDays::FirstWorkingOfMonth}};
    return words.at(word);
}

JobPlan build_plan(const json& root) {
    JobPlan plan;
    plan.job = root.at("job");
    plan.title = {root.at("title").at("zh"), root.at("title").at("en")};
    plan.times = times_of(root.at("at"));
    plan.days = days_of(root.value("days", "every"));
    plan.makes_up = root.value("missed", "make_up") == "make_up";
    plan.longest = std::chrono::minutes(root.value("minutes_max", 0));
    plan.alarms = root.value("alarm", true);
    return plan;
}

Error bad_plan(const fs::path& file, std::string code, std::string detail) {
    return {ErrorKind::Invalid, std::move(code), std::move(detail), file.string(), {}};
}

/// A file of a job that the program does not have is a slip of the pen in its name.
Outcome check_names(const fs::path& folder, std::span<const std::string_view> jobs) {
    std::error_code unreadable;
    for (const auto& entry : fs::directory_iterator(folder, unreadable)) {
        const fs::path& file = entry.path();
        if (file.extension() == ".yaml" && std::ranges::count(jobs, file.stem().string()) == 0) {
            return bad_plan(file, "job.unknown",
                            "There is no job '" + file.stem().string() +
                                "'; `sealdesk run --list` shows those there are.");
        }
    }
    return done();
}

bool counts(PlanDays days, const Calendar& calendar, year_month_day day) {
    switch (days) {
        case PlanDays::Every: return true;
        case PlanDays::Working: return calendar.is_working_day(day);
        case PlanDays::FirstOfMonth: return day.day() == std::chrono::day(1);
        case PlanDays::FirstWorkingOfMonth: break;
    }
    return day == calendar.working_day_from(day.year() / day.month() / std::chrono::day(1));
}

/// Calls `take` with each planned time of a day, in order, until it says no.
template <class Take>
bool each_time_of(const JobPlan& plan, const Calendar& calendar, year_month_day day, Take take) {
    if (!counts(plan.days, calendar, day)) {
        return true;
    }
    return std::ranges::all_of(plan.times, [&](std::chrono::minutes time) {
        return take(start_of_day_in_taipei(day) + time);
    });
}

}  // namespace

Result<std::vector<JobPlan>> load_plans(const fs::path& folder,
                                        std::span<const std::string_view> jobs) {
    const Outcome named = check_names(folder, jobs);
    if (!named) {
        return named.error();
    }
    std::vector<JobPlan> plans;
    for (const std::string_view job : jobs) {
        const fs::path file = folder / (std::string(job) + ".yaml");
        const auto document = scheme::read_yaml(file);
        if (!document) {
            return document.error();
        }
        const Outcome shaped = scheme::check_shape(*document, folder / "job.schema.json");
        if (!shaped) {
            return shaped.error();
        }
        plans.push_back(build_plan(document->content));
        if (plans.back().job != job) {
            return bad_plan(document->where("/job"), "job.other_name",
                            "The file is named after another job than it says.");
        }
    }
    return plans;
}

const JobPlan& plan_of(std::span<const JobPlan> plans, std::string_view job) {
    const auto found = std::ranges::find(plans, job, &JobPlan::job);
    SEALDESK_CHECK(found != plans.end());
    return *found;
}

std::vector<Instant> planned_between(const JobPlan& plan, const Calendar& calendar, Instant after,
                                     Instant until) {
    std::vector<Instant> planned;
    const sys_days last = sys_days(day_in_taipei(until));
    const sys_days from = std::max(sys_days(day_in_taipei(std::max(after, Instant{}))),
                                   last - std::chrono::days(kLookBackDays));
    for (sys_days day = from; day <= last; day += std::chrono::days(1)) {
        each_time_of(plan, calendar, day, [&](Instant at) {
            if (at > after && at <= until) {
                planned.push_back(at);
            }
            return true;
        });
    }
    return planned;
}

std::optional<Instant> next_planned(const JobPlan& plan, const Calendar& calendar, Instant after) {
    std::optional<Instant> next;
    const sys_days first = sys_days(day_in_taipei(after));
    for (int ahead = 0; ahead <= kLookAheadDays && !next; ++ahead) {
        each_time_of(plan, calendar, first + std::chrono::days(ahead), [&](Instant at) {
            next = at > after ? std::optional(at) : std::nullopt;
            return !next.has_value();
        });
    }
    return next;
}

}  // namespace sealdesk::jobs
