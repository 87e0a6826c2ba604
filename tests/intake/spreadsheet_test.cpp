// Spreadsheets in: what a clerk's Excel or LibreOffice writes, and what an attacker's editor does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "intake/bundle.h"
#include "intake/sheets.h"
#include "intake/xlsx_numbers.h"

namespace sealdesk::intake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ReadingXlsx, RowsReadTheSameAsInACsv) {
    const Inbox inbox;
    const std::vector<Cells> rows{person_no("C1"), person_no("C2", {{"證號", "A123456788"}}),
                                  company({{"收件編號", "C3"}})};
    inbox.write("day.xlsx", sheet_of(rows));
    inbox.write("day.csv", csv(rows));

    EXPECT_THAT(inbox.read("day.xlsx"),
                ElementsAre("2 C1 ok", "3 C2 id.check_digit(id_number)", "4 C3 ok"));
    const auto sheet = inbox.drafts("day.xlsx");
    const auto text = inbox.drafts("day.csv");
    for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(sheet[i].content, text[i].content) << i;
        EXPECT_EQ(sheet[i].payload, text[i].payload) << i;
    }
}

TEST(ReadingXlsx, ASpreadsheetsDateHasTheContentOfTheTypedOne) {
    const Inbox inbox;
    HandBook book = book_with(person_no("C1"), "收件日期", "n", "46346", 1);
    book.formats = {"[$-404]e/m/d"};
    inbox.write("date.xlsx", xlsx(book));
    inbox.write("date.csv", csv({person_no("C1")}));
    inbox.write("iso.csv", csv({person_no("C1", {{"收件日期", "2026-11-20"}})}));

    const Draft read = inbox.drafts("date.xlsx").front();
    EXPECT_EQ(read.value("received_on"), "2026-11-20");
    EXPECT_EQ(read.content, inbox.drafts("date.csv").front().content);
    EXPECT_EQ(read.content, inbox.drafts("iso.csv").front().content);
    EXPECT_THAT(findings_of(read), IsEmpty());
}

TEST(ReadingXlsx, DatesCountFrom1900OrFrom1904) {
    EXPECT_EQ(day_of_serial("1", false), "1900-01-01");
    EXPECT_EQ(day_of_serial("59", false), "1900-02-28");
    EXPECT_EQ(day_of_serial("60", false), std::nullopt);  // Excel's 29 February 1900
    EXPECT_EQ(day_of_serial("61", false), "1900-03-01");
    EXPECT_EQ(day_of_serial("46346.75", false), "2026-11-20");
    EXPECT_EQ(day_of_serial("44884", true), "2026-11-20");
    EXPECT_EQ(day_of_serial("0", true), "1904-01-01");
    EXPECT_EQ(day_of_serial("2958465", false), "9999-12-31");
    for (const char* none : {"0", "-1", "2958466", "1e300", "nan", "", "x", "1 "}) {
        EXPECT_EQ(day_of_serial(none, false), std::nullopt) << none;
    }
    const Inbox inbox;
    HandBook book = book_with(person_no("C1"), "收件日期", "n", "44884", 1);
    book.formats = {"yyyy/mm/dd"};
    book.from_1904 = true;
    inbox.write("mac.xlsx", xlsx(book));
    EXPECT_EQ(inbox.drafts("mac.xlsx").front().value("received_on"), "2026-11-20");
}

TEST(ReadingXlsx, FormatCodesTellDatesFromNumbers) {
    using Shows = NumberStyle::Shows;
    for (const char* code : {"yyyy-mm-dd", "[$-404]e/m/d", "d", "m/d", "yyyy\"年\"m\"月\"d\"日\"",
                             "e\"年\"", "mmm", "m/d/yy h:mm", "[$-zh-TW]yyyy/m/d;@"}) {
        EXPECT_EQ(style_of_code(code).shows, Shows::Date) << code;
    }
    for (const char* code :
         {"General", "0", "0.00", "0.00E+00", "#,##0", "@", "h:mm", "mm:ss", "[h]:mm", "\"day\"0",
          "0\\d", "[Red]0", "_-* #,##0_-", "\"", "[", ""}) {
        EXPECT_EQ(style_of_code(code).shows, Shows::Number) << code;
    }
    EXPECT_EQ(style_of_code("0%").shows, Shows::Percent);
    EXPECT_EQ(style_of_code("0000000000").shows, Shows::PaddedDigits);
    EXPECT_EQ(style_of_code("0000000000").digits, 10);
    EXPECT_EQ(style_of_builtin(14).shows, Shows::Date);
    EXPECT_EQ(style_of_builtin(57).shows, Shows::Date);
    EXPECT_EQ(style_of_builtin(9).shows, Shows::Percent);
    EXPECT_EQ(style_of_builtin(1).shows, Shows::Number);
}

// Excel takes a typed 67/01/27 for 1967; in the calendar of the Republic it is 1978.
TEST(ReadingXlsx, ADateThatExcelMayHaveMisreadIsShownToTheOfficer) {
    const Inbox inbox;
    HandBook book = book_with(person_no("C1"), "出生日期", "n", "24499", 1);
    book.formats = {"yyyy/m/d"};
    inbox.write("born.xlsx", xlsx(book));

    const Draft read = inbox.drafts("born.xlsx").front();
    EXPECT_EQ(read.value("birth_date"), "1967-01-27");
    EXPECT_THAT(findings_of(read), ElementsAre("cell.date_converted"));
}

TEST(ReadingXlsx, NumbersThatMayHaveLostAZeroAreRefused) {
    const Inbox inbox;
    const auto codes = [&](const Cells& form, const std::string& heading, const std::string& value,
                           const std::string& format) {
        HandBook book = book_with(form, heading, "n", value, 1);
        book.formats = {format};
        inbox.write("n.xlsx", xlsx(book));
        return inbox.read("n.xlsx").front();
    };
    const Cells entity = company({{"收件編號", "C1"}, {"證號", "24608131"}});
    EXPECT_EQ(codes(person_no("C1"), "聯絡人電話", "912345678", "General"),
              "2 C1 cell.lost_zero(contact_phone)");
    EXPECT_EQ(codes(person_no("C1"), "聯絡人電話", "9.12345678E8", "General"),
              "2 C1 cell.lost_zero(contact_phone)");
    EXPECT_EQ(codes(person_no("C1"), "聯絡人電話", "912345678", "0000000000"), "2 C1 ok");
    EXPECT_EQ(codes(entity, "證號", "24608131", "General"), "2 C1 ok");
    EXPECT_EQ(codes(entity, "證號", "4595257", "General"), "2 C1 cell.lost_zero(id_number)");
    EXPECT_EQ(codes(entity, "證號", "4595257", "00000000"), "2 C1 ok");
    EXPECT_EQ(codes(person_no("C1", {{"國內住所或營業所", "無"}, {"審查中案件數", "300"}}), "證號",
                    "301234567", "General"),
              "2 C1 cell.lost_zero(id_number)");  // a passport
    EXPECT_EQ(codes(person_no("C1", {{"國內住所或營業所", "無"}, {"證號", "X12345678"}}),
                    "審查中案件數", "0.03", "0%"),
              "2 C1 number.shape(pending_cases)");
}

TEST(ReadingXlsx, EveryKindOfCellIsRead) {
    const Inbox inbox;
    const std::vector<std::string> shared{
        "<t>林美玉</t>", "<r><t>林</t></r><r><rPr><b/></rPr><t>美玉</t></r>",
        "<t>林美玉</t><rPh sb=\"0\" eb=\"1\"><t>リン</t></rPh>", "<t>林_x005F_x0041_</t>"};
    const auto name_of_cell = [&](const std::string& type, const std::string& value) {
        HandBook book = book_with(person_no("C1"), "聯絡人姓名", type, value);
        book.shared = shared;
        inbox.write("k.xlsx", xlsx(book));
        return inbox.drafts("k.xlsx").front().value("contact_name");
    };
    EXPECT_EQ(name_of_cell("s", "0"), "林美玉");
    EXPECT_EQ(name_of_cell("s", "1"), "林美玉");
    EXPECT_EQ(name_of_cell("s", "2"), "林美玉");
    EXPECT_EQ(name_of_cell("s", "3"), "林_x0041_");
    EXPECT_EQ(name_of_cell("str", "林美玉"), "林美玉");  // a formula's result

    inbox.write("b.xlsx", xlsx(book_with(person_no("C1"), "同意約定條款", "b", "1")));
    EXPECT_EQ(inbox.drafts("b.xlsx").front().value("terms_accepted"), "yes");
    inbox.write("e.xlsx", xlsx(book_with(person_no("C1"), "聯絡人姓名", "e", "#REF!")));
    EXPECT_THAT(inbox.read("e.xlsx"), ElementsAre("2 C1 cell.error(contact_name)"));
    inbox.write("s.xlsx", xlsx(book_with(person_no("C1"), "聯絡人姓名", "s", "77")));
    EXPECT_THAT(inbox.read("s.xlsx"), ElementsAre("2 C1 xlsx.misplaced()"));
    HandBook became = book_with(person_no("C1"), "聯絡人地址", "n", "46346", 1);
    became.formats = {"m\"月\"d\"日\""};
    inbox.write("d.xlsx", xlsx(became));
    EXPECT_THAT(inbox.read("d.xlsx"), ElementsAre("2 C1 cell.became_date(contact_address)"));
    HandBook formula = book_with(person_no("C1"), "聯絡人姓名", "str", "X");
    std::string& rows = formula.sheets.front().rows;
    rows.replace(rows.find("<v>X</v>"), 8, "<f>A1&amp;B1</f>");
    inbox.write("f.xlsx", xlsx(formula));
    EXPECT_THAT(inbox.read("f.xlsx"), ElementsAre("2 C1 cell.no_result(contact_name)"));
}

TEST(ReadingXlsx, RowNumbersAreExcelsHiddenRowsCountAndBlankOnesDoNot) {
    const Inbox inbox;
    std::string rows =
        row_of(1, text_cell(0, 1, "115 年 11 月收件清單")) + rows_of({person_no("C1")}, 3);
    const std::string third = rows_of({person_no("C2")}, 8);
    std::string hidden = third.substr(third.find("<row r=\"9\""));
    hidden.insert(hidden.find('>'), " hidden=\"1\"");
    rows +=
        row_of(6, value_cell(0, 6, "str", "  ")) + hidden + row_of(500, "<c r=\"A500\" s=\"1\"/>");
    inbox.write("rows.xlsx", xlsx({{{"Sheet1", rows, ""}}, {}, {}, false}));

    EXPECT_THAT(inbox.read("rows.xlsx"), ElementsAre("4 C1 ok", "9 C2 ok"));
}

TEST(ReadingXlsx, AHeadingThatSpansTwoRowsIsFound) {
    const Inbox inbox;
    const Cells form = person_no("C1");
    std::string upper;
    std::string lower;
    for (std::size_t i = 0; i < form.size(); ++i) {
        const bool spans = i % 2 == 0;
        upper += text_cell(i, 1, spans ? form[i].first : "資料");
        lower += spans ? "" : text_cell(i, 2, form[i].first);
    }
    const std::string all = rows_of({form}, 2);
    inbox.write(
        "merged.xlsx",
        xlsx({{{"Sheet1",
                row_of(1, upper) + row_of(2, lower) + all.substr(all.find("<row r=\"3\"")), ""}},
              {},
              {},
              false}));

    EXPECT_THAT(inbox.read("merged.xlsx"), ElementsAre("3 C1 ok"));
}

TEST(ReadingXlsx, OfSeveralSheetsTheOneWithFormsIsReadAndTheOthersAreNamed) {
    const Inbox inbox;
    const HandSheet notes{"備註", row_of(1, text_cell(0, 1, "本月統計")), ""};
    const HandSheet forms{"註冊", rows_of({person_no("C1")}), ""};
    const HandSheet hidden{"舊資料", rows_of({person_no("C9")}), "hidden"};
    inbox.write("one.xlsx", xlsx({{notes, forms, hidden}, {}, {}, false}));
    inbox.write("two.xlsx",
                xlsx({{forms, {"二月", rows_of({person_no("C2")}), ""}}, {}, {}, false}));
    inbox.write("none.xlsx", xlsx({{notes}, {}, {}, false}));

    EXPECT_THAT(inbox.read("one.xlsx"), ElementsAre("2 C1 ok"));
    const auto source = open_records(inbox.path("one.xlsx"), "one.xlsx", schemes(), {});
    ASSERT_EQ((*source)->info().warnings.size(), 2U);
    EXPECT_EQ((*source)->info().warnings[0].field, "備註");
    EXPECT_EQ((*source)->info().warnings[1].field, "舊資料");
    EXPECT_THAT(inbox.read("two.xlsx"), ElementsAre("two.xlsx xlsx.several_sheets"));
    EXPECT_THAT(inbox.read("none.xlsx"), ElementsAre("none.xlsx file.unknown_form"));
}

// Written by LibreOffice Calc 7.4 from a CSV, with its own ideas of what is a date and a number.
TEST(ReadingXlsx, AFileOfLibreOfficeIsRead) {
    const Inbox inbox;
    std::filesystem::copy_file(
        std::filesystem::path(SEALDESK_SOURCE_DIR) / "tests/intake/files/libreoffice.xlsx",
        inbox.path("lo.xlsx"));

    EXPECT_THAT(
        inbox.read("lo.xlsx"),
        ElementsAre("2 L00001 ok", "3 L00002 cell.lost_zero(contact_phone)", "4 L00003 ok"));
    const auto drafts = inbox.drafts("lo.xlsx");
    EXPECT_EQ(drafts[0].value("birth_date"), "1978-01-27");
    EXPECT_EQ(drafts[1].value("applicant_name"), "吳𠮷");
}

TEST(ReadingXlsx, OldProtectedAndOtherFilesAreRefusedWithAdvice) {
    const Inbox inbox;
    const std::string compound = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + std::string(70'000, 'x');
    std::string name;
    for (const char c : std::string("EncryptedPackage")) {
        name += c;
        name += '\0';
    }
    inbox.write("old.xls", compound);
    inbox.write("locked.xlsx", compound + name);
    inbox.write("calc.ods", zip({{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"},
                                 {"content.xml", "<x/>"}}));
    inbox.write("binary.xlsx", zip({{"[Content_Types].xml", "<x/>"}, {"xl/workbook.bin", "x"}}));
    inbox.write("letter.xlsx", zip({{"[Content_Types].xml", "<x/>"}, {"word/document.xml", "x"}}));
    inbox.write("inner.xlsx", zip({{"day.csv", "x"}}));
    inbox.write("web.xls", "<html><body><table><tr><td>1</td></tr></table></body></html>");

    for (const char* file :
         {"old.xls", "calc.ods", "binary.xlsx", "letter.xlsx", "inner.xlsx", "web.xls"}) {
        EXPECT_THAT(inbox.read(file), ElementsAre(std::string(file) + " file.not_text"));
    }
    EXPECT_THAT(inbox.read("locked.xlsx"), ElementsAre("locked.xlsx file.password"));
}

TEST(ReadingXlsx, WorkbooksInAZipAndInFoldersOfItAreRead) {
    const Inbox inbox;
    inbox.write("day.zip", zip({{"1120/a/day.xlsx", sheet_of({person_no("C1")})},
                                {"1120/a/scans/a.png", png()},
                                {"1120/b/day.xml", xml_of({person_no("C2")}, "registration")},
                                {"1120/b/scans/a.png", png()}}));

    EXPECT_THAT(inbox.read("day.zip"), ElementsAre("2 C1 ok", "1 C2 ok"));
}

// ---- Hostile files ---------------------------------------------------------------------------

std::vector<std::string> read_parts(const Inbox& inbox, const Parts& parts) {
    inbox.write("x.xlsx", zip(parts, true));
    return inbox.read("x.xlsx");
}

TEST(HostileXlsx, AMissingDoubledOrBrokenPartRefusesTheFile) {
    const Inbox inbox;
    const Parts whole = parts_of({{{"Sheet1", rows_of({person_no("C1")}), ""}}, {}, {}, false});
    ASSERT_THAT(read_parts(inbox, whole), ElementsAre("2 C1 ok"));
    for (const char* part : {"_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels",
                             "xl/worksheets/sheet1.xml"}) {
        Parts missing = whole;
        std::erase_if(missing, [&](const auto& entry) { return entry.first == part; });
        EXPECT_THAT(read_parts(inbox, missing), ElementsAre("x.xlsx xlsx.broken")) << part;
        Parts doubled = whole;
        doubled.emplace_back(part, "<x/>");
        EXPECT_THAT(read_parts(inbox, doubled), ElementsAre("x.xlsx xlsx.broken")) << part;
    }
    for (const char* part : {"_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels",
                             "xl/styles.xml", "xl/sharedStrings.xml"}) {
        Parts broken = whole;
        for (auto& [name, bytes] : broken) {
            bytes = name == part ? bytes.substr(0, bytes.size() - 5) : bytes;
        }
        EXPECT_THAT(read_parts(inbox, broken), ElementsAre("x.xlsx xlsx.broken")) << part;
    }
}

TEST(HostileXlsx, NamesThatLeaveThePackageLeadNowhere) {
    const Inbox inbox;
    inbox.write("outside.xml", "<worksheet/>");
    Parts parts = parts_of({{{"Sheet1", rows_of({person_no("C1")}), ""}}, {}, {}, false});
    for (auto& [name, bytes] : parts) {
        const std::size_t at = bytes.find("worksheets/sheet1.xml");
        if (name == "xl/_rels/workbook.xml.rels") {
            bytes.replace(at, 21, "../../outside.xml");
        }
    }
    EXPECT_THAT(read_parts(inbox, parts), ElementsAre("x.xlsx xlsx.broken"));
}

TEST(HostileXlsx, RowsAndCellsOutOfPlaceStopTheReadingWithTheRow) {
    const Inbox inbox;
    const std::string good = rows_of({person_no("C1")});
    const std::map<std::string, std::string> tails{
        {row_of(10'000'000, text_cell(0, 3, "x")), "3 - xlsx.misplaced()"},
        {row_of(2, text_cell(0, 2, "x")), "3 - xlsx.misplaced()"},
        {"<row r=\"x\"/>", "3 - xlsx.misplaced()"},
        {row_of(5, text_cell(0, 6, "x")), "5 - xlsx.misplaced()"},
        {row_of(5, text_cell(1, 5, "x") + text_cell(0, 5, "y")), "5 - xlsx.misplaced()"},
        {row_of(5, "<c r=\"ZZZZ5\"/>"), "5 - xlsx.misplaced()"},
        {"<row r=\"5\"><c", "5 - xlsx.broken_sheet()"},
    };
    for (const auto& [tail, verdict] : tails) {
        const std::string later = row_of(9, text_cell(0, 9, "C9"));
        inbox.write("x.xlsx", xlsx({{{"Sheet1", good + tail + later, ""}}, {}, {}, false}));
        EXPECT_THAT(inbox.read("x.xlsx"), ElementsAre("2 C1 ok", verdict)) << tail;
    }
}

TEST(HostileXlsx, ADimensionThatLiesChangesNothing) {
    const Inbox inbox;
    Parts parts = parts_of({{{"Sheet1", rows_of({person_no("C1")}), ""}}, {}, {}, false});
    for (auto& [name, bytes] : parts) {
        if (name == "xl/worksheets/sheet1.xml") {
            bytes.insert(bytes.find("<sheetData>"), "<dimension ref=\"A1:XFD10000000\"/>");
        } else if (name == "xl/sharedStrings.xml") {
            bytes.replace(bytes.find("<sst"), 4, "<sst count=\"4000000000\" uniqueCount=\"-1\"");
        }
    }
    EXPECT_THAT(read_parts(inbox, parts), ElementsAre("2 C1 ok"));
}

TEST(HostileXlsx, DeepNestingDoctypesAndBombsAreStopped) {
    const Inbox inbox;
    const auto with_sheet = [&](const std::string& sheet) {
        Parts parts = parts_of({{{"Sheet1", "", ""}}, {}, {}, false});
        for (auto& [name, bytes] : parts) {
            bytes = name == "xl/worksheets/sheet1.xml" ? sheet : bytes;
        }
        return read_parts(inbox, parts);
    };
    std::string deep;
    for (int i = 0; i < 200'000; ++i) {
        deep += "<a>";
    }
    const std::string entities =
        "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><worksheet/>";
    EXPECT_THAT(with_sheet(deep), ElementsAre("x.xlsx file.unknown_form"));
    EXPECT_THAT(with_sheet(entities), ElementsAre("x.xlsx file.unknown_form"));
    EXPECT_THAT(with_sheet("<worksheet a=\"" + std::string(3'000'000, 'x') + "\"/>"),
                ElementsAre("x.xlsx file.unknown_form"));
    Parts bomb = parts_of({{{"Sheet1", rows_of({person_no("C1")}), ""}}, {}, {}, false});
    for (auto& [name, bytes] : bomb) {
        if (name == "xl/sharedStrings.xml") {
            bytes = "<sst><si><t>" + std::string(20'000'000, '0') + "</t></si></sst>";
        }
    }
    EXPECT_THAT(read_parts(inbox, bomb), ElementsAre("x.xlsx xlsx.broken"));
}

// One shared text of 32 KB in two hundred cells would be 6 MB a row.
TEST(HostileXlsx, ARowThatGrowsBySharedTextsIsRefusedAndTheOthersComeIn) {
    const Inbox inbox;
    HandBook book{{{"Sheet1", rows_of({person_no("C1")}), ""}}, {}, {}, false};
    book.shared = {"<t>" + std::string(70'000, 'x') + "</t>"};
    std::string cells = text_cell(0, 3, "C2");
    for (std::size_t i = 1; i < 21; ++i) {
        cells += value_cell(i, 3, "s", "0");
    }
    const std::string last = rows_of({person_no("C3")}, 3);
    book.sheets.front().rows += row_of(3, cells) + last.substr(last.find("<row r=\"4\""));
    inbox.write("grow.xlsx", xlsx(book));

    const auto lines = inbox.read("grow.xlsx");
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_THAT(lines[1], HasSubstr("3 C2 xlsx.cell_too_long("));
    EXPECT_EQ(lines[2], "4 C3 ok");
}

}  // namespace
}  // namespace sealdesk::intake
