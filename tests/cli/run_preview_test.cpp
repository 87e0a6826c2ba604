// `run --dry-run` as an operator calls it before the night.
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "intake/inbox.h"
#include "support/applicants.h"
#include "support/backends.h"
#include "support/command.h"
#include "support/program_desk.h"

namespace sealdesk::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class RunPreview : public test::OnEveryBackend {
protected:
    void SetUp() override {
        OnEveryBackend::SetUp();
        desk_ = std::make_unique<test::ProgramDesk>(folder() / "desk", options().url,
                                                    "  host: localhost\n  port: 1\n  tls: none\n");
    }
    /// What would be done, by what.
    std::map<std::string, std::int64_t> counts(const std::string& job) {
        std::map<std::string, std::int64_t> found;
        for (const auto& line : desk_->run({"run", "--dry-run", job}).lines()) {
            EXPECT_EQ(line.at("job"), job);
            found[line.at("what")] = line.at("count");
        }
        return found;
    }
    std::unique_ptr<test::ProgramDesk> desk_;
};

TEST_P(RunPreview, SaysForEachJobWhatWouldBeDoneAndDoesNothing) {
    std::set<std::string> named;
    for (const auto& line : desk_->run({"run", "--dry-run"}).lines()) {
        named.insert(line.at("job"));
    }
    for (const std::string job :
         {"inbox", "unaccepted", "key-files", "slips", "overdue", "notices", "crl", "mail",
          "bounces", "mail-texts", "statistics", "day-book"}) {
        EXPECT_TRUE(named.contains(job)) << job;
    }
    intake::Inbox files;
    const auto form = files.write("registration.csv", intake::csv({intake::person({})}));
    std::filesystem::create_directories(desk_->folder() / "inbox/counter-1");
    std::filesystem::copy(form, desk_->folder() / "inbox/counter-1/registration.csv");
    EXPECT_EQ(counts("inbox").at("files in the inbox"), 1);
    EXPECT_EQ(counts("crl").at("tipo"), 1);

    for (const auto& line : desk_->run({"run", "--list"}).lines()) {
        EXPECT_TRUE(line.at("last").is_null()) << line;  // nothing ran
    }
    ASSERT_EQ(desk_->run({"run", "crl"}).status, 0);
    EXPECT_TRUE(counts("crl").empty());
}

TEST_P(RunPreview, CountsReadersAndPapersInBothLanguages) {
    const std::string program = SEALDESK_PROGRAM " --desk '" + desk_->folder().string() + "' ";
    EXPECT_THAT(test::run_command("LC_ALL=C " + program + "run --dry-run slips overdue").output,
                AllOf(HasSubstr("readers to remind"), HasSubstr("slips to void"),
                      HasSubstr("requests to close"), Not(HasSubstr("files in the inbox"))));
    EXPECT_THAT(
        test::run_command("LANG=zh_TW.UTF-8 LC_ALL= " + program + "run --dry-run day-book").output,
        AllOf(HasSubstr("待結日"), HasSubstr("下次")));
}

SEALDESK_ON_EVERY_BACKEND(RunPreview);

}  // namespace
}  // namespace sealdesk::cli
