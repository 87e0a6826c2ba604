// When jobs run: jobs/*.yaml, by Taipei time and the government's calendar.
#include "jobs/job_plan.h"

#include <fstream>

#include <gmock/gmock.h>

#include "jobs/due_jobs.h"
#include "support/temp_folder.h"

namespace sealdesk::jobs {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> texts(const std::vector<Instant>& instants) {
    std::vector<std::string> found;
    for (const Instant at : instants) {
        found.push_back(to_taipei_text(at));
    }
    return found;
}

Instant taipei(std::chrono::year_month_day day, std::chrono::minutes time = 0min) {
    return start_of_day_in_taipei(day) + time;
}

JobPlan at(std::vector<std::chrono::minutes> times, PlanDays days = PlanDays::Every) {
    return {"x", {}, std::move(times), days};
}

/// 2026 with 10 October off and Saturday 24 October working.
Calendar of_2026() {
    CalendarYear year{2026, {}};
    for (std::chrono::sys_days day = 2026y / 1 / 1; day <= std::chrono::sys_days(2026y / 12 / 31);
         day += std::chrono::days(1)) {
        const std::chrono::weekday weekday(day);
        const bool weekend = weekday == std::chrono::Saturday || weekday == std::chrono::Sunday;
        year.days.push_back({day, !weekend, ""});
    }
    const auto set = [&](std::chrono::sys_days day, bool working) {
        year.days[std::size_t((day - std::chrono::sys_days(2026y / 1 / 1)).count())].working =
            working;
    };
    set(2026y / 10 / 1, false);
    set(2026y / 10 / 24, true);
    Calendar calendar;
    calendar.add(year);
    return calendar;
}

TEST(JobPlans, ThoseOfTheRepositoryNameEveryJob) {
    const auto plans = load_plans(fs::path(SEALDESK_SOURCE_DIR) / "jobs", job_names());
    ASSERT_TRUE(plans) << plans.error().detail << " " << plans.error().where;
    EXPECT_EQ(plans->size(), due_jobs().size());
    EXPECT_TRUE(plan_of(*plans, "mail").is_always());
    EXPECT_EQ(plan_of(*plans, "expiry-notices").times.front(), 7h);
    EXPECT_TRUE(plan_of(*plans, "expiry-notices").makes_up);
}

TEST(JobPlans, TimesAreThoseOfTaipei) {
    const JobPlan plan = at({7h, 19h + 30min});
    EXPECT_THAT(
        texts(planned_between(plan, {}, taipei(2026y / 11 / 20, 7h), taipei(2026y / 11 / 21, 7h))),
        ElementsAre("2026-11-20 19:30", "2026-11-21 07:00"));
    EXPECT_EQ(to_utc_text(*next_planned(plan, {}, taipei(2026y / 11 / 20, 20h))),
              "2026-11-20T23:00:00Z");
}

TEST(JobPlans, WorkingDaysFollowTheGovernmentsCalendar) {
    const Calendar calendar = of_2026();
    const JobPlan plan = at({9h}, PlanDays::Working);
    EXPECT_THAT(
        texts(planned_between(plan, calendar, taipei(2026y / 10 / 22), taipei(2026y / 10 / 26))),
        ElementsAre("2026-10-22 09:00", "2026-10-23 09:00", "2026-10-24 09:00"));
    EXPECT_EQ(to_taipei_text(*next_planned(plan, calendar, taipei(2026y / 9 / 30, 9h))),
              "2026-10-02 09:00");
}

TEST(JobPlans, AMonthsFirstDayAndFirstWorkingDay) {
    const Calendar calendar = of_2026();
    EXPECT_EQ(to_taipei_text(*next_planned(at({2h}, PlanDays::FirstOfMonth), calendar,
                                           taipei(2026y / 9 / 30))),
              "2026-10-01 02:00");
    EXPECT_EQ(to_taipei_text(*next_planned(at({2h}, PlanDays::FirstWorkingOfMonth), calendar,
                                           taipei(2026y / 9 / 30))),
              "2026-10-02 02:00");
    EXPECT_EQ(to_taipei_text(*next_planned(at({2h}, PlanDays::FirstOfMonth), calendar,
                                           taipei(2026y / 10 / 1, 2h))),
              "2026-11-01 02:00");
}

TEST(JobPlans, OneThatAlwaysRunsHasNoNextTime) {
    EXPECT_FALSE(next_planned(at({}), {}, taipei(2026y / 10 / 1)));
    EXPECT_THAT(planned_between(at({}), {}, taipei(2026y / 10 / 1), taipei(2026y / 10 / 9)),
                IsEmpty());
}

TEST(JobPlans, NoMoreThanTwoMonthsAreLookedBackAt) {
    EXPECT_EQ(planned_between(at({2h}), {}, Instant{}, taipei(2026y / 10 / 1, 3h)).size(),
              std::size_t(kLookBackDays + 1));
}

class JobPlanFiles : public ::testing::Test {
protected:
    void SetUp() override {
        fs::copy_file(fs::path(SEALDESK_SOURCE_DIR) / "jobs/job.schema.json",
                      folder_.path() / "job.schema.json");
    }
    void write(const std::string& name, const std::string& text) {
        std::ofstream(folder_.path() / name) << text;
    }
    std::string refusal() {
        const std::string_view names[] = {"night"};
        const auto plans = load_plans(folder_.path(), names);
        return plans ? "" : plans.error().code + " " + plans.error().where;
    }

    test::TempFolder folder_;
};

TEST_F(JobPlanFiles, WhatIsWrongIsSaidWithFileAndLine) {
    EXPECT_THAT(refusal(), HasSubstr("scheme.no_such_file"));
    write("night.yaml", "job: night\ntitle: {zh: 夜, en: night}\nat: \"25:00\"\n");
    EXPECT_THAT(refusal(), HasSubstr("scheme.shape"));
    EXPECT_THAT(refusal(), HasSubstr("night.yaml:3"));
    write("night.yaml", "job: day\ntitle: {zh: 夜, en: night}\nat: always\n");
    EXPECT_THAT(refusal(), HasSubstr("job.other_name"));
    write("night.yaml", "job: night\ntitle: {zh: 夜, en: night}\nat: always\n");
    EXPECT_EQ(refusal(), "");
    write("nihgt.yaml", "job: nihgt\ntitle: {zh: 夜, en: night}\nat: always\n");
    EXPECT_THAT(refusal(), HasSubstr("job.unknown"));
}

}  // namespace
}  // namespace sealdesk::jobs
