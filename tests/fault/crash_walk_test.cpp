// kill -9 at every named commit point of a day's work, then on again: nothing lost, nothing twice.
// The points are not listed here: a first day writes down which it passes.
#include <fstream>

#include "fault/natural_forms.h"
#include "fault/walked_desk.h"
#include "support/smtp_peer.h"

namespace sealdesk::test {
namespace {

class CrashWalk : public WalkedDesk {
protected:
    void SetUp() override {
        OnEveryBackend::SetUp();
        const std::string mail = "  host: localhost\n  port: " + std::to_string(peer_.port()) +
                                 "\n  tls: starttls\n  ca_file: " + peer_.ca_file() +
                                 "\n  user: desk\n  password_file: " + peer_.password_file() +
                                 "\n  message_id_domain: test.invalid\n";
        make_desk(mail);
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

    std::vector<std::string> numbers_in(const std::string& state) {
        std::vector<std::string> numbers;
        for (const auto& line : desk_->run({"request", "list", "--state", state}).lines()) {
            numbers.push_back(line.at("request"));
        }
        return numbers;
    }

    std::vector<std::string> with_numbers(std::vector<std::string> command,
                                          const std::string& state) {
        const auto numbers = numbers_in(state);
        command.insert(command.begin() + 2, numbers.begin(), numbers.end());
        return command;
    }

    /// A whole day: import, examine, decide, run, print, acknowledge, run.
    void live_through(int day) {
        write_inbox(day);
        // All days are today: yesterday's CRLs are a day old, so that each day has its own.
        connection().execute(
            "UPDATE ca_crl SET this_update = this_update - 86400000000, "
            "next_update = next_update - 86400000000",
            {});
        persist("import", "dee", {"import", (folder() / ("day" + std::to_string(day))).string()});
        for (const char* check : {"documents", "identity", "eligibility", "seal"}) {
            persist(std::string("check-") + check, "ann",
                    with_numbers({"request", "check", "--check", check, "--pass"}, "received"));
        }
        persist("decide", "ben", with_numbers({"request", "decide", "--approve"}, "examined"));
        // A second decision of a killed command finds the first one's requests approved already.
        if (!numbers_in("examined").empty()) {
            desk_->run_as("ben", with_numbers({"request", "decide", "--approve"}, "examined"));
        }
        run_jobs("before paper");
        print_and_acknowledge();
        send_cards();
        run_jobs("after paper");
    }

    /// The card centre reports each card; it is posted, or handed over at the counter.
    void send_cards() {
        for (const auto& card : desk_->run({"card", "list"}).lines()) {
            const std::string order = card.at("order");
            const std::string request = order.substr(order.find(':') + 1);
            const std::string number = "MA" + request.substr(request.find('-') + 1);
            if (card.at("state") == "ordered") {
                persist("card made", "dee", {"token", "made", request, "--card-number", number});
            }
            bool in_parcel = false;
            for (const auto& parcel : desk_->run({"parcel", "list"}).lines()) {
                if (parcel.at("request") == request) {
                    in_parcel = true;
                    persist("parcel post", "dee",
                            {"parcel", "post", std::string(parcel.at("parcel")), "--tracking",
                             "RR" + number + "TW"});
                }
            }
            if (!in_parcel && card.at("state") != "handed_over") {
                persist("card received", "ann",
                        {"card", "received", number, "--reason", "picked up"});
            }
        }
    }

    /// One command a job, so that each is killed on the same day; then whatever is left.
    void run_jobs(const std::string& when) {
        for (const char* job : {"effects", "crl", "repository", "print", "mail", "complete"}) {
            persist(std::string("run ") + job + " " + when, "dee", {"run", job});
        }
        EXPECT_EQ(desk_->run({"run", "--until-idle"}).status, 0);
    }

    void print_and_acknowledge() {
        for (const auto& batch : desk_->run({"slip", "batches"}).lines()) {
            const std::string number = batch.at("batch");
            if (batch.at("state") == "ready") {
                // A kill between decrypting and recording refuses a second print: the page may
                // have been seen. Its slips are then voided and replaced, never printed twice.
                if (persist("print", "dee", {"slip", "print", number}).status != 0) {
                    replace_all_in_print();
                    continue;
                }
            }
            if (batch.at("state") != "closed") {
                persist("acknowledge", "dee", {"slip", "ack", number});
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
        print_and_acknowledge();
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
};

TEST_P(CrashWalk, EveryCommitPointCanBeTheLast) {
    walk([this](int day) { live_through(day + 1); },
         [this](int days, const std::string& where) {
             expect_nothing_lost_nothing_twice(days, where);
         },
         70);
}

SEALDESK_ON_EVERY_BACKEND(CrashWalk);

}  // namespace
}  // namespace sealdesk::test
