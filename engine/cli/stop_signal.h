#pragma once

#include <atomic>

namespace sealdesk::cli {

/// From now on SIGTERM and Ctrl-C ask to stop, instead of ending the process in the middle.
void listen_for_stop();

/// Whether somebody has asked.
[[nodiscard]] const std::atomic<bool>& stop_asked();

}  // namespace sealdesk::cli
