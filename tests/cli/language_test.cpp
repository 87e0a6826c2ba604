// What a person gets depends on their language only where it should.
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace sealdesk::test
