// T 5.1.5: what was promised, and what was kept.
#include "effects/promises.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "effects/printed_desk.h"
#include "support/calendar_file.h"

namespace sealdesk::effects {
namespace {

using namespace std::chrono_literals;
using scheme::Deadline;
using ::testing::ElementsAre;

const Deadline kThreeDays{Deadline::Unit::WorkingDays, 3, "T 5.1.5"};
const Deadline kOneHour{Deadline::Unit::Hours, 1, "T 5.1.5"};

/// Monday 23 November off, Saturday 28 November made up for it.
Calendar calendar() {
    Calendar made;
    made.add(read_calendar_year(test::calendar_csv(2026, {"20261123"}, {"20261128"}), "t").value());
    return made;
}

Instant at(int day, std::chrono::minutes time) {
    return start_of_day_in_taipei(2026y / 11 / std::chrono::day(unsigned(day))) + time;
}

bool kept(const Deadline& deadline, Instant decided, Instant out,
          const scheme::Scheme& scheme = {}) {
    return measure_promise(calendar(), scheme, deadline, decided, out).is_kept(out);
}

// T 5.1.5: post and e-delivery within three working days.
TEST(Promises, WorkingDaysKnowHolidaysAndMakeUpSaturdays) {
    // Decided on Friday the 20th; Monday is off: Tuesday, Wednesday, Thursday.
    EXPECT_TRUE(kept(kThreeDays, at(20, 10h), at(26, 17h + 30min)));
    EXPECT_FALSE(kept(kThreeDays, at(20, 10h), at(26, 17h + 31min)));
    // Decided on Thursday the 26th: Friday, the made-up Saturday, Monday.
    EXPECT_TRUE(kept(kThreeDays, at(26, 10h), at(30, 17h)));
    EXPECT_FALSE(kept(kThreeDays, at(26, 10h), at(30, 18h)));
    // Decided on a Sunday: counted from Tuesday on.
    EXPECT_TRUE(kept(kThreeDays, at(22, 10h), at(26, 17h)));
}

// T 5.1.5: pick-up takes about an hour.
TEST(Promises, AnHourRunsWhileTheCounterIsOpen) {
    EXPECT_TRUE(kept(kOneHour, at(20, 10h), at(20, 11h)));
    EXPECT_FALSE(kept(kOneHour, at(20, 10h), at(20, 11h + 1min)));
    scheme::Scheme scheme;
    scheme.office_hours = OfficeHours{9h, 17h};
    // Half an hour on Friday, half an hour on Tuesday: Monday is off.
    EXPECT_TRUE(kept(kOneHour, at(20, 16h + 30min), at(24, 9h + 30min), scheme));
    EXPECT_FALSE(kept(kOneHour, at(20, 16h + 30min), at(24, 9h + 31min), scheme));
}

TEST(Promises, WhatIsStillInTheHouseIsLateOnceItsTimeIsOver) {
    const Promise open = measure_promise(calendar(), {}, kOneHour, at(20, 10h), std::nullopt);
    EXPECT_TRUE(open.is_kept(at(20, 11h)));
    EXPECT_FALSE(open.is_kept(at(20, 11h + 1min)));
}

TEST(Promises, FiguresAreByWayOfDelivery) {
    std::vector<Promise> promises;
    for (int minutes = 1; minutes <= 20; ++minutes) {
        Promise one = measure_promise(calendar(), {}, kOneHour, at(20, 10h),
                                      at(20, 10h + std::chrono::minutes(minutes * 5)));
        one.delivery = "counter";
        promises.push_back(one);
    }
    Promise open = measure_promise(calendar(), {}, kThreeDays, at(20, 10h), std::nullopt);
    open.delivery = "post";
    promises.push_back(open);

    const auto figures = figures_of(promises, at(20, 18h));

    ASSERT_EQ(figures.size(), 2U);
    EXPECT_EQ(figures[0].delivery, "counter");
    EXPECT_EQ(figures[0].count, 20);
    EXPECT_EQ(figures[0].out, 20);
    EXPECT_EQ(figures[0].kept, 12);
    EXPECT_EQ(figures[0].late, 8);
    EXPECT_EQ(figures[0].median, 50min);
    EXPECT_EQ(figures[0].percentile_95, 95min);
    EXPECT_EQ(figures[1].delivery, "post");
    EXPECT_EQ(figures[1].count, 1);
    EXPECT_EQ(figures[1].out, 0);
    EXPECT_EQ(figures[1].late, 0);
    EXPECT_TRUE(figures_of({}, at(20, 18h)).empty());
}

class PromisesOfTheOffice : public PrintedDesk {
protected:
    std::vector<Promise> november() {
        return promises_between(office(), start_of_day_in_taipei(2026y / 11 / 1),
                                start_of_day_in_taipei(2026y / 12 / 1));
    }
};
SEALDESK_ON_EVERY_BACKEND(PromisesOfTheOffice);

// T 5.1.5
TEST_P(PromisesOfTheOffice, AreMeasuredFromTheRecordedTimes) {
    printed_batch({"現場領取", "郵寄"});  // decided on Friday at 09:15
    const auto slips = slip_list();
    clock().set(at(20, 10h + 30min));
    ASSERT_TRUE(store::transact(db(), "test.ack", [&](store::Tx& tx) {
        return slips::acknowledge_slip(tx, slips[0].number, "", "officer:2");
    }));

    auto promises = november();

    ASSERT_EQ(promises.size(), 2U);
    EXPECT_EQ(promises[0].item, slips[0].number);
    EXPECT_EQ(promises[0].delivery, "counter");
    EXPECT_EQ(promises[0].out_at, at(20, 10h + 30min));
    EXPECT_FALSE(promises[0].is_kept(at(20, 10h + 30min)));
    EXPECT_EQ(promises[1].delivery, "post");
    EXPECT_FALSE(promises[1].out_at);
    // What becomes of it later does not touch when it left the house.
    clock().set(at(24, 9h));
    ASSERT_TRUE(store::transact(db(), "test.void", [&](store::Tx& tx) {
        return slips::void_slip(tx, {slips[0].id, "lost", "officer:2"});
    }));
    EXPECT_EQ(november()[0].out_at, at(20, 10h + 30min));
    EXPECT_TRUE(promises_between(office(), start_of_day_in_taipei(2026y / 12 / 1),
                                 start_of_day_in_taipei(2027y / 1 / 1))
                    .empty());
}

TEST_P(PromisesOfTheOffice, AVoidSlipThatNeverLeftIsNoPromiseOfItsOwn) {
    const std::string batch = printed_batch({"現場領取"});
    const SlipId lost = slip_list()[0].id;
    ASSERT_TRUE(store::transact(db(), "test.void", [&](store::Tx& tx) {
        return slips::void_slip(tx, {lost, "lost", "officer:2"});
    }));
    EXPECT_TRUE(november().empty());
}

}  // namespace
}  // namespace sealdesk::effects
