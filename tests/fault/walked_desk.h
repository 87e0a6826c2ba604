#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fault/crash_plan.h"
#include "support/backends.h"

namespace sealdesk::test {

/// A desk that lives day after day until every commit point of a day's commands has been the last
/// thing one of them did.
class WalkedDesk : public OnEveryBackend {
protected:
    explicit WalkedDesk(std::function<bool(const std::string& point)> is_wanted = {})
        : plan_(folder() / "points", std::move(is_wanted)) {}

    void make_desk(const std::string& mail_settings, std::optional<Instant> start = std::nullopt);

    /// A command of the day, killed where the plan says so and then given again.
    Ran persist(const std::string& step, const std::string& officer,
                const std::vector<std::string>& command);

    /// The same; the step's name is the command's first word and its place in the day.
    Ran persist(const std::string& officer, const std::vector<std::string>& command);

    /// `live` one day (from 0) after another; after each `check` what all of them have left, saying
    /// where it failed. At least so many points must be walked; at the end the day's sums close.
    void walk(const std::function<void(int day)>& live,
              const std::function<void(int days, const std::string& where)>& check,
              std::size_t points_min);

    [[nodiscard]] std::int64_t count(const std::string& sql);
    /// The first column of the first row; empty without one.
    [[nodiscard]] std::string text_of(const std::string& sql);

    std::unique_ptr<ProgramDesk> desk_;
    CrashPlan plan_;

private:
    int place_ = 0;  ///< of the last command that was named by it
};

}  // namespace sealdesk::test
