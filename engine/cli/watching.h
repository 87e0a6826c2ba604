#pragma once

#include "base/progress.h"
#include "cli/program.h"

namespace sealdesk::cli {

/// Watches the long work of one command. On a terminal a line is written over and over, at most
/// five times a second; elsewhere (cron, a log) one line a minute, and none of what is shorter.
/// From here on Ctrl-C and SIGTERM ask the work to end after its chunk.
class Watching {
public:
    explicit Watching(const Program& program);
    ~Watching();
    Watching(const Watching&) = delete;
    Watching& operator=(const Watching&) = delete;

    /// Good as long as the object; `what` stands before the numbers.
    [[nodiscard]] Watch watch(std::string what = {});
    [[nodiscard]] bool stopped() const;

    /// What a command that was stopped ends with (exit status 3: run it again): how far it came and
    /// how it goes on, or that it begins anew.
    enum class Next { GoesOn, BeginsAnew };
    [[nodiscard]] Error stopped_error(const std::string& how_far, Next next = Next::GoesOn) const;

private:
    const Program& program_;
    SystemClock clock_;
    ProgressLine line_;
};

}  // namespace sealdesk::cli
