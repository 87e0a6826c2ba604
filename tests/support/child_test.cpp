#include "support/child_test.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sealdesk::test {

int run_child_test(const std::string& test_name, const std::vector<std::string>& environment) {
    // Everything is built before the fork: between it and exec only simple calls are safe in a
    // process with threads.
    std::vector<char*> variables;
    for (const std::string& setting : environment) {
        if (setting.back() != '=') {
            variables.push_back(const_cast<char*>(setting.c_str()));
        }
    }
    variables.push_back(nullptr);
    const std::string filter = "--gtest_filter=" + test_name;
    const char* arguments[] = {"sealdesk_tests", "--gtest_brief=1", filter.c_str(), nullptr};
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
        ::execve("/proc/self/exe", const_cast<char**>(arguments), variables.data());
        ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}

}  // namespace sealdesk::test
