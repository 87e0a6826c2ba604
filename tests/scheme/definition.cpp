#include "scheme/definition.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace sealdesk::scheme {

FormsCopy::FormsCopy() {
    std::string name = (std::filesystem::temp_directory_path() / "sealdesk-forms-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    std::filesystem::copy(std::filesystem::path(SEALDESK_SOURCE_DIR) / "forms", folder_,
                          std::filesystem::copy_options::recursive);
}

FormsCopy::~FormsCopy() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

int FormsCopy::replace(const std::string& file, const std::string& from,
                       const std::string& to) const {
    std::ostringstream read;
    read << std::ifstream(folder_ / file, std::ios::binary).rdbuf();
    std::string text = read.str();
    const std::size_t place = text.find(from);
    if (place == std::string::npos || text.find(from, place + 1) != std::string::npos) {
        ADD_FAILURE() << "expected once in " << file << ": " << from;
        return 0;
    }
    const auto begin = text.begin();
    const auto line = 1 + std::count(begin, begin + static_cast<std::ptrdiff_t>(place), '\n');
    text.replace(place, from.size(), to);
    std::ofstream(folder_ / file, std::ios::binary) << text;
    return static_cast<int>(line);
}

}  // namespace sealdesk::scheme
