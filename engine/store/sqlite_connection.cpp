#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/handle.h"
#include "store/drivers.h"
#include "store/statement_cache.h"

namespace sealdesk::store {

namespace {

using DatabasePtr = Handle<sqlite3, &sqlite3_close_v2>;
using StatementPtr = Handle<sqlite3_stmt, &sqlite3_finalize>;

/// How long a statement waits for another process's transaction before it fails as busy: longer
/// than any unit of work takes (chunks of 1,000 rows: some 20 ms), shorter than a clerk's patience.
constexpr std::chrono::milliseconds kBusyWaitMax{10'000};

/// The setting of every connection. FULL: a commit survives a power cut. temp_store: no personal
/// data in temporary files. secure_delete: deleted rows are overwritten where that is free.
constexpr const char* kSettings =
    "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"
    "PRAGMA secure_delete=FAST; PRAGMA trusted_schema=OFF; PRAGMA cache_size=-4000;"
    "PRAGMA journal_size_limit=67108864; PRAGMA case_sensitive_like=ON;";

Trouble trouble_of(int extended) {
    switch (extended) {
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_ROWID: return Trouble::Duplicate;
        default: break;
    }
    switch (extended & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return Trouble::Retry;
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_NOMEM: return Trouble::Full;
        default: return Trouble::Other;
    }
}

/// Called while another process writes. Short pauses that differ, instead of SQLite's own (up to
/// 100 ms, by which one of several writers was left waiting for seconds).
int wait_while_busy(void* /*unused*/, int round) {
    using std::chrono::microseconds;
    constexpr microseconds longest{4'000};
    const microseconds pause = std::min(longest, microseconds{200} * (round + 1));
    // The sum of all pauses so far, so that no clock is read.
    constexpr int rounds_to_longest = 20;
    const auto waited = longest * std::max(0, round - rounds_to_longest);
    if (waited > kBusyWaitMax) {
        return 0;
    }
    // Two waiters that began together drift apart.
    const auto jitter = microseconds{(::getpid() * 7919 + round * 104'729) % 500};
    std::this_thread::sleep_for(pause + jitter);
    return 1;
}

/// Resets a statement when its use ends, also by an exception, so that it holds no lock.
class Use {
public:
    explicit Use(sqlite3_stmt* statement) : statement_(statement) {}
    ~Use() {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

private:
    sqlite3_stmt* statement_;
};

class SqliteConnection final : public Connection {
public:
    explicit SqliteConnection(SqlitePlace place) : place_(std::move(place)) { connect(); }

    std::vector<Row> query(std::string_view sql, std::span<const Value> args) override {
        sqlite3_stmt* statement = prepared(sql);
        const Use use(statement);
        bind(statement, sql, args);
        std::vector<Row> rows;
        while (step(statement, sql)) {
            rows.push_back(read_row(statement));
        }
        return rows;
    }

    std::int64_t execute(std::string_view sql, std::span<const Value> args) override {
        sqlite3_stmt* statement = prepared(sql);
        const Use use(statement);
        bind(statement, sql, args);
        const auto before = sqlite3_total_changes64(database_.get());
        while (step(statement, sql)) {
            // A row that nobody asked for (PRAGMA, RETURNING).
        }
        // sqlite3_changes() keeps the last statement's count through BEGIN, COMMIT and CREATE.
        const bool changed = sqlite3_total_changes64(database_.get()) != before;
        return changed ? sqlite3_changes64(database_.get()) : 0;
    }

    void reopen() override {
        statements_.clear();
        database_.reset();
        try {
            connect();
        } catch (...) {
            database_.reset();  // closed, so that the next statement says so
            throw;
        }
    }

    [[nodiscard]] std::string_view dialect() const override { return "sqlite"; }

private:
    void connect();
    void prepare_file() const;
    void use_write_ahead_log();
    [[noreturn]] void fail(int code, std::string_view sql) const;
    sqlite3_stmt* prepared(std::string_view sql);
    void bind(sqlite3_stmt* statement, std::string_view sql, std::span<const Value> args) const;
    bool step(sqlite3_stmt* statement, std::string_view sql) const;
    static Row read_row(sqlite3_stmt* statement);

    SqlitePlace place_;
    DatabasePtr database_;  // outlives the statements
    StatementCache<StatementPtr> statements_;
};

void SqliteConnection::prepare_file() const {
    const int flags = O_RDWR | O_CLOEXEC | (place_.create_if_missing ? O_CREAT : 0);
    const int descriptor = ::open(place_.path.c_str(), flags, S_IRUSR | S_IWUSR);
    if (descriptor < 0) {
        const bool missing = errno == ENOENT && !place_.create_if_missing;
        if (missing) {
            throw Failure(Error{ErrorKind::Invalid,
                                "store.no_database",
                                "There is no database here; run sealdesk init.",
                                place_.path,
                                {}});
        }
        throw Failure(Error{ErrorKind::Unavailable,
                            "store.unreachable",
                            "The database file cannot be opened for writing.",
                            place_.path,
                            {}});
    }
    // The log and the shared memory file get the database's mode from SQLite.
    struct stat status {};
    if (::fstat(descriptor, &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        ::fchmod(descriptor, S_IRUSR | S_IWUSR);
    }
    ::close(descriptor);
}

void SqliteConnection::connect() {
    prepare_file();
    sqlite3* handle = nullptr;
    const int opened = sqlite3_open_v2(
        place_.path.c_str(), &handle,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    database_.reset(handle);  // SQLite hands out a handle even when it fails
    if (opened != SQLITE_OK) {
        throw Failure(
            Error{ErrorKind::Unavailable,
                  "store.unreachable",
                  std::string("SQLite cannot open the database: ") + sqlite3_errstr(opened) + ".",
                  place_.path,
                  {}});
    }
    sqlite3_busy_handler(handle, &wait_while_busy, nullptr);
    // Double-quoted text is an identifier, never a string; SQL cannot damage the file's format.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    use_write_ahead_log();
    const int set = sqlite3_exec(handle, kSettings, nullptr, nullptr, nullptr);
    if (set != SQLITE_OK) {
        fail(set, kSettings);
    }
}

void SqliteConnection::use_write_ahead_log() {
    // The mode is kept in the file. While two processes set it on a new file, one of them is told
    // "busy" at once, without the busy handler.
    constexpr int tries_max = 100;
    constexpr const char* sql = "PRAGMA journal_mode=WAL";
    int code = SQLITE_OK;
    for (int tries = 0; tries < tries_max; ++tries) {
        code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
        if ((code & 0xff) != SQLITE_BUSY) {
            break;
        }
        wait_while_busy(nullptr, tries);
    }
    if (code != SQLITE_OK) {
        fail(code, sql);
    }
}

void SqliteConnection::fail(int code, std::string_view sql) const {
    // The message names tables and columns, never a value.
    throw DatabaseFailure(trouble_of(code), std::string("SQLite ") + std::to_string(code) + ", " +
                                                sqlite3_errmsg(database_.get()) + ": " +
                                                abbreviated(sql));
}

sqlite3_stmt* SqliteConnection::prepared(std::string_view sql) {
    if (database_ == nullptr) {
        throw DatabaseFailure(Trouble::Lost, "The SQLite database is closed.");
    }
    auto& statement = statements_.get(sql, [&] {
        sqlite3_stmt* made = nullptr;
        const int code = sqlite3_prepare_v3(database_.get(), sql.data(), int(sql.size()),
                                            SQLITE_PREPARE_PERSISTENT, &made, nullptr);
        if (code != SQLITE_OK) {
            fail(code, sql);
        }
        SEALDESK_CHECK(made != nullptr);
        return StatementPtr(made);
    });
    return statement.get();
}

void SqliteConnection::bind(sqlite3_stmt* statement, std::string_view sql,
                            std::span<const Value> args) const {
    require_utf8(args);
    SEALDESK_CHECK(sqlite3_bind_parameter_count(statement) == int(args.size()));
    int position = 0;
    for (const Value& value : args) {
        ++position;
        int code = SQLITE_OK;
        // The arguments outlive the use of the statement: SQLITE_STATIC, no copy.
        if (const auto* number = std::get_if<std::int64_t>(&value)) {
            code = sqlite3_bind_int64(statement, position, *number);
        } else if (const auto* text = std::get_if<std::string>(&value)) {
            code = sqlite3_bind_text64(statement, position, text->data(), text->size(), nullptr,
                                       SQLITE_UTF8);
        } else if (const auto* blob = std::get_if<Blob>(&value)) {
            code = sqlite3_bind_blob64(statement, position, blob->bytes.data(), blob->bytes.size(),
                                       nullptr);
        } else {
            code = sqlite3_bind_null(statement, position);
        }
        if (code != SQLITE_OK) {
            fail(code, sql);
        }
    }
}

bool SqliteConnection::step(sqlite3_stmt* statement, std::string_view sql) const {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        return true;
    }
    if (code != SQLITE_DONE) {
        fail(code, sql);
    }
    return false;
}

Row SqliteConnection::read_row(sqlite3_stmt* statement) {
    std::vector<Value> columns;
    const int count = sqlite3_column_count(statement);
    columns.reserve(std::size_t(count));
    const auto bytes_of = [&](int column, const void* data) {
        const auto size = std::size_t(sqlite3_column_bytes(statement, column));
        return size == 0 ? std::string() : std::string(static_cast<const char*>(data), size);
    };
    for (int column = 0; column < count; ++column) {
        switch (sqlite3_column_type(statement, column)) {
            case SQLITE_INTEGER:
                columns.emplace_back(std::int64_t{sqlite3_column_int64(statement, column)});
                break;
            case SQLITE_TEXT:
                columns.emplace_back(bytes_of(column, sqlite3_column_text(statement, column)));
                break;
            case SQLITE_BLOB:
                columns.emplace_back(
                    Blob{bytes_of(column, sqlite3_column_blob(statement, column))});
                break;
            case SQLITE_NULL: columns.emplace_back(); break;
            default:
                throw_internal("store.unexpected_value",
                               "A statement returned a floating-point number.");
        }
    }
    return Row(std::move(columns));
}

}  // namespace

std::unique_ptr<Connection> open_sqlite(const SqlitePlace& place) {
    return std::make_unique<SqliteConnection>(place);
}

}  // namespace sealdesk::store
