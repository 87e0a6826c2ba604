#include "intake/intake_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "support/backends.h"
#include "support/failing_connection.h"

namespace sealdesk::intake {
namespace {

using ::testing::ElementsAre;

class IntakeStore : public test::OnEveryBackend {
protected:
    BatchId batch(store::Database& database, const std::string& sha = "aa") {
        return store::transact(database, "test.batch", [&](store::Tx& tx) {
            return find_or_start_batch(tx,
                                       {"day.csv", sha, "tipo", "registration", "5.1", "utf-8"});
        });
    }
    BatchId batch(const std::string& sha = "aa") { return batch(db(), sha); }

    template <class Fn>
    auto in_tx(Fn fn) {
        return store::transact(db(), "test.read", fn);
    }

    /// A submission that keeps every constraint.
    static NewSubmission submission(store::Tx& tx, BatchId batch, std::int64_t row,
                                    FateKind fate = FateKind::Accepted) {
        NewSubmission one{SubmissionId{tx.new_id()},
                          batch,
                          row,
                          "C" + std::to_string(row),
                          row_key("content " + std::to_string(row), 1, 1),
                          fate,
                          std::nullopt,
                          {},
                          {},
                          "[]",
                          "{}",
                          {}};
        if (fate == FateKind::Accepted) {
            one.request = RequestId{row};
            one.request_number = "R-" + std::to_string(row);
            one.scans.push_back({"seal_scan", "a.png", sha256_hex("a"), {}});
        }
        if (fate == FateKind::Duplicate) {
            one.duplicate_of = "R-1";
        }
        if (fate == FateKind::Refused) {
            one.reasons = reasons_to_json({{"id.shape", "T 1", "id_number", {"證", "id"}}});
        }
        return one;
    }

    static void save_rows(store::Database& database, BatchId id, std::int64_t count) {
        store::transact(database, "test.save", [&](store::Tx& tx) {
            std::vector<NewSubmission> rows;
            for (std::int64_t row = 1; row <= count; ++row) {
                rows.push_back(submission(tx, id, row));
            }
            save_submissions(tx, rows);
            return 0;
        });
    }
};

TEST_P(IntakeStore, TheSameFileIsTheSameBatch) {
    const BatchId first = batch();

    EXPECT_EQ(batch(), first);
    EXPECT_NE(batch("bb"), first);
    const auto found = in_tx([&](store::Tx& tx) { return find_batch(tx, first); });
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->file.file_name, "day.csv");
    EXPECT_EQ(found->file.encoding, "utf-8");
    EXPECT_FALSE(found->finished_at.has_value());
}

TEST_P(IntakeStore, ABatchEndsOnceAndListsInOrder) {
    const BatchId first = batch();
    const BatchId second = batch("bb");
    in_tx([&](store::Tx& tx) {
        finish_batch(tx, first);
        return 0;
    });
    const auto ended = in_tx([&](store::Tx& tx) { return find_batch(tx, first)->finished_at; });
    clock().advance(std::chrono::hours{1});
    in_tx([&](store::Tx& tx) {
        finish_batch(tx, first);
        return 0;
    });

    EXPECT_EQ(in_tx([&](store::Tx& tx) { return find_batch(tx, first)->finished_at; }), ended);
    const auto all = in_tx([&](store::Tx& tx) { return list_batches(tx, std::nullopt, 10); });
    const auto rest = in_tx([&](store::Tx& tx) { return list_batches(tx, first, 10); });
    ASSERT_EQ(all.size(), 2U);
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest.front().id, second);
}

TEST_P(IntakeStore, FatesAreFoundAgainByTheirKeys) {
    const BatchId id = batch();
    in_tx([&](store::Tx& tx) {
        const std::vector<NewSubmission> rows{submission(tx, id, 1),
                                              submission(tx, id, 2, FateKind::Refused),
                                              submission(tx, id, 3, FateKind::Duplicate)};
        save_submissions(tx, rows);
        return 0;
    });
    std::vector<std::string> keys;
    for (int row = 1; row <= 1200; ++row) {
        keys.push_back(row_key("content " + std::to_string(row), 1, 1));
    }

    const auto known = in_tx([&](store::Tx& tx) { return find_submissions_by_key(tx, keys); });

    ASSERT_EQ(known.size(), 3U);
    EXPECT_EQ(known.at(keys[0]).fate, FateKind::Accepted);
    EXPECT_EQ(known.at(keys[0]).request_number, "R-1");
    EXPECT_EQ(known.at(keys[0]).batch, id);
    EXPECT_EQ(known.at(keys[1]).fate, FateKind::Refused);
    EXPECT_EQ(known.at(keys[1]).row_number, 2);
    ASSERT_EQ(known.at(keys[1]).reasons.size(), 1U);
    EXPECT_EQ(known.at(keys[1]).reasons.front().message.zh, "證");
    EXPECT_EQ(known.at(keys[2]).duplicate_of, "R-1");
}

TEST_P(IntakeStore, TheBatchCountsItsRowsByFate) {
    const BatchId id = batch();
    in_tx([&](store::Tx& tx) {
        const std::vector<NewSubmission> rows{
            submission(tx, id, 1), submission(tx, id, 2, FateKind::Refused),
            submission(tx, id, 3, FateKind::Refused), submission(tx, id, 4, FateKind::Duplicate)};
        save_submissions(tx, rows);
        save_submissions(tx, {});
        return 0;
    });

    const auto found = in_tx([&](store::Tx& tx) { return find_batch(tx, id); });
    EXPECT_THAT((std::vector{found->accepted, found->refused, found->duplicate}),
                ElementsAre(1, 2, 1));
    const Instant now = clock().now();
    const auto counts = in_tx(
        [&](store::Tx& tx) { return count_submissions(tx, now, now + std::chrono::seconds{1}); });
    EXPECT_THAT((std::vector{counts.accepted, counts.refused, counts.duplicate}),
                ElementsAre(1, 2, 1));
    const auto before = in_tx([&](store::Tx& tx) { return count_submissions(tx, Instant{}, now); });
    EXPECT_EQ(before.accepted + before.refused + before.duplicate, 0);
}

TEST_P(IntakeStore, OneRowIsFiledOnce) {
    const BatchId id = batch();
    save_rows(db(), id, 3);

    EXPECT_THROW(save_rows(db(), id, 3), Failure);

    const auto found = in_tx([&](store::Tx& tx) { return find_batch(tx, id); });
    EXPECT_EQ(found->accepted, 3);
}

TEST_P(IntakeStore, AFailedWriteLeavesNothingHalfFiled) {
    const BatchId id = batch();
    for (int write = 0;; ++write) {
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            save_rows(broken, id, 700);
        } catch (const Failure&) {
            const auto found = in_tx([&](store::Tx& tx) { return find_batch(tx, id); });
            ASSERT_EQ(found->accepted, 0) << write;
            const auto counts = in_tx([&](store::Tx& tx) {
                return count_submissions(tx, Instant{}, clock().now() + std::chrono::hours{1});
            });
            ASSERT_EQ(counts.accepted, 0) << write;
            continue;
        }
        ASSERT_FALSE(failing.has_failed());
        ASSERT_GT(write, 4);
        break;
    }
    EXPECT_EQ(in_tx([&](store::Tx& tx) { return find_batch(tx, id); })->accepted, 700);
}

TEST_P(IntakeStore, AChunkThatMeetsAConflictIsFiledWhole) {
    const BatchId id = batch();
    test::FailingConnection failing(connection(), 2, store::Trouble::Retry);
    store::Database unlucky(failing, clock(), random());

    save_rows(unlucky, id, 20);

    EXPECT_TRUE(failing.has_failed());
    EXPECT_EQ(in_tx([&](store::Tx& tx) { return find_batch(tx, id); })->accepted, 20);
}

SEALDESK_ON_EVERY_BACKEND(IntakeStore);

}  // namespace
}  // namespace sealdesk::intake
