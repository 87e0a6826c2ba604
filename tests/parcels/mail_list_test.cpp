// Registered-mail numbers and the lists that give them out.
#include "parcels/mail_list.h"

#include <gmock/gmock.h>

#include "support/backends.h"
#include "support/failing_connection.h"

namespace sealdesk::parcels {
namespace {

using ::testing::ElementsAre;

class MailLists : public test::OnEveryBackend {
protected:
    template <class Work>
    auto in_tx(Work&& work) {
        return store::transact(db(), "test.list", work);
    }
    std::string receive(const std::string& first, const std::string& last,
                        const std::optional<NumberSeries>& series = {}) {
        const Outcome received = in_tx([&](store::Tx& tx) -> Outcome {
            return receive_mail_numbers(tx, {first, last, series}, "officer:dee");
        });
        return received ? "done" : received.error().code;
    }
    static std::vector<MailLine> lines(const std::vector<std::string>& items) {
        std::vector<MailLine> made;
        for (const std::string& item : items) {
            made.push_back({item.front() == 'S' ? MailKind::Slip : MailKind::Parcel,
                            item,
                            {"王小明", "100", "臺北市中正區延平南路85號"}});
        }
        return made;
    }
    Result<MailList> close(const std::vector<std::string>& items) { return close_on(db(), items); }
    static Result<MailList> close_on(store::Database& database,
                                     const std::vector<std::string>& items) {
        return store::transact(database, "test.list", [&](store::Tx& tx) {
            return close_mail_list(tx, lines(items), "officer:dee");
        });
    }
    std::vector<std::string> numbers_on(const MailList& list) {
        std::vector<std::string> numbers;
        for (const MailLine& line : in_tx([&](store::Tx& tx) { return lines_of(tx, list.id); })) {
            numbers.push_back(line.item + " " + line.tracking + (line.left_out ? " out" : ""));
        }
        return numbers;
    }
    std::int64_t left() {
        std::int64_t sum = 0;
        for (const RollState& roll : in_tx([](store::Tx& tx) { return list_mail_numbers(tx); })) {
            sum += roll.left;
        }
        return sum;
    }
};
SEALDESK_ON_EVERY_BACKEND(MailLists);

TEST_P(MailLists, EachItemTakesTheNextNumberOverTheEndOfARoll) {
    ASSERT_EQ(receive("123401", "123402"), "done");
    ASSERT_EQ(receive("200001", "200100"), "done");

    const auto first = close({"G1", "S1", "G2"});
    const auto second = close({"S2"});

    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->number.substr(0, 12), "M115-000001-");
    EXPECT_EQ(first->day, "2026-11-20");
    EXPECT_THAT(numbers_on(*first), ElementsAre("G1 123401", "S1 123402", "G2 200001"));
    EXPECT_THAT(numbers_on(*second), ElementsAre("S2 200002"));
    EXPECT_EQ(left(), 98);
    EXPECT_TRUE(in_tx([](store::Tx& tx) { return is_on_list(tx, MailKind::Slip, "S1"); }));
    EXPECT_FALSE(in_tx([](store::Tx& tx) { return is_on_list(tx, MailKind::Parcel, "S1"); }));
    EXPECT_EQ(in_tx([](store::Tx& tx) { return list_mail_lists(tx, "2026-11-20"); }).size(), 2U);
    EXPECT_EQ(in_tx([](store::Tx& tx) { return list_mail_lists(tx, "2026-11-21"); }).size(), 0U);
}

TEST_P(MailLists, TheRollsNumbersAreChecked) {
    const auto series = NumberSeries::parse("RB########*TW", NumberSeries::Check::S10);
    EXPECT_EQ(receive("RB473124829TW", "RB473124999TW", series), "post.bad_numbers");
    EXPECT_EQ(receive("RB473124829TW", series->number(47'312'491), series), "done");
    EXPECT_EQ(receive(series->number(47'312'490), series->number(47'312'500), series),
              "post.numbers_overlap");
    EXPECT_EQ(receive("123402", "123401"), "post.bad_numbers");
    EXPECT_EQ(receive("12", "14"), "post.bad_numbers");  // too short for the post
    const auto list = close({"G1"});
    ASSERT_TRUE(list);
    EXPECT_THAT(numbers_on(*list), ElementsAre("G1 RB473124829TW"));
}

TEST_P(MailLists, ShortRollsAndEmptyListsCloseNothing) {
    EXPECT_EQ(close({"G1"}).error().code, "post.numbers_short");
    ASSERT_EQ(receive("123401", "123401"), "done");
    EXPECT_EQ(close({}).error().code, "post.nothing_waits");
    EXPECT_EQ(close({"G1", "G2"}).error().code, "post.numbers_short");
    EXPECT_EQ(left(), 1);  // nothing was taken
}

TEST_P(MailLists, APostedListStaysAsItIsAndWhatWasLeftOutComesAgain) {
    ASSERT_EQ(receive("123401", "123410"), "done");
    const auto list = close({"G1", "G2"});
    ASSERT_TRUE(list);
    const auto post = [&] {
        const Outcome posted = in_tx([&](store::Tx& tx) -> Outcome {
            return mark_list_posted(tx, *list, {"G2"}, "officer:dee");
        });
        return posted ? "done" : posted.error().code;
    };

    EXPECT_EQ(post(), "done");
    EXPECT_EQ(post(), "post.list_posted");

    EXPECT_THAT(numbers_on(*list), ElementsAre("G1 123401", "G2 123402 out"));
    const auto next = close({"G2"});
    ASSERT_TRUE(next);
    EXPECT_THAT(numbers_on(*next), ElementsAre("G2 123403"));
    EXPECT_EQ(in_tx([](store::Tx& tx) { return find_mail_list(tx, "M115-000009-9"); }).error().code,
              "post.list_unknown");
}

TEST_P(MailLists, WhicheverWriteFailsNoNumberIsLost) {
    ASSERT_EQ(receive("123401", "123410"), "done");
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 60);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            ASSERT_TRUE(close_on(broken, {"G1", "S1"}));
        } catch (const Failure&) {
            ASSERT_EQ(left(), 10) << "write " << write;
            continue;
        }
        EXPECT_GE(write, 6);
        break;
    }
    EXPECT_EQ(left(), 8);
}

}  // namespace
}  // namespace sealdesk::parcels
