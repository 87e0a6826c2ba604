// Pages and files that are not what they should be: a person is told, nothing is guessed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/samples.h"
#include "intake/inbox.h"
#include "paper/pdf_tools.h"
#include "scan/pages.h"
#include "scan/scanned_page.h"

namespace sealdesk::scan {
namespace {

using ::testing::ElementsAre;

std::string code_of(const std::string& bytes, const FileLimits& limits = {}) {
    const auto pages = open_pages(bytes, limits);
    return pages ? "ok" : pages.error().code;
}

/// The error of a file's first page, or "ok".
std::string first_page_of(const std::string& bytes) {
    const auto pages = open_pages(bytes);
    if (!pages) {
        return pages.error().code;
    }
    const auto page = (*pages)->read(1);
    return page ? "ok" : page.error().code;
}

/// A PDF of empty pages that share everything.
std::string pdf_of(int pages, const std::string& catalogue_extra = "",
                   const std::string& media_box = "0 0 595 842") {
    std::string kids;
    std::string objects;
    for (int i = 0; i < pages; ++i) {
        const std::string number = std::to_string(3 + i);
        kids += number + " 0 R ";
        objects += number + " 0 obj<</Type/Page/Parent 2 0 R/MediaBox[" + media_box + "]>>endobj\n";
    }
    return "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R" + catalogue_extra +
           ">>endobj\n2 0 obj<</Type/Pages/Count " + std::to_string(pages) + "/Kids[" + kids +
           "]>>endobj\n" + objects + "trailer<</Root 1 0 R>>\n%%EOF\n";
}

TEST(HostilePages, FilesThatAreTooMuchAreRefusedAsAWhole) {
    EXPECT_EQ(code_of(pdf_of(10'000)), "scan.too_many_pages");
    EXPECT_EQ(code_of(std::string(2000, 'x'), {.bytes_max = 1000}), "scan.file_too_large");
    EXPECT_EQ(code_of(image::samples::png_header_only(20'000, 20'000)), "image.too_large");
    EXPECT_EQ(code_of(image::samples::tiff_header_only(20'000, 20'000)), "image.too_large");
    EXPECT_EQ(first_page_of(pdf_of(1, "", "0 0 14400 14400")), "image.too_large");
    EXPECT_EQ(code_of("%PDF-1.7\nnot a PDF at all"), "scan.damaged");
    EXPECT_EQ(code_of("plain text"), "image.not_an_image");
    EXPECT_EQ(code_of(""), "image.not_an_image");
}

TEST(HostilePages, ALockedPdfIsSaidToBeLocked) {
    SystemRandom random;
    paper::FormSheet sheet;
    sheet.title = {"申請單", "Form"};
    const std::vector<paper::FormCodes> copies{[](int, int) {
        return paper::FormCode{"code", ""};
    }};
    const std::string open = paper::draw_forms(sheet, copies, from_stored(0));
    EXPECT_EQ(code_of(open), "ok");
    paper::Document locked("Locked", from_stored(0), Secret("1234567890"), random);
    static_cast<void>(locked.add_page());
    EXPECT_EQ(code_of(locked.finish()), "scan.encrypted");
}

TEST(HostilePages, AScriptInAPdfIsNotRun) {
    const std::string script =
        "/OpenAction<</S/JavaScript/JS(while(true){app.alert\\('x'\\);})>>"
        "/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS(while(true){})>>]>>>>";
    EXPECT_EQ(first_page_of(pdf_of(1, script)), "ok");
}

TEST(HostilePages, ATruncatedPictureIsAPageThatCannotBeRead) {
    const std::string jpeg = drawn::to_jpeg(image::samples::gradient(400, 300), 80, 300);
    EXPECT_EQ(first_page_of(jpeg), "ok");
    EXPECT_EQ(first_page_of(jpeg.substr(0, jpeg.size() / 2)), "image.damaged");
}

TEST(HostilePages, EveryPageOfATiffIsRead) {
    const std::string tiff = image::samples::tiff_of(image::samples::gradient(80, 60),
                                                     image::samples::TiffKind::TwoPages);
    const auto pages = open_pages(tiff);
    ASSERT_TRUE(pages);
    ASSERT_EQ((*pages)->pages(), 2);
    const auto second = (*pages)->read(2);
    ASSERT_TRUE(second);
    EXPECT_TRUE(image::decode(second->bytes));  // kept as a file of its own
    EXPECT_EQ((*pages)->read(3).error().code, "image.damaged");
    EXPECT_EQ(code_of(tiff, {.pages_max = 1}), "scan.too_many_pages");
}

// ---- QR codes that say something else --------------------------------------------------------

class ForeignCodes : public ::testing::Test {
protected:
    /// A form's first page as its printer sends it, read as a scan.
    PageReading read(const std::string& pdf) {
        const auto pages = open_pages(pdf).value();
        return read_page(pages->read(1).value().picture, shelf_);
    }
    static std::string blank(const scheme::Scheme& scheme, const scheme::Form& form,
                             const std::string& record = "C00001") {
        return print_blank_forms(scheme, form, std::span(&record, 1), from_stored(0));
    }
    static std::string page_with(const std::string& code) {
        paper::FormSheet sheet;
        sheet.title = {"申請單", "Form"};
        const std::vector<paper::FormCodes> copies{[&](int, int) {
            return paper::FormCode{code, ""};
        }};
        return paper::draw_forms(sheet, copies, from_stored(0));
    }
    static std::vector<std::string> doubts_of(const PageReading& reading) {
        std::vector<std::string> names;
        for (const Doubt doubt : reading.doubts) {
            names.emplace_back(name_of(doubt));
        }
        return names;
    }

    FormShelf shelf_{intake::schemes()};
};

TEST_F(ForeignCodes, AnEmptyFormThatWasNeverOnPaperIsReadToo) {
    const PageReading reading = read(blank(intake::scheme_under_test(), intake::reset_form()));
    ASSERT_TRUE(reading.identified);
    EXPECT_EQ(reading.code->record, "C00001");
    EXPECT_THAT(doubts_of(reading), ElementsAre());
    for (const Tick& tick : reading.ticks) {
        EXPECT_EQ(tick.mark, Mark::Empty) << tick.field << tick.value;
    }
    for (const Cutting& cutting : reading.cuttings) {
        EXPECT_TRUE(cutting.empty) << cutting.field;
    }
}

TEST_F(ForeignCodes, ACodeOfSomethingElseIsForeign) {
    EXPECT_THAT(doubts_of(read(page_with("https://example.tw/pay?to=me"))),
                ElementsAre("qr_foreign"));
    EXPECT_THAT(doubts_of(read(page_with("sealdesk:'; DROP TABLE request; --"))),
                ElementsAre("qr_foreign"));
}

TEST_F(ForeignCodes, AnotherSchemeVersionOrLayoutIsNamed) {
    scheme::Scheme stranger = intake::scheme_under_test();
    stranger.id = "stranger";
    EXPECT_THAT(doubts_of(read(blank(stranger, intake::reset_form()))),
                ElementsAre("form_unknown"));

    scheme::Form older = intake::reset_form();
    older.version = "4.9";
    EXPECT_THAT(doubts_of(read(blank(intake::scheme_under_test(), older))),
                ElementsAre("version_unknown"));

    scheme::Form rearranged = intake::reset_form();
    rearranged.title.zh += "（修正）";
    std::ranges::find(rearranged.fields, scheme::FieldType::Email, &scheme::Field::type)
        ->on_blank_form = false;
    EXPECT_THAT(doubts_of(read(blank(intake::scheme_under_test(), rearranged))),
                ElementsAre("layout_unknown"));
}

TEST_F(ForeignCodes, TwoCodesThatDisagreeAreAConflict) {
    const auto pages = [](const std::string& record) {
        const std::string pdf = blank(intake::scheme_under_test(), intake::reset_form(), record);
        return open_pages(pdf).value()->read(1).value().picture;
    };
    image::Picture page = pages("C00001");
    const image::Picture other = pages("C00002");
    const paper::Area area = paper::form_code_areas()[1];
    const double px = page.dpi / 25.4;
    for (int y = int((area.y - 1) * px); y < int((area.y + area.height + 1) * px); ++y) {
        const std::size_t row = std::size_t(y) * std::size_t(page.width);
        for (int x = int((area.x - 1) * px); x < int((area.x + area.width + 1) * px); ++x) {
            const std::size_t at = (row + std::size_t(x)) * 3;
            std::copy_n(other.rgb.begin() + std::ptrdiff_t(at), 3,
                        page.rgb.begin() + std::ptrdiff_t(at));
        }
    }
    EXPECT_THAT(doubts_of(read_page(page, shelf_)), ElementsAre("qr_conflict"));
}

}  // namespace
}  // namespace sealdesk::scan
