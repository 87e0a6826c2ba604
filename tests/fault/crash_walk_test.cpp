// kill -9 at every named commit point of a day's work, then on again: nothing lost, nothing twice.
// The points are not listed here: a first day writes down which it passes.
#include <fstream>
#include <set>

#include "fault/natural_forms.h"
#include "support/backends.h"
#include "support/program_desk.h"
#include "support/smtp_peer.h"

namespace sealdesk::test {
namespace {

class CrashWalk : public OnEveryBackend {
protected:
    void SetUp() override {
        OnEveryBackend::SetUp();
        const std::string mail = "  host: localhost\n  port: " + std::to_string(peer_.port()) +
                                 "\n  tls: starttls\n  ca_file: " + peer_.ca_file() +
                                 "\n  user: desk\n  password_file: " + peer_.password_file() +
                                 "\n  message_id_domain: test.invalid\n";
        desk_ = std::make_unique<ProgramDesk>(folder() / "desk", options().url, mail);
    }

    /// Two forms of two new applicants: one slip on paper, one by mail; and a file of no form.
    void write_inbox(int day) {
        const auto inbox = folder() / ("day" + std::to_string(day));
        std::filesystem::create_directories(inbox);
        std::ofstream(inbox / "prices.csv") << "tea,price\n" << day << ",30\n";
        std::vector<NaturalForm> forms;
        for (int i = 0; i < 2; ++i) {
            const std::string which = std::to_string(day) + "x" + std::to_string(i);
            forms.push_back({"D" + std::to_string(day) + std::to_string(i), day * 2 + i,
                             "身分證影本;健保卡影本", i == 0 ? "現場領取" : "電子化",
                             "d" + which + "@example.test"});
        }
        write_natural_forms(inbox, forms);
    }

    using Environment = std::map<std::string, std::string>;

    /// Runs a command under `crash`; when it is killed, once more without.
    Ran persist(const std::function<Ran(const Environment&)>& command, const Environment& crash) {
        Ran ran = command(crash);
        if (ran.killed) {
            ++kills_;
            ran = command({});
        }
        EXPECT_LE(ran.status, 1) << ran.out << ran.err;
        return ran;
    }

    std::vector<std::string> numbers_in(const std::string& state) {
        std::vector<std::string> numbers;
        for (const auto& line : desk_->run({"request", "list", "--state", state}).lines()) {
            numbers.push_back(line.at("request"));
        }
        return numbers;
    }

    void work_on(const std::vector<std::string>& numbers, const std::string& officer,
                 std::vector<std::string> command, const Environment& crash) {
        if (!numbers.empty()) {
            command.insert(command.begin() + 2, numbers.begin(), numbers.end());
            persist([&](const Environment& e) { return desk_->run_as(officer, command, e); },
                    crash);
        }
    }

    /// A whole day: import, examine, decide, run, print, acknowledge, run.
    void live_through(int day, const Environment& crash) {
        write_inbox(day);
        // All days are today: yesterday's CRLs are a day old, so that each day has its own.
        connection().execute(
            "UPDATE ca_crl SET this_update = this_update - 86400000000, "
            "next_update = next_update - 86400000000",
            {});
        const std::string inbox = (folder() / ("day" + std::to_string(day))).string();
        persist([&](const Environment& e) { return desk_->run({"import", inbox}, e); }, crash);
        for (const char* check : {"documents", "identity", "eligibility", "seal"}) {
            work_on(numbers_in("received"), "ann", {"request", "check", "--check", check, "--pass"},
                    crash);
        }
        work_on(numbers_in("examined"), "ben", {"request", "decide", "--approve"}, crash);
        // A second decision of a killed command finds the first one's requests approved already.
        work_on(numbers_in("examined"), "ben", {"request", "decide", "--approve"}, {});
        const auto until_idle = [&](const Environment& e) {
            return desk_->run({"run", "--until-idle"}, e);
        };
        persist(until_idle, crash);
        persist(until_idle, {});
        print_and_acknowledge(crash);
        persist(until_idle, crash);
        persist(until_idle, {});
    }

    void print_and_acknowledge(const Environment& crash) {
        for (const auto& batch : desk_->run({"slip", "batches"}).lines()) {
            const std::string number = batch.at("batch");
            if (batch.at("state") == "ready") {
                // A kill between decrypting and recording refuses a second print: the page may
                // have been seen. Its slips are then voided and replaced, never printed twice.
                const Ran printed = persist(
                    [&](const Environment& e) {
                        return desk_->run_as("dee", {"slip", "print", number}, e);
                    },
                    crash);
                if (printed.status != 0) {
                    replace_all_in_print();
                    continue;
                }
            }
            if (batch.at("state") != "closed") {
                persist(
                    [&](const Environment& e) {
                        return desk_->run_as("dee", {"slip", "ack", number}, e);
                    },
                    crash);
            }
        }
    }

    void replace_all_in_print() {
        for (const auto& slip : desk_->run({"slip", "list", "--state", "batched"}).lines()) {
            const Ran replaced =
                desk_->run_as("dee", {"slip", "void", std::string(slip.at("slip"))});
            EXPECT_EQ(replaced.status, 0) << replaced.out << replaced.err;
        }
        EXPECT_EQ(desk_->run({"run", "--until-idle"}).status, 0);
        print_and_acknowledge({});
    }

    std::int64_t count(const std::string& sql) {
        return connection().query(sql, {}).front().number(0);
    }

    /// Each form of each day so far: one request, one account, one live slip, one mail.
    void expect_nothing_lost_nothing_twice(int days, const std::string& where) {
        const int forms = days * 2;
        EXPECT_EQ(count("SELECT COUNT(*) FROM request WHERE state = 'completed'"), forms) << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM request"), forms) << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM refused_file"), days) << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM account WHERE state = 'active'"), forms) << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM slip WHERE state <> 'void'"), forms) << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM fee_charge"), forms) << where;
        EXPECT_EQ(count("SELECT COUNT(*) FROM mail_outbox WHERE state = 'sent'"), forms) << where;
        std::map<std::string, int> copies;
        for (const PeerMail& mail : peer_.mails()) {
            ++copies[mail.to];
        }
        EXPECT_EQ(copies.size(), std::size_t(forms)) << where;
        for (const auto& [address, number] : copies) {
            EXPECT_LE(number, 2) << where << ": " << address;  // at most one more, when in doubt
        }
    }

    SmtpPeer peer_;
    std::unique_ptr<ProgramDesk> desk_;
    int kills_ = 0;
};

TEST_P(CrashWalk, EveryCommitPointCanBeTheLast) {
    const auto log = folder() / "points.log";
    live_through(1, {{"SEALDESK_CRASH_LOG", log.string()}});
    expect_nothing_lost_nothing_twice(1, "without a crash");
    std::set<std::string> points;
    std::ifstream stream(log);
    for (std::string point; std::getline(stream, point);) {
        points.insert(point);
    }
    ASSERT_GT(points.size(), 20U);
    int days = 1;
    for (const std::string& point : points) {
        const int kills_before = kills_;
        live_through(++days, {{"SEALDESK_CRASH", point + ":1"}});
        EXPECT_GT(kills_, kills_before) << point << " was never passed";
        expect_nothing_lost_nothing_twice(days, point);
        if (HasFailure()) {
            break;  // later days only repeat the damage
        }
    }
    EXPECT_EQ(desk_->run({"audit", "verify"}).status, 0);
    EXPECT_EQ(desk_->run({"report", "day"}).status, 0);
    RecordProperty("crash_points", int(points.size()));
}

SEALDESK_ON_EVERY_BACKEND(CrashWalk);

}  // namespace
}  // namespace sealdesk::test
