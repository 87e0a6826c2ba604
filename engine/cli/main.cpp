#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include <sys/prctl.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/command_line.h"

namespace {

std::string from_environment(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
    return value == nullptr ? "" : value;
}

/// LC_ALL, LC_MESSAGES, LANG, in this order (POSIX); zh* means Chinese.
sealdesk::Language language() {
    for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
        const std::string value = from_environment(name);
        if (!value.empty()) {
            return value.starts_with("zh") ? sealdesk::Language::Chinese
                                           : sealdesk::Language::English;
        }
    }
    return sealdesk::Language::English;
}

using namespace sealdesk::cli;

int run_program(int argc, char** argv) {
    Program program{.desk = {},
                    .language = language(),
                    .officer = from_environment("SEALDESK_OFFICER"),
                    .password_file = from_environment("SEALDESK_OFFICER_PASSWORD_FILE"),
                    .out = std::cout,
                    .err = std::cerr,
                    .terminal = ::isatty(STDERR_FILENO) == 1};
    return static_cast<int>(run_command_line(program, argc, argv));
}

}  // namespace

int main(int argc, char** argv) {
    sealdesk::give_back_large_buffers();
    ::prctl(PR_SET_DUMPABLE, 0);  // secrets pass through this process: no core dumps
    try {
        return run_program(argc, argv);
    } catch (const std::exception& trouble) {  // commands report their own; this is before them
        std::fprintf(stderr, "sealdesk: %s\n", trouble.what());
        return static_cast<int>(Exit::Defect);
    }
}
