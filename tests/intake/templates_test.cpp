// Spreadsheets out, and in again: templates made from the definitions, results for the clerk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "intake/blank_form.h"
#include "intake/form_template.h"
#include "intake/result_workbook.h"
#include "intake/sheets.h"

namespace sealdesk::intake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Instant kMade{std::chrono::sys_days(kToday)};

std::string part(const Parts& parts, const std::string& name) {
    for (const auto& [found, bytes] : parts) {
        if (found == name) {
            return bytes;
        }
    }
    ADD_FAILURE() << "no " << name;
    return {};
}

TEST(FormTemplate, OfEveryFormIsKnownAgainAndEmpty) {
    const Inbox inbox;
    for (const scheme::Scheme& scheme : schemes()) {
        for (const scheme::Form& form : scheme.forms) {
            const std::string name = "t-" + form.id + ".xlsx";
            write_form_template(scheme, form, inbox.path("x.xlsx"), kMade);
            std::filesystem::rename(inbox.path("x.xlsx"), inbox.path("day.xlsx"));

            SourceOptions options;
            options.origin = form.origin;
            const auto source =
                open_records(inbox.path("day.xlsx"), "day.xlsx", schemes(), options);

            ASSERT_TRUE(source.has_value()) << name << " " << source.error().detail;
            EXPECT_EQ((*source)->info().scheme->id, scheme.id);
            EXPECT_EQ((*source)->info().form->id, form.id);
            EXPECT_THAT((*source)->info().warnings, IsEmpty()) << name;
            Record record;
            EXPECT_FALSE((*source)->next(record)) << name;
        }
    }
}

// The columns in the template's order, as they are filled in.
std::string filled_row(const scheme::Form& form, const Cells& cells, std::int64_t number) {
    std::string row;
    for (std::size_t i = 0; i < form.fields.size(); ++i) {
        for (const auto& [heading, value] : cells) {
            if (heading == form.fields[i].label.zh && !value.empty()) {
                row += text_cell(i, number, value);
            }
        }
    }
    return row_of(number, row);
}

TEST(FormTemplate, FilledInIsAcceptedLikeACsv) {
    const Inbox inbox;
    write_form_template(scheme_under_test(), registration_form(), inbox.path("t.xlsx"), kMade);
    Parts parts = unzip(inbox.path("t.xlsx"));
    add_rows(parts, "xl/worksheets/sheet1.xml",
             filled_row(registration_form(), person(), 2) +
                 filled_row(registration_form(), company({{"收件編號", "C2"}}), 3) +
                 filled_row(registration_form(), person({{"聯絡人姓名", "=HYPERLINK(1)"}}), 4));
    inbox.write("filled.xlsx", zip(parts, true));
    inbox.write("day.csv", csv({person(), company({{"收件編號", "C2"}})}));

    const auto lines = inbox.read("filled.xlsx");
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[0], "2 C00001 ok");
    EXPECT_EQ(lines[1], "3 C2 ok");
    EXPECT_EQ(inbox.drafts("filled.xlsx")[2].value("contact_name"), "=HYPERLINK(1)");
    EXPECT_EQ(inbox.drafts("filled.xlsx")[1].content, inbox.drafts("day.csv")[1].content);
}

TEST(FormTemplate, OfAnotherVersionIsRefused) {
    const Inbox inbox;
    scheme::Form old = registration_form();
    old.version = "3.0";
    write_form_template(scheme_under_test(), old, inbox.path("old.xlsx"), kMade);
    scheme::Form gone = registration_form();
    gone.id = "gone";
    write_form_template(scheme_under_test(), gone, inbox.path("gone.xlsx"), kMade);

    EXPECT_THAT(inbox.read("old.xlsx"), ElementsAre("old.xlsx:1 file.form_version"));
    EXPECT_THAT(inbox.read("gone.xlsx"), ElementsAre("gone.xlsx file.unknown_scheme"));
}

TEST(FormTemplate, CellsAreTextWithNotesChoicesAndAFrozenHeading) {
    const Inbox inbox;
    write_form_template(scheme_under_test(), registration_form(), inbox.path("t.xlsx"), kMade);
    const Parts parts = unzip(inbox.path("t.xlsx"));

    const std::string sheet = part(parts, "xl/worksheets/sheet1.xml");
    EXPECT_THAT(sheet, HasSubstr("state=\"frozen\""));
    EXPECT_THAT(sheet, HasSubstr("<dataValidation type=\"list\""));
    EXPECT_EQ(sheet.find("<f>"), std::string::npos);
    EXPECT_THAT(part(parts, "xl/styles.xml"), HasSubstr("numFmtId=\"49\""));  // "@"
    const std::string notes = part(parts, "xl/comments1.xml");
    EXPECT_THAT(notes, HasSubstr("T 5.1.2.2"));
    EXPECT_THAT(notes, HasSubstr("115/11/20"));
    EXPECT_THAT(part(parts, "xl/sharedStrings.xml"),
                HasSubstr(form_code(scheme_under_test(), registration_form())));
    EXPECT_THAT(part(parts, "xl/workbook.xml"), HasSubstr("state=\"hidden\""));
}

Fate fate_of(std::int64_t number, FateKind kind, const std::vector<Reason>& reasons = {}) {
    Fate fate;
    fate.file = "day.csv";
    fate.row = number;
    fate.kind = kind;
    fate.request = kind == FateKind::Accepted ? "R-000001" : "";
    fate.reasons = reasons;
    return fate;
}

TEST(ResultWorkbook, ShowsTheClerksRowsWithFateReasonAndTheCellsToMend) {
    const Inbox inbox;
    inbox.write("day.csv", csv({person(), person({{"收件編號", "C2"}, {"證號", "A123456788"}}),
                                person({{"收件編號", "C3"}, {"聯絡人姓名", "=王"}}),
                                person({{"收件編號", "LAST"}, {"聯絡人姓名", "@王"}})}));
    const Reason wrong{"id.check_digit", "T 5.1.2.2", "id_number", {"檢查碼不符。", "Wrong."}};
    const std::vector<Fate> fates{fate_of(2, FateKind::Accepted),
                                  fate_of(3, FateKind::Refused, {wrong}),
                                  fate_of(4, FateKind::Duplicate)};
    const auto source = open_records(inbox.path("day.csv"), "day.csv", schemes(), {});

    write_result_workbook(**source, fates, inbox.path("day.csv.result.xlsx"), Language::Chinese);

    const Parts parts = unzip(inbox.path("day.csv.result.xlsx"));
    EXPECT_THAT(part(parts, "xl/comments1.xml"), HasSubstr("檢查碼不符。"));
    const std::string sheet = part(parts, "xl/worksheets/sheet1.xml");
    EXPECT_EQ(sheet.find("<f>"), std::string::npos);
    EXPECT_THAT(sheet, HasSubstr("檢查碼不符。 (T 5.1.2.2)"));
    EXPECT_THAT(sheet, HasSubstr("退件"));
    EXPECT_EQ(sheet.find("LAST"), std::string::npos);  // no fate yet
    // It can be mended in place and handed in again; the columns of ours are passed over.
    std::filesystem::rename(inbox.path("day.csv.result.xlsx"), inbox.path("again.xlsx"));
    EXPECT_THAT(inbox.read("again.xlsx"),
                ElementsAre("2 C00001 ok", "3 C2 id.check_digit(id_number)", "4 C3 ok"));
    const auto again = inbox.drafts("again.xlsx");
    const auto first = inbox.drafts("day.csv");
    for (std::size_t i = 0; i < again.size(); ++i) {
        EXPECT_EQ(again[i].content, first[i].content) << i;
    }
}

TEST(ResultWorkbook, IsNeitherLeftHalfWrittenNorWrittenThroughALink) {
    const Inbox inbox;
    { ResultWorkbook results(inbox.path("r.xlsx"), registration_form(), Language::English); }
    EXPECT_FALSE(std::filesystem::exists(inbox.path("r.xlsx")));
    for (const auto& entry : std::filesystem::directory_iterator(inbox.path())) {
        EXPECT_NE(entry.path().extension(), ".part");
    }
    EXPECT_THROW(ResultWorkbook(inbox.path("no/r.xlsx"), registration_form(), Language::English),
                 Failure);
}

}  // namespace
}  // namespace sealdesk::intake
