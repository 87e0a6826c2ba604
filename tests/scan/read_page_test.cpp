#include "scan/read_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "intake/inbox.h"
#include "scan/scanned_page.h"
#include "seal/compare.h"
#include "seal/drawn_seal.h"

namespace sealdesk::scan {
namespace {

using drawn::Filling;
using drawn::PaperForm;
using drawn::ScannedPage;
using drawn::Scanner;
using drawn::Score;

constexpr int kSealPage = 2;  ///< of the registration form

class ReadPage : public ::testing::Test {
protected:
    static const PaperForm& registration() {
        static const PaperForm form(intake::scheme_under_test(), intake::registration_form(),
                                    "C00042");
        return form;
    }
    static PageCode truth(int page) {
        const auto& form = intake::registration_form();
        return {intake::scheme_under_test().id, form.id, form.version, page, registration().pages(),
                registration().layout().id,     "C00042"};
    }
    PageReading read(const ScannedPage& page) { return read_page(page.picture, shelf_); }

    FormShelf shelf_{intake::schemes()};
};

std::vector<std::string> doubts_of(const PageReading& reading) {
    std::vector<std::string> names;
    for (const Doubt doubt : reading.doubts) {
        names.emplace_back(name_of(doubt));
    }
    return names;
}

TEST_F(ReadPage, ACodeSaysWhatThePaperIsAndIsReadBack) {
    const PageCode code{"scheme", "some-form", "5.1", 2, 3, "abc123", "A/2026.7-1"};
    const auto back = parse_code(to_text(code));
    ASSERT_TRUE(back);
    EXPECT_EQ(to_text(code), "sealdesk:scheme/some-form/5.1/2-3/abc123/A/2026.7-1");
    EXPECT_EQ(back->record, "A/2026.7-1");
    EXPECT_EQ(back->page, 2);
    for (const char* foreign :
         {"", "https://example.tw/", "sealdesk:a/b", "sealdesk:a/b/1/0-1/abc123",
          "sealdesk:a/b/1/2-1/abc123", "sealdesk:a/b/1/1-1/abc", "sealdesk:a/b/1/x-1/abc123",
          "sealdesk:a/b/1/1-1/abc123/<script>", "sealdesk://b/1/1-1/abc123"}) {
        EXPECT_FALSE(parse_code(foreign)) << foreign;
    }
}

// The issue: a page is recognised, straightened, its boxes judged, whatever a scanner does to it.
TEST_F(ReadPage, PagesAreReadHoweverTheyAreScanned) {
    const std::vector<Scanner> scanners{
        {},
        {.dpi = 200, .turn_deg = 5, .jpeg_quality = 70},
        {.dpi = 200, .turn_deg = -4, .upside_down = true, .scale = 1.01, .noise = 6},
        {.turn_deg = -5, .scale = 0.99, .perspective_mm = 1.2, .covered_mark = 2},
        {.dpi = 200, .dark_lid = true, .staple = true, .smudged_codes = {0}, .dpi_is_told = false}};
    Score score;
    std::uint32_t seed = 1;
    for (const Scanner& scanner : scanners) {
        for (const int page : {1, kSealPage}) {
            const Filling filling =
                drawn::filling_of(registration().layout(), intake::registration_form(), seed);
            const ScannedPage scanned = registration().scan(page, filling, scanner);
            score.add(scanned, read(scanned), truth(page), std::to_string(seed++));
        }
    }
    EXPECT_EQ(score.identified, score.pages);
    EXPECT_EQ(score.wrongly_identified, 0);
    EXPECT_EQ(score.frames_right, score.pages);  // two on every second page
    EXPECT_EQ(score.frames_wrong, 0);
    EXPECT_EQ(score.ticks_wrong, 0);
    EXPECT_LE(score.ticks_unsure, 1);
    EXPECT_THAT(score.remarks, ::testing::SizeIs(::testing::Le(1)));
}

TEST_F(ReadPage, ACutOutSealIsTheSealForTheComparison) {
    const image::Picture mine = seal::drawn::scan_of(seal::drawn::die_of(7));
    const image::Picture other = seal::drawn::scan_of(seal::drawn::die_of(8));
    const ScannedPage scanned =
        registration().scan(kSealPage, {.seals = {{"seal_scan", 7}}},
                            {.dpi = 200, .turn_deg = 3, .upside_down = true, .jpeg_quality = 85});

    const PageReading reading = read(scanned);

    const auto found = std::ranges::find(reading.cuttings, "seal_scan", &Cutting::field);
    ASSERT_NE(found, reading.cuttings.end());
    EXPECT_NEAR(reading.dpi, 200, 1);
    EXPECT_EQ(seal::compare(mine, found->picture).suggestion, seal::Suggestion::MatchSuggested);
    EXPECT_EQ(seal::compare(other, found->picture).suggestion, seal::Suggestion::MismatchSuggested);
    const auto empty =
        std::ranges::find(reading.cuttings, "responsible_seal_scan", &Cutting::field);
    ASSERT_NE(empty, reading.cuttings.end());
    EXPECT_TRUE(empty->empty);
}

TEST_F(ReadPage, WhatIsNotCertainIsNamed) {
    const Filling sealed{.seals = {{"seal_scan", 3}}};
    const ScannedPage grey = registration().scan(kSealPage, sealed, {.grey = true});
    EXPECT_THAT(doubts_of(read(grey)), ::testing::ElementsAre("not_in_colour"));

    // Two boxes of one choice: a correction that a person must read.
    const ScannedPage twice =
        registration().scan(1, {.ticks = {{"residence", {"yes", "no"}}}, .writing = false}, {});
    EXPECT_THAT(doubts_of(read(twice)), ::testing::ElementsAre("box_unsure"));

    image::Picture blank{2480, 3508, {}, 300};
    blank.rgb.assign(std::size_t(blank.width) * std::size_t(blank.height) * 3, 245);
    EXPECT_THAT(doubts_of(read_page(blank, shelf_)),
                ::testing::ElementsAre("qr_unreadable", "not_straight"));

    // A crumpled corner moves the seal's frame by more than its margin.
    const ScannedPage folded =
        registration().scan(kSealPage, sealed, {.turn_deg = 1, .covered_mark = 0});
    EXPECT_TRUE(read(folded).doubts.empty());
}

}  // namespace
}  // namespace sealdesk::scan
