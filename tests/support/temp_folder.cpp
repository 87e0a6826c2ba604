#include "support/temp_folder.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <system_error>

#include <unistd.h>

#include "base/error.h"

namespace sealdesk::test {

namespace {

/// In memory when nobody chose a place and there is plenty of it.
std::filesystem::path place_for_tests() {
    constexpr std::uintmax_t plenty = 1'000'000'000;  // bytes
    const std::filesystem::path memory = "/dev/shm";
    std::error_code error;
    const auto space = std::filesystem::space(memory, error);
    const bool chosen = std::getenv("TMPDIR") != nullptr;  // NOLINT(concurrency-mt-unsafe)
    return !chosen && !error && space.available >= plenty && ::access(memory.c_str(), W_OK) == 0
               ? memory
               : std::filesystem::temp_directory_path();
}

}  // namespace

TempFolder::TempFolder() {
    std::string name = (place_for_tests() / "sealdesk-test-XXXXXX").string();
    SEALDESK_CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
}

TempFolder::~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace sealdesk::test
