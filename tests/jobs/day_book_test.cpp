// The day book: every ledger closed, signed and chained, so that no sum is changed afterwards.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "audit/verify.h"
#include "base/durable_file.h"
#include "jobs/day_closing.h"
#include "jobs/day_page.h"
#include "requests/cash.h"
#include "requests/fees.h"
#include "requests/office_desk.h"
#include "support/command.h"
#include "support/failing_connection.h"

namespace sealdesk::jobs {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using namespace std::chrono_literals;

constexpr std::chrono::year_month_day kFriday = 2026y / 11 / 20;

const crypto::KeyPair& audit_key() {
    static const crypto::KeyPair made = crypto::KeyPair::generate_rsa(2048);
    return made;
}

class DayBooks : public test::OfficeDesk {
protected:
    Result<DayBook> close_on(store::Database& database, std::chrono::year_month_day day) {
        const requests::Office office = office_on(database);
        return close_day(database, {office.schemes, {}, {audit_key(), certificate()}, "system"},
                         day);
    }
    static JobRun ran(RunState state) {
        JobRun run{"crl", RunCause::Plan, start_of_day_in_taipei(kFriday), state, {}, {}, {}, {},
                   ""};
        run.trouble = state == RunState::Failed ? "ca.pkcs11_token_is_not_there" : "";
        return run;
    }
    bool yesterday_is_open() {
        return store::transact(db(), "test.yesterday",
                               [](store::Tx& tx) { return is_yesterday_open(tx); });
    }
    std::string close(std::chrono::year_month_day day) {
        const auto closed = close_on(db(), day);
        return closed ? std::to_string(closed->number) + " differs by " +
                            std::to_string(closed->difference())
                      : closed.error().code;
    }
    DayBook read(std::chrono::year_month_day day) {
        const requests::Office office = office_on(db());
        return store::transact(db(), "test.read", [&](store::Tx& tx) {
            return read_day(tx, day, office.schemes, {});
        });
    }
    std::string verdict() {
        const auto verified = verify_days(db(), {&certificate(), 1});
        return verified.finding ? verified.finding->code + " " + verified.finding->day
                                : std::to_string(verified.sound) + " sound";
    }
    void tamper(const std::string& sql) { connection().execute(sql, {}); }
    static const crypto::Certificate& certificate() {
        static const crypto::Certificate made = [] {
            SystemRandom random;
            const Instant start{std::chrono::sys_days{2026y / 1 / 1}};
            return crypto::make_self_signed(
                audit_key(),
                {"audit", crypto::SelfSignedUse::Signing, start, start + 24h * 365 * 5}, random);
        }();
        return made;
    }
    std::vector<std::string> alarms(const DayBook& book) {
        std::vector<std::string> told;
        for (const Bilingual& one : alarms_of(book)) {
            told.push_back(one.en);
        }
        return told;
    }
    void three_days() {
        approved_registration(registration());
        run_effects();
        EXPECT_EQ(close(kFriday), "1 differs by 0");
        clock().advance(24h);
        EXPECT_EQ(close(2026y / 11 / 21), "2 differs by 0");
        clock().advance(48h);
        receive("registration", registration("B123456780"));
        EXPECT_EQ(close(2026y / 11 / 23), "3 differs by 0");  // nobody was there on Sunday
    }
};

TEST_P(DayBooks, ADayIsClosedOnceWithWhatEveryLedgerHasAndTheLogsEnd) {
    approved_registration(registration());
    run_effects();
    const auto end =
        store::transact(db(), "test.end", [](store::Tx& tx) { return audit::end_of_chain(tx); });
    const auto book = close_on(db(), kFriday);
    ASSERT_TRUE(book) << book.error().code;
    EXPECT_EQ(book->number, 1);
    EXPECT_EQ(book->day, "2026-11-20");
    EXPECT_EQ(book->chain.hash, end.hash);
    EXPECT_EQ(book->counts.accepted, 1);
    std::vector<std::string> names;
    for (const Ledger& one : book->ledgers) {
        names.push_back(one.name);
    }
    for (const char* name : {"submissions", "registry", "requests", "pages", "slips", "cards",
                             "forms", "parcels", "mails", "effects", "publications", "notices",
                             "fees", "refunds", "end_refunds", "cash"}) {
        EXPECT_THAT(names, Contains(name));
    }
    EXPECT_EQ(parse_day_book(to_document(*book))->ledgers.size(), book->ledgers.size());
    EXPECT_EQ(close(kFriday), "day.closed");
    EXPECT_EQ(close(2026y / 11 / 21), "day.not_yet");
    clock().advance(24h);
    EXPECT_EQ(close(2026y / 11 / 21), "2 differs by 0");
    EXPECT_EQ(close(2026y / 11 / 19), "day.later_closed");
    EXPECT_EQ(verdict(), "2 sound");
}

TEST_P(DayBooks, ADayThatDoesNotCloseIsKeptAsSuch) {
    approved_registration(registration());
    run_effects();
    tamper("DELETE FROM slip");        // the last one: only the log knows of it
    tamper("DELETE FROM submission");  // two ledgers: the batch, and the request, had one more
    EXPECT_EQ(close(kFriday), "1 differs by 3");
    const auto stored = store::transact(
        db(), "test.read", [](store::Tx& tx) { return closed_day(tx, kFriday).value(); });
    EXPECT_THAT(alarms(stored), Contains(HasSubstr("Ledger submissions does not close")));
    EXPECT_THAT(alarms(stored), Contains(HasSubstr("Log and records disagree: slips.made")));
    const auto verified = verify_days(db(), {&certificate(), 1});
    EXPECT_EQ(verified.unclosed, 1);
    EXPECT_FALSE(verified.finding);
}

TEST_P(DayBooks, AMailThatIsGoneIsMissedThoughItsLedgerCloses) {
    approved_registration(registration());
    run_effects();
    EXPECT_THAT(read(kFriday).disagreements, IsEmpty());
    tamper("DELETE FROM mail_body");
    tamper("DELETE FROM mail_outbox");
    const auto book = read(kFriday);
    for (const Ledger& one : book.ledgers) {
        EXPECT_EQ(one.difference(), 0) << one.name;
    }
    EXPECT_THAT(alarms(book), Contains(HasSubstr("mails.queued")));
}

TEST_P(DayBooks, AnEffectThatIsLostIsMissedThoughItsLedgerCloses) {
    approved_registration(registration());
    EXPECT_THAT(read(kFriday).disagreements, IsEmpty());
    tamper("DELETE FROM job WHERE kind = 'slip'");
    EXPECT_THAT(alarms(read(kFriday)), ElementsAre(HasSubstr("effects.begun")));
}

TEST_P(DayBooks, WhoeverChangesASumOrTakesADayOutIsFound) {
    three_days();
    EXPECT_EQ(verdict(), "3 sound");
    const auto at_two = [&](const std::string& sql, const std::string& undo) {
        tamper(sql);
        const std::string found = verdict();
        tamper(undo);
        EXPECT_EQ(verdict(), "3 sound");
        return found;
    };
    EXPECT_EQ(at_two("UPDATE day_closing SET difference = 1 WHERE number = 2",
                     "UPDATE day_closing SET difference = 0 WHERE number = 2"),
              "day.altered 2026-11-21");
    EXPECT_EQ(at_two("UPDATE day_closing SET document = REPLACE(document, '\"in\":1', '\"in\":9') "
                     "WHERE number = 2",
                     "UPDATE day_closing SET document = REPLACE(document, '\"in\":9', '\"in\":1') "
                     "WHERE number = 2"),
              "day.altered 2026-11-21");
    EXPECT_EQ(at_two("UPDATE day_closing SET number = 4 WHERE number = 2",
                     "UPDATE day_closing SET number = 2 WHERE number = 4"),
              "day.altered 2026-11-23");
    tamper("DELETE FROM day_closing WHERE number = 3");
    EXPECT_EQ(verdict(), "day.missing 2026-11-23");
}

TEST_P(DayBooks, ALogThatWasWrittenAnewIsNotTheOneThatWasClosedOn) {
    three_days();
    tamper("UPDATE audit_event SET hash = '" + std::string(64, 'a') +
           "' WHERE kind = 'account.opened' OR sequence = (SELECT s FROM (SELECT MAX(sequence) - 1 "
           "AS s FROM audit_event WHERE kind = 'day.closed') x)");
    EXPECT_THAT(verdict(), HasSubstr("day.rewritten"));
}

TEST_P(DayBooks, AClosingIsWholeOrNotThereWhateverWriteFails) {
    approved_registration(registration());
    run_effects();
    int write = 0;
    for (;; ++write) {
        ASSERT_LT(write, 20);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            ASSERT_TRUE(close_on(broken, kFriday));
            ASSERT_FALSE(failing.has_failed());
            break;
        } catch (const Failure&) {
            EXPECT_EQ(rows_in("day_closing"), 0);
            EXPECT_EQ(verdict(), "0 sound");
        }
    }
    EXPECT_GE(write, 4);
    EXPECT_EQ(rows_in("day_closing"), 1);
    EXPECT_EQ(verdict(), "1 sound");
}

TEST_P(DayBooks, TheNightClosesYesterdayOnceAndNoDayBeforeTheDeskWas) {
    EXPECT_FALSE(yesterday_is_open());  // nothing ever happened
    receive("registration", registration());
    EXPECT_FALSE(yesterday_is_open());  // the desk is of today
    clock().advance(24h);
    EXPECT_TRUE(yesterday_is_open());
    EXPECT_EQ(close(kFriday), "1 differs by 0");
    EXPECT_FALSE(yesterday_is_open());
    clock().advance(24h * 3);
    EXPECT_TRUE(yesterday_is_open());
}

TEST_P(DayBooks, CashThatNobodyCountedIsAnAlarmAndAListThatWasChangedADifference) {
    const requests::Office office = office_on(db());
    ASSERT_TRUE(requests::sell(office, {tipo_scheme().id, "document_copy", 3}, "dee"));
    EXPECT_THAT(alarms(read(kFriday)), Contains(HasSubstr("Nobody has counted")));
    ASSERT_TRUE(requests::close_cash_day(office, kFriday, {3000, 0, 0, ""}, "dee"));
    EXPECT_THAT(alarms(read(kFriday)), Contains(HasSubstr("signed the cash day off")));
    ASSERT_TRUE(requests::sign_cash_day(office, kFriday, "ann", key_of("ann")));
    EXPECT_THAT(alarms(read(kFriday)), IsEmpty());
    tamper("UPDATE cash_day SET taken_twd = 2000");
    EXPECT_THAT(alarms(read(kFriday)), Contains(HasSubstr("Ledger cash does not close: difference "
                                                          "1000")));
}

TEST_P(DayBooks, ThePageIsOneSheetWithAlarmsOnTopAndALineToSignOn) {
    approved_registration(registration());
    run_effects();
    const auto text = [&](const DayBook& book, const std::vector<JobRun>& jobs) {
        write_file_durably(folder() / "day.pdf", day_page({book, jobs, clock().now()}),
                           FileAccess::Owner);
        const std::string file = (folder() / "day.pdf").string();
        EXPECT_THAT(test::run_command("pdfinfo " + file).output,
                    AllOf(HasSubstr("Pages:           1\n"), HasSubstr("A4")));
        EXPECT_EQ(test::run_command("qpdf --check " + file + " > /dev/null 2>&1").status, 0);
        return test::run_command("pdftotext -layout " + file + " -").output;
    };
    const std::string good = text(*close_on(db(), kFriday), {ran(RunState::Done)});
    EXPECT_THAT(good, AllOf(HasSubstr("各帳皆平"), HasSubstr("主管簽章"), HasSubstr("日結第 1 號"),
                            HasSubstr("crl"), HasSubstr("申請案 requests")));
    EXPECT_THAT(text(read(kFriday), {ran(RunState::Failed), ran(RunState::Missed)}),
                AllOf(HasSubstr("注意 工作失敗或未執行：crl"), Not(HasSubstr("各帳皆平"))));
    tamper("DELETE FROM submission");
    const std::string bad = text(read(kFriday), {});
    EXPECT_THAT(bad, AllOf(HasSubstr("注意 帳目不平：submissions"), HasSubstr("尚未日結"),
                           Not(HasSubstr("各帳皆平"))));
    EXPECT_LT(bad.find("注意"), bad.find("各帳 Ledgers"));
    DayBook worst = read(kFriday);
    for (int i = 0; i < 40; ++i) {
        worst.ledgers.front().in = 7;
        worst.disagreements.push_back({{"requests.received", "a-scheme", "a-form", "", ""}, 1, i});
        worst.crls.push_back({"an-authority", 0, false});
    }
    worst.crls.resize(6);
    text(worst, std::vector<JobRun>(30, ran(RunState::Failed)));
}

SEALDESK_ON_EVERY_BACKEND(DayBooks);

}  // namespace
}  // namespace sealdesk::jobs
