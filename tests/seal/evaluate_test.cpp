#include "seal/evaluate.h"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "seal/drawn_seal.h"
#include "support/temp_folder.h"

namespace sealdesk::seal {
namespace {

using drawn::small_benchmark;

void write(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

TEST(SealEvaluation, ATinyBenchmarkIsSeparatedPerfectly) {
    const test::TempFolder folder;
    std::int64_t last = 0;
    const Result<Evaluation> evaluation =
        evaluate(small_benchmark(folder.path()), {[&](std::int64_t done, std::int64_t all) {
                     EXPECT_EQ(done, last + 1);
                     EXPECT_EQ(all, 4);
                     last = done;
                 }});
    ASSERT_TRUE(evaluation) << evaluation.error().detail;
    EXPECT_EQ(last, 4);
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

TEST(SealEvaluation, OneThatIsStoppedGivesNoFigures) {
    const test::TempFolder folder;
    std::atomic<bool> stop{false};
    std::int64_t last = 0;
    const auto evaluation =
        evaluate(small_benchmark(folder.path()), {[&](std::int64_t done, std::int64_t) {
                                                      last = done;
                                                      stop = done == 2;
                                                  },
                                                  &stop});
    ASSERT_FALSE(evaluation);
    EXPECT_EQ(evaluation.error().code, "program.stopped");
    EXPECT_EQ(last, 2);
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

}  // namespace
}  // namespace sealdesk::seal
