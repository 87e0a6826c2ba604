#include "fault/crash_plan.h"

#include <algorithm>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

namespace sealdesk::test {
namespace {

constexpr int kTriesMax = 3;

}  // namespace

CrashPlan::CrashPlan(std::filesystem::path logs, std::function<bool(const std::string&)> is_wanted)
    : logs_(std::move(logs)), is_wanted_(std::move(is_wanted)) {
    std::filesystem::create_directories(logs_);
}

void CrashPlan::read_logs() {
    std::set<std::string> seen;
    for (const std::string& step : steps_) {
        std::vector<std::string>& points = plan_[step].points;
        std::ifstream stream(logs_ / step);
        for (std::string point; std::getline(stream, point);) {
            if ((!is_wanted_ || is_wanted_(point)) && seen.insert(point).second) {
                points.push_back(point);
            }
        }
    }
}

void CrashPlan::begin_day() {
    ++day_;
    if (day_ == 2) {
        read_logs();
    }
    for (const auto& [step, point] : left_today_) {
        ++plan_[step].tries;
    }
    today_.clear();
    for (const auto& [step, planned] : plan_) {
        if (!planned.points.empty()) {
            today_[step] = planned.points.back();
        }
    }
    left_today_ = today_;
}

Ran CrashPlan::run(const std::string& step, const Command& command) {
    Environment environment;
    if (day_ == 1) {
        if (std::find(steps_.begin(), steps_.end(), step) == steps_.end()) {
            steps_.push_back(step);
        }
        environment["SEALDESK_CRASH_LOG"] = (logs_ / step).string();
    } else if (const auto planned = left_today_.find(step); planned != left_today_.end()) {
        environment["SEALDESK_CRASH"] = planned->second + ":1";
    }
    Ran ran = command(environment);
    if (ran.killed) {
        EXPECT_TRUE(left_today_.contains(step)) << step << " was killed by somebody else";
        left_today_.erase(step);
        plan_[step].points.pop_back();
        plan_[step].tries = 0;
        ++walked_;
        ran = command({});
    }
    EXPECT_LE(ran.status, 1) << step << ": " << ran.out << ran.err;
    EXPECT_FALSE(ran.killed) << step;
    return ran;
}

bool CrashPlan::finished() const {
    return day_ > 1 && std::all_of(plan_.begin(), plan_.end(),
                                   [](const auto& one) { return one.second.points.empty(); });
}

bool CrashPlan::is_stuck() const {
    return std::any_of(plan_.begin(), plan_.end(),
                       [](const auto& one) { return one.second.tries >= kTriesMax; });
}

std::string CrashPlan::today() const {
    std::string text = "day " + std::to_string(day_);
    for (const auto& [step, point] : today_) {
        text.append("\n  ").append(step).append(" killed at ").append(point);
        text += left_today_.contains(step) ? " (not passed)" : "";
    }
    return text;
}

}  // namespace sealdesk::test
