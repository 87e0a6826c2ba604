#include "support/temp_folder.h"

#include <cstdlib>
#include <string>
#include <system_error>

#include <unistd.h>

#include "base/error.h"

namespace sealdesk::test {

TempFolder::TempFolder() {
    const std::filesystem::path memory = "/dev/shm";
    const auto parent =
        ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
    std::string name = (parent / "sealdesk-test-XXXXXX").string();
    SEALDESK_CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
}

TempFolder::~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace sealdesk::test
