#pragma once

#include <string>

#include "cli/program.h"

namespace sealdesk::cli {

/// Runs one command with the global options before or after it; results and messages go to the
/// program's streams. What is said of --desk, --as and the other global options stays in `program`.
/// Exit::Usage when the words are no command.
[[nodiscard]] Exit run_command_line(Program& program, int argc, char** argv);

/// The same of one line without the program's name; "…" and '…' keep words together.
[[nodiscard]] Exit run_command_line(Program& program, const std::string& line);

}  // namespace sealdesk::cli
