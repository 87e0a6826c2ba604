#include "seal/compare.h"

#include <cmath>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "seal/drawn_seal.h"
#include "support/applicants.h"

namespace sealdesk::seal {
namespace {

using drawn::die_of;
using drawn::Print;
using drawn::scan_of;

Comparison compare_prints(std::uint32_t specimen, std::uint32_t impression,
                          const Print& how = {.noise = 2}) {
    return compare(scan_of(die_of(specimen)), scan_of(die_of(impression), how));
}

TEST(SealComparison, TheSameSealScoresAboveEveryOtherSealHoweverItLies) {
    const Comparison same =
        compare_prints(1, 1, {.turn_deg = 137, .right_mm = 2.5, .down_mm = -1.8, .noise = 2});
    ASSERT_TRUE(same.comparable);
    EXPECT_EQ(same.suggestion, Suggestion::MatchSuggested) << same.score;
    for (std::uint32_t other = 2; other < 8; ++other) {
        const Comparison different = compare_prints(1, other);
        EXPECT_LT(different.score, same.score - 200) << other;
        EXPECT_EQ(different.suggestion, Suggestion::MismatchSuggested) << different.score;
    }
}

// Drawn, not pressed: frames that lie on each other to the pixel must not outweigh other strokes.
TEST(SealComparison, AnEqualFrameDoesNotMakeUpForOtherStrokes) {
    const image::Picture one = test::draw_seal("one");
    EXPECT_EQ(compare(one, one).suggestion, Suggestion::MatchSuggested);
    for (const char* other : {"two", "three", "four"}) {
        const Comparison different = compare(one, test::draw_seal(other));
        EXPECT_EQ(different.suggestion, Suggestion::MismatchSuggested)
            << other << ' ' << different.score;
    }
}

TEST(SealComparison, EveryTurnIsFound) {
    for (int turn = -180; turn < 180; turn += 23) {
        const Comparison same = compare_prints(3, 3, {.turn_deg = double(turn), .noise = 5});
        const double off = std::remainder(same.rotation_deg - turn, 360.0);
        EXPECT_NEAR(off, 0, 0.3) << turn;
        EXPECT_GT(same.score, 600) << turn;
    }
}

// Scanners and paper differ by up to 2 %; more than 4 % is not taken for the same size.
TEST(SealComparison, SizeMayDifferByTwoPercentEitherWay) {
    for (const double scale : {0.98, 1.0, 1.02}) {
        const Comparison same = compare_prints(4, 4, {.turn_deg = 40, .scale = scale, .noise = 3});
        EXPECT_NEAR(same.scale, scale, 0.003);
        EXPECT_GT(same.score, 600) << scale;
    }
    const Comparison larger = compare_prints(4, 4, {.turn_deg = 40, .scale = 1.10, .noise = 3});
    EXPECT_LE(larger.scale, 1.0401);
    EXPECT_LT(larger.score, 500);
}

TEST(SealComparison, ScansOfDifferentResolutionAreBroughtTogether) {
    for (const double dpi : {200.0, 400.0, 600.0}) {
        const Comparison same = compare_prints(5, 5, {.turn_deg = 77, .dpi = dpi, .noise = 3});
        EXPECT_NEAR(same.scale, 1.0, 0.005) << dpi;
        EXPECT_GT(same.score, 560) << dpi;
    }
}

TEST(SealComparison, PrintedLinesAndASignatureAcrossTheSealChangeLittle) {
    const Comparison clean = compare_prints(6, 6, {.turn_deg = 25, .noise = 4});
    const Comparison crossed = compare_prints(
        6, 6, {.turn_deg = 25, .black_lines = true, .blue_signature = true, .noise = 4});
    ASSERT_TRUE(crossed.comparable);
    EXPECT_LT(crossed.details.visible, 0.97);
    EXPECT_GT(crossed.score, clean.score - 120);
    EXPECT_LT(crossed.details.extra_ink, 0.02);
}

// The product's specimen is an impression on a registration form, not a clean card.
TEST(SealComparison, LinesAcrossTheSpecimenAreToleratedToo) {
    const image::Picture specimen =
        scan_of(die_of(7), {.turn_deg = 10, .black_lines = true, .noise = 8});
    const Comparison same =
        compare(specimen, scan_of(die_of(7), {.turn_deg = 200, .blue_signature = true}));
    const Comparison other =
        compare(specimen, scan_of(die_of(8), {.turn_deg = 200, .blue_signature = true}));
    EXPECT_GT(same.score, 600);
    EXPECT_LT(other.score, 400);
}

TEST(SealComparison, AReversedSealIsComparedLikeAnyOther) {
    drawn::Die die = die_of(9);
    die.reversed = true;
    drawn::Die other = die_of(10);
    other.reversed = true;
    const image::Picture specimen = scan_of(die);
    const Comparison same = compare(specimen, scan_of(die, {.turn_deg = 90, .noise = 3}));
    EXPECT_NEAR(std::remainder(same.rotation_deg - 90, 360.0), 0, 0.3);
    EXPECT_GT(same.score, compare(specimen, scan_of(other, {.turn_deg = 90})).score + 200);
}

TEST(SealComparison, APartThatDidNotPrintIsNotTakenForADifferentSeal) {
    const Comparison part = compare_prints(11, 11, {.turn_deg = 60, .inked = 0.75, .noise = 3});
    ASSERT_TRUE(part.comparable);
    EXPECT_LT(part.details.inked, 0.9);
    EXPECT_GT(part.score, 500);
}

TEST(SealComparison, EvenTonerRaisesCopySuspicionAndLowersTheScore) {
    const Comparison ink = compare_prints(12, 12, {.turn_deg = 5, .noise = 3});
    const Comparison toner = compare_prints(12, 12, {.turn_deg = 5, .even_toner = true});
    EXPECT_LT(ink.copy_suspicion, 0.3);
    EXPECT_GT(toner.copy_suspicion, 0.9);
    EXPECT_LT(toner.score, ink.score - 200);
    EXPECT_GT(toner.details.shape_score, toner.score);
}

TEST(SealComparison, BlankPaperOnEitherSideIsNotComparable) {
    const image::Picture seal = scan_of(die_of(1));
    for (const Comparison& comparison :
         {compare(seal, drawn::blank_scan()), compare(drawn::blank_scan(), seal),
          compare(drawn::blank_scan(), drawn::blank_scan())}) {
        EXPECT_FALSE(comparison.comparable);
        EXPECT_EQ(comparison.score, 0);
        EXPECT_EQ(comparison.suggestion, Suggestion::NotComparable);
    }
}

TEST(SealComparison, OddPicturesAreNotComparableButNeverACrash) {
    const image::Picture seal = scan_of(die_of(1));
    const auto plain = [](int width, int height, std::uint8_t r, std::uint8_t g, std::uint8_t b) {
        image::Picture picture{width, height, {}, 300};
        for (int n = 0; n < width * height; ++n) {
            picture.rgb.insert(picture.rgb.end(), {r, g, b});
        }
        return picture;
    };
    for (const image::Picture& odd :
         {plain(1, 1, 255, 255, 255), plain(1, 1, 200, 10, 10), plain(300, 300, 0, 0, 0),
          plain(300, 300, 200, 20, 20), plain(2, 900, 200, 20, 20), plain(300, 2, 1, 2, 3)}) {
        EXPECT_FALSE(compare(seal, odd).comparable && compare(seal, odd).score > 500);
        EXPECT_FALSE(compare(odd, seal).comparable && compare(odd, seal).score > 500);
        EXPECT_GT(compare_with_overlay(odd, seal).overlay.width, 0);
    }
}

// 50 dpi is believed when a file says so; enlarging such a page to 300 dpi would take gigabytes.
TEST(SealComparison, AHugePageIsNotComparableAndTakesNoMemory) {
    image::Picture page{3000, 3000, std::vector<std::uint8_t>(27'000'000, 255), 50};
    const image::Picture seal = scan_of(die_of(1));
    EXPECT_FALSE(compare(seal, page).comparable);
    EXPECT_FALSE(compare(page, seal).comparable);
    EXPECT_LE(compare_with_overlay(page, seal).overlay.height, 500);
}

TEST(SealComparison, TheOverlayIsThreeEqualPanelsAndSaysTheSame) {
    const image::Picture specimen = scan_of(die_of(2));
    const image::Picture impression = scan_of(die_of(2), {.turn_deg = 30, .black_lines = true});
    const ComparisonPicture both = compare_with_overlay(specimen, impression);
    EXPECT_EQ(to_json(both.comparison), to_json(compare(specimen, impression)));
    const image::Picture& overlay = both.overlay;
    ASSERT_EQ(overlay.rgb.size(), static_cast<std::size_t>(overlay.width) *
                                      static_cast<std::size_t>(overlay.height) * 3);
    EXPECT_NEAR((overlay.width - 16) / 3.0, overlay.height, 40);
    // The impression's panel repeats the specimen's, so their mean colours are near each other.
    const int panel = (overlay.width - 16) / 3;
    double first = 0;
    double second = 0;
    for (int y = 0; y < overlay.height; ++y) {
        for (int x = 0; x < panel; ++x) {
            const auto green = [&](int column) {
                return overlay
                    .rgb[static_cast<std::size_t>(y) * static_cast<std::size_t>(overlay.width) * 3 +
                         static_cast<std::size_t>(column) * 3 + 1];
            };
            first += green(x);
            second += green(x + panel + 8);
        }
    }
    EXPECT_NEAR(second / first, 1.0, 0.1);
}

TEST(SealComparison, ComparingTwiceGivesTheSameFigures) {
    const image::Picture specimen = scan_of(die_of(13));
    const image::Picture impression = scan_of(die_of(13), {.turn_deg = 211, .noise = 3});
    EXPECT_EQ(to_json(compare(specimen, impression)).dump(),
              to_json(compare(specimen, impression)).dump());
}

// The shape of --json is a contract with other programs.
TEST(SealComparison, TheJsonHasExactlyTheAgreedFields) {
    const nlohmann::json json = to_json(compare_prints(1, 1));
    std::vector<std::string> names;
    for (const auto& [name, value] : json.items()) {
        names.push_back(name);
    }
    EXPECT_EQ(names,
              (std::vector<std::string>{"algorithm", "comparable", "copy_suspicion", "details",
                                        "rotation_deg", "scale", "score", "suggestion"}));
    EXPECT_EQ(json["algorithm"], kAlgorithm);
    EXPECT_TRUE(json["details"].is_object());
    for (const auto& [name, value] : json["details"].items()) {
        EXPECT_TRUE(value.is_number()) << name;
    }
}

}  // namespace
}  // namespace sealdesk::seal
