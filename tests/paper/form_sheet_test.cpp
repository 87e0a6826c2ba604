#include "paper/form_sheet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "paper/pdf_probe.h"
#include "paper/pdf_tools.h"
#include "support/temp_folder.h"

namespace sealdesk::paper {
namespace {

using ::testing::HasSubstr;

FormSheet sample_sheet(int fields) {
    FormSheet sheet;
    sheet.title = {"試辦用戶憑證註冊申請單", "Registration form"};
    sheet.issuer = "試辦註冊中心";
    sheet.version = "1.0";
    FormSection section{{"申請人資料", "Applicant"}, {}};
    for (int i = 1; i <= fields; ++i) {
        FormField field;
        field.label = {"欄位" + std::to_string(i), "Field " + std::to_string(i)};
        section.fields.push_back(field);
    }
    FormField kind;
    kind.label = {"申請人類別", "Applicant kind"};
    kind.input = FormInput::Choices;
    kind.key = "kind";
    kind.choices = {{"person", {"自然人", "Natural person"}}, {"company", {"公司", "Company"}}};
    section.fields.push_back(kind);
    sheet.sections = {section};
    sheet.documents_key = "documents";
    sheet.documents = {{"id_card", {"身分證影本", "ID card copy"}}};
    sheet.declaration = {"申請人聲明所填資料均屬實。", "All data are true."};
    sheet.seals = {{"seal", {"申請人印鑑", "Seal of the applicant"}, 50},
                   {"second_seal", {"負責人印鑑", "Seal of the responsible person"}, 25}};
    sheet.office_fields = {{"收件編號", "Record number"}};
    return sheet;
}

FormCode sample_code(int page, int pages) {
    return {"sealdesk:trial/" + std::to_string(page) + "-" + std::to_string(pages), "C00042"};
}

std::string draw(const FormSheet& sheet) {
    const std::vector<FormCodes> once{sample_code};
    return draw_forms(sheet, once, from_stored(0));
}

class FormSheets : public ::testing::Test {
protected:
    test::TempFolder folder_;
};

// T 8.1: the paper form.
TEST_F(FormSheets, ShowWhatIsToBeFilledInSealedAndEnclosed) {
    const std::string pdf = draw(sample_sheet(5));

    const std::string text = test::pdf_text(pdf, folder_.path());

    for (const char* wanted : {"試辦用戶憑證註冊申請單", "欄位5", "Field 5", "自然人", "Company",
                               "身分證影本", "申請人印鑑", "50 × 50 mm", "25 × 25 mm", "收件編號",
                               "sealdesk:trial/1-1", "C00042", "第 1 頁，共 1 頁"}) {
        EXPECT_THAT(text, HasSubstr(wanted));
    }
    EXPECT_TRUE(test::qpdf_is_content(pdf, folder_.path()));
}

TEST_F(FormSheets, TakeAsManyPagesAsTheyNeedAndLoseNothing) {
    const std::string pdf = draw(sample_sheet(60));

    const int pages = count_pages(pdf);
    EXPECT_GE(pages, 3);
    const std::string text = test::pdf_text(pdf, folder_.path());
    for (int i = 1; i <= 60; ++i) {
        EXPECT_THAT(text, HasSubstr("欄位" + std::to_string(i)));
    }
    const std::string last = test::pdf_text(pdf, folder_.path(), {}, pages);
    EXPECT_THAT(last, HasSubstr("第 " + std::to_string(pages) + " 頁"));
    EXPECT_THAT(last, HasSubstr("申請人印鑑"));
    EXPECT_THAT(last, HasSubstr("申請人聲明"));  // the seal is set under that text
}

TEST_F(FormSheets, ALongTitleIsMadeSmallerNotCut) {
    FormSheet sheet = sample_sheet(1);
    sheet.title.zh = "經濟部智慧財產局專屬用戶憑證作業網站密碼重新設定暨聯絡人資料變更申請單";

    const std::string text = test::pdf_text(draw(sheet), folder_.path());

    EXPECT_THAT(text, HasSubstr(sheet.title.zh));
}

TEST_F(FormSheets, NoteDownEveryPlaceThatAScanIsLookedAt) {
    FormSheet sheet = sample_sheet(30);
    sheet.copies = {{"front", {"身分證正面", "ID card, front"}, 80, 58},
                    {"back", {"身分證背面", "ID card, back"}, 80, 58},
                    {"licence", {"駕照", "Licence"}, 80, 58}};

    const auto pages = lay_out_form(sheet);

    EXPECT_EQ(pages.size(), std::size_t(count_pages(draw(sheet))));
    std::map<FormPlaceKind, std::vector<std::string>> found;
    for (const auto& page : pages) {
        for (const FormPlace& place : page) {
            found[place.kind].push_back(place.key + place.value);
            EXPECT_GE(place.area.x, 15);
            EXPECT_GE(place.area.y, 30);
            EXPECT_LE(place.area.x + place.area.width, 195);
            EXPECT_LE(place.area.y + place.area.height, 277);
        }
    }
    EXPECT_EQ(found[FormPlaceKind::Text].size(), 30U);
    EXPECT_EQ(found[FormPlaceKind::Tick],
              (std::vector<std::string>{"kindperson", "kindcompany", "documentsid_card"}));
    EXPECT_EQ(found[FormPlaceKind::Seal], (std::vector<std::string>{"seal", "second_seal"}));
    EXPECT_EQ(found[FormPlaceKind::Copy], (std::vector<std::string>{"front", "back", "licence"}));
}

TEST_F(FormSheets, PrintSeveralCopiesEachWithItsOwnCode) {
    const FormSheet sheet = sample_sheet(2);
    const std::vector<FormCodes> copies{[](int, int) {
                                            return FormCode{"first", "C1"};
                                        },
                                        [](int, int) {
                                            return FormCode{"second", "C2"};
                                        }};

    const std::string pdf = draw_forms(sheet, copies, from_stored(0));

    ASSERT_EQ(count_pages(pdf), 2);
    EXPECT_THAT(test::pdf_text(pdf, folder_.path(), {}, 1), HasSubstr("C1"));
    EXPECT_THAT(test::pdf_text(pdf, folder_.path(), {}, 2), HasSubstr("C2"));
}

}  // namespace
}  // namespace sealdesk::paper
