#include "support/command.h"

#include <array>
#include <cstdio>

#include <sys/wait.h>

namespace sealdesk::test {

CommandResult run_command(const std::string& command) {
    CommandResult result{{}, -1};
    FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) {
        return result;
    }
    std::array<char, 4096> buffer{};
    for (std::size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
        result.output.append(buffer.data(), count);
    }
    const int status = ::pclose(pipe);
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return result;
}

}  // namespace sealdesk::test
