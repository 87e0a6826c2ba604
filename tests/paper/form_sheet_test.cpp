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
    sheet.code = "sealdesk:trial/registration/1.0";
    FormSection section{{"申請人資料", "Applicant"}, {}};
    for (int i = 1; i <= fields; ++i) {
        FormField field;
        field.label = {"欄位" + std::to_string(i), "Field " + std::to_string(i)};
        section.fields.push_back(field);
    }
    FormField kind;
    kind.label = {"申請人類別", "Applicant kind"};
    kind.input = FormInput::Choices;
    kind.choices = {{"自然人", "Natural person"}, {"公司", "Company"}};
    section.fields.push_back(kind);
    sheet.sections = {section};
    sheet.documents = {{"身分證影本", "ID card copy"}};
    sheet.declaration = {"申請人聲明所填資料均屬實。", "All data are true."};
    sheet.seals = {{{"申請人印鑑", "Seal of the applicant"}, 50},
                   {{"負責人印鑑", "Seal of the responsible person"}, 25}};
    sheet.office_fields = {{"收件編號", "Record number"}};
    return sheet;
}

class FormSheets : public ::testing::Test {
protected:
    test::TempFolder folder_;
};

// T 8.1: the paper form.
TEST_F(FormSheets, ShowWhatIsToBeFilledInSealedAndEnclosed) {
    const std::string pdf = draw_form(sample_sheet(5), from_stored(0));

    const std::string text = test::pdf_text(pdf, folder_.path());

    for (const char* wanted : {"試辦用戶憑證註冊申請單", "欄位5", "Field 5", "自然人", "Company",
                               "身分證影本", "申請人印鑑", "50 × 50 mm", "25 × 25 mm", "收件編號",
                               "sealdesk:trial/registration/1.0", "第 1 頁，共 1 頁"}) {
        EXPECT_THAT(text, HasSubstr(wanted));
    }
    EXPECT_TRUE(test::qpdf_is_content(pdf, folder_.path()));
}

TEST_F(FormSheets, TakeAsManyPagesAsTheyNeedAndLoseNothing) {
    const std::string pdf = draw_form(sample_sheet(60), from_stored(0));

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

    const std::string text = test::pdf_text(draw_form(sheet, from_stored(0)), folder_.path());

    EXPECT_THAT(text, HasSubstr(sheet.title.zh));
}

}  // namespace
}  // namespace sealdesk::paper
