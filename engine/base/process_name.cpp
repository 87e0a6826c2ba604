#include "base/process_name.h"

#include <array>
#include <fstream>
#include <sstream>

#include <sys/utsname.h>
#include <unistd.h>

#include "base/text.h"

namespace sealdesk {
namespace {

constexpr std::size_t kHostNameKept = 60;

std::string first_line_of(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

std::string pid_namespace() {
    std::array<char, 64> target{};  // "pid:[4026531836]"
    const auto length = ::readlink("/proc/self/ns/pid", target.data(), target.size() - 1);
    std::string digits;
    for (const char c : std::string_view(target.data())) {
        if (length > 0 && c >= '0' && c <= '9') {
            digits += c;
        }
    }
    return digits;
}

// Everything before the pid: the same for all processes that can see each other.
std::string place() {
    struct utsname names {};
    const std::string host = ::uname(&names) == 0 ? names.nodename : "";
    std::string out;
    for (const char c : std::string_view(host).substr(0, kHostNameKept)) {
        out += c > 0x20 && c < 0x7F && c != '/' ? c : '_';
    }
    return out + "/" + first_line_of("/proc/sys/kernel/random/boot_id") + "/" + pid_namespace();
}

// When a process started, in clock ticks since boot: field 22 of /proc/PID/stat (proc(5)). The
// command in field 2 may hold anything, so counting starts behind its last ')'. Empty when there
// is no such process, or it is dead and only not yet collected (state Z or X).
std::string start_time(const std::string& pid) {
    const std::string stat = first_line_of("/proc/" + pid + "/stat");
    const std::size_t end = stat.rfind(')');
    if (end == std::string::npos) {
        return {};
    }
    std::istringstream fields(stat.substr(end + 1));
    std::string field;
    for (int number = 3; number <= 22 && fields >> field; ++number) {
        if (number == 3 && (field == "Z" || field == "X")) {
            return {};
        }
    }
    return field;
}

}  // namespace

std::string this_process() {
    const std::string pid = std::to_string(::getpid());
    return place() + "/" + pid + "/" + start_time(pid);
}

bool is_certainly_dead(std::string_view process) {
    const auto parts = split(process, '/');
    if (parts.size() < 5 || !parse_number(parts[3]) || parts[1].empty() || parts[2].empty()) {
        return false;
    }
    if (place() != parts[0] + "/" + parts[1] + "/" + parts[2]) {
        return false;
    }
    if (start_time("1").empty()) {
        return false;  // this /proc hides other people's processes
    }
    return start_time(parts[3]) != parts[4];
}

}  // namespace sealdesk
