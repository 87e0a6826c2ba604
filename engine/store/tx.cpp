#include "store/tx.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "base/crash.h"

namespace sealdesk::store {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr int kRandomBitsOfKey = 22;
constexpr std::int64_t kKeysOfOneMillisecond = std::int64_t{1} << kRandomBitsOfKey;
constexpr Instant kFirstKeyAt = std::chrono::sys_days(std::chrono::year(2020) / 1 / 1);

// Pauses between tries: half of the step at least, so that two opponents part ways.
constexpr microseconds kConflictPauseFirst = milliseconds(1);
constexpr microseconds kConflictPauseMax = milliseconds(50);
constexpr microseconds kLossPauseFirst = milliseconds(25);
constexpr microseconds kLossPauseMax = milliseconds(1600);

/// Rows of commit_mark are of use while their worker repeats a unit of work: seconds. A day is
/// more than enough.
constexpr std::chrono::hours kMarkKept{24};

constexpr std::string_view kMoveMark = R"(
    UPDATE commit_mark SET unit = ?, marked_us = ? WHERE worker = ?)";

constexpr std::string_view kAddMark = R"(
    INSERT INTO commit_mark (worker, unit, marked_us) VALUES (?, ?, ?))";

constexpr std::string_view kForgetMarks = R"(
    DELETE FROM commit_mark WHERE marked_us < ?)";

// Writing, not reading: waits for a COMMIT that the server is still carrying out.
constexpr std::string_view kTouchMark = R"(
    UPDATE commit_mark SET marked_us = marked_us WHERE worker = ? AND unit = ?)";

std::string_view begin_statement(const Connection& connection) {
    return connection.dialect() == "sqlite" ? "BEGIN IMMEDIATE" : "START TRANSACTION";
}

bool may_lose_commits(const Connection& connection) { return connection.dialect() != "sqlite"; }

/// Ends an open transaction whatever happened. When even that fails the connection is replaced,
/// since the next START TRANSACTION on it would commit what is open.
void roll_back(Connection& connection) noexcept {
    try {
        connection.execute("ROLLBACK", {});
    } catch (const DatabaseFailure& failure) {
        if (failure.trouble() != Trouble::Lost) {
            try {
                connection.reopen();
            } catch (const Failure&) {  // NOLINT(bugprone-empty-catch)
                // The connection is closed now; the next statement says so.
            }
        }
    }
}

/// A pause between half of `step` and `step`.
void pause(Random& random, microseconds step) {
    const auto half = step.count() / 2;
    std::this_thread::sleep_for(microseconds(half + random_number(random) % (half + 1)));
}

bool reopened(Connection& connection) {
    try {
        connection.reopen();
        return true;
    } catch (const Failure& failure) {
        if (failure.error().kind != ErrorKind::Unavailable) {
            throw;
        }
        return false;  // nobody answers yet
    }
}

/// Whether the unit of work whose COMMIT got no answer was committed.
bool was_committed(Connection& connection, std::int64_t worker, std::int64_t unit) {
    const std::vector<Value> which{worker, unit};
    return connection.execute(kTouchMark, which) == 1;  // a transaction of its own
}

}  // namespace

Tx::Tx(Database& database) : database_(database), now_(database.clock().now()) {
    database_.connection().execute(begin_statement(database_.connection()), {});
    open_ = true;
}

Tx::~Tx() {
    if (open_) {
        roll_back(database_.connection());
    }
}

std::int64_t Tx::new_id() {
    const auto since = std::chrono::floor<milliseconds>(now_ - kFirstKeyAt).count();
    SEALDESK_CHECK(since >= 0);
    std::int64_t& last = database_.last_id_;
    const std::int64_t first_of_now = since << kRandomBitsOfKey;
    const bool same_run = last >= first_of_now && last < first_of_now + 2 * kKeysOfOneMillisecond;
    last = same_run ? last + 1 : first_of_now + random_number(random()) % kKeysOfOneMillisecond;
    return std::max<std::int64_t>(last, 1);
}

void Tx::mark_commit() {
    if (database_.worker_ == 0) {
        database_.worker_ = std::max<std::int64_t>(random_number(random()), 1);
    }
    const std::int64_t unit = database_.unit_ + 1;
    if (execute(kMoveMark, unit, now_, database_.worker_) == 0) {
        execute(kForgetMarks, now_ - kMarkKept);
        execute(kAddMark, database_.worker_, unit, now_);
    }
    database_.unit_ = unit;
}

void Tx::commit() {
    SEALDESK_CHECK(open_);
    Connection& connection = database_.connection();
    if (wrote_ && may_lose_commits(connection)) {
        mark_commit();
        database_.in_doubt_ = true;
    }
    connection.execute("COMMIT", {});
    database_.in_doubt_ = false;
    open_ = false;
}

namespace detail {

void commit_named(Tx& tx, std::string_view name) {
    crash_point(std::string(name) + ".before-commit");
    tx.commit();
    crash_point(std::string(name) + ".after-commit");
}

namespace {

/// What has gone wrong with one unit of work so far.
struct Tries {
    int all = 0;
    int duplicates = 0;

    /// Counts the failure; false when it is final.
    bool allow_another(Trouble trouble) {
        ++all;
        if (trouble == Trouble::Duplicate) {
            ++duplicates;
        }
        const bool repeatable =
            trouble == Trouble::Duplicate || trouble == Trouble::Retry || trouble == Trouble::Lost;
        return repeatable && all < kTransactTriesMax && duplicates < kDuplicateTriesMax;
    }

    [[nodiscard]] microseconds step(Trouble trouble) const {
        const bool lost = trouble == Trouble::Lost;
        const auto first = lost ? kLossPauseFirst : kConflictPauseFirst;
        const auto longest = lost ? kLossPauseMax : kConflictPauseMax;
        return std::min(longest, first * (std::int64_t{1} << (all - 1)));
    }
};

}  // namespace

void repeat(Database& database, std::string_view name, const std::function<void()>& attempt) {
    Connection& connection = database.connection();
    Tries tries;
    bool lost = false;
    database.in_doubt_ = false;
    while (true) {
        try {
            if (lost && !reopened(connection)) {
                throw DatabaseFailure(Trouble::Lost,
                                      "The database does not answer (" + std::string(name) + ").");
            }
            lost = false;
            if (database.in_doubt_) {
                if (was_committed(connection, database.worker_, database.unit_)) {
                    database.in_doubt_ = false;
                    return;
                }
                database.in_doubt_ = false;
            }
            attempt();
            return;
        } catch (const DatabaseFailure& failure) {
            const Trouble trouble = failure.trouble();
            lost = lost || trouble == Trouble::Lost;
            if (!tries.allow_another(trouble)) {
                throw;
            }
            database.last_id_ = 0;  // other keys
            pause(database.random(), tries.step(trouble));
        }
    }
}

}  // namespace detail

}  // namespace sealdesk::store
