// M 4.4.5 (4), (5): certificates that nobody accepts in 18 months are put on hold, each once.
#include "jobs/unaccepted.h"

#include <gmock/gmock.h>

#include "requests/registry_desk.h"
#include "subscribers/acceptance.h"
#include "subscribers/certificate.h"
#include "subscribers/subscriber.h"
#include "support/failing_connection.h"

namespace sealdesk::jobs {
namespace {

using subscribers::HoldSource;
using ::testing::ElementsAre;
using namespace std::chrono_literals;

TEST(AcceptanceTime, RunsToTheSameDayEighteenMonthsLater) {
    const auto on = [](std::chrono::year_month_day today) {
        return to_iso_text(day_in_taipei(issued_too_long_ago(today, 18)));
    };
    EXPECT_EQ(on(2026y / 11 / 20), "2025-05-20");
    EXPECT_EQ(on(2027y / 2 / 28), "2025-08-28");
    EXPECT_EQ(on(2027y / 3 / 1), "2025-09-01");   // issued on 31 August: until the last of February
    EXPECT_EQ(on(2026y / 8 / 29), "2025-03-01");  // issued on 28 February: until 28 August
}

class UnacceptedEffects : public test::RegistryDesk {
protected:
    static constexpr const char* kTea = "04595257";
    static constexpr const char* kPress = "22099131";

    void SetUp() override {
        RegistryDesk::SetUp();
        subscriber(kTea, "台灣好茶股份有限公司", "0a01");
    }

    std::int64_t sweep_on(store::Database& database) {
        const requests::Office office = office_on(database);
        const effects::Works works = works_of(office);
        return hold_unaccepted(works);
    }
    std::int64_t sweep() { return sweep_on(db()); }

    std::int64_t due() {
        const requests::Office office = office_on(db());
        const effects::Works works = works_of(office);
        return store::transact(db(), "test.due",
                               [&](store::Tx& tx) { return unaccepted_due(tx, works); });
    }

    void accept(const std::string& ubn) {
        store::transact(db(), "test.accept", [&](store::Tx& tx) {
            const auto found = subscribers::find_subscriber(tx, kScheme, ubn);
            static_cast<void>(subscribers::accept_certificate(
                tx, subscribers::certificates_of(tx, found->id).front().id, "subscriber"));
        });
    }
};

// M 4.4.5 (4)
TEST_P(UnacceptedEffects, ACertificateIsHeldWhenItsTimeHasRunOutAndItsSubscriberTold) {
    clock().advance(24h * 546);  // 20 November 2026 + 18 months = 20 May 2028
    EXPECT_EQ(sweep(), 0);
    EXPECT_EQ(due(), 0);
    clock().advance(24h * 2);
    EXPECT_EQ(due(), 1);
    EXPECT_EQ(sweep(), 1);
    EXPECT_EQ(due(), 0);
    run_all();

    EXPECT_EQ(certificate_of(kTea), "held by automatic");
    EXPECT_THAT(ca_.asked, ElementsAre("hold 0a01"));
    EXPECT_EQ(sweep(), 0);
    EXPECT_EQ(connection()
                  .query("SELECT COUNT(*) FROM mail_outbox WHERE kind = 'notice'", {})
                  .front()
                  .number(0),
              1);
}

TEST_P(UnacceptedEffects, AnAcceptedOneIsLeftAlone) {
    accept(kTea);
    clock().advance(24h * 600);

    EXPECT_EQ(due(), 0);
    EXPECT_EQ(sweep(), 0);
    EXPECT_EQ(certificate_of(kTea), "issued");
}

// M 4.4.9: what a form has released is not held again the next night.
TEST_P(UnacceptedEffects, OneThatAFormHasReleasedIsNotHeldAgain) {
    clock().advance(24h * 548);
    EXPECT_EQ(sweep(), 1);
    store::transact(db(), "test.release", [&](store::Tx& tx) {
        const auto found = subscribers::find_subscriber(tx, kScheme, kTea);
        static_cast<void>(
            subscribers::close_hold(tx, subscribers::certificates_of(tx, found->id).front().id,
                                    HoldSource::Automatic, "request:R1"));
    });
    clock().advance(24h);

    EXPECT_EQ(sweep(), 0);
}

// The cost grows with what is due: each certificate is read once in its life.
TEST_P(UnacceptedEffects, EachCertificateIsLookedAtOnce) {
    clock().advance(24h * 548);
    EXPECT_EQ(sweep(), 1);
    subscriber(kPress, "晨星印刷有限公司", "0b02");
    EXPECT_EQ(sweep(), 0);

    EXPECT_EQ(rows_in("acceptance_sweep"), 1);
    clock().advance(24h * 330);
    EXPECT_EQ(sweep(), 0);  // not due
}

TEST_P(UnacceptedEffects, EachWriteMadeToFailLosesNothing) {
    clock().advance(24h * 548);
    int write = 0;
    for (;; ++write) {
        ASSERT_LT(write, 60);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            sweep_on(broken);
        } catch (const Failure&) {
            EXPECT_EQ(rows_in("certificate_hold"), rows_in("acceptance_sweep")) << write;
            continue;
        }
        ASSERT_FALSE(failing.has_failed());
        break;
    }
    EXPECT_GT(write, 3);
    run_all();
    EXPECT_EQ(certificate_of(kTea), "held by automatic");
}

SEALDESK_ON_EVERY_BACKEND(UnacceptedEffects);

}  // namespace
}  // namespace sealdesk::jobs
