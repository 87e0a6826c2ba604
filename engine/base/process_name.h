#pragma once

#include <string>
#include <string_view>

namespace sealdesk {

/// Names this process so that another one on the same host can tell whether it still lives:
/// "host/boot/pid namespace/pid/start time".
[[nodiscard]] std::string this_process();

/// True when the named process certainly no longer runs: it ran in this boot and pid namespace,
/// and its pid is free, a zombie, or another process by now. False when that cannot be known (it
/// runs elsewhere): then only its lease tells. What follows the five parts is ignored.
[[nodiscard]] bool is_certainly_dead(std::string_view process);

}  // namespace sealdesk
