#include "rules/sources.h"

#include <filesystem>
#include <regex>

#include "base/durable_file.h"

namespace sealdesk::test {
namespace {

namespace fs = std::filesystem;

/// Where the comment right above `place` begins; `place` when there is none.
std::size_t begin_of_comment(const std::string& text, std::size_t place) {
    while (place > 1) {
        const std::size_t before = text.rfind('\n', place - 2);
        const std::size_t line = before == std::string::npos ? 0 : before + 1;
        if (text.compare(line, 2, "//") != 0) {
            break;
        }
        place = line;
    }
    return place;
}

void take_tests(const std::string& text, std::map<std::string, std::string>& tests) {
    static const std::regex head(R"(\nTEST(?:_P|_F)?\(\s*(\w+),\s*(\w+)\))");
    for (auto at = std::sregex_iterator(text.begin(), text.end(), head);
         at != std::sregex_iterator(); ++at) {
        const auto begin = static_cast<std::size_t>(at->position()) + 1;
        const std::size_t end = text.find("\n}\n", begin);
        const std::size_t first = begin_of_comment(text, begin);
        tests[(*at)[1].str() + "." + (*at)[2].str()] = text.substr(first, end - first);
    }
}

}  // namespace

std::map<std::string, std::string> tests_by_name() {
    std::map<std::string, std::string> tests;
    const fs::path root = fs::path(SEALDESK_SOURCE_DIR) / "tests";
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        const fs::path& file = entry.path();
        if (file.extension() == ".cpp") {
            take_tests(read_file(file), tests);
        } else if (file.extension() == ".txt" && file.parent_path() == root / "scenario") {
            tests["scenario " + file.stem().string()] = read_file(file);
        }
    }
    return tests;
}

}  // namespace sealdesk::test
