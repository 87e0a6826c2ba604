#pragma once

#include <functional>
#include <string_view>
#include <type_traits>

#include "base/clock.h"
#include "base/random.h"
#include "store/connection.h"

namespace sealdesk::store {

/// A database with the clock and the randomness its units of work use. One per worker.
class Database {
public:
    Database(Connection& connection, const Clock& clock, Random& random)
        : connection_(connection), clock_(clock), random_(random) {}

    [[nodiscard]] Connection& connection() const { return connection_; }
    [[nodiscard]] const Clock& clock() const { return clock_; }
    [[nodiscard]] Random& random() const { return random_; }

private:
    Connection& connection_;
    const Clock& clock_;
    Random& random_;
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
        return database_.connection().execute(sql, values);
    }
    /// The same with lists made at run time (IN lists, multi-row INSERT).
    std::vector<Row> query_list(std::string_view sql, std::span<const Value> args) {
        return database_.connection().query(sql, args);
    }
    std::int64_t execute_list(std::string_view sql, std::span<const Value> args) {
        return database_.connection().execute(sql, args);
    }

    [[nodiscard]] Instant now() const { return now_; }
    [[nodiscard]] Random& random() const { return database_.random(); }

    /// A fresh key: 41 bits of milliseconds since 2020 and 22 random bits, so that keys made one
    /// after another sort roughly by time. A collision meets the PRIMARY KEY and is repeated.
    [[nodiscard]] std::int64_t new_id();

    void commit();

private:
    static Value to_value(std::monostate) { return {}; }
    static Value to_value(const Blob& blob) { return blob; }
    static Value to_value(Instant instant) { return to_stored(instant); }
    static Value to_value(std::string_view text) { return std::string(text); }
    static Value to_value(const std::string& text) { return text; }
    static Value to_value(const char* text) { return std::string(text); }
    static Value to_value(std::nullopt_t) { return {}; }
    template <class T>
        requires std::is_integral_v<T>
    static Value to_value(T number) {
        return static_cast<std::int64_t>(number);
    }
    template <class T>
    static Value to_value(const std::optional<T>& value) {
        return value ? to_value(*value) : Value{};
    }

    Database& database_;
    Instant now_;
    bool open_ = false;
};

/// Repeats of one unit of work on deadlock, certification conflict, lost connection, or a key
/// that exists (which after an unknown COMMIT means "done before": `fn` looks first).
inline constexpr int kTransactTriesMax = 8;

/// Runs `fn(tx)` in one transaction and commits. `fn` touches nothing but the database, because
/// the whole of it is repeated when the database asks for it. When `fn` returns a Result with an
/// error, everything is rolled back and the error returned. `name` is the unit of work's name
/// for crash points, such as "request.decide".
template <class Fn>
auto transact(Database& database, std::string_view name, Fn&& fn)
    -> std::invoke_result_t<Fn&, Tx&>;

}  // namespace sealdesk::store

#include "store/transact.inl"
