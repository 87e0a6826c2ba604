#include "paper/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "paper/pdf_probe.h"
#include "support/temp_folder.h"

namespace sealdesk::paper {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Page : public ::testing::Test {
protected:
    [[nodiscard]] std::string text_of(std::string_view pdf) const {
        return test::pdf_text(pdf, folder_.path());
    }
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

private:
    test::TempFolder folder_;
};

Document new_document() { return Document("試印 Trial", from_stored(1'795'137'300'000'000)); }

// notes/slips.md A.5: the names that lesser fonts lose.
constexpr std::string_view kRareNames = "堃峯𠮷喆犇㛢𡍼𤧥瀞彣䶮𠅘𨧀煊栢邨槺嫺";

TEST_F(Page, RareCharactersAppearAndExtractInEveryFace) {
    for (const Face face : {Face::Song, Face::Sans, Face::SansBold, Face::Code}) {
        Document document = new_document();

        const TextFit fit =
            document.add_page().text({20, 20, 170, 0}, {.face = face, .size = 12}, kRareNames);
        const std::string pdf = document.finish();

        EXPECT_EQ(fit.missing, 0);
        EXPECT_EQ(fit.drawn, kRareNames.size());
        EXPECT_THAT(text_of(pdf), HasSubstr(std::string(kRareNames)));
        EXPECT_TRUE(test::qpdf_is_content(pdf, folder()));
    }
}

TEST_F(Page, ACharacterThatNoFontHasIsCounted) {
    Document document = new_document();

    const TextFit fit = document.add_page().text({20, 20, 170, 0}, {}, "王\xF1\x90\x80\x80明");

    EXPECT_EQ(fit.missing, 1);  // U+50000: no such character
}

TEST_F(Page, OnlyWholeLinesInsideTheAreaAreDrawn) {
    Document document = new_document();
    Canvas& canvas = document.add_page();
    const std::string text = "一二三\n四五六\n七八九";

    const TextFit fit = canvas.text({20, 20, 100, 12}, {.size = 12, .line = 6}, text);
    const std::string pdf = document.finish();

    EXPECT_EQ(text.substr(fit.drawn), "七八九");
    EXPECT_DOUBLE_EQ(fit.height, 12);
    EXPECT_THAT(text_of(pdf), HasSubstr("四五六"));
    EXPECT_THAT(text_of(pdf), ::testing::Not(HasSubstr("七八九")));
}

TEST_F(Page, ACodeIsNeverBrokenWithAHyphenThatIsNotInIt) {
    Document document = new_document();

    document.add_page().text({20, 20, 30, 0}, {.face = Face::Code, .size = 20}, "K7MQ4XW9NP3RTA");
    const std::string text = text_of(document.finish());

    EXPECT_EQ(text.find('-'), std::string::npos) << text;
}

TEST_F(Page, ARecordedDrawingIsStoredOnceAndItsTextExtracts) {
    Drawing drawing;
    drawing.canvas().text({20, 20, 170, 0}, {.face = Face::SansBold, .size = 20}, "憑證作業網站");
    drawing.canvas().veil({20, 60, 170, 80}, {0.5, 0.5, 0.5});
    const auto size_with = [&](int pages) {
        Document document = new_document();
        for (int i = 0; i < pages; ++i) {
            document.add_page().show(drawing);
        }
        const std::string pdf = document.finish();
        EXPECT_THAT(test::pdf_text(pdf, folder(), {}, pages), HasSubstr("憑證作業網站"));
        return pdf.size();
    };

    const auto one = size_with(1);
    const auto twenty = size_with(20);

    EXPECT_LT((twenty - one) / 19, one / 30);  // a page and its place in the file
}

TEST_F(Page, TheSamePagesGiveTheSameBytes) {
    const auto make = [] {
        Document document = new_document();
        Canvas& canvas = document.add_page();
        canvas.text({20, 20, 170, 0}, {}, "張㛢");
        canvas.code128({20, 60, 60, 12}, "S115-000123-4");
        canvas.qr({120, 60, 30, 30}, "sealdesk:x/registration/1");
        canvas.box({20, 100, 50, 50}, {.width = 0.3, .dash = 1});
        return document.finish();
    };

    EXPECT_EQ(make(), make());
}

TEST_F(Page, AMeasuredTextIsAsTallAsTheDrawnOne) {
    Document document = new_document();
    Canvas& canvas = document.add_page();
    const std::string text(300, 'x');
    const TextStyle style{.size = 10, .line = 5};

    const TextFit measured = canvas.measure({20, 20, 100, 0}, style, text);
    const TextFit drawn = canvas.text({20, 20, 100, 0}, style, text);

    EXPECT_DOUBLE_EQ(measured.height, drawn.height);
    EXPECT_GT(drawn.height, 5);
}

// ISO 32000-2 §7.6.4, revision 6, by readers that are not ours.
TEST_F(Page, ALockedDocumentOpensWithItsCodeOnly) {
    SystemRandom random;
    const Secret code("PWFV-9KH2-MXKA-XGUG");
    Document document("密碼單", from_stored(0), code, random);
    document.add_page().text({20, 20, 170, 0}, {}, "密碼 𠮷 1");
    const std::string locked = document.finish();

    EXPECT_THAT(test::pdf_text(locked, folder(), code.reveal()), HasSubstr("密碼 𠮷 1"));
    EXPECT_EQ(test::pdf_text(locked, folder()), "");
    EXPECT_EQ(test::pdf_text(locked, folder(), "PWFV-9KH2-MXKA-XGUH"), "");
    EXPECT_TRUE(test::qpdf_is_content(locked, folder(), code.reveal()));
    const std::string report = test::pdf_encryption(locked, folder(), code.reveal());
    EXPECT_THAT(report, HasSubstr("R = 6"));
    EXPECT_THAT(report, HasSubstr("AESv3"));
    EXPECT_THAT(report, HasSubstr("Supplied password is user password"));
    EXPECT_THAT(report, Not(HasSubstr("owner password\n")));
}

// Every length of the key derivation's last block is met: 64 rounds at least, and what follows.
TEST_F(Page, ManyLockedDocumentsOpen) {
    SystemRandom random;
    for (int i = 0; i < 40; ++i) {
        const Secret code(std::string("code-") + std::to_string(i));
        Document document("x", from_stored(0), code, random);
        document.add_page().text({20, 20, 170, 0}, {}, "page " + std::to_string(i));
        EXPECT_THAT(test::pdf_text(document.finish(), folder(), code.reveal()),
                    HasSubstr("page " + std::to_string(i)));
    }
}

// A glyph made of others (Å), a ligature or none, kerned letters, and two characters that share a
// glyph: what is copied is what was written.
TEST_F(Page, WhatIsCopiedIsWhatWasWritten) {
    Document document = new_document();
    Canvas& canvas = document.add_page();
    const std::string text = "Ångström fi AVATAR Żółć";
    canvas.text({20, 20, 170, 0}, {.face = Face::Sans}, text);
    canvas.text({20, 40, 170, 0}, {.face = Face::Song, .tracking = 2}, "PIN 48151623");
    canvas.text({20, 60, 60, 0}, {.face = Face::Song},
                "南投縣水里鄉民生路九十五號，二樓之一。電話請洽");
    const std::string pdf = document.finish();
    EXPECT_THAT(text_of(pdf), HasSubstr(text));
    EXPECT_THAT(text_of(pdf), HasSubstr("48151623"));
    EXPECT_THAT(text_of(pdf), HasSubstr("南投縣水里鄉民生路"));
    EXPECT_TRUE(test::qpdf_is_content(pdf, folder()));
}

// Patterns and drawings of one template are stored with one set of fonts.
TEST_F(Page, DrawingsOfOneTemplateShareTheirFonts) {
    Drawing first;
    first.canvas().text({20, 20, 170, 0}, {}, "共用字型甲");
    first.canvas().veil({10, 100, 190, 90}, {0.4, 0.4, 0.4});
    Drawing second = Drawing::beside(first);
    second.canvas().text({20, 20, 170, 0}, {}, "共用字型乙");
    second.canvas().veil({10, 100, 190, 90}, {0.7, 0.7, 0.7});
    Document document = new_document();
    document.add_page().show(first);
    document.add_page().show(second);
    const std::string pdf = document.finish();
    EXPECT_THAT(text_of(pdf), HasSubstr("共用字型甲"));
    EXPECT_THAT(text_of(pdf), HasSubstr("共用字型乙"));
    std::size_t fonts = 0;
    for (std::size_t at = pdf.find("/FontFile2"); at != std::string::npos;
         at = pdf.find("/FontFile2", at + 1)) {
        ++fonts;
    }
    EXPECT_EQ(fonts, 1U);
    EXPECT_LT(pdf.size(), 30'000U);
}

}  // namespace
}  // namespace sealdesk::paper
