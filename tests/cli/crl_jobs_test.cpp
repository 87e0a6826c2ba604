// The night's CRL as an operator sees it: by the program, twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/backends.h"
#include "support/command.h"
#include "support/program_desk.h"
#include "support/temp_folder.h"

namespace sealdesk::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kNoServer = "  host: localhost\n  port: 1\n  tls: none\n";

// M 2.6.2, M 4.4.10
TEST(CrlJob, RunIssuesTheCrlOnceADayAndTheDayReportSaysSo) {
    const test::TempFolder folder;
    test::ProgramDesk desk(folder.path() / "desk", test::fresh_database("sqlite", folder).url,
                           kNoServer);
    const auto crls_of = [&](const std::vector<std::string>& arguments) {
        return desk.run(arguments).lines().at(0).at(arguments.front() == "run" ? "crls_issued"
                                                                               : "crls");
    };
    const std::string in_chinese =
        "LANG=zh_TW.UTF-8 LC_ALL= " SEALDESK_PROGRAM " --desk '" + desk.folder().string() + "' ";
    EXPECT_EQ(crls_of({"report", "day"}).at(0).at("in_time"), false);
    EXPECT_THAT(test::run_command(in_chinese + "report day").output,
                AllOf(HasSubstr("未曾簽發"), HasSubstr("逾一個工作日")));

    const auto issued = crls_of({"run", "crl"});
    ASSERT_GE(issued.size(), 1U);
    EXPECT_EQ(issued.at(0).at("number"), 1);
    EXPECT_EQ(crls_of({"run", "--until-idle"}).size(), 0U);
    const auto standing = crls_of({"report", "day"});
    ASSERT_EQ(standing.size(), issued.size());
    EXPECT_EQ(standing.at(0).at("number"), 1);
    EXPECT_EQ(standing.at(0).at("published"), true);
    EXPECT_EQ(standing.at(0).at("in_time"), true);

    desk.set_clock_ahead(5);
    EXPECT_EQ(crls_of({"report", "day"}).at(0).at("in_time"), false);
    EXPECT_THAT(test::run_command("openssl crl -inform DER -noout -crlnumber -in '" +
                                  (desk.folder() / "ca/tipo/crl/complete.crl").string() + "'")
                    .output,
                HasSubstr("0x01"));
    EXPECT_EQ(crls_of({"run", "crl"}).at(0).at("number"), 2);
}

}  // namespace
}  // namespace sealdesk::cli
