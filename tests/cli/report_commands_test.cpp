// `report month` and `report day` as people call them: files, refusals, exit statuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/durable_file.h"
#include "intake/inbox.h"
#include "support/applicants.h"
#include "support/backends.h"
#include "support/command.h"
#include "support/program_desk.h"

namespace sealdesk::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class ReportProgram : public test::OnEveryBackend {
protected:
    void SetUp() override {
        OnEveryBackend::SetUp();
        desk_ = std::make_unique<test::ProgramDesk>(folder() / "desk", options().url,
                                                    "  host: localhost\n  port: 1\n  tls: none\n");
        std::vector<intake::Cells> rows;
        for (int row = 1; row <= 3; ++row) {
            rows.push_back(intake::person(
                {{"收件編號", "B" + std::to_string(row)}, {"證號", test::national_id(row)}}));
        }
        const auto file = inbox_.write("registration.csv", intake::csv(rows));
        EXPECT_EQ(desk_->run({"import", file.string()}).status, 0);
    }
    std::string code(std::vector<std::string> arguments) {
        const auto ran = desk_->run(std::move(arguments));
        const auto last = ran.lines().back();
        return std::to_string(ran.status) + " " +
               (last.contains("error") ? last.at("error").at("code").get<std::string>() : "");
    }
    std::string file(const std::string& name) const { return (folder() / name).string(); }

    intake::Inbox inbox_;
    std::unique_ptr<test::ProgramDesk> desk_;
};

TEST_P(ReportProgram, AMonthBecomesAPageASpreadsheetAndAnAnnouncement) {
    const auto ran = desk_->run({"report", "month", "--html", file("m.html"), "--csv",
                                 file("m.csv"), "--xlsx", file("m.xlsx")});
    EXPECT_EQ(ran.status, 0) << ran.out;
    const auto report = ran.lines().front();
    EXPECT_EQ(report.at("agrees"), true);
    EXPECT_EQ(report.at("queues").front().at("count"), 3);
    EXPECT_THAT(read_file(file("m.html")), StartsWith("<!DOCTYPE html>"));
    EXPECT_THAT(read_file(file("m.csv")), HasSubstr(",requests.received,tipo,registration,"));
    const auto sheet = test::run_command(
        "python3 -c \"import zipfile;z=zipfile.ZipFile('" + file("m.xlsx") +
        "');print(z.testzip(),len([n for n in z.namelist() if 'worksheets/sheet' in n]),"
        "'requests.received' in z.read('xl/sharedStrings.xml').decode())\"");
    EXPECT_EQ(sheet.output, "None 3 True\n");
    for (const std::string name : {"a.html", "a.csv", "a.json", "a.txt"}) {
        EXPECT_EQ(code({"report", "month", "--scheme", "tipo", "--announce", file(name)}), "0 ");
        EXPECT_THAT(read_file(file(name)), HasSubstr("tipo-software"));
    }
}

TEST_P(ReportProgram, WhatCannotBeReportedIsSaid) {
    EXPECT_EQ(code({"report", "month", "--month", "november"}), "1 report.month");
    EXPECT_EQ(code({"report", "month", "--month", "2026-13"}), "1 report.month");
    EXPECT_EQ(code({"report", "month", "--month", "115/11"}), "0 ");
    EXPECT_EQ(code({"report", "month", "--scheme", "elsewhere"}), "1 report.scheme");
    EXPECT_EQ(code({"report", "month", "--announce", file("a.html")}), "1 report.scheme");
    EXPECT_EQ(code({"report", "month", "--scheme", "tipo", "--announce", file("a.doc")}),
              "1 report.announcement_format");
    EXPECT_EQ(code({"report", "month", "--prove", "certificates.expired"}), "1 report.figure");
    EXPECT_EQ(code({"report", "month", "--prove", "no.such"}), "1 report.figure");
}

TEST_P(ReportProgram, AnAuditorFindsEachEventBehindANumberInTheLog) {
    const auto proof =
        desk_->run({"report", "month", "--prove", "requests.received/tipo/registration"}).lines();
    ASSERT_EQ(proof.size(), 3U);
    const auto log = desk_->run({"audit", "export", "--kind", "request.received"}).lines();
    ASSERT_EQ(log.size(), 3U);
    for (std::size_t i = 0; i < proof.size(); ++i) {
        EXPECT_EQ(proof[i].at("sequence"), log[i].at("sequence"));
        EXPECT_EQ(proof[i].at("hash"), log[i].at("hash"));
    }
    EXPECT_EQ(desk_->run({"audit", "export", "--kind", "request.received", "--to", "2020-01-01"})
                  .lines()
                  .size(),
              0U);
}

TEST_P(ReportProgram, ARowThatIsGoneMakesExitStatusFourAndADayThatDoesNotClose) {
    EXPECT_EQ(code({"report", "day", "--close", "--pdf", file("d.pdf")}), "0 ");
    EXPECT_EQ(code({"report", "day", "--close"}), "1 day.closed");
    EXPECT_THAT(read_file(file("d.pdf")), StartsWith("%PDF"));
    EXPECT_EQ(code({"report", "day", "--verify"}), "0 ");
    connection().execute("DELETE FROM request WHERE record_number = 'B2'", {});
    EXPECT_EQ(code({"report", "month"}), "4 report.disagreement");
    EXPECT_EQ(code({"report", "day"}), "4 report.difference");
    desk_->set_clock_ahead(1);
    const auto closed = desk_->run({"report", "day", "--close"});
    EXPECT_EQ(closed.status, 4);
    EXPECT_EQ(closed.lines().front().at("closing").at("difference"), 1);
    const auto verified = desk_->run({"report", "day", "--verify"}).lines().front();
    EXPECT_EQ(verified.at("closings"), 2);
    EXPECT_EQ(verified.at("not_closing"), 1);
    EXPECT_EQ(verified.at("sound"), true);
    connection().execute("UPDATE day_closing SET difference = 0", {});
    EXPECT_EQ(code({"report", "day", "--verify"}), "1 day.altered");
}

SEALDESK_ON_EVERY_BACKEND(ReportProgram);

}  // namespace
}  // namespace sealdesk::cli
