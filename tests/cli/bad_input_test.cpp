// A folder of everything that can be wrong with files, through the program: each is refused with
// file, row and rule, exit status 1, and what is good in the batch is in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/durable_file.h"
#include "image/samples.h"
#include "intake/inbox.h"
#include "support/backends.h"
#include "support/program_desk.h"

namespace sealdesk::cli {
namespace {

using intake::csv;
using intake::person;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

intake::Cells numbered(const std::string& record, const intake::Cells& changes = {}) {
    intake::Cells cells{{"收件編號", record}};
    cells.insert(cells.end(), changes.begin(), changes.end());
    return person(cells);
}

class BadInput : public test::OnEveryBackend {
protected:
    void SetUp() override {
        OnEveryBackend::SetUp();
        desk_ = std::make_unique<test::ProgramDesk>(folder() / "desk", options().url,
                                                    "  host: localhost\n  port: 1\n  tls: none\n");
    }

    /// "file:row fate rule" a line.
    std::vector<std::string> import(const std::vector<std::string>& arguments = {}) {
        std::vector<std::string> command{"import", inbox_.path().string()};
        command.insert(command.end(), arguments.begin(), arguments.end());
        const test::Ran ran = desk_->run(command);
        status_ = ran.status;
        messages_ = ran.err;
        std::vector<std::string> fates;
        for (const nlohmann::json& line : ran.lines()) {
            std::string text = line.at("file").get<std::string>() + ":" +
                               std::to_string(line.at("row").get<int>()) + " " +
                               line.at("fate").get<std::string>();
            for (const nlohmann::json& reason : line.at("reasons")) {
                EXPECT_FALSE(reason.at("message").get<std::string>().empty()) << line;
                text += " " + reason.at("rule").get<std::string>();
            }
            fates.push_back(text);
        }
        return fates;
    }

    nlohmann::json report() { return desk_->run({"report", "day"}).lines().at(0); }
    std::int64_t rows_in(const std::string& table) {
        return connection().query("SELECT COUNT(*) FROM " + table, {}).front().number(0);
    }

    intake::Inbox inbox_;
    std::unique_ptr<test::ProgramDesk> desk_;
    int status_ = 0;
    std::string messages_;
};

TEST_P(BadInput, InFilesIsRefusedByNameAndTheGoodRowsComeIn) {
    const std::string good = csv({numbered("G1")});
    inbox_.write("day.csv", good);
    inbox_.write("bytes.csv", good + "\xFF\xFE,\xC0\r\n");
    inbox_.write("other.csv", "name,price\r\ntea,30\r\n");
    inbox_.write("version.json", R"({"scheme":"tipo","form":"registration","version":"9.9",)"
                                 R"("records":[{"收件編號":"Z1"}]})");
    inbox_.write("broken.json", R"({"form":"registration","records":[{)");
    inbox_.write("evil.zip", intake::zip({{"../evil.csv", good}, {"/abs.csv", good}}));
    inbox_.write("bomb.zip", intake::zip({{"bomb.csv", std::string(8'000'000, '0')}}, true));
    inbox_.write("empty.csv", "");

    const auto fates = import();

    EXPECT_EQ(status_, 1);
    EXPECT_THAT(
        fates,
        UnorderedElementsAre(
            "bytes.csv:2 accepted", "bytes.csv:3 refused csv.ragged", "day.csv:2 accepted",
            "other.csv:0 refused file.unknown_form", "version.json:1 refused file.form_version",
            "broken.json:1 refused json.broken", "evil.zip/../evil.csv:0 refused zip.bad_name",
            "evil.zip//abs.csv:0 refused zip.bad_name", "bomb.zip/bomb.csv:0 refused zip.bomb",
            "empty.csv:0 refused file.empty"));
    EXPECT_THAT(read_file(inbox_.path("evil.zip.result.csv")), HasSubstr("evil.zip/../evil.csv"));
    EXPECT_EQ(report().at("files_refused"), 6);
    EXPECT_EQ(report().at("closes"), true);
    EXPECT_EQ(desk_->run({"audit", "verify"}).status, 0);
}

TEST_P(BadInput, InRowsIsRefusedByFieldAndTheGoodRowsComeIn) {
    inbox_.write("scans/words.png", "these are words");
    inbox_.write("scans/huge.png", image::samples::png_header_only(20'000, 20'000));
    inbox_.write("day.csv", csv({numbered("R1", {{"申請人名稱", std::string(1'000'000, 'x')}}),
                                 numbered("R2", {{"印鑑影像", "scans/words.png"}}),
                                 numbered("R3", {{"印鑑影像", "scans/huge.png"}}),
                                 numbered("R4", {{"印鑑影像", "../../etc/passwd"}}),
                                 numbered("R5", {{"申請人名稱", "=1+1"}}), numbered("R6")}));

    const auto fates = import();

    EXPECT_EQ(status_, 1);
    EXPECT_THAT(fates,
                UnorderedElementsAre(
                    "day.csv:2 refused csv.cell_too_long", "day.csv:3 refused image.not_an_image",
                    "day.csv:4 refused image.too_large", "day.csv:5 refused scan.outside",
                    "day.csv:6 refused name.no_letter", "day.csv:7 accepted"));
    EXPECT_THAT(messages_, ::testing::Not(HasSubstr("xxxxxxxxxx")));
}

TEST_P(BadInput, ChangesNothingWhenItComesAgain) {
    inbox_.write("day.csv", csv({numbered("G1"), numbered("G2", {{"證號", "A123456788"}})}));
    inbox_.write("other.csv", "name,price\r\ntea,30\r\n");
    const auto dry = import({"--dry-run"});
    EXPECT_EQ(report().at("ledgers").at(0).at("in"), 0);
    EXPECT_FALSE(std::filesystem::exists(inbox_.path("other.csv.result.csv")));

    const auto first = import();
    const auto events = rows_in("audit_event");
    const auto second = import();

    EXPECT_EQ(first, dry);
    EXPECT_EQ(second, first);
    EXPECT_EQ(rows_in("audit_event"), events);
    EXPECT_EQ(rows_in("request"), 1);
    EXPECT_EQ(rows_in("submission"), 2);
    EXPECT_EQ(rows_in("refused_file"), 1);
}

SEALDESK_ON_EVERY_BACKEND(BadInput);

}  // namespace
}  // namespace sealdesk::cli
