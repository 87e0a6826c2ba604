// T 4.4.2, P 4: subscribers are told that their certificates end, each stage once.
#include "jobs/expiry_notices.h"

#include <gmock/gmock.h>

#include "requests/registry_desk.h"
#include "subscribers/application.h"
#include "subscribers/certificate.h"
#include "subscribers/expiry_notice.h"
#include "subscribers/subscriber.h"
#include "support/failing_connection.h"

namespace sealdesk::jobs {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ExpiryStages, CountDaysByTheCalendarOfTaipei) {
    const auto reaches = [](scheme::ExpiryStage stage, std::chrono::year_month_day today) {
        // The last day that is in the stage.
        return to_iso_text(day_in_taipei(stage_reaches(stage, today) - 1us));
    };
    EXPECT_EQ(reaches({0, 45}, 2026y / 11 / 20), "2027-01-04");
    EXPECT_EQ(reaches({0, 1}, 2026y / 11 / 20), "2026-11-21");
    // T 4.4.2: as renewal opens, T 4.4.1
    EXPECT_EQ(reaches({1, 0}, 2026y / 11 / 20), "2026-12-20");
    EXPECT_EQ(reaches({1, 0}, 2027y / 2 / 28), "2027-03-31");
    EXPECT_EQ(reaches({1, 0}, 2027y / 2 / 27), "2027-03-27");
    EXPECT_EQ(reaches({1, 0}, 2027y / 1 / 31), "2027-02-28");
}

class ExpiryNotices : public test::RegistryDesk {
protected:
    static constexpr const char* kTea = "04595257";
    static constexpr const char* kPress = "22099131";

    void SetUp() override {
        RegistryDesk::SetUp();
        subscriber(kTea, "台灣好茶股份有限公司", "0a01");
    }

    /// A further certificate of the subscriber that ends at noon of the day so many days from now.
    subscribers::Certificate ending(const std::string& ubn, const std::string& serial, int days) {
        return store::transact(db(), "test.ending", [&](store::Tx& tx) {
            const auto holder = subscribers::find_subscriber(tx, kScheme, ubn);
            subscribers::Certificate one = subscribers::certificates_of(tx, holder->id).front();
            one.id = CertificateId(tx.new_id());
            one.order_key = "R/" + serial;
            one.serial = serial;
            one.profile = profile_;
            one.not_before = tx.now() - 24h;
            one.not_after = start_of_day_in_taipei(sys_days(day_in_taipei(tx.now())) +
                                                   std::chrono::days(days)) +
                            12h;
            subscribers::keep_certificate(tx, one);
            return one;
        });
    }

    std::int64_t told_on(store::Database& database) {
        const requests::Office office = office_on(database);
        const effects::Works works = works_of(office);
        return send_expiry_notices(works, [] { return true; }).done;
    }
    std::int64_t tell() { return told_on(db()); }

    /// "45d mailed", "30d skipped replaced" …
    std::vector<std::string> stages_of(const subscribers::Certificate& one) {
        return store::transact(db(), "test.stages", [&](store::Tx& tx) {
            std::vector<std::string> found;
            for (const auto& standing : subscribers::expiry_standings(tx, one.id)) {
                found.push_back(standing.stage + " " + standing.state +
                                (standing.reason.empty() ? "" : " " + standing.reason));
            }
            return found;
        });
    }
    std::int64_t mails() {
        return connection()
            .query("SELECT COUNT(*) FROM mail_outbox WHERE kind = 'expiry'", {})
            .front()
            .number(0);
    }
    void next_day(int days = 1) { clock().advance(24h * days); }

    std::string profile_ = "moea-company";
};

// P 4: 到期前1.5個月 … 30天、15天或1天 … 共計發送4次
TEST_P(ExpiryNotices, FourInAllEachOnItsDay) {
    const auto one = ending(kTea, "0b01", 50);
    std::vector<int> days;
    for (int day = 0; day <= 51; ++day) {
        if (tell() == 1) {
            days.push_back(50 - day);
        }
        EXPECT_EQ(tell(), 0) << day;  // the same night again
        next_day();
    }
    EXPECT_THAT(days, ElementsAre(45, 30, 15, 1));
    EXPECT_THAT(stages_of(one), ElementsAre("45d mailed", "30d mailed", "15d mailed", "1d mailed"));
    EXPECT_EQ(mails(), 4);
}

// P 4
TEST_P(ExpiryNotices, AfterMissedNightsOnlyThePresentStageIsTold) {
    const auto one = ending(kTea, "0b01", 50);
    EXPECT_EQ(tell(), 0);
    next_day(7);  // 43 days left: late, still its stage
    EXPECT_EQ(tell(), 1);
    next_day(30);  // 13 left: the stage of 30 went by
    EXPECT_EQ(tell(), 1);
    EXPECT_THAT(stages_of(one), ElementsAre("45d mailed", "15d mailed"));
}

TEST_P(ExpiryNotices, NobodyIsToldOfWhatHasEnded) {
    ending(kTea, "0b01", 10);
    next_day(11);
    EXPECT_EQ(tell(), 0);
    EXPECT_EQ(rows_in("expiry_notice"), 0);
}

TEST_P(ExpiryNotices, ARevokedOneIsLeftOut) {
    const auto one = ending(kTea, "0b01", 45);
    store::transact(db(), "test.revoke", [&](store::Tx& tx) {
        static_cast<void>(subscribers::keep_change(
            tx, {one.id, subscribers::CertificateState::Revoked, "superseded", "x"}));
    });
    EXPECT_EQ(tell(), 0);
    EXPECT_THAT(stages_of(one), ElementsAre("45d skipped revoked"));
}

// P 4: only those who have not applied for another one
TEST_P(ExpiryNotices, WhoHasAppliedForAnotherOneIsNotTold) {
    const auto one = ending(kTea, "0b01", 45);
    store::transact(db(), "test.apply", [&](store::Tx& tx) {
        subscribers::open_application(
            tx, {one.subscriber, one.request, subscribers::ApplicationKind::Rekey, one.profile,
                 "rekey/1", one.id, "csr", "word", "subscriber"});
    });
    EXPECT_EQ(tell(), 0);
    EXPECT_THAT(stages_of(one), ElementsAre("45d skipped replaced"));
    store::transact(db(), "test.refuse", [&](store::Tx& tx) {
        subscribers::refuse_application(tx, "rekey/1", "ca.key_used");
    });
    next_day(15);  // it came to nothing
    EXPECT_EQ(tell(), 1);
}

TEST_P(ExpiryNotices, NobodyIsToldOfAKindThatNobodyRenews) {
    profile_ = "moea-formation";
    const auto one = ending(kTea, "0b01", 15);
    EXPECT_EQ(tell(), 0);
    EXPECT_THAT(stages_of(one), ElementsAre("15d skipped profile"));
}

TEST_P(ExpiryNotices, WhatGoesToOneMailBoxIsOneMailWithACalendarEntry) {
    subscriber(kPress, "晨星印刷有限公司", "0a02");
    store::transact(db(), "test.contact", [&](store::Tx& tx) {
        const auto press = subscribers::find_subscriber(tx, kScheme, kPress);
        const auto tea = subscribers::find_subscriber(tx, kScheme, kTea);
        auto contact = subscribers::current_contact(tx, tea->id);
        contact.name = "會計師";
        contact.email = "04595257@EXAMPLE.test";
        subscribers::set_contact(tx, press->id, RequestId(tx.new_id()), contact);
    });
    ending(kTea, "0b01", 45);
    ending(kTea, "0b02", 45);
    ending(kPress, "0b03", 45);
    EXPECT_EQ(tell(), 3);
    EXPECT_EQ(mails(), 1);
    const std::string body = connection()
                                 .query(
                                     "SELECT b.bytes FROM mail_body b JOIN mail_outbox m ON "
                                     "m.id = b.mail_id WHERE m.kind = 'expiry'",
                                     {})
                                 .front()
                                 .bytes(0);
    EXPECT_THAT(body, HasSubstr("text/calendar"));
}

TEST_P(ExpiryNotices, AMailBoxThatChangedSinceIsAsked) {
    subscriber(kPress, "晨星印刷有限公司", "0a02");
    const auto one = ending(kTea, "0b01", 45);
    const auto two = ending(kPress, "0b02", 45);
    EXPECT_EQ(tell(), 2);
    EXPECT_EQ(mails(), 2);
    EXPECT_THAT(stages_of(one), ElementsAre("45d mailed"));
    EXPECT_THAT(stages_of(two), ElementsAre("45d mailed"));
}

TEST_P(ExpiryNotices, WithoutAMailAddressNothingIsSentWhereTheSchemeWritesNoLetters) {
    store::transact(db(), "test.contact", [&](store::Tx& tx) {
        const auto tea = subscribers::find_subscriber(tx, kScheme, kTea);
        auto contact = subscribers::current_contact(tx, tea->id);
        contact.email.clear();
        subscribers::set_contact(tx, tea->id, RequestId(tx.new_id()), contact);
    });
    const auto one = ending(kTea, "0b01", 45);
    EXPECT_EQ(tell(), 0);
    EXPECT_THAT(stages_of(one), ElementsAre("45d skipped no_address"));
}

// T 4.4.2
TEST_P(ExpiryNotices, TwoWorkersTellOnce) {
    for (int i = 0; i < 30; ++i) {
        ending(kTea, "0c" + std::to_string(10 + i), 45);
    }
    const auto other = another_connection();
    store::Database second(*other, clock(), random());
    EXPECT_EQ(tell() + told_on(second), 30);
    EXPECT_EQ(mails(), 1);
    EXPECT_EQ(rows_in("expiry_notice"), 30);
}

TEST_P(ExpiryNotices, EachWriteMadeToFailTellsOnceAllTheSame) {
    const auto one = ending(kTea, "0b01", 45);
    const auto two = ending(kTea, "0b02", 45);
    int write = 0;
    for (;; ++write) {
        ASSERT_LT(write, 60);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            told_on(broken);
        } catch (const Failure&) {
            continue;
        }
        break;
    }
    EXPECT_GT(write, 3);
    EXPECT_EQ(mails(), 1);
    EXPECT_THAT(stages_of(one), ElementsAre("45d mailed"));
    EXPECT_THAT(stages_of(two), ElementsAre("45d mailed"));
}

TEST_P(ExpiryNotices, ThePreviewSaysWhatTheRunDoes) {
    ending(kTea, "0b01", 45);
    ending(kTea, "0b02", 44);
    ending(kTea, "0b03", 15);
    const auto outlook = [&] {
        const requests::Office office = office_on(db());
        const effects::Works works = works_of(office);
        return store::transact(db(), "test.outlook", [&](store::Tx& tx) {
            std::vector<std::string> found;
            for (const ExpiryOutlook& one : expiry_outlook(tx, works)) {
                if (one.certificates > 0) {
                    found.push_back(one.stage + " " + std::to_string(one.certificates) + " to " +
                                    std::to_string(one.readers));
                }
            }
            return found;
        });
    };
    EXPECT_THAT(outlook(), ElementsAre("45d 2 to 1", "15d 1 to 1"));
    EXPECT_EQ(tell(), 3);
    EXPECT_THAT(outlook(), IsEmpty());
}

SEALDESK_ON_EVERY_BACKEND(ExpiryNotices);

}  // namespace
}  // namespace sealdesk::jobs
