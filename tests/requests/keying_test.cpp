// Double keying: blind, by another person, compared as the form's rules read it, settled by a
// third.
#include "requests/keying.h"

#include <gmock/gmock.h>

#include "requests/keying_store.h"
#include "requests/office_desk.h"
#include "requests/sheet.h"
#include "support/failing_connection.h"

namespace sealdesk::requests {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DoubleKeying : public test::OfficeDesk {
protected:
    void SetUp() override {
        OfficeDesk::SetUp();
        definition("registration").double_keyed = {"id_number", "birth_date"};
        number_ = receive("registration", registration()).request;  // keyed by dee
    }

    Result<std::vector<std::string>> key(const Keyed& keyed, const std::string& by) {
        return key_on(db(), keyed, by);
    }
    Result<std::vector<std::string>> key_on(store::Database& database, const Keyed& keyed,
                                            const std::string& by) {
        return key_again(office_on(database), number_, keyed, by);
    }
    std::string settle(const std::string& field, Settlement with, const std::string& by,
                       const std::string& own = "") {
        const auto state = settle_keying(office_on(db()), number_, field, with, own, by);
        return state ? std::string(to_text(*state)) : state.error().code;
    }
    std::vector<std::string> states() {
        const RequestId id = load(number_).id;
        return store::transact(db(), "test.keyings", [&](store::Tx& tx) {
            std::vector<std::string> found;
            for (const Keying& one : keyings_of(tx, id)) {
                found.push_back(one.field + " " + std::string(to_text(one.state)));
            }
            return found;
        });
    }

    const Keyed right_{{"id_number", "Ａ１２３４５６７８９"}, {"birth_date", "民國80年1月2日"}};
    const Keyed other_{{"id_number", "B123456780"}, {"birth_date", "80/01/02"}};
    std::string number_;
};

TEST_P(DoubleKeying, NothingIsDecidedBeforeTheSecondKeying) {
    EXPECT_EQ(decide(number_, Verdict::Return, "ann"), "keying.open");
    EXPECT_EQ(examine_all(number_), "examined");
    EXPECT_EQ(decide(number_, Verdict::Approve, "ben"), "keying.open");
    EXPECT_EQ(decide(number_, Verdict::Reject, "ben"), "keying.open");
    EXPECT_EQ(decide(number_, Verdict::Withdraw, "ben"), "withdrawn");  // the applicant's own
}

TEST_P(DoubleKeying, TheSameAsTheRulesReadItIsDone) {
    const auto differing = key(right_, "cai");

    ASSERT_TRUE(differing) << differing.error().code;
    EXPECT_THAT(*differing, IsEmpty());
    EXPECT_THAT(states(), ElementsAre("id_number same", "birth_date same"));
    examine_all(number_);
    EXPECT_EQ(decide(number_, Verdict::Approve, "cai"), "request.same_officer");  // M 5.2.3
    EXPECT_EQ(decide(number_, Verdict::Approve, "ben"), "approved");
}

TEST_P(DoubleKeying, AnotherPersonKeysAllFieldsThatWaitAndNoOther) {
    EXPECT_EQ(key(right_, "dee").error().code, "keying.same_person");
    EXPECT_EQ(key({{"id_number", "A123456789"}}, "cai").error().code, "keying.fields");
    EXPECT_EQ(key({{"id_number", "A123456789"}, {"contact_name", "x"}}, "cai").error().code,
              "keying.fields");
    EXPECT_EQ(key({{"id_number", "A123456780"}, {"birth_date", "80/01/02"}}, "cai").error().code,
              "keying.invalid");
    EXPECT_THAT(states(), ElementsAre("id_number open", "birth_date open"));
    ASSERT_TRUE(key(right_, "cai"));
    EXPECT_EQ(key(right_, "cai").error().code, "keying.none");
}

TEST_P(DoubleKeying, ADifferenceIsSettledByAThirdPerson) {
    const auto differing = key(other_, "cai");

    ASSERT_TRUE(differing);
    EXPECT_THAT(*differing, ElementsAre("id_number"));
    examine_all(number_);
    EXPECT_EQ(decide(number_, Verdict::Approve, "ben"), "keying.differs");
    for (const char* keyer : {"dee", "cai"}) {
        EXPECT_EQ(settle("id_number", Settlement::First, keyer), "keying.third_person");
        EXPECT_EQ(look_at_difference(office_on(db()), number_, "id_number", keyer).error().code,
                  "keying.third_person");
    }
    EXPECT_EQ(settle("birth_date", Settlement::First, "ann"), "keying.none");
    const auto seen = look_at_difference(office_on(db()), number_, "id_number", "ann");
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->first + " " + seen->second, "A123456789 B123456780");

    EXPECT_EQ(settle("id_number", Settlement::First, "ann"), "examined");
    EXPECT_THAT(states(), ElementsAre("id_number settled", "birth_date same"));
    EXPECT_EQ(decide(number_, Verdict::Approve, "ben"), "approved");
}

TEST_P(DoubleKeying, TakingTheSecondGoesThroughEveryRuleAndOpensTheChecks) {
    ASSERT_TRUE(key(other_, "cai"));
    examine_all(number_);

    EXPECT_EQ(settle("id_number", Settlement::Second, "ann"), "received");

    EXPECT_EQ(load(number_).id_number, "B123456780");
    EXPECT_THAT(states(), ElementsAre("id_number settled", "birth_date same"));
    auto form = registration();  // the number that was wrong is free again
    form["record_number"] = "T-2";
    EXPECT_EQ(receive("registration", form).kind, intake::FateKind::Accepted);
}

TEST_P(DoubleKeying, ANumberThatAnotherRequestHasIsNotTaken) {
    auto form = registration("B123456780");
    form["birth_date"] = "79/01/01";
    ASSERT_EQ(receive("registration", form).kind, intake::FateKind::Accepted);
    ASSERT_TRUE(key(other_, "cai"));

    EXPECT_EQ(settle("id_number", Settlement::Second, "ann"), "edit.invalid");
    EXPECT_EQ(settle("id_number", Settlement::Own, "ann", "A123456780"), "edit.invalid");
    EXPECT_THAT(states(), ElementsAre("id_number differs", "birth_date same"));
    EXPECT_EQ(settle("id_number", Settlement::Own, "ann", "A123456789"), "received");
}

TEST_P(DoubleKeying, AnEditedFieldIsKeyedTwiceAgain) {
    ASSERT_TRUE(key(right_, "cai"));
    const Request before = load(number_);
    std::string payload = before.payload;
    payload.replace(payload.find("1991-01-02"), 10, "1991-01-03");
    ASSERT_TRUE(amend(office_on(db()), number_,
                      {payload, "[]", before.applicant_name, before.applicant_kind, {}, "ann"}));

    EXPECT_THAT(states(), ElementsAre("id_number same", "birth_date open"));
    EXPECT_EQ(key({{"birth_date", "80/01/03"}}, "ann").error().code, "keying.same_person");
    EXPECT_TRUE(key({{"birth_date", "80/01/03"}}, "dee"));
}

// M 2.8.1: the second keying is kept only while it differs.
TEST_P(DoubleKeying, NoSecondValueOutlivesItsDifference) {
    ASSERT_TRUE(key(other_, "cai"));
    const auto values = [&] {
        return connection()
            .query("SELECT COUNT(*) FROM request_keying WHERE second_value IS NOT NULL", {})
            .front()
            .number(0);
    };
    EXPECT_EQ(values(), 1);
    settle("id_number", Settlement::First, "ann");
    EXPECT_EQ(values(), 0);
    EXPECT_EQ(connection()
                  .query("SELECT COUNT(*) FROM audit_event WHERE detail LIKE '%B123456780%'", {})
                  .front()
                  .number(0),
              0);
}

TEST_P(DoubleKeying, WhatWaitsIsShownToNobody) {
    const auto sheet = request_sheet(office_on(db()), number_);
    ASSERT_TRUE(sheet);
    EXPECT_THAT(*sheet, ::testing::Not(::testing::HasSubstr("1991-01-02")));
    EXPECT_THAT(*sheet, ::testing::HasSubstr(std::string(kCovered)));
    ASSERT_TRUE(key(right_, "cai"));
    EXPECT_THAT(*request_sheet(office_on(db()), number_), ::testing::HasSubstr("1991-01-02"));
}

TEST_P(DoubleKeying, AFormThatDoesNotAskForItIsAsBefore) {
    definition("registration").double_keyed.clear();
    const auto fate = receive("registration", registration("B123456780"));
    EXPECT_EQ(rows_in("request_keying"), 2);  // those of the other form
    EXPECT_EQ(examine_all(fate.request), "examined");
    EXPECT_EQ(decide(fate.request, Verdict::Approve, "ben"), "approved");
}

TEST_P(DoubleKeying, KeyingAndSettlingAreAllOrNothingWhateverWriteFails) {
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 40);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            ASSERT_TRUE(key_on(broken, other_, "cai"));
        } catch (const Failure&) {
            ASSERT_THAT(states(), ElementsAre("id_number open", "birth_date open"));
            continue;
        }
        EXPECT_GT(write, 4);
        break;
    }
    const std::int64_t version = load(number_).version;
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 60);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            ASSERT_TRUE(settle_keying(office_on(broken), number_, "id_number", Settlement::Second,
                                      "", "ann"));
        } catch (const Failure&) {
            ASSERT_THAT(states(), ElementsAre("id_number differs", "birth_date same"));
            ASSERT_EQ(load(number_).version, version);
            continue;
        }
        EXPECT_GT(write, 6);
        break;
    }
    EXPECT_EQ(load(number_).id_number, "B123456780");
    EXPECT_THAT(states(), ElementsAre("id_number settled", "birth_date same"));
}

SEALDESK_ON_EVERY_BACKEND(DoubleKeying);

}  // namespace
}  // namespace sealdesk::requests
