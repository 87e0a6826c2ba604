// A scheme that nobody wrote code for: tests/fixtures/scheme-minimal, through the program itself,
// on both databases, to the end of every effect.
#include <fstream>

#include <gmock/gmock.h>

#include "base/clock.h"
#include "base/durable_file.h"
#include "image/image.h"
#include "paper/pdf_probe.h"
#include "support/applicants.h"
#include "support/backends.h"
#include "support/command.h"
#include "support/program_desk.h"

namespace sealdesk::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

using Fields = std::map<std::string, std::string>;

class ThirdScheme : public ::testing::TestWithParam<std::string> {
protected:
    ThirdScheme()
        : desk_(folder_.path() / "desk", fresh_database(GetParam(), folder_).url,
                "  host: localhost\n  port: 9\n  tls: none\n  message_id_domain: test.invalid\n",
                {{"SEALDESK_SHARE", make_share()}}) {}

    /// What is installed: the program's own templates and tables, this scheme's forms alone.
    std::string make_share() {
        const fs::path root = SEALDESK_SOURCE_DIR;
        const fs::path share = folder_.path() / "share";
        fs::create_directories(share / "forms");
        for (const char* part : {"templates", "ddl", "jobs", "forms/schema"}) {
            fs::copy(root / part, share / part, fs::copy_options::recursive);
        }
        fs::copy(root / "tests/fixtures/scheme-minimal", share / "forms",
                 fs::copy_options::recursive);
        return share.string();
    }

    [[nodiscard]] std::string blank(const std::string& form) const {
        const auto file = folder_.path() / (form + ".pdf");
        const Ran ran = desk_.run({"form", "blank", "beekeepers", form, "-o", file.string()});
        return ran.status == 0 ? pdf_text(read_file(file), folder_.path()) : ran.out + ran.err;
    }

    /// The request's number, or "refused RULE".
    std::string key(const std::string& form, Fields fields) {
        fields["form_number"] = form + std::to_string(++forms_);
        fields["came_on"] = to_iso_text(day_in_taipei(SystemClock().now()));
        const auto file = folder_.path() / (fields["form_number"] + ".json");
        std::ofstream(file) << nlohmann::json{{"form", form}, {"records", {fields}}};
        const auto fate = desk_.run_as("ann", {"import", file.string()}).lines().at(0);
        return fate.at("fate") == "accepted"
                   ? fate.at("request").get<std::string>()
                   : "refused " + fate.at("reasons").at(0).at("rule").get<std::string>();
    }

    std::string done_with(const std::string& number, const std::vector<std::string>& checks) {
        for (const std::string& check : checks) {
            desk_.run_as("ann", {"request", "check", number, "--check", check, "--pass"});
        }
        const Ran ran = desk_.run_as("ann", {"request", "decide", number, "--approve"});
        return ran.lines().at(0).value("state", ran.out);
    }

    std::string printed_and_posted(const std::string& number) const {
        std::string text;
        for (const auto& batch : desk_.run({"slip", "batches"}).lines()) {
            if (batch.at("state") != "ready") {
                continue;
            }
            const std::string name = batch.at("batch");
            const Ran printed = desk_.run_as("dee", {"slip", "print", name});
            const auto result = printed.lines().at(0);
            text += pdf_text(read_file(std::string(result.at("file"))), folder_.path());
            std::vector<std::string> command{"slip", "ack", name};
            if (result.at("slips") > 0) {
                command.insert(command.end(), {"--tracking", slip_of(number) + "=RM123456789TW"});
            }
            EXPECT_EQ(desk_.run_as("dee", command).status, 0);
        }
        return text;
    }

    [[nodiscard]] nlohmann::json show(const std::string& number) const {
        return desk_.run({"request", "show", number}).lines().at(0);
    }
    [[nodiscard]] std::string slip_of(const std::string& number) const {
        return show(number).at("slips").back().at("slip");
    }

    [[nodiscard]] int issue(const std::string& number) const {
        const std::string base = (folder_.path() / "member").string();
        EXPECT_TRUE(run_command("openssl req -new -newkey rsa:2048 -noenc -subj /CN=x -keyout " +
                                base + ".key -out " + base + ".csr")
                        .succeeded());
        return desk_
            .run_as("ann", {"ca", "issue", number, "--csr", base + ".csr", "-o", base + ".pem"})
            .status;
    }

    void run_jobs() const {
        const Ran ran = desk_.run({"run", "--until-idle"});
        ASSERT_EQ(ran.status, 0) << ran.out << ran.err;
    }

    TempFolder folder_;
    ProgramDesk desk_;
    int forms_ = 0;
};

TEST_P(ThirdScheme, WorksToTheEndWithoutAChangeToTheEngine) {
    EXPECT_EQ(desk_.run({"form", "list"}).lines().size(), 2U);
    const Ran rules = desk_.run({"rule", "list", "beekeepers"});
    EXPECT_EQ(rules.status, 0) << rules.out;
    EXPECT_EQ(rules.lines().size(), 4U);
    EXPECT_THAT(blank("membership"), HasSubstr("理事主席印鑑"));
    EXPECT_THAT(blank("farewell"), HasSubstr("養蜂協會退會通知單"));

    std::ofstream(folder_.path() / "chairman.png", std::ios::binary)
        << image::encode_png(draw_seal("chairman"));
    const Fields cooperative{
        {"kind", "合作社"}, {"name", "富世養蜂合作社"}, {"number", "24608131"},
        {"hives", "12"},    {"contact", "張㛢"},        {"address", "972花蓮縣秀林鄉富世村2號"},
        {"way", "掛號"},    {"token", "檔案"},          {"chairman_seal", "chairman.png"}};
    Fields few = cooperative;
    few["hives"] = "2";
    EXPECT_EQ(key("membership", few), "refused B 1");
    Fields unsealed = cooperative;
    unsealed.erase("chairman_seal");
    EXPECT_EQ(key("membership", unsealed), "refused B 2");
    EXPECT_EQ(key("farewell", {{"name", "某人"}, {"number", "24608131"}, {"why", "不再養蜂"}}),
              "refused B 7");

    const std::string joined = key("membership", cooperative);
    EXPECT_EQ(done_with(joined, {"bees", "seal"}), "approved");  // one officer is enough: B 5
    run_jobs();
    const std::string paper = printed_and_posted(joined);
    EXPECT_THAT(paper, HasSubstr("養蜂協會秘書處"));
    EXPECT_THAT(paper, HasSubstr("歡迎加入養蜂協會"));
    EXPECT_THAT(paper, HasSubstr("165"));  // 120 and the postage: B 6
    EXPECT_THAT(paper, ::testing::Not(HasSubstr("智慧財產")));
    run_jobs();
    EXPECT_EQ(show(joined).at("state"), "completed");

    EXPECT_EQ(issue(joined), 0);
    const std::string left =
        key("farewell", {{"name", "富世養蜂合作社"}, {"number", "24608131"}, {"why", "憑證失竊"}});
    EXPECT_EQ(done_with(left, {"farewell"}), "approved");
    run_jobs();
    printed_and_posted(left);
    run_jobs();
    EXPECT_EQ(show(left).at("state"), "completed");
    const std::string account = show(joined).at("slips").back().at("account");
    EXPECT_EQ(account.substr(0, 3), "BEE");
    EXPECT_EQ(desk_.run({"cert", "list", account}).lines().at(0).at("state"), "revoked");
    EXPECT_EQ(desk_.run({"audit", "verify"}).status, 0);
    EXPECT_EQ(desk_.run({"report", "day"}).lines().at(0).at("closes"), true);
}

INSTANTIATE_TEST_SUITE_P(Databases, ThirdScheme, ::testing::Values("sqlite", "mysql"),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace sealdesk::test
