// The same forms in every kind of file, through the program: whatever comes second is known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "intake/sheets.h"
#include "support/backends.h"
#include "support/program_desk.h"
#include "support/temp_folder.h"

namespace sealdesk::cli {
namespace {

using intake::person_no;
using ::testing::HasSubstr;

class FileFormats : public ::testing::Test {
protected:
    FileFormats()
        : desk_(folder_.path() / "desk", test::fresh_database("sqlite", folder_).url,
                "  host: localhost\n  port: 1\n  tls: none\n") {}

    test::Ran import(const std::string& name) {
        return desk_.run({"import", inbox_.path(name).string()});
    }

    /// "C1 accepted R-000001 repeated" a row.
    static std::vector<std::string> fates_of(const test::Ran& ran) {
        std::vector<std::string> fates;
        for (const nlohmann::json& line : ran.lines()) {
            std::string text = line.at("record").get<std::string>() + " " +
                               line.at("fate").get<std::string>() + " " +
                               line.at("request").dump() + line.at("duplicate_of").dump();
            for (const nlohmann::json& reason : line.at("reasons")) {
                text += " " + reason.at("rule").get<std::string>();
            }
            fates.push_back(text + (line.contains("repeated") ? " repeated" : ""));
        }
        return fates;
    }

    test::TempFolder folder_;
    intake::Inbox inbox_;
    test::ProgramDesk desk_;
};

TEST_F(FileFormats, GiveTheSameFormsTheSameFates) {
    const std::vector<intake::Cells> rows{person_no("C1"), intake::company({{"收件編號", "C2"}}),
                                          person_no("C3", {{"證號", "A123456788"}}),  // check digit
                                          person_no("C4")};  // a duplicate of C1
    const std::string sheet = intake::sheet_of(rows);
    const std::string xml = intake::xml_of(rows, "registration");
    inbox_.write("day.csv", intake::csv(rows));
    inbox_.write("big5.csv", intake::to_cp950(intake::csv(rows)));
    inbox_.write("day.xlsx", sheet);
    inbox_.write("day.xml", xml);
    inbox_.write("sheet.zip", intake::zip({{"a/b/day.xlsx", sheet},
                                           {"a/b/scans/a.png", intake::png()},
                                           {"a/b/scans/b.png", intake::png() + "b"}},
                                          true));

    const test::Ran first = import("day.csv");

    ASSERT_EQ(first.status, 1);
    std::vector<std::string> wanted = fates_of(first);
    ASSERT_EQ(wanted.size(), 4U);
    EXPECT_THAT(wanted[0], HasSubstr("C1 accepted"));
    EXPECT_THAT(wanted[2], HasSubstr("C3 refused"));
    EXPECT_THAT(wanted[3], HasSubstr("C4 duplicate"));
    for (std::string& fate : wanted) {
        fate += " repeated";
    }
    for (const char* name : {"big5.csv", "day.xlsx", "day.xml", "sheet.zip"}) {
        EXPECT_EQ(fates_of(import(name)), wanted) << name;
    }
    EXPECT_EQ(desk_.run({"report", "day"}).lines().at(0).at("closes"), true);
}

TEST_F(FileFormats, OfATemplateThatNobodyFilledInSayThatItIsEmpty) {
    const std::string file = inbox_.path("form.xlsx").string();
    ASSERT_EQ(desk_.run({"form", "template", "tipo", "registration", "-o", file}).status, 0);

    const test::Ran ran = import("form.xlsx");

    EXPECT_EQ(ran.status, 0);
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err, HasSubstr("no rows"));
    EXPECT_EQ(desk_.run({"form", "template", "tipo", "nothing", "-o", file}).status, 1);
}

TEST_F(FileFormats, SayWhichEncodingWasFoundAndHowSure) {
    inbox_.write("big5.csv", intake::to_cp950(intake::csv({person_no("C1")})));

    EXPECT_THAT(import("big5.csv").err, HasSubstr("encoding Big5 (CP950), likely"));
}

}  // namespace
}  // namespace sealdesk::cli
