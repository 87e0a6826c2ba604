#include "cli/stop_signal.h"

#include <csignal>

namespace sealdesk::cli {
namespace {

// Set by the signal handler; a handler can reach nothing else.
std::atomic<bool> asked{false};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void ask_to_stop(int) { asked.store(true); }

}  // namespace

void listen_for_stop() {
    std::signal(SIGTERM, ask_to_stop);
    std::signal(SIGINT, ask_to_stop);
}

const std::atomic<bool>& stop_asked() { return asked; }

}  // namespace sealdesk::cli
