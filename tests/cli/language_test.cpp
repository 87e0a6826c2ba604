// What a person gets depends on their language only where it should.
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/text.h"
#include "support/command.h"
#include "support/temp_folder.h"

namespace sealdesk::test {
namespace {

// fontconfig names fonts in the user's language: under a Chinese one they must be found as well.
TEST(Language, PaperIsPrintedUnderEveryLocale) {
    const TempFolder folder;
    for (const char* locale : {"C", "en_US.UTF-8", "zh_TW.UTF-8"}) {
        const std::string file = (folder.path() / (std::string(locale) + ".pdf")).string();
        const CommandResult printed = run_command(
            std::string("LC_ALL=") + locale + " LANG=" + locale + " LC_CTYPE=" + locale +
            " " SEALDESK_PROGRAM " form blank tipo registration -o " + file);
        EXPECT_TRUE(printed.succeeded()) << locale << ": " << printed.output;
        EXPECT_TRUE(run_command("pdfinfo " + file).succeeded()) << locale;
    }
}

/// Names below "Subcommands:".
std::vector<std::string> commands_in(const std::string& help, const std::string& heading) {
    std::vector<std::string> names;
    const auto at = help.find("\n" + heading + "\n");
    std::istringstream lines(at == std::string::npos ? "" : help.substr(at + heading.size() + 2));
    for (std::string line; std::getline(lines, line) && !line.empty();) {
        if (line.size() > 2 && line[2] != ' ') {
            names.push_back(line.substr(2, line.find(' ', 2) - 2));
        }
    }
    return names;
}

/// The command's help, and that of the commands below it. Returns how many there are.
int check_help(const std::string& locale, const std::string& command) {
    const std::string help =
        run_command("LC_ALL=" + locale + " " SEALDESK_PROGRAM + command + " --help").output;
    const bool chinese = locale.starts_with("zh");
    const std::string example = chinese ? "例" : "Example";
    std::istringstream lines(help);
    bool explains = true;
    for (std::string line; std::getline(lines, line);) {
        explains = explains && !line.starts_with(example);
        EXPECT_LE(explains ? display_width(line) : 0, 80) << command << ": " << line;
    }
    int count = 1;
    for (const std::string& below : commands_in(help, chinese ? "指令：" : "Subcommands:")) {
        count += check_help(locale, command + " " + below);
    }
    return count;
}

TEST(Language, HelpFitsATerminal) {
    const int count = check_help("C", "");
    EXPECT_GT(count, 100);
    EXPECT_EQ(check_help("zh_TW.UTF-8", ""), count);
}

}  // namespace
}  // namespace sealdesk::test
