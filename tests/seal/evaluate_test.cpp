#include "seal/evaluate.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/seal_commands.h"
#include "seal/drawn_seal.h"
#include "support/temp_folder.h"

namespace sealdesk::seal {
namespace {

using drawn::die_of;
using drawn::scan_of;

void write(const std::filesystem::path& path, const std::string& bytes) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
}

// A benchmark of two seals: one genuine impression and one other text each.
std::filesystem::path small_benchmark(const std::filesystem::path& folder) {
    std::string manifest = "id,kind,grade,genuine,file\n";
    for (std::uint32_t id : {1U, 2U}) {
        const std::string name = std::to_string(id);
        write(folder / "specimen" / ("000" + name + ".png"),
              image::encode_png(scan_of(die_of(id))));
        write(folder / "imp" / (name + "_g0.png"),
              image::encode_png(scan_of(die_of(id), {.turn_deg = 33.0 * id, .noise = 7})));
        write(folder / "imp" / (name + "_f1.png"),
              image::encode_png(scan_of(die_of(id + 20), {.turn_deg = 50.0 * id, .noise = 7})));
        manifest += name + ",square,G0,1,imp/" + name + "_g0.png\n";
        manifest += name + ",square,F1,0,imp/" + name + "_f1.png\n";
    }
    write(folder / "manifest.csv", manifest);
    return folder / "manifest.csv";
}

TEST(SealEvaluation, ATinyBenchmarkIsSeparatedPerfectly) {
    const test::TempFolder folder;
    std::size_t last = 0;
    const Result<Evaluation> evaluation =
        evaluate(small_benchmark(folder.path()), [&](std::size_t done, std::size_t all) {
            EXPECT_EQ(done, last + 1);
            EXPECT_EQ(all, 4U);
            last = done;
        });
    ASSERT_TRUE(evaluation) << evaluation.error().detail;
    EXPECT_EQ(last, 4U);
    EXPECT_EQ(evaluation->genuine_pairs, 2);
    ASSERT_EQ(evaluation->grades.count("F1"), 1U);
    EXPECT_EQ(evaluation->grades.at("F1").pairs, 2);
    EXPECT_DOUBLE_EQ(evaluation->grades.at("F1").eer, 0);
    EXPECT_DOUBLE_EQ(evaluation->grades.at("F1").auc, 1);
    EXPECT_GT(evaluation->ms_per_comparison, 0);
    const nlohmann::json json = to_json(*evaluation);
    EXPECT_TRUE(json["grades"]["F1"].contains("eer"));
    EXPECT_TRUE(json.contains("ms_per_comparison"));
}

TEST(SealEvaluation, AMissingOrBadManifestIsRefusedWithItsLine) {
    const test::TempFolder folder;
    EXPECT_EQ(evaluate(folder.path() / "none.csv").error().code, "seal.manifest_missing");
    const auto refused = [&](const std::string& text) {
        write(folder.path() / "m.csv", text);
        const Result<Evaluation> evaluation = evaluate(folder.path() / "m.csv");
        return evaluation ? std::string("accepted") : evaluation.error().where;
    };
    EXPECT_EQ(refused("id,grade\n1,G0\n"), "line 1");
    EXPECT_EQ(refused("id,grade,genuine,file\n1,G0\n"), "line 2");
    EXPECT_EQ(refused("id,grade,genuine,file\nx,G0,1,a.png\n"), "line 2");
    EXPECT_EQ(refused("id,grade,genuine,file\n1,G0,yes,a.png\n"), "line 2");
    EXPECT_EQ(refused("id,grade,genuine,file\n1,G0,1,../a.png\n"), "line 2");
    EXPECT_EQ(refused("id,grade,genuine,file\n1,G0,1,/etc/a.png\n"), "line 2");
    EXPECT_EQ(refused("id,grade,genuine,file\n"), "line 1");
}

TEST(SealEvaluation, AMissingOrDamagedPictureIsNamed) {
    const test::TempFolder folder;
    const std::filesystem::path manifest = small_benchmark(folder.path());
    write(folder.path() / "imp" / "2_f1.png", "not an image");
    const Result<Evaluation> damaged = evaluate(manifest);
    ASSERT_FALSE(damaged);
    EXPECT_EQ(damaged.error().code, "image.not_an_image");
    EXPECT_NE(damaged.error().where.find("2_f1.png"), std::string::npos);
    std::filesystem::remove(folder.path() / "imp" / "2_f1.png");
    EXPECT_EQ(evaluate(manifest).error().code, "seal.picture_missing");
}

TEST(SealCommands, CompareWritesTheOverlayAndOneJsonObject) {
    const test::TempFolder folder;
    small_benchmark(folder.path());
    const std::filesystem::path overlay = folder.path() / "overlay.png";
    std::ostringstream out;
    std::ostringstream err;
    EXPECT_EQ(cli::seal_compare({.specimen = folder.path() / "specimen" / "0001.png",
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
    write(folder.path() / "words.png", "words");
    std::ostringstream out;
    std::ostringstream err;
    const std::filesystem::path specimen = folder.path() / "specimen" / "0001.png";
    EXPECT_EQ(cli::seal_compare({.specimen = specimen, .impression = folder.path() / "words.png"},
                                out, err),
              1);
    EXPECT_NE(err.str().find("image.not_an_image"), std::string::npos);
    EXPECT_EQ(cli::seal_compare({.specimen = specimen, .impression = folder.path() / "none.png"},
                                out, err),
              3);
    EXPECT_EQ(cli::seal_compare({.specimen = specimen,
                                 .impression = specimen,
                                 .overlay = folder.path() / "no" / "folder.png"},
                                out, err),
              3);
    EXPECT_EQ(cli::seal_evaluate({.manifest = folder.path() / "none.csv"}, out, err), 1);
}

TEST(SealCommands, TheReadableOutputLeavesTheDecisionToTheOfficer) {
    const test::TempFolder folder;
    const std::filesystem::path manifest = small_benchmark(folder.path());
    std::ostringstream out;
    std::ostringstream err;
    ASSERT_EQ(cli::seal_compare({.specimen = folder.path() / "specimen" / "0001.png",
                                 .impression = folder.path() / "imp" / "1_g0.png"},
                                out, err),
              0);
    EXPECT_NE(out.str().find("the officer decides"), std::string::npos);
    EXPECT_EQ(out.str().find('%'), out.str().find("95 %") + 3);  // no percentage of authenticity
    out.str({});
    ASSERT_EQ(cli::seal_evaluate({.manifest = manifest}, out, err), 0);
    EXPECT_NE(out.str().find("F1"), std::string::npos);
}

}  // namespace
}  // namespace sealdesk::seal
