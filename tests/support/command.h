#pragma once

#include <string>

namespace sealdesk::test {

/// What another program came to.
struct CommandResult {
    std::string output;  ///< what it printed, its messages (stderr) included
    int status;          ///< exit status; -1 when it could not be run or a signal ended it

    [[nodiscard]] bool succeeded() const { return status == 0; }
};

/// Runs a shell command.
[[nodiscard]] CommandResult run_command(const std::string& command);

}  // namespace sealdesk::test
