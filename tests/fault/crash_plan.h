#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "support/program_desk.h"

namespace sealdesk::test {

/// Walks every commit point that a day's commands pass. The first day writes down which command
/// passes which points; on each later day every command is killed at one of its own that has not
/// been the last one yet, until all have. So there are as many days as the longest command has
/// points, not as all of them have together.
class CrashPlan {
public:
    using Environment = std::map<std::string, std::string>;
    using Command = std::function<Ran(const Environment&)>;

    /// `is_wanted`: the points that this walk is about.
    explicit CrashPlan(std::filesystem::path logs,
                       std::function<bool(const std::string& point)> is_wanted = {});

    void begin_day();
    /// Runs a command of the day, and when it is killed once more without. `step` is its name in
    /// every day; of several with one name the first that passes the point is killed.
    Ran run(const std::string& step, const Command& command);

    /// Whether a point of this step is to be the last one of this day.
    [[nodiscard]] bool plans(const std::string& step) const { return today_.contains(step); }
    /// No point is left that has not been the last one. Never true on the first day.
    [[nodiscard]] bool finished() const;
    /// A point could not be passed on several days.
    [[nodiscard]] bool is_stuck() const;
    /// The points of this day, for messages.
    [[nodiscard]] std::string today() const;
    [[nodiscard]] std::size_t walked() const { return walked_; }

private:
    struct Planned {
        std::vector<std::string> points;  ///< the last one is the next to be walked
        int tries = 0;                    ///< days on which that one was not passed
    };

    void read_logs();

    std::filesystem::path logs_;
    std::function<bool(const std::string&)> is_wanted_;
    int day_ = 0;
    std::vector<std::string> steps_;  ///< of the first day, in order
    std::map<std::string, Planned> plan_;
    std::map<std::string, std::string> today_;  ///< by step
    std::map<std::string, std::string> left_today_;
    std::size_t walked_ = 0;
};

}  // namespace sealdesk::test
