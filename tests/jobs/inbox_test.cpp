// The hot folder, through the program: a clerk who never sees a terminal drops files and finds them
// again in done/ or refused/ with their results. Half-copied, open and repeated files do no harm.
#include "intake/inbox.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include "base/descriptor.h"
#include "base/durable_file.h"
#include "support/backends.h"
#include "support/program_desk.h"

namespace sealdesk::jobs {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string day_zip() {
    return intake::zip(
        {{"day.csv", intake::csv({intake::person()})}, {"scans/a.png", intake::png()}});
}

class HotFolder : public test::OnEveryBackend {
protected:
    void SetUp() override {
        OnEveryBackend::SetUp();
        desk_ = std::make_unique<test::ProgramDesk>(folder() / "desk", options().url,
                                                    "  host: localhost\n  port: 1\n  tls: none\n");
        settle_after(0);
    }

    void settle_after(int seconds) {
        const fs::path file = folder() / "desk/sealdesk.yaml";
        if (settings_.empty()) {
            settings_ = read_file(file);
        }
        std::string text = settings_;
        const std::string office = "office:\n";
        text.insert(text.find(office) + office.size(),
                    "  inbox_settled_seconds: " + std::to_string(seconds) + "\n");
        write_file_durably(file, text, FileAccess::Owner);
    }

    [[nodiscard]] fs::path counter(const std::string& name = "") const {
        return folder() / "desk/inbox/counter1" / name;
    }
    void drop(const std::string& name, std::string_view bytes) const {
        write_file_durably(counter(name), bytes, FileAccess::Everyone);
    }
    nlohmann::json look(int status = 0) {
        const test::Ran ran = desk_->run({"run", "inbox"});
        EXPECT_EQ(ran.status, status) << ran.err;
        if (ran.lines().empty()) {
            return {};
        }
        nlohmann::json line = ran.lines().front();
        line["inbox_done"] = 0;
        line["inbox_refused"] = 0;
        for (const auto& job : line.at("jobs")) {
            if (job.at("job") == "inbox") {
                line["inbox_done"] = job.at("done");
                line["inbox_refused"] = int(job.at("due")) - int(job.at("done"));
            }
        }
        return line;
    }
    /// Names in a folder of the counter, hidden ones left out.
    [[nodiscard]] std::vector<std::string> names(const std::string& where) const {
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator(counter(where))) {
            const std::string name = entry.path().filename();
            if (!name.starts_with(".") && name != "done" && name != "refused") {
                found.push_back(name);
            }
        }
        std::ranges::sort(found);
        return found;
    }
    std::int64_t requests() {
        return connection().query("SELECT COUNT(*) FROM request", {}).front().number(0);
    }

    std::unique_ptr<test::ProgramDesk> desk_;
    std::string settings_;
};

TEST_P(HotFolder, GivesAFileBackWithItsResultsAndTheClerkOfTheCounterHasKeyedIt) {
    drop("day.zip", day_zip());

    const auto report = look();

    EXPECT_EQ(report.at("inbox_done"), 1);
    EXPECT_THAT(names(""), ElementsAre());
    EXPECT_THAT(names("done"), ElementsAre("day.zip", "day.zip.day.csv.result.csv",
                                           "day.zip.day.csv.result.xlsx"));
    EXPECT_EQ(connection().query("SELECT keyed_by FROM request", {}).at(0).text(0), "dee");
}

TEST_P(HotFolder, TakesARepeatedFileWithoutTakingItsFormsTwice) {
    drop("day.zip", day_zip());
    look();
    drop("day.zip", day_zip());
    look();
    EXPECT_EQ(requests(), 1);
    EXPECT_THAT(names("done"),
                ElementsAre("day (2).zip", "day (2).zip.day.csv.result.csv",
                            "day (2).zip.day.csv.result.xlsx", "day.zip",
                            "day.zip.day.csv.result.csv", "day.zip.day.csv.result.xlsx"));
}

TEST_P(HotFolder, PutsAFileOfWhichNothingCameInAsideAndSaysWhy) {
    drop("other.csv", "name,price\r\ntea,30\r\n");
    const auto report = look();
    EXPECT_EQ(report.at("inbox_refused"), 1);
    EXPECT_THAT(names("refused"), ElementsAre("other.csv", "other.csv.result.csv"));
    EXPECT_THAT(read_file(counter("refused/other.csv.result.csv")), HasSubstr("申請單"));
}

TEST_P(HotFolder, WaitsForWhatIsStillCopiedOrOpen) {
    drop("day.zip", day_zip());
    settle_after(3600);
    EXPECT_EQ(look().at("inbox_waiting"), 1);
    settle_after(0);
    drop("~$day.zip", "a spreadsheet program has it open");
    EXPECT_EQ(look().at("inbox_waiting"), 1);
    fs::remove(counter("~$day.zip"));
    {
        const Descriptor open(::open(counter("day.zip").c_str(), O_RDWR | O_CLOEXEC));
        ASSERT_EQ(::flock(open.get(), LOCK_EX), 0);
        EXPECT_EQ(look().at("inbox_waiting"), 1);
    }
    EXPECT_EQ(requests(), 0);
    EXPECT_EQ(look().at("inbox_done"), 1);
    EXPECT_EQ(requests(), 1);
}

TEST_P(HotFolder, ASymbolicLinkIsNeverFollowed) {
    write_file_durably(folder() / "day.csv", intake::csv({intake::person()}), FileAccess::Everyone);
    fs::create_symlink(folder() / "day.csv", counter("day.csv"));
    EXPECT_EQ(look().at("inbox_done"), 0);
    EXPECT_EQ(requests(), 0);
}

TEST_P(HotFolder, AFileWhoseWorkerDiedIsTakenUpAgainAndComesInOnce) {
    for (const char* point : {"import.batch.after-commit:1", "import.chunk.before-commit:1",
                              "import.chunk.after-commit:1", "import.finish.after-commit:1"}) {
        drop("day.zip", day_zip());
        const test::Ran killed = desk_->run({"run", "inbox"}, {{"SEALDESK_CRASH", point}});
        EXPECT_TRUE(killed.killed) << point << " " << killed.err;
        EXPECT_EQ(look().at("inbox_done"), 1) << point;
        EXPECT_EQ(requests(), 1) << point;
    }
}

TEST_P(HotFolder, ACounterWithoutAnOfficerIsToldOfAndItsFilesStay) {
    fs::create_directories(folder() / "desk/inbox/attic");
    write_file_durably(folder() / "desk/inbox/attic/day.zip", day_zip(), FileAccess::Everyone);
    drop("day.zip", day_zip());
    const test::Ran ran = desk_->run({"run", "inbox"});
    EXPECT_EQ(ran.status, 1);
    EXPECT_THAT(ran.out + ran.err, HasSubstr("inbox.no_such_counter"));
    EXPECT_TRUE(fs::exists(folder() / "desk/inbox/attic/day.zip"));
    EXPECT_EQ(requests(), 1);
}

// What a scanner sends into its folder is read page by page; nothing on it is known, so it waits.
TEST_P(HotFolder, TakesScannedPages) {
    drop("scanner 1.png", intake::png());

    look();

    EXPECT_THAT(names("done"), ElementsAre("scanner 1.png"));
    const test::Ran listed = desk_->run({"scan", "list"});
    ASSERT_EQ(listed.lines().size(), 1U) << listed.err;
    EXPECT_EQ(listed.lines().front().at("file"), "scanner 1.png");
    EXPECT_THAT(listed.lines().front().at("reasons"), ::testing::Contains("qr_unreadable"));
}

SEALDESK_ON_EVERY_BACKEND(HotFolder);

}  // namespace
}  // namespace sealdesk::jobs
