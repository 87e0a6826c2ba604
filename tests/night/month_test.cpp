// A month, night after night, on a desk with 20,000 certificates: holidays, two nights without a
// worker, and in every other night a worker that is killed. Each notice goes out once at its stage,
// and every evening the books close.
#include <fstream>
#include <map>
#include <set>

#include <gmock/gmock.h>

#include "audit/log.h"
#include "fault/natural_forms.h"
#include "fault/walked_desk.h"
#include "subscribers/application.h"
#include "subscribers/certificate.h"
#include "subscribers/subscriber.h"
#include "support/calendar_file.h"
#include "support/smtp_peer.h"

namespace sealdesk::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using ::testing::Contains;
using ::testing::IsEmpty;

constexpr sys_days kFirstDay = 2027y / 2 / 1;  // a Monday; the Lunar New Year is in this month
constexpr int kDays = 31;
constexpr int kCertificates = 20'000;
constexpr int kEndsWithinDays = 2 * 365;
constexpr int kMailBoxEvery = 10;  ///< so many holders share an accountant's mail box

/// Where the worker of a night dies; the next one goes on.
constexpr const char* kDeaths[] = {
    "job.begin.after-commit:1",    "expiry.search.before-commit:1", "expiry.search.after-commit:1",
    "expiry.tell.before-commit:1", "expiry.tell.after-commit:1",    "job.end.before-commit:2",
    "job.end.after-commit:2",      "mail.claim.after-commit:1",     "mail.dot.after-commit:1",
    "mail.answer-read:1",          "mail.settle.before-commit:1"};

bool is_night_off(int day) { return day == 9 || day == 10; }

/// The stage of a certificate that ends in so many days, by P 4 alone.
int stage_of(int days_left) {
    return days_left <= 1    ? 1
           : days_left <= 15 ? 15
           : days_left <= 30 ? 30
           : days_left <= 45 ? 45
                             : 0;
}

class MonthOfNights : public WalkedDesk {
protected:
    void SetUp() override {
        OnEveryBackend::SetUp();
        clock().set(at(0, 0h));
        make_desk("  host: localhost\n  port: " + std::to_string(peer_.port()) +
                      "\n  tls: starttls\n  ca_file: " + peer_.ca_file() +
                      "\n  user: desk\n  password_file: " + peer_.password_file() +
                      "\n  message_id_domain: test.invalid\n",
                  at(0, 0h));
        const auto calendar = folder() / "calendar.csv";
        std::ofstream(calendar) << calendar_csv(
            2027,
            {"20270101", "20270204", "20270205", "20270208", "20270209", "20270210", "20270301"},
            {"20270220"});
        ASSERT_EQ(desk_->run_as("amy", {"calendar", "import", calendar.string()}).status, 0);
        fill_registry();
    }

    static Instant at(int day, std::chrono::minutes time) {
        return start_of_day_in_taipei(kFirstDay + std::chrono::days(day)) + time;
    }

    struct Holder {
        CertificateId certificate;
        SubscriberId subscriber;
        RequestId request;
        int ends_on;              ///< day of the month, counted from its first
        int silent_from = kDays;  ///< the day from which nothing is said any more
    };

    void fill_registry() {
        constexpr int in_one_commit = 500;
        for (int first = 0; first < kCertificates; first += in_one_commit) {
            store::transact(db(), "test.certificates", [&](store::Tx& tx) {
                holders_.erase(holders_.begin() + first, holders_.end());  // a second try
                for (int i = first; i < first + in_one_commit; ++i) {
                    add_holder(tx, i);
                }
            });
        }
    }

    void add_holder(store::Tx& tx, int i) {
        const std::string number = std::to_string(10'000'000 + i);
        // Neighbours share a mail box and, two by two, a last day.
        const int ends_on = 1 + int((std::int64_t(i / 2) * 7919) % kEndsWithinDays);
        const Holder holder{CertificateId(tx.new_id()), SubscriberId(tx.new_id()),
                            RequestId(tx.new_id()), ends_on};
        subscribers::add_subscriber(
            tx, {holder.subscriber, "moea", "company", number, "某某股份有限公司", holder.request});
        const int box = i % kMailBoxEvery == 0 ? i : i - i % kMailBoxEvery;
        subscribers::set_contact(
            tx, holder.subscriber, holder.request,
            {"某某股份有限公司", "", "box" + std::to_string(box) + "@example.test", "100",
             "臺北市中正區延平南路85號"});
        subscribers::keep_certificate(
            tx, {holder.certificate, holder.subscriber, holder.request, "R/" + number, "moea",
                 "moea-company", number, "der", at(-300, 12h), at(ends_on, 12h)});
        audit::append(tx, {"certificate.kept", "test", "certificate:" + number, facts_of(number)});
        holders_.push_back(holder);
    }

    static nlohmann::json facts_of(const std::string& serial, const std::string& reason = {}) {
        return {{"serial", serial},
                {"scheme", "moea"},
                {"profile", "moea-company"},
                {"applicant", "company"},
                {"reason", reason}};
    }

    /// Some of those that are about to be told are revoked or replaced before the night.
    void change_some(int day) {
        for (std::size_t i = std::size_t(day); i < holders_.size(); i += 701) {
            Holder& holder = holders_[i];
            if (holder.silent_from <= day) {
                continue;
            }
            holder.silent_from = day;
            clock().set(at(day, 6h));
            store::transact(db(), "test.change", [&](store::Tx& tx) {
                const std::string key = "x/" + std::to_string(holder.certificate.value());
                if (i % 2 == 0) {
                    static_cast<void>(subscribers::keep_change(
                        tx, {holder.certificate, subscribers::CertificateState::Revoked,
                             "superseded", key}));
                    const std::string serial = std::to_string(10'000'000 + i);
                    audit::append(tx, {"certificate.revoked", "test", "certificate:" + serial,
                                       facts_of(serial, "superseded")});
                } else {
                    subscribers::open_application(
                        tx, {holder.subscriber, holder.request, subscribers::ApplicationKind::Rekey,
                             "moea-company", key, holder.certificate, "csr", "word", "subscriber"});
                }
            });
        }
    }

    /// The night's worker, killed where its turn has come, and the one after it.
    void live_through_night(int day) {
        const std::string death = kDeaths[std::size_t(day) % std::size(kDeaths)];
        desk_->move_to(at(day, 7h + 10min));
        const Ran killed = desk_->run({"run", "--until-idle"}, {{"SEALDESK_CRASH", death}});
        EXPECT_TRUE(killed.killed) << "day " << day << " " << death << " " << killed.err;
        deaths_ += killed.killed ? 1 : 0;
        desk_->move_to(at(day, 7h + 30min));
        const Ran ran = desk_->run({"run", "--until-idle"});
        EXPECT_EQ(ran.status, 0) << "day " << day << " " << ran.err << ran.out;
    }

    /// One form of each delivery, from import to the hand-over.
    void work(int day) {
        const auto inbox = folder() / ("day" + std::to_string(day));
        std::filesystem::create_directories(inbox);
        std::vector<NaturalForm> forms;
        for (int i = 0; i < 3; ++i) {
            const std::string which = std::to_string(day) + "x" + std::to_string(i);
            forms.push_back({"D" + which, day * 3 + i, "身分證影本;健保卡影本",
                             i == 0   ? "現場領取"
                             : i == 1 ? "郵寄"
                                      : "電子化",
                             "d" + which + "@example.test"});
        }
        write_natural_forms(inbox, forms);
        desk_->move_to(at(day, 9h + 30min));
        EXPECT_EQ(desk_->run_as("dee", {"import", inbox.string()}).status, 0);
        for (const char* check : {"documents", "identity", "eligibility", "seal"}) {
            EXPECT_EQ(
                desk_
                    ->run_as("ann", with_requests({"request", "check", "--check", check, "--pass"},
                                                  "received"))
                    .status,
                0);
        }
        const Instant decided = desk_->now();
        EXPECT_EQ(
            desk_->run_as("ben", with_requests({"request", "decide", "--approve"}, "examined"))
                .status,
            0);
        EXPECT_EQ(desk_->run({"run", "--until-idle"}).status, 0);
        // Every other time the counter is three hours late, and the post goes the next time.
        const bool is_late = works_ % 2 == 1;
        decided_.push_back(decided);
        if (is_late) {
            desk_->move_to(at(day, 13h));
        }
        for (const Instant waiting : waiting_for_post_) {
            count_post(waiting, desk_->now());
        }
        waiting_for_post_.clear();
        if (is_late) {
            waiting_for_post_.push_back(decided);
        } else {
            count_post(decided, desk_->now());
        }
        ++promised_["counter"].first;
        promised_["counter"].second += is_late ? 1 : 0;
        ++promised_["electronic"].first;
        hand_over(day, !is_late);
        EXPECT_EQ(desk_->run({"run", "--until-idle"}).status, 0);
        ++works_;
    }

    static bool is_off(std::chrono::year_month_day day) {
        const std::string text = to_iso_text(day);
        const std::chrono::weekday weekday{sys_days(day)};
        const bool weekend = weekday == std::chrono::Saturday || weekday == std::chrono::Sunday;
        return (weekend && text != "2027-02-20") ||
               std::ranges::count(
                   std::vector<std::string>{"2027-02-04", "2027-02-05", "2027-02-08", "2027-02-09",
                                            "2027-02-10", "2027-03-01"},
                   text) > 0;
    }

    /// T 5.1.5, counted on the fingers: by half past five of the third working day after.
    void count_post(Instant decided, Instant posted) {
        sys_days day = day_in_taipei(decided);
        for (int left = 3; left > 0;) {
            day += std::chrono::days(1);
            left -= is_off(day) ? 0 : 1;
        }
        ++promised_["post"].first;
        promised_["post"].second += posted > start_of_day_in_taipei(day) + 17h + 30min ? 1 : 0;
    }

    std::vector<std::string> with_requests(std::vector<std::string> command,
                                           const std::string& state) {
        std::vector<std::string> numbers;
        for (const auto& line : desk_->run({"request", "list", "--state", state}).lines()) {
            numbers.push_back(line.at("request"));
        }
        command.insert(command.begin() + 2, numbers.begin(), numbers.end());
        return command;
    }

    void hand_over(int day, bool with_post) {
        for (const auto& batch : desk_->run({"slip", "batches"}).lines()) {
            const std::string number = batch.at("batch");
            if (batch.at("state") == "ready") {
                EXPECT_EQ(desk_->run_as("dee", {"slip", "print", number}).status, 0);
            }
        }
        for (const auto& slip : desk_->run({"slip", "list", "--state", "printed"}).lines()) {
            std::vector<std::string> command{"slip", "ack", slip.at("slip")};
            if (slip.at("delivery") == "post") {
                // What came before goes in any case.
                if (!with_post && slip.at("slip") == newest_post_slip()) {
                    continue;
                }
                command.insert(command.end(), {"--tracking", std::string(slip.at("slip")) + "=RM" +
                                                                 std::to_string(100'000 + day)});
            }
            const Ran acknowledged = desk_->run_as("dee", command);
            EXPECT_EQ(acknowledged.status, 0) << acknowledged.out << acknowledged.err;
        }
    }

    std::string newest_post_slip() {
        return text_of("SELECT number FROM slip WHERE delivery = 'post' ORDER BY id DESC LIMIT 1");
    }

    /// "delivery": how many promises, how many late.
    std::map<std::string, std::pair<int, int>> measured() {
        std::map<std::string, std::pair<int, int>> found;
        for (const char* month : {"116/02", "116/03"}) {
            for (const auto& line : desk_->run({"parcel", "promises", "--month", month}).lines()) {
                auto& sum = found[line.at("delivery")];
                sum.first += line.at("count").get<int>();
                sum.second += line.at("late").get<int>();
            }
        }
        return found;
    }

    void expect_books_close(int day) {
        desk_->move_to(at(day, 18h));
        const Ran report = desk_->run({"report", "day"});
        EXPECT_EQ(report.status, 0) << "day " << day << report.out;
    }

    /// "CERTIFICATE STAGE", by P 4 alone and without the engine.
    std::set<std::string> expected() const {
        std::set<std::string> told;
        for (const Holder& holder : holders_) {
            for (int day = 0; day < kDays; ++day) {
                const int left = holder.ends_on - day;
                if (is_night_off(day) || left < 0 || stage_of(left) == 0) {
                    continue;
                }
                const std::string stage = std::to_string(holder.certificate.value()) + " " +
                                          std::to_string(stage_of(left)) + "d";
                // Decided in the first night in which the stage is looked at.
                if (first_look_.emplace(stage, day).second && day < holder.silent_from) {
                    told.insert(stage);
                }
            }
        }
        return told;
    }

    std::set<std::string> told() {
        std::set<std::string> found;
        for (const store::Row& row : connection().query(
                 "SELECT certificate_id, stage FROM expiry_notice WHERE state = 'mailed'", {})) {
            EXPECT_TRUE(found.insert(std::to_string(row.number(0)) + " " + row.text(1)).second);
        }
        return found;
    }

    SmtpPeer peer_;
    std::vector<Holder> holders_;
    mutable std::map<std::string, int> first_look_;
    std::vector<Instant> waiting_for_post_;                ///< decided, and left behind by the post
    std::map<std::string, std::pair<int, int>> promised_;  ///< by delivery: how many, how many late
    std::vector<Instant> decided_;  ///< each with three forms, of which two send a card by post
    int works_ = 0;
    int deaths_ = 0;
};

TEST_P(MonthOfNights, EachNoticeGoesOutOnceAtItsStageAndTheBooksClose) {
    for (int day = 0; day < kDays; ++day) {
        change_some(day);
        if (!is_night_off(day)) {
            live_through_night(day);
        }
        if (day % 3 == 0 && !is_off(kFirstDay + std::chrono::days(day))) {
            work(day);
        }
        expect_books_close(day);
    }
    const auto wanted = expected();
    const auto found = told();
    EXPECT_GT(wanted.size(), 2000U);
    EXPECT_EQ(found.size(), wanted.size());
    EXPECT_EQ(found, wanted);
    EXPECT_EQ(deaths_, kDays - 2);

    // What reached the mail boxes: every mail, and one copy more at most for each death in doubt.
    const auto mails = count("SELECT COUNT(*) FROM mail_outbox WHERE kind = 'expiry'");
    std::map<std::string, int> copies;
    for (const PeerMail& mail : peer_.mails()) {
        const auto id = mail.bytes.find("Message-ID: ");
        ++copies[mail.bytes.substr(id, mail.bytes.find('\r', id) - id)];
    }
    int doubles = 0;
    for (const auto& [id, number] : copies) {
        EXPECT_LE(number, 2) << id;
        doubles += number - 1;
    }
    EXPECT_LE(doubles, 4 * deaths_);  // a wave of four sessions is in doubt at once
    EXPECT_EQ(std::int64_t(copies.size()),
              count("SELECT COUNT(*) FROM mail_outbox WHERE state = 'sent'"));
    EXPECT_LT(mails, std::int64_t(found.size()));  // some mail boxes got several in one
    EXPECT_EQ(
        count("SELECT COUNT(*) FROM job_run WHERE job = 'expiry-notices' AND state = 'missed'"), 2);
    EXPECT_EQ(count("SELECT COUNT(*) FROM account"), 3 * works_);
    for (const Instant waiting : waiting_for_post_) {
        count_post(waiting, desk_->now());  // still in the house
    }
    for (const Instant decided : decided_) {  // nobody makes cards in this office: all are late
        count_post(decided, desk_->now());
        count_post(decided, desk_->now());
    }
    EXPECT_EQ(measured(), promised_);
    EXPECT_GT(promised_["post"].second, 0);
    EXPECT_LT(promised_["post"].second, promised_["post"].first);
}

SEALDESK_ON_EVERY_BACKEND(MonthOfNights);

}  // namespace
}  // namespace sealdesk::test
