// Every input of the corpora, among them all that once broke a reader, is read without harm.
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "fuzz/targets.h"

namespace sealdesk::fuzz {
namespace {

class Corpus : public ::testing::TestWithParam<Target> {};

TEST_P(Corpus, IsReadWithoutHarm) {
    const auto folder = std::filesystem::path(SEALDESK_SOURCE_DIR) / "tests/fuzz/corpus" /
                        std::string(GetParam().name);
    int read = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        SCOPED_TRACE(entry.path());
        std::ifstream in(entry.path(), std::ios::binary);
        std::stringstream bytes;
        bytes << in.rdbuf();
        GetParam().run(bytes.str());
        ++read;
    }
    EXPECT_GT(read, 0);
    GetParam().run("");
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Corpus, ::testing::ValuesIn(targets()),
                         [](const auto& tried) { return std::string(tried.param.name); });

}  // namespace
}  // namespace sealdesk::fuzz
