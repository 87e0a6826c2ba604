#include <algorithm>
#include <map>
#include <set>

#include "base/process_name.h"
#include "base/random.h"
#include "base/text.h"
#include "queue/queue.h"
#include "store/bulk.h"

namespace sealdesk::queue {

namespace {

using store::Tx;
using store::Value;

constexpr std::string_view kJobsBegun = R"sql(
    SELECT COUNT(*)
    FROM job
    WHERE subject = ? AND job_key = ? AND created_us = ?
)sql";

constexpr std::string_view kOpenJobsAbout = R"sql(
    SELECT COUNT(*) FROM job WHERE subject = ? AND state <> 'done'
)sql";

constexpr std::string_view kFindJob = R"(
    SELECT id FROM job WHERE kind = ? AND job_key = ?)";

constexpr std::string_view kFindJobKeys = R"(
    SELECT job_key FROM job WHERE kind = ? AND job_key IN )";

constexpr std::string_view kInsertJobs = R"(
    INSERT INTO job (id, kind, job_key, subject, state, due_us, token, attempt, failures,
                     created_us)
    VALUES)";
constexpr std::size_t kInsertJobColumns = 10;

// Completed at run time: [AND kind IN (…)] ORDER BY …
constexpr std::string_view kFindDueJobs = R"(
    SELECT id FROM job WHERE state = ? AND due_us <= ?)";

// The conditions are those of the search: whoever claims first moves due_us into the future.
constexpr std::string_view kClaimJobs = R"(
    UPDATE job SET state = 'leased', token = ?, due_us = ?, owner = ?, attempt = attempt + 1
    WHERE state IN ('ready', 'leased') AND due_us <= ? AND attempt < ? AND id IN )";

constexpr std::string_view kFindLeaseOwners = R"(
    SELECT DISTINCT owner FROM job WHERE state = 'leased' AND owner IS NOT NULL)";

constexpr std::string_view kFreeLeasesOf = R"(
    UPDATE job SET due_us = ? WHERE state = 'leased' AND owner = ? AND due_us > ?)";

constexpr std::string_view kFailKillers = R"(
    UPDATE job SET state = 'failed', due_us = ?, last_code = 'job.worker_died',
                   last_detail = 'The worker died each time it did this job.'
    WHERE state = 'leased' AND due_us <= ? AND attempt >= ? AND id IN )";

constexpr std::string_view kReadClaimedJobs = R"(
    SELECT id, kind, job_key, subject, attempt FROM job WHERE token = ? AND id IN )";

constexpr std::string_view kCompleteJob = R"(
    UPDATE job SET state = 'done', due_us = ? WHERE id = ? AND token = ? AND state = 'leased')";

constexpr std::string_view kFailJob = R"(
    UPDATE job SET state = 'failed', due_us = ?, last_code = ?, last_detail = ?
    WHERE id = ? AND token = ? AND state = 'leased')";

constexpr std::string_view kReadFailures = R"(
    SELECT failures FROM job WHERE id = ? AND token = ? AND state = 'leased')";

constexpr std::string_view kDeferJob = R"(
    UPDATE job SET state = 'ready', due_us = ?, failures = failures + 1, attempt = 0,
                   last_code = ?, last_detail = ?
    WHERE id = ? AND token = ? AND state = 'leased')";

constexpr std::string_view kSnoozeJob = R"(
    UPDATE job SET state = 'ready', due_us = ?, attempt = 0, failures = 0
    WHERE id = ? AND token = ? AND state = 'leased')";

constexpr std::string_view kReleaseJob = R"(
    UPDATE job SET state = 'ready', due_us = ?, attempt = attempt - 1
    WHERE id = ? AND token = ? AND state = 'leased')";

constexpr std::string_view kRenewJob = R"(
    UPDATE job SET due_us = ? WHERE id = ? AND token = ? AND state = 'leased')";

constexpr std::string_view kFindHeldJobs = R"(
    SELECT id FROM job WHERE token = ? AND state = 'leased' AND id IN )";

constexpr std::string_view kRetryJobs = R"(
    UPDATE job SET state = 'ready', due_us = ?, attempt = 0, failures = 0
    WHERE state = 'failed' AND (? = '' OR kind = ?) AND (? = '' OR job_key = ?))";

constexpr std::string_view kCountJobs = R"(
    SELECT kind, state, COUNT(*) FROM job GROUP BY kind, state ORDER BY kind, state)";

constexpr std::string_view kListFailedJobs = R"(
    SELECT id, kind, job_key, subject, last_code, last_detail, due_us FROM job
    WHERE state = 'failed' AND id > ? ORDER BY id LIMIT ?)";

constexpr std::string_view kFindNextDue = R"(
    SELECT due_us FROM job WHERE state = ?)";

constexpr std::size_t kEnqueueChunk = 500;  // keys looked up by one statement
constexpr int kClaimCountMax = 500;
constexpr std::size_t kJobDetailMax = 500;  // characters; the column's size

/// On MySQL a worker looks at this many times the jobs it wants and takes a block of them at
/// random, so that workers seldom meet (measured: 12 to 27 % lost without it on a cluster).
/// SQLite lets one worker in at a time: there the oldest are taken.
constexpr int kCandidatesPerJob = 8;

Outcome lease_lost() {
    return Error{ErrorKind::Conflict,
                 "job.lease_lost",
                 "Another worker has taken the job over; its result counts.",
                 {},
                 {}};
}

Outcome ended(std::int64_t matched) { return matched == 1 ? done() : lease_lost(); }

std::string sentence_for_column(const std::string& detail) {
    if (!is_utf8(detail)) {
        return {};
    }
    const auto characters = to_code_points(detail);
    return characters.size() <= kJobDetailMax
               ? detail
               : to_utf8(std::u32string_view(characters).substr(0, kJobDetailMax));
}

/// " AND kind IN (?, …)", or nothing for every kind.
std::string of_kinds(std::span<const std::string> kinds) {
    return kinds.empty() ? std::string() : " AND kind IN " + store::placeholders(kinds.size());
}

std::vector<std::int64_t> find_due(Tx& tx, std::string_view state,
                                   std::span<const std::string> kinds, int limit) {
    std::vector<Value> args{Tx::to_value(state), Tx::to_value(tx.now())};
    for (const auto& kind : kinds) {
        args.push_back(Tx::to_value(kind));
    }
    args.push_back(Tx::to_value(limit));
    const std::string sql =
        std::string(kFindDueJobs).append(of_kinds(kinds)).append(" ORDER BY due_us LIMIT ?");
    std::vector<std::int64_t> ids;
    for (const auto& row : tx.query_list(sql, args)) {
        ids.push_back(row.number(0));
    }
    return ids;
}

/// "… IN (?, …)" with the ids behind the given arguments.
struct WithIds {
    std::string sql;
    std::vector<Value> args;
};

WithIds with_ids(std::string_view sql, std::vector<Value> args, std::span<const std::int64_t> ids) {
    for (const auto id : ids) {
        args.emplace_back(id);
    }
    return {std::string(sql) + store::placeholders(ids.size()), std::move(args)};
}

/// Leases of workers that certainly died (on this host) end now instead of in minutes.
void free_leases_of_the_dead(Tx& tx) {
    for (const auto& row : tx.query(kFindLeaseOwners)) {
        if (is_certainly_dead(row.text(0))) {
            tx.execute(kFreeLeasesOf, tx.now(), row.text(0), tx.now());
        }
    }
}

void fail_killers(Tx& tx, std::span<const std::int64_t> expired) {
    const auto statement = with_ids(
        kFailKillers, {Tx::to_value(tx.now()), Tx::to_value(tx.now()), Tx::to_value(kClaimsMax)},
        expired);
    tx.execute_list(statement.sql, statement.args);
}

/// A block of neighbours at a random place.
std::span<const std::int64_t> random_block(Random& random, std::span<const std::int64_t> all,
                                           std::size_t count) {
    if (all.size() <= count) {
        return all;
    }
    const auto places = static_cast<std::int64_t>(all.size() - count + 1);
    return all.subspan(static_cast<std::size_t>(random_number(random) % places), count);
}

std::vector<Job> take(Tx& tx, std::span<const std::int64_t> ids, std::chrono::seconds lease) {
    const std::int64_t token = std::max<std::int64_t>(random_number(tx.random()), 1);
    const auto claim_statement =
        with_ids(kClaimJobs,
                 {Tx::to_value(token), Tx::to_value(tx.now() + lease), Tx::to_value(this_process()),
                  Tx::to_value(tx.now()), Tx::to_value(kClaimsMax)},
                 ids);
    if (tx.execute_list(claim_statement.sql, claim_statement.args) == 0) {
        return {};
    }
    const auto read_statement = with_ids(kReadClaimedJobs, {Tx::to_value(token)}, ids);
    std::map<std::int64_t, Job> taken;
    for (const auto& row : tx.query_list(read_statement.sql, read_statement.args)) {
        taken.emplace(row.number(0), Job{JobId(row.number(0)), row.text(1), row.text(2),
                                         row.number(3), token, static_cast<int>(row.number(4))});
    }
    std::vector<Job> jobs;  // in the order in which they are due
    for (const auto id : ids) {
        if (const auto found = taken.find(id); found != taken.end()) {
            jobs.push_back(std::move(found->second));
        }
    }
    return jobs;
}

std::vector<Value> row_of(Tx& tx, const NewJob& job) {
    return {Tx::to_value(tx.new_id()), Tx::to_value(job.kind), Tx::to_value(job.key),
            Tx::to_value(job.subject), Tx::to_value("ready"),  Tx::to_value(job.run_at),
            Tx::to_value(0),           Tx::to_value(0),        Tx::to_value(0),
            Tx::to_value(tx.now())};
}

/// Those keys of one kind that have a job already.
std::set<std::string> known_keys(Tx& tx, const std::string& kind,
                                 std::span<const std::string> keys) {
    std::set<std::string> known;
    while (!keys.empty()) {
        const auto chunk = keys.first(std::min(keys.size(), kEnqueueChunk));
        std::vector<Value> args{Tx::to_value(kind)};
        for (const auto& key : chunk) {
            args.push_back(Tx::to_value(key));
        }
        const std::string sql = std::string(kFindJobKeys) + store::placeholders(chunk.size());
        for (const auto& row : tx.query_list(sql, args)) {
            known.insert(row.text(0));
        }
        keys = keys.subspan(chunk.size());
    }
    return known;
}

}  // namespace

void enqueue(Tx& tx, std::string_view kind, std::string_view key, std::int64_t subject,
             Instant run_at) {
    SEALDESK_CHECK(!kind.empty() && !key.empty());
    if (!tx.query(kFindJob, kind, key).empty()) {
        return;
    }
    const auto row = row_of(tx, NewJob{std::string(kind), std::string(key), subject, run_at});
    store::insert_rows(tx, kInsertJobs, kInsertJobColumns, row);
}

void enqueue_all(Tx& tx, std::span<const NewJob> jobs) {
    std::map<std::string, std::vector<std::string>> keys_by_kind;
    for (const NewJob& job : jobs) {
        SEALDESK_CHECK(!job.kind.empty() && !job.key.empty());
        keys_by_kind[job.kind].push_back(job.key);
    }
    std::map<std::string, std::set<std::string>> known;
    for (const auto& [kind, keys] : keys_by_kind) {
        known[kind] = known_keys(tx, kind, keys);
    }
    std::vector<Value> rows;
    for (const NewJob& job : jobs) {
        if (known[job.kind].insert(job.key).second) {
            auto row = row_of(tx, job);
            rows.insert(rows.end(), std::make_move_iterator(row.begin()),
                        std::make_move_iterator(row.end()));
        }
    }
    store::insert_rows(tx, kInsertJobs, kInsertJobColumns, rows);
}

std::vector<Job> claim(store::Database& database, const ClaimOptions& options) {
    SEALDESK_CHECK(options.count >= 1 && options.count <= kClaimCountMax);
    const bool alone = database.connection().dialect() == "sqlite";
    const int limit = options.count * (alone ? 1 : kCandidatesPerJob);
    return store::transact(database, "queue.claim", [&](Tx& tx) -> std::vector<Job> {
        const auto ready = find_due(tx, "ready", options.kinds, limit);
        if (ready.empty()) {
            free_leases_of_the_dead(tx);
        }
        auto ids = find_due(tx, "leased", options.kinds, options.count);
        if (!ids.empty()) {
            fail_killers(tx, ids);
        }
        ids.insert(ids.end(), ready.begin(), ready.end());
        const auto count = static_cast<std::size_t>(options.count);
        const auto block =
            alone ? std::span<const std::int64_t>(ids).first(std::min(ids.size(), count))
                  : random_block(tx.random(), ids, count);
        return block.empty() ? std::vector<Job>() : take(tx, block, options.lease);
    });
}

Outcome complete(Tx& tx, const Job& job) {
    return ended(tx.execute(kCompleteJob, tx.now(), job.id.value(), job.token));
}

Outcome fail(Tx& tx, const Job& job, const Error& why) {
    return ended(tx.execute(kFailJob, tx.now(), why.code, sentence_for_column(why.detail),
                            job.id.value(), job.token));
}

Outcome defer(Tx& tx, const Job& job, const Error& why) {
    const auto rows = tx.query(kReadFailures, job.id.value(), job.token);
    if (rows.empty()) {
        return lease_lost();
    }
    const auto failures = rows[0].number(0);
    if (failures >= std::ssize(kRetryPauses)) {
        return fail(tx, job, why);
    }
    return ended(tx.execute(kDeferJob, tx.now() + kRetryPauses[failures], why.code,
                            sentence_for_column(why.detail), job.id.value(), job.token));
}

Outcome snooze(Tx& tx, const Job& job, Instant until) {
    const Instant earliest = tx.now() + std::chrono::seconds(1);
    return ended(tx.execute(kSnoozeJob, std::max(until, earliest), job.id.value(), job.token));
}

Outcome release(Tx& tx, const Job& job) {
    return ended(tx.execute(kReleaseJob, tx.now(), job.id.value(), job.token));
}

Outcome renew(Tx& tx, const Job& job, std::chrono::seconds lease) {
    return ended(tx.execute(kRenewJob, tx.now() + lease, job.id.value(), job.token));
}

std::vector<JobId> still_held(Tx& tx, std::span<const Job> jobs) {
    if (jobs.empty()) {
        return {};
    }
    std::vector<std::int64_t> ids;
    for (const Job& job : jobs) {
        SEALDESK_CHECK(job.token == jobs.front().token);
        ids.push_back(job.id.value());
    }
    const auto statement = with_ids(kFindHeldJobs, {Tx::to_value(jobs.front().token)}, ids);
    std::vector<JobId> held;
    for (const auto& row : tx.query_list(statement.sql, statement.args)) {
        held.emplace_back(row.number(0));
    }
    return held;
}

std::int64_t retry(Tx& tx, std::string_view kind, std::string_view key) {
    return tx.execute(kRetryJobs, tx.now(), kind, kind, key, key);
}

std::int64_t open_jobs_about(Tx& tx, std::int64_t subject) {
    return tx.query(kOpenJobsAbout, subject).at(0).number(0);
}

std::int64_t jobs_begun(Tx& tx, std::int64_t subject, std::string_view key, Instant at) {
    return tx.query(kJobsBegun, subject, key, at).at(0).number(0);
}

std::vector<Count> counts(Tx& tx) {
    std::vector<Count> all;
    for (const auto& row : tx.query(kCountJobs)) {
        all.push_back({row.text(0), row.text(1), row.number(2)});
    }
    return all;
}

std::vector<FailedJob> failed_jobs(Tx& tx, std::int64_t after, int limit) {
    std::vector<FailedJob> failed;
    for (const auto& row : tx.query(kListFailedJobs, after, limit)) {
        failed.push_back({JobId(row.number(0)), row.text(1), row.text(2), row.number(3),
                          row.text_or_null(4).value_or(""), row.text_or_null(5).value_or(""),
                          row.instant(6)});
    }
    return failed;
}

std::optional<Instant> next_due(Tx& tx, std::span<const std::string> kinds) {
    const std::string sql =
        std::string(kFindNextDue).append(of_kinds(kinds)).append(" ORDER BY due_us LIMIT 1");
    std::optional<Instant> next;
    for (const std::string_view state : {"ready", "leased"}) {
        std::vector<Value> args{Tx::to_value(state)};
        for (const auto& kind : kinds) {
            args.push_back(Tx::to_value(kind));
        }
        const auto rows = tx.query_list(sql, args);
        if (!rows.empty() && (!next || rows[0].instant(0) < *next)) {
            next = rows[0].instant(0);
        }
    }
    return next;
}

}  // namespace sealdesk::queue
