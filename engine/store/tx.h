#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "store/connection.h"

namespace sealdesk::store {

class Tx;
class Database;

namespace detail {

/// Runs `attempt` until it succeeds; says whether the transaction is to be repeated after the
/// failure now being handled, waits a little and reopens a lost connection if so.
void repeat(Database& database, std::string_view name, const std::function<void()>& attempt);

/// Commits between the crash points `name`.before-commit and `name`.after-commit.
void commit_named(Tx& tx, std::string_view name);

}  // namespace detail

/// A database with the clock and the randomness its units of work use. One per worker.
class Database {
public:
    Database(Connection& connection, const Clock& clock, Random& random)
        : connection_(connection), clock_(clock), random_(random) {}

    [[nodiscard]] Connection& connection() const { return connection_; }
    [[nodiscard]] const Clock& clock() const { return clock_; }
    [[nodiscard]] Random& random() const { return random_; }

private:
    friend class Tx;
    friend void detail::repeat(Database&, std::string_view, const std::function<void()>&);

    Connection& connection_;
    const Clock& clock_;
    Random& random_;
    std::int64_t last_id_ = 0;  ///< the last key made; 0: draw the next one afresh
    std::int64_t worker_ = 0;   ///< our row of commit_mark; 0: none yet
    std::int64_t unit_ = 0;     ///< units of work marked so far
    bool in_doubt_ = false;     ///< a COMMIT was sent and not answered
};

/// One transaction: the first argument of every function that touches the database. It has one
/// time, the same for all its rows, and makes the keys of new rows. It never commits by itself:
/// transact() does, and an exception rolls back.
class Tx {
public:
    explicit Tx(Database& database);
    ~Tx();
    Tx(const Tx&) = delete;
    Tx& operator=(const Tx&) = delete;

    template <class... Args>
    std::vector<Row> query(std::string_view sql, const Args&... args) {
        const std::vector<Value> values{to_value(args)...};
        return database_.connection().query(sql, values);
    }
    template <class... Args>
    std::int64_t execute(std::string_view sql, const Args&... args) {
        const std::vector<Value> values{to_value(args)...};
        return execute_list(sql, values);
    }
    /// The same with lists made at run time (IN lists, multi-row INSERT); see store/bulk.h.
    std::vector<Row> query_list(std::string_view sql, std::span<const Value> args) {
        return database_.connection().query(sql, args);
    }
    std::int64_t execute_list(std::string_view sql, std::span<const Value> args) {
        wrote_ = true;
        return database_.connection().execute(sql, args);
    }

    [[nodiscard]] Instant now() const { return now_; }
    [[nodiscard]] Random& random() const { return database_.random(); }

    /// A fresh key, positive: milliseconds since 2020 (41 bits, until 2089) and 22 more bits that
    /// start at random and count up, so that keys of one worker rise with time. A collision with
    /// another worker's key meets the PRIMARY KEY, and transact() repeats with other keys.
    [[nodiscard]] std::int64_t new_id();

    /// Called by transact() only.
    void commit();

    /// Parameters as stored; for lists made at run time.
    static Value to_value(std::monostate) { return {}; }
    static Value to_value(const Blob& blob) { return blob; }
    static Value to_value(Instant instant) { return to_stored(instant); }
    static Value to_value(std::string_view text) { return std::string(text); }
    static Value to_value(const std::string& text) { return text; }
    static Value to_value(const char* text) { return std::string(text); }
    static Value to_value(std::nullopt_t) { return {}; }
    template <class T>
    requires std::is_integral_v<T>
    static Value to_value(T number) { return static_cast<std::int64_t>(number); }
    template <class T>
    static Value to_value(const std::optional<T>& value) {
        return value ? to_value(*value) : Value{};
    }

private:
    void mark_commit();

    Database& database_;
    Instant now_;
    bool open_ = false;
    bool wrote_ = false;
};

/// Tries of one unit of work: on a deadlock, a certification conflict, a busy database or a lost
/// connection. The pauses between them add up to some 3 seconds when the connection is lost (a
/// cluster closes ranks in 2 seconds) and to some 0.2 seconds otherwise.
inline constexpr int kTransactTriesMax = 8;

/// Tries of one unit of work that meets an existing key each time.
inline constexpr int kDuplicateTriesMax = 3;

/// Runs `fn(tx)` in one transaction and commits. `fn` touches nothing but the database, because
/// the whole of it is repeated when the database asks for it. When `fn` returns a Result with an
/// error, everything is rolled back and the error returned. `name` is the unit of work's name
/// for crash points, such as "request.decide".
///
/// Exactly once: when the connection is lost during COMMIT, nobody knows whether the server did
/// it. Each unit of work that wrote something therefore leaves its number in the worker's row of
/// table commit_mark (MySQL only; SQLite answers always). On the new connection that row says
/// whether to return what `fn` returned, or to run it again.
///
/// Throws what `fn` throws, and DatabaseFailure when the tries are used up.
template <class Fn>
auto transact(Database& database, std::string_view name, Fn&& fn) -> std::invoke_result_t<Fn&, Tx&>;

}  // namespace sealdesk::store

#include "store/transact.inl"
