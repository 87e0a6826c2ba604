// Posted goods: each step is recorded with its registered-mail number, nothing is lost (T 3.2.6).
#include "parcels/parcel.h"

#include <gmock/gmock.h>

#include "support/backends.h"
#include "support/failing_connection.h"

namespace sealdesk::parcels {
namespace {

using ::testing::ElementsAre;

class CounterParcels : public test::OnEveryBackend {
protected:
    static NewParcel card(const std::string& key = "R1@1") {
        return {.dedup_key = key,
                .scheme = "s",
                .request = RequestId(11),
                .subscriber = kSubscriber,
                .to = {"台灣好茶股份有限公司", "100", "臺北市中正區延平南路85號"},
                .items = {{"card", "C001"}, {"slip", "S115-000001-2"}}};
    }

    template <class Work>
    auto in_tx(Work&& work) {
        return store::transact(db(), "test.parcel", work);
    }
    std::string ordered(const NewParcel& fresh) {
        return in_tx([&](store::Tx& tx) { return order_parcel(tx, fresh).number; });
    }
    template <class Act>
    std::string step(const Act& act) {
        const Outcome outcome = in_tx([&](store::Tx& tx) -> Outcome { return act(tx); });
        return outcome ? "done" : outcome.error().code;
    }
    std::string posted(const std::string& number, const std::string& tracking) {
        return step([&](store::Tx& tx) { return post(tx, number, tracking, "officer:dee"); });
    }
    std::string returned(const std::string& number) {
        return step(
            [&](store::Tx& tx) { return take_back(tx, number, "查無此址", "officer:dee"); });
    }
    std::string collected(const std::string& number) {
        return step([&](store::Tx& tx) { return collect(tx, number, "officer:dee"); });
    }
    int released(const std::string& request) {
        return in_tx([&](store::Tx& tx) { return release_to(tx, kSubscriber, request).value(); });
    }
    std::vector<std::string> way_of(const std::string& number) {
        return in_tx([&](store::Tx& tx) {
            std::vector<std::string> steps;
            for (const Movement& one : movements_of(tx, find_parcel(tx, number)->id)) {
                steps.push_back(std::string(to_text(one.state)) + " " + one.reference);
            }
            return steps;
        });
    }
    void expect_sums(std::int64_t ordered, std::int64_t settled, std::int64_t open) {
        const auto counts = in_tx([](store::Tx& tx) { return count_parcels(tx); });
        EXPECT_EQ(counts.ordered, ordered);
        EXPECT_EQ(counts.settled, settled);
        EXPECT_EQ(counts.open, open);
    }
    std::int64_t notices() {
        return connection()
            .query("SELECT COUNT(*) FROM job WHERE kind = 'parcel.notice'", {})
            .front()
            .number(0);
    }

    static constexpr SubscriberId kSubscriber{7};
};

// M 4.2.1.2: posted, undeliverable, to the counter with a notice, collected against the form.
TEST_P(CounterParcels, ACardThatCannotBeDeliveredIsCollectedAtTheCounter) {
    const std::string number = ordered(card());
    expect_sums(1, 0, 1);
    EXPECT_EQ(posted(number, "12345678901234"), "done");
    expect_sums(1, 1, 0);
    EXPECT_EQ(returned(number), "done");
    EXPECT_EQ(notices(), 1);
    EXPECT_EQ(collected(number), "parcel.form_needed");
    EXPECT_EQ(released("R115-000009-1"), 1);
    EXPECT_EQ(collected(number), "done");
    expect_sums(1, 1, 0);
    EXPECT_THAT(way_of(number),
                ElementsAre("waiting ", "posted 12345678901234", "at_counter 12345678901234",
                            "released R115-000009-1", "collected "));
}

// T 3.2.6: the record shows under which registered-mail number.
TEST_P(CounterParcels, PostingTakesARegisteredMailNumberThatNoOtherParcelHas) {
    const std::string first = ordered(card("R1@1"));
    const std::string second = ordered(card("R2@1"));

    EXPECT_EQ(posted(first, ""), "parcel.tracking_needed");
    EXPECT_EQ(posted(first, "no number"), "parcel.tracking_needed");
    EXPECT_EQ(posted(first, "RR123456789TW"), "done");
    EXPECT_EQ(posted(second, "RR123456789TW"), "parcel.tracking_used");
    clock().advance(std::chrono::days(400));
    EXPECT_EQ(posted(second, "RR123456789TW"), "done");  // the post gives numbers out again
}

TEST_P(CounterParcels, TheSameStepAgainChangesNothingAndAWrongOneIsRefused) {
    const std::string number = ordered(card());
    EXPECT_EQ(ordered(card()), number);

    EXPECT_EQ(returned(number), "parcel.not_now");
    EXPECT_EQ(collected(number), "parcel.not_now");
    EXPECT_EQ(posted(number, "RR123456789TW"), "done");
    EXPECT_EQ(posted(number, "RR123456789TW"), "done");
    EXPECT_EQ(posted(number, "RR000000001TW"), "parcel.not_now");
    EXPECT_EQ(returned(number), "done");
    EXPECT_EQ(returned(number), "done");
    EXPECT_EQ(way_of(number).size(), 3U);
    EXPECT_EQ(posted("G115-000099-9", "RR123456789TW"), "parcel.unknown");
    EXPECT_EQ(step([&](store::Tx& tx) { return take_back(tx, number, "", "officer:dee"); }),
              "parcel.note_missing");
}

TEST_P(CounterParcels, WhatIsPickedUpLiesAtTheCounterFromTheStart) {
    auto fresh = card();
    fresh.to_counter = true;
    const std::string number = ordered(fresh);

    EXPECT_EQ(notices(), 1);
    EXPECT_EQ(posted(number, "RR123456789TW"), "parcel.not_now");
    EXPECT_EQ(released("R115-000009-1"), 1);
    EXPECT_EQ(released("R115-000010-1"), 0);
    EXPECT_EQ(collected(number), "done");
}

TEST_P(CounterParcels, ALostParcelIsVoidWithItsReason) {
    const std::string number = ordered(card());
    posted(number, "RR123456789TW");

    EXPECT_EQ(
        step([&](store::Tx& tx) { return void_parcel(tx, number, "郵件遺失", "officer:dee"); }),
        "done");
    EXPECT_EQ(returned(number), "parcel.not_now");
    expect_sums(1, 1, 0);
}

TEST_P(CounterParcels, EachWriteOfAReturnMadeToFailLeavesItWhole) {
    const std::string number = ordered(card());
    posted(number, "RR123456789TW");
    for (int write = 0;; ++write) {
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            EXPECT_TRUE(store::transact(broken, "parcel.move", [&](store::Tx& tx) {
                return take_back(tx, number, "查無此址", "officer:dee");
            }));
        } catch (const Failure&) {
            EXPECT_EQ(way_of(number).size(), 2U);
            EXPECT_EQ(notices(), 0);
            continue;
        }
        ASSERT_FALSE(failing.has_failed());
        EXPECT_GT(write, 3);
        break;
    }
    EXPECT_EQ(notices(), 1);
    expect_sums(1, 0, 1);
}

SEALDESK_ON_EVERY_BACKEND(CounterParcels);

}  // namespace
}  // namespace sealdesk::parcels
