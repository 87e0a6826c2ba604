#include "seal/specimen_store.h"

#include <gtest/gtest.h>

#include "support/backends.h"
#include "support/failing_connection.h"

namespace sealdesk::seal {
namespace {

const SubscriberId kSubscriber{11};
const std::string kFirstPicture(64, 'a');
const std::string kSecondPicture(64, 'b');

class SpecimenStore : public test::OnEveryBackend {
protected:
    SpecimenId put(const NewSpecimen& specimen) {
        return store::transact(db(), "seal.register",
                               [&](store::Tx& tx) { return register_specimen(tx, specimen); });
    }
    std::optional<Specimen> current(SubscriberId subscriber, Role role) {
        return store::transact(db(), "seal.read", [&](store::Tx& tx) {
            return current_specimen(tx, subscriber, role);
        });
    }
    std::int64_t rows() {
        return connection().query("SELECT COUNT(*) FROM seal_specimen", {}).front().number(0);
    }
};

NewSpecimen specimen_of(const std::string& picture, std::int64_t request,
                        Role role = Role::Applicant) {
    return {kSubscriber, role, picture, RequestId{request}};
}

TEST_P(SpecimenStore, ARegisteredSealIsTheCurrentOne) {
    EXPECT_FALSE(current(kSubscriber, Role::Applicant));
    const SpecimenId id = put(specimen_of(kFirstPicture, 1));
    const std::optional<Specimen> found = current(kSubscriber, Role::Applicant);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, id);
    EXPECT_EQ(found->subscriber, kSubscriber);
    EXPECT_EQ(found->role, Role::Applicant);
    EXPECT_EQ(found->picture_sha, kFirstPicture);
    EXPECT_EQ(found->registered_from, RequestId{1});
    EXPECT_EQ(found->registered_at, clock().now());
}

// T 5.1.2: a company registers its own seal and its responsible person's.
TEST_P(SpecimenStore, ACompanysTwoSealsAreKeptApart) {
    put(specimen_of(kFirstPicture, 1, Role::Applicant));
    put(specimen_of(kSecondPicture, 1, Role::Responsible));
    EXPECT_EQ(current(kSubscriber, Role::Applicant)->picture_sha, kFirstPicture);
    EXPECT_EQ(current(kSubscriber, Role::Responsible)->picture_sha, kSecondPicture);
    EXPECT_FALSE(current(SubscriberId{12}, Role::Applicant));
}

TEST_P(SpecimenStore, ANewSealSupersedesTheOldOneAndKeepsIt) {
    const SpecimenId first = put(specimen_of(kFirstPicture, 1));
    const SpecimenId second = put(specimen_of(kSecondPicture, 2));
    EXPECT_NE(first, second);
    EXPECT_EQ(current(kSubscriber, Role::Applicant)->id, second);
    EXPECT_EQ(rows(), 2);
    put(specimen_of(kFirstPicture, 3));  // and back again
    EXPECT_EQ(current(kSubscriber, Role::Applicant)->picture_sha, kFirstPicture);
    EXPECT_EQ(rows(), 3);
}

TEST_P(SpecimenStore, RegisteringTheSameAgainChangesNothing) {
    const SpecimenId id = put(specimen_of(kFirstPicture, 1));
    EXPECT_EQ(put(specimen_of(kFirstPicture, 1)), id);
    EXPECT_EQ(rows(), 1);
}

TEST_P(SpecimenStore, AFailureAtAnyWriteLeavesTheOldSealCurrent) {
    put(specimen_of(kFirstPicture, 1));
    for (int write = 0;; ++write) {
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            store::transact(broken, "seal.register", [](store::Tx& tx) {
                return register_specimen(tx, specimen_of(kSecondPicture, 2));
            });
        } catch (const Failure&) {
            EXPECT_EQ(current(kSubscriber, Role::Applicant)->picture_sha, kFirstPicture);
            EXPECT_EQ(rows(), 1);
            continue;
        }
        ASSERT_FALSE(failing.has_failed());
        break;
    }
    EXPECT_EQ(current(kSubscriber, Role::Applicant)->picture_sha, kSecondPicture);
}

TEST_P(SpecimenStore, AComparisonIsFoundByAllPartsOfItsKey) {
    const ComparisonKey key{RequestId{5}, Role::Applicant, kFirstPicture, kSecondPicture, "seal-1"};
    const auto find = [&](const ComparisonKey& wanted) {
        return store::transact(db(), "seal.find",
                               [&](store::Tx& tx) { return find_comparison(tx, wanted); });
    };
    const auto save = [&](const std::string& figures) {
        store::transact(db(), "seal.save",
                        [&](store::Tx& tx) { save_comparison(tx, key, figures); });
    };
    EXPECT_FALSE(find(key));
    save(R"({"score":700})");
    ASSERT_TRUE(find(key));
    EXPECT_EQ(find(key)->figures, R"({"score":700})");
    EXPECT_EQ(find(key)->compared_at, clock().now());
    save(R"({"score":1})");  // the first figures stand
    EXPECT_EQ(find(key)->figures, R"({"score":700})");
    ComparisonKey other = key;
    other.algorithm = "seal-2";
    EXPECT_FALSE(find(other));
    other = key;
    other.role = Role::Responsible;
    EXPECT_FALSE(find(other));
    other = key;
    other.request = RequestId{6};
    EXPECT_FALSE(find(other));
}

SEALDESK_ON_EVERY_BACKEND(SpecimenStore);

}  // namespace
}  // namespace sealdesk::seal
