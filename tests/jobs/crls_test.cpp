// M 2.6.2, M 4.4.10: a CRL a day, published within one working day, by the night's jobs.
#include "jobs/crls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ca/demo_desk.h"

namespace sealdesk::jobs {
namespace {

using namespace std::chrono_literals;

class CrlJobs : public ca::WithCa {
protected:
    void SetUp() override {
        WithCa::SetUp();
        clock().set(start_of_day_in_taipei(2026y / 11 / 26) + 9h);  // a Thursday
    }

    CrlSource source() {
        return {"tipo", ca().id(), ca::test_profiles().publication,
                [this]() -> Result<ca::LocalCa*> {
                    ++opened_;
                    return &ca();
                }};
    }
    /// "issued", "not due", or the error's code.
    std::string run() {
        const auto issued = issue_crl_if_due(db(), source());
        return !issued ? issued.error().code : *issued ? "issued" : "not due";
    }
    CrlStanding standing() {
        const std::vector<CrlPlace> places{{"tipo", ca().id(), folder() / "crl", calendar_}};
        return store::transact(db(), "test.standing",
                               [&](store::Tx& tx) { return crl_standings(tx, places); })
            .at(0);
    }

    int opened_ = 0;
    Calendar calendar_;
};

TEST_P(CrlJobs, TheKeyIsOpenedOnlyWhenACrlIsDue) {  // M 2.6.2, M 4.4.10
    EXPECT_EQ(run(), "issued");
    EXPECT_EQ(run(), "not due");
    clock().advance(2h);
    EXPECT_EQ(run(), "not due");
    EXPECT_EQ(opened_, 1);
    clock().advance(24h);
    EXPECT_EQ(run(), "issued");
    EXPECT_EQ(opened_, 2);
}

TEST_P(CrlJobs, TheStandingSaysWhetherAWorkingDayHasPassed) {
    EXPECT_FALSE(standing().crl);
    EXPECT_FALSE(standing().in_time);
    ASSERT_EQ(run(), "issued");
    clock().advance(90min);
    CrlStanding now = standing();
    ASSERT_TRUE(now.crl);
    EXPECT_EQ(now.crl->number, 1);
    EXPECT_EQ(now.age, 90min);
    EXPECT_TRUE(now.published);
    EXPECT_TRUE(now.in_time);

    clock().set(start_of_day_in_taipei(2026y / 11 / 27) + 17h);  // Friday, before closing time
    EXPECT_TRUE(standing().in_time);
    clock().set(start_of_day_in_taipei(2026y / 11 / 28) + 9h);
    EXPECT_FALSE(standing().in_time);
    ASSERT_EQ(run(), "issued");
    clock().set(start_of_day_in_taipei(2026y / 11 / 30) + 17h);  // Monday: the weekend counts not
    EXPECT_TRUE(standing().in_time);
}

TEST_P(CrlJobs, WhatIsNotPublishedIsNotInTime) {
    ASSERT_EQ(run(), "issued");
    std::filesystem::remove(folder() / "crl" / "complete.crl");
    EXPECT_TRUE(standing().crl);
    EXPECT_FALSE(standing().published);
    EXPECT_FALSE(standing().in_time);
}

SEALDESK_ON_EVERY_BACKEND(CrlJobs);

}  // namespace
}  // namespace sealdesk::jobs
