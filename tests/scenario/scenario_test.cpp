// Whole days as a clerk would tell them: every *.txt of this folder, on both databases, through the
// program itself, a mail server and what pdftotext reads on the paper.
#include <gtest/gtest.h>

#include "scenario/stage.h"
#include "support/backends.h"

namespace sealdesk::test {
namespace {

std::filesystem::path scenario_folder() {
    return std::filesystem::path(SEALDESK_SOURCE_DIR) / "tests/scenario";
}

/// Names of the files, without ".txt".
std::vector<std::string> scenarios() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(scenario_folder())) {
        if (entry.path().extension() == ".txt") {
            names.push_back(entry.path().stem());
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

class Scenario : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(Scenario, PlaysAsWritten) {
    const auto [name, backend] = GetParam();
    const TempFolder folder;
    const std::string file = name + ".txt";
    const auto script = read_script(scenario_folder() / file);
    Stage stage(folder.path(), fresh_database(backend, folder).url, start_of(script));
    for (const Step& step : script) {
        ASSERT_EQ(stage.perform(step), step.expected)
            << "tests/scenario/" << file << ":" << step.line;
    }
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<std::string, std::string>>& one) {
    return std::get<0>(one.param);
}

// A suite a database: ctest plays both at once.
INSTANTIATE_TEST_SUITE_P(OnSqlite, Scenario,
                         ::testing::Combine(::testing::ValuesIn(scenarios()),
                                            ::testing::Values("sqlite")),
                         name_of);
INSTANTIATE_TEST_SUITE_P(OnMysql, Scenario,
                         ::testing::Combine(::testing::ValuesIn(scenarios()),
                                            ::testing::Values("mysql")),
                         name_of);

}  // namespace
}  // namespace sealdesk::test
