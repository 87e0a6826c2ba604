// Whatever the command line can say, it says in Chinese, too: states and roles (cli/words), and the
// codes of errors that are made by a function of their own (tidy_test.cpp has the plain ones).
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include <gtest/gtest.h>

#include "base/durable_file.h"

namespace {

namespace fs = std::filesystem;

const fs::path kSources = fs::path(SEALDESK_SOURCE_DIR) / "engine";

template <class Look>
void for_each_source(const Look& look) {
    for (const auto& entry : fs::recursive_directory_iterator(kSources)) {
        if (entry.path().extension() == ".cpp" || entry.path().extension() == ".h") {
            look(entry.path(), sealdesk::read_file(entry.path()));
        }
    }
}

template <class Look>
void for_each_match(const std::string& text, const std::regex& pattern, const Look& look) {
    for (auto match = std::sregex_iterator(text.begin(), text.end(), pattern);
         match != std::sregex_iterator(); ++match) {
        look(*match);
    }
}

TEST(Tidy, EveryStateAndRoleHasAChineseWord) {
    const std::string words = sealdesk::read_file(kSources / "cli/words.cpp");
    const std::regex names(
        R"(\bk\w*(?:States|StateNames|Roles|RoleNames|Verdicts|Deliveries|Sources)\{([^;]*)\};)");
    const std::regex word(R"re("([a-z_]+)")re");
    int seen = 0;
    for_each_source([&](const fs::path& file, const std::string& text) {
        for_each_match(text, names, [&](const std::smatch& list) {
            const std::string content = list[1];
            for_each_match(content, word, [&](const std::smatch& one) {
                ++seen;
                EXPECT_NE(words.find("{\"" + one[1].str() + "\", "), std::string::npos)
                    << file << ": " << one[1] << " has no word in cli/words.cpp";
            });
        });
    });
    EXPECT_GT(seen, 30);
}

/// Names of the functions that make an error from a code they are given.
std::set<std::string> error_makers() {
    const std::regex head(R"(\b(?:Error|void)\s+(?:\w+::)?(\w+)\(([^)]*)\))");
    std::set<std::string> makers;
    for_each_source([&](const fs::path&, const std::string& text) {
        for_each_match(text, head, [&](const std::smatch& match) {
            const std::string parameters = match[2];
            if (parameters.find("std::string code") != std::string::npos ||
                parameters.find("std::string_view code") != std::string::npos) {
                makers.insert(match[1]);
            }
        });
    });
    makers.erase("found");  // audit/verify.h: findings; audit_commands.cpp makes the error
    makers.erase("fail");   // readers of one file: the code is the first or second argument
    makers.erase("fail_untried");
    return makers;
}

TEST(Tidy, EveryErrorMadeByAFunctionHasAChineseSentence) {
    const std::string catalogue =
        sealdesk::read_file(fs::path(SEALDESK_SOURCE_DIR) / "templates/messages.yaml");
    const auto makers = error_makers();
    EXPECT_GT(makers.size(), 10U);
    const std::regex call(R"re(\b(\w+)\(\s*(?:ErrorKind::\w+,\s*)?"([a-z0-9_]+\.[a-z0-9_.]+)")re");
    int seen = 0;
    for_each_source([&](const fs::path& file, const std::string& text) {
        for_each_match(text, call, [&](const std::smatch& match) {
            if (makers.contains(match[1])) {
                ++seen;
                EXPECT_NE(catalogue.find("\n" + match[2].str() + ":"), std::string::npos)
                    << file << ": templates/messages.yaml lacks " << match[2];
            }
        });
    });
    EXPECT_GT(seen, 60);
}

}  // namespace
