#include "cli/seal_commands.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "image/image.h"
#include "seal/drawn_seal.h"
#include "support/temp_folder.h"

namespace sealdesk::cli {
namespace {

using seal::drawn::small_benchmark;

TEST(SealCommands, CompareWritesTheOverlayAndOneJsonObject) {
    const test::TempFolder folder;
    small_benchmark(folder.path());
    const std::filesystem::path overlay = folder.path() / "overlay.png";
    std::ostringstream out;
    std::ostringstream err;
    EXPECT_EQ(seal_compare({.specimen = folder.path() / "specimen" / "0001.png",
                            .impression = folder.path() / "imp" / "1_g0.png",
                            .overlay = overlay,
                            .json = true},
                           out, err),
              0);
    EXPECT_EQ(nlohmann::json::parse(out.str())["suggestion"], "match_suggested");
    std::ostringstream bytes;
    bytes << std::ifstream(overlay, std::ios::binary).rdbuf();
    EXPECT_TRUE(image::decode(bytes.str()));
    EXPECT_TRUE(err.str().empty());
}

TEST(SealCommands, ExitStatusesTellRefusalFromTrouble) {
    const test::TempFolder folder;
    small_benchmark(folder.path());
    std::ofstream(folder.path() / "words.png") << "words";
    std::ostringstream out;
    std::ostringstream err;
    const std::filesystem::path specimen = folder.path() / "specimen" / "0001.png";
    EXPECT_EQ(
        seal_compare({.specimen = specimen, .impression = folder.path() / "words.png"}, out, err),
        1);
    EXPECT_NE(err.str().find("image.not_an_image"), std::string::npos);
    EXPECT_EQ(
        seal_compare({.specimen = specimen, .impression = folder.path() / "none.png"}, out, err),
        3);
    EXPECT_EQ(seal_compare({.specimen = specimen,
                            .impression = specimen,
                            .overlay = folder.path() / "no" / "folder.png"},
                           out, err),
              3);
    EXPECT_EQ(seal_evaluate({.manifest = folder.path() / "none.csv"}, out, err), 1);
}

TEST(SealCommands, TheReadableOutputLeavesTheDecisionToTheOfficer) {
    const test::TempFolder folder;
    const std::filesystem::path manifest = small_benchmark(folder.path());
    std::ostringstream out;
    std::ostringstream err;
    ASSERT_EQ(seal_compare({.specimen = folder.path() / "specimen" / "0001.png",
                            .impression = folder.path() / "imp" / "1_g0.png"},
                           out, err),
              0);
    EXPECT_NE(out.str().find("the officer decides"), std::string::npos);
    EXPECT_EQ(out.str().find('%'), out.str().find("95 %") + 3);  // no percentage of authenticity
    out.str({});
    ASSERT_EQ(seal_evaluate({.manifest = manifest}, out, err), 0);
    EXPECT_NE(out.str().find("F1"), std::string::npos);
}

}  // namespace
}  // namespace sealdesk::cli
