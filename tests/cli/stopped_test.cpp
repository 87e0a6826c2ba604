// Ctrl-C in the middle of long work: what is done stays, and the same command goes on.
#include <csignal>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "base/durable_file.h"
#include "intake/inbox.h"
#include "support/applicants.h"
#include "support/backends.h"
#include "support/program_desk.h"

namespace sealdesk::cli {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr int kRows = 6'000;

class Stopped : public test::OnEveryBackend {
protected:
    void SetUp() override {
        OnEveryBackend::SetUp();
        desk_ = std::make_unique<test::ProgramDesk>(folder() / "desk", options().url,
                                                    "  host: localhost\n  port: 1\n  tls: none\n");
    }
    std::int64_t count(const std::string& what) {
        return connection().query("SELECT COUNT(" + what, {}).front().number(0);
    }
    std::string write_forms() {
        std::vector<intake::Cells> rows;
        for (int row = 1; row <= kRows; ++row) {
            rows.push_back(intake::person(
                {{"收件編號", "B" + std::to_string(row)}, {"證號", test::national_id(row)}}));
        }
        return inbox_.write("registration.csv", intake::csv(rows)).string();
    }
    /// Sends a signal once so many rows were filed; the exit status.
    int stop_after(pid_t child, int rows, int signal) {
        for (int wait = 0; wait < 6000 && count("*) FROM request") < rows; ++wait) {
            std::this_thread::sleep_for(10ms);
        }
        ::kill(child, signal);
        int status = 0;
        ::waitpid(child, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    intake::Inbox inbox_;
    std::unique_ptr<test::ProgramDesk> desk_;
};

TEST_P(Stopped, AnImportThatIsStoppedFilesEveryRowOnceWhenItIsDoneAgain) {
    const std::string file = write_forms();
    const auto out = folder() / "out";
    std::int64_t filed = 0;
    for (const int signal : {SIGINT, SIGTERM}) {
        EXPECT_EQ(stop_after(desk_->start({"import", file}, out), int(filed) + 400, signal), 3);
        EXPECT_THAT(read_file(out), HasSubstr("program.stopped"));
        const std::int64_t now = count("*) FROM request");
        EXPECT_GT(now, filed);
        EXPECT_LT(now, kRows);
        EXPECT_EQ(now % 200, 0);  // between chunks
        filed = now;
    }
    EXPECT_FALSE(std::filesystem::exists(file + ".result.csv"));

    EXPECT_EQ(desk_->run({"import", file}).status, 0);
    EXPECT_EQ(count("*) FROM request"), kRows);
    EXPECT_EQ(count("DISTINCT record_number) FROM request"), kRows);
    EXPECT_EQ(count("*) FROM submission"), kRows);
    EXPECT_TRUE(std::filesystem::exists(inbox_.path("registration.csv.result.csv")));
    EXPECT_EQ(desk_->run({"audit", "verify"}).status, 0);
    EXPECT_EQ(desk_->run({"report", "day"}).status, 0);
    const auto month = desk_->run({"report", "month"}).lines().at(0);
    EXPECT_EQ(month.at("agrees"), true);
}

SEALDESK_ON_EVERY_BACKEND(Stopped);

}  // namespace
}  // namespace sealdesk::cli
