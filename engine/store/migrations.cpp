#include "store/migrations.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/digest.h"
#include "base/durable_file.h"
#include "base/text.h"

namespace sealdesk::store {

namespace fs = std::filesystem;

namespace {

// The migrator's own tables; they exist before any file of ddl/ and never change.
constexpr std::string_view kMakeVersionTable = R"(
    CREATE TABLE IF NOT EXISTS schema_version (
        version     {bigint} NOT NULL PRIMARY KEY,
        name        {varchar:100} NOT NULL,
        sha256      {varchar:64} NOT NULL,
        started_us  {bigint} NOT NULL,
        finished_us {bigint}
    ) {table})";

constexpr std::string_view kMakeLockTable = R"(
    CREATE TABLE IF NOT EXISTS schema_lock (
        id       {bigint} NOT NULL PRIMARY KEY,
        until_us {bigint} NOT NULL
    ) {table})";

constexpr std::string_view kFindTable = R"(
    SELECT COUNT(*) FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_name = 'schema_version')";

constexpr std::string_view kFindSqliteTable = R"(
    SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version')";

constexpr std::string_view kListVersions = R"(
    SELECT version, sha256, finished_us FROM schema_version ORDER BY version)";

constexpr std::string_view kStartVersion = R"(
    INSERT INTO schema_version (version, name, sha256, started_us, finished_us)
    VALUES (?, ?, ?, ?, NULL))";

constexpr std::string_view kRestartVersion = R"(
    UPDATE schema_version SET name = ?, sha256 = ?, started_us = ?
    WHERE version = ? AND finished_us IS NULL)";

constexpr std::string_view kFinishVersion = R"(
    UPDATE schema_version SET finished_us = ? WHERE version = ? AND finished_us IS NULL)";

constexpr std::string_view kTakeFreeLock = R"(
    INSERT INTO schema_lock (id, until_us) VALUES (1, ?))";

constexpr std::string_view kTakeExpiredLock = R"(
    UPDATE schema_lock SET until_us = ? WHERE id = 1 AND until_us < ?)";

constexpr std::string_view kMoveLock = R"(
    UPDATE schema_lock SET until_us = ? WHERE id = 1 AND until_us = ?)";

constexpr std::string_view kDropLock = R"(
    DELETE FROM schema_lock WHERE id = 1 AND until_us = ?)";

/// How long a dead migrator keeps others out. Longer than any one statement of ddl/ takes.
constexpr std::chrono::seconds kLockKept{60};

constexpr std::size_t kFileNumberDigits = 3;

[[noreturn]] void throw_bad_files(const std::string& file, std::string detail) {
    throw Failure(Error{ErrorKind::Internal, "schema.bad_files", std::move(detail), file, {}});
}

[[noreturn]] void throw_schema(ErrorKind kind, std::string code, std::string detail) {
    throw Failure(Error{kind, std::move(code), std::move(detail), "schema_version", {}});
}

/// The text without `--` comments and blanks at both ends.
std::string without_comments(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        line = line.substr(0, line.find("--"));
        const auto last = line.find_last_not_of(" \t\r");
        if (last != std::string_view::npos) {
            out += line.substr(0, last + 1);
            out += '\n';
        }
    }
    return trim(out);
}

std::string only_statement(const std::string& file, std::string_view text) {
    std::string statement = without_comments(text);
    if (statement.empty() || statement.back() != ';') {
        throw_bad_files(file, "A file of ddl/ holds one statement that ends with a semicolon.");
    }
    statement.pop_back();
    if (statement.find(';') != std::string::npos) {
        throw_bad_files(file, "A file of ddl/ holds one statement, not several.");
    }
    return statement;
}

std::optional<int> number_of_file(const std::string& name) {
    if (name.size() <= kFileNumberDigits || name[kFileNumberDigits] != '_') {
        return std::nullopt;
    }
    const auto number = parse_number(name.substr(0, kFileNumberDigits));
    return number ? std::optional(static_cast<int>(*number)) : std::nullopt;
}

/// The identifier that ends the text: the column that a {varchar:N} belongs to.
std::string last_word(std::string_view text) {
    const auto end = text.find_last_not_of(" \t\n");
    if (end == std::string_view::npos) {
        return {};
    }
    const auto blank = text.find_last_of(" \t\n(,", end);
    const auto begin = blank == std::string_view::npos ? 0 : blank + 1;
    return std::string(text.substr(begin, end + 1 - begin));
}

struct Word {
    std::string_view word;
    std::string_view sqlite;
    std::string_view mysql;
};

constexpr Word kWords[] = {
    {"bigint", "INTEGER", "BIGINT"},
    {"text", "TEXT", "LONGTEXT"},
    {"blob", "BLOB", "LONGBLOB"},
    {"table", "STRICT", "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin"},
};

/// What a {word} stands for; `before` is the statement so far.
std::string replacement(std::string_view word, bool sqlite, std::string_view before) {
    constexpr std::string_view varchar = "varchar:";
    for (const Word& known : kWords) {
        if (known.word == word) {
            return std::string(sqlite ? known.sqlite : known.mysql);
        }
    }
    const bool sized = word.starts_with(varchar);
    const auto size = sized ? parse_number(word.substr(varchar.size())) : std::nullopt;
    if (!size || *size < 1) {
        throw_bad_files({}, "The word {" + std::string(word) + "} of ddl/ is unknown.");
    }
    const std::string length = std::to_string(*size);
    // SQLite has no length of its own: a check makes both databases refuse the same texts.
    return sqlite ? "TEXT CHECK (length(" + last_word(before) + ") <= " + length + ")"
                  : "VARCHAR(" + length + ")";
}

bool has_version_table(Connection& connection) {
    const bool sqlite = connection.dialect() == "sqlite";
    return connection.query(sqlite ? kFindSqliteTable : kFindTable, {})[0].number(0) > 0;
}

struct AppliedVersion {
    int version;
    std::string sha256;
    bool finished;
};

std::vector<AppliedVersion> list_versions(Connection& connection) {
    std::vector<AppliedVersion> applied;
    if (has_version_table(connection)) {
        for (const Row& row : connection.query(kListVersions, {})) {
            applied.push_back({static_cast<int>(row.number(0)), row.text(1), !row.is_null(2)});
        }
    }
    return applied;
}

const AppliedVersion* find_version(const std::vector<AppliedVersion>& applied, int version) {
    const auto found = std::find_if(applied.begin(), applied.end(),
                                    [&](const auto& one) { return one.version == version; });
    return found == applied.end() ? nullptr : &*found;
}

/// Nothing applied that is unknown or was edited later; an unfinished file may be edited.
void refuse_strangers(const std::vector<AppliedVersion>& applied,
                      const std::vector<Migration>& files) {
    for (const AppliedVersion& one : applied) {
        const auto file = std::find_if(files.begin(), files.end(), [&](const Migration& known) {
            return known.version == one.version;
        });
        if (file == files.end()) {
            throw_schema(ErrorKind::Internal, "schema.newer",
                         "The database was made by a later version of this program (step " +
                             std::to_string(one.version) + "); use that version.");
        }
        if (one.finished && file->sha256 != one.sha256) {
            throw_schema(ErrorKind::Internal, "schema.changed",
                         "The file " + file->name +
                             ".sql was changed after it had been applied to the database; put "
                             "the old one back and add a new file for the change.");
        }
    }
}

/// Keeps other migrators out (MySQL: DDL commits by itself, so no transaction can do it).
class SchemaLock {
public:
    SchemaLock(Connection& connection, const Clock& clock)
        : connection_(connection), clock_(clock), until_(clock.now() + kLockKept) {
        if (!take()) {
            throw_schema(ErrorKind::Unavailable, "schema.locked",
                         "Another process is changing the database's tables, or died doing so; "
                         "try again in a minute.");
        }
    }
    ~SchemaLock() {
        try {
            const std::vector<Value> mine{to_stored(until_)};
            connection_.execute(kDropLock, mine);
        } catch (const Failure&) {  // NOLINT(bugprone-empty-catch)
            // It runs out by itself.
        }
    }
    SchemaLock(const SchemaLock&) = delete;
    SchemaLock& operator=(const SchemaLock&) = delete;

    /// Before each step: the lock is still ours, and for a full term.
    void renew() {
        const Instant until = std::max(until_, clock_.now() + kLockKept);
        const std::vector<Value> args{to_stored(until), to_stored(until_)};
        if (connection_.execute(kMoveLock, args) != 1) {
            throw_schema(ErrorKind::Unavailable, "schema.locked",
                         "Another process took over changing the database's tables.");
        }
        until_ = until;
    }

private:
    bool take() {
        try {
            const std::vector<Value> free{to_stored(until_)};
            connection_.execute(kTakeFreeLock, free);
            return true;
        } catch (const DatabaseFailure& failure) {
            if (failure.trouble() != Trouble::Duplicate) {
                throw;
            }
        }
        const std::vector<Value> expired{to_stored(until_), to_stored(clock_.now())};
        return connection_.execute(kTakeExpiredLock, expired) == 1;
    }

    Connection& connection_;
    const Clock& clock_;
    Instant until_;
};

void start_version(Connection& connection, const Migration& file, const AppliedVersion* before,
                   Instant now) {
    if (before == nullptr) {
        const std::vector<Value> args{std::int64_t{file.version}, file.name, file.sha256,
                                      to_stored(now)};
        connection.execute(kStartVersion, args);
    } else {  // begun by a process that died
        const std::vector<Value> args{file.name, file.sha256, to_stored(now),
                                      std::int64_t{file.version}};
        connection.execute(kRestartVersion, args);
    }
}

void apply(Connection& connection, const Migration& file, const AppliedVersion* before,
           const Clock& clock) {
    start_version(connection, file, before, clock.now());
    connection.execute(in_dialect(file.statement, connection.dialect()), {});
    const std::vector<Value> args{to_stored(clock.now()), std::int64_t{file.version}};
    connection.execute(kFinishVersion, args);
}

/// Files not yet applied, or not to their end.
std::vector<const Migration*> outstanding(const std::vector<Migration>& files,
                                          const std::vector<AppliedVersion>& applied) {
    std::vector<const Migration*> open;
    for (const Migration& file : files) {
        const AppliedVersion* known = find_version(applied, file.version);
        if (known == nullptr || !known->finished) {
            open.push_back(&file);
        }
    }
    return open;
}

int migrate_sqlite(Connection& connection, const std::vector<Migration>& files,
                   const Clock& clock) {
    // DDL is transactional here: all or nothing, and the write lock keeps others out.
    connection.execute("BEGIN IMMEDIATE", {});
    try {
        connection.execute(in_dialect(kMakeVersionTable, connection.dialect()), {});
        const auto applied = list_versions(connection);
        refuse_strangers(applied, files);
        const auto open = outstanding(files, applied);
        for (const Migration* file : open) {
            apply(connection, *file, find_version(applied, file->version), clock);
        }
        connection.execute("COMMIT", {});
        return static_cast<int>(open.size());
    } catch (const Failure&) {
        connection.reopen();  // rolls back
        throw;
    }
}

int migrate_mysql(Connection& connection, const std::vector<Migration>& files, const Clock& clock) {
    // DDL commits by itself here: one statement a file, which may be run again, and a record of
    // what was begun and ended.
    for (const auto table : {kMakeVersionTable, kMakeLockTable}) {
        connection.execute(in_dialect(table, connection.dialect()), {});
    }
    SchemaLock lock(connection, clock);
    const auto applied = list_versions(connection);
    refuse_strangers(applied, files);
    const auto open = outstanding(files, applied);
    for (const Migration* file : open) {
        lock.renew();
        apply(connection, *file, find_version(applied, file->version), clock);
    }
    return static_cast<int>(open.size());
}

}  // namespace

std::vector<Migration> read_migrations(const fs::path& ddl) {
    std::error_code error;
    std::vector<Migration> files;
    for (const auto& entry : fs::directory_iterator(ddl, error)) {
        if (entry.path().extension() != ".sql") {
            continue;
        }
        Migration file;
        file.name = entry.path().stem().string();
        const auto number = number_of_file(file.name);
        if (!number) {
            throw_bad_files(entry.path().string(), "A file of ddl/ is named NNN_what.sql.");
        }
        file.version = *number;
        file.statement = only_statement(entry.path().string(), read_file(entry.path()));
        file.sha256 = sha256_hex(file.statement);
        files.push_back(std::move(file));
    }
    if (error || files.empty()) {
        throw_bad_files(ddl.string(),
                        "The folder with the database's table definitions is "
                        "missing or empty.");
    }
    std::sort(files.begin(), files.end(),
              [](const Migration& a, const Migration& b) { return a.version < b.version; });
    const auto twice = std::adjacent_find(
        files.begin(), files.end(),
        [](const Migration& a, const Migration& b) { return a.version == b.version; });
    if (twice != files.end()) {
        throw_bad_files(twice->name, "Two files of ddl/ have the same number.");
    }
    return files;
}

std::string in_dialect(std::string_view statement, std::string_view dialect) {
    const bool sqlite = dialect == "sqlite";
    std::string out;
    while (true) {
        const auto open = statement.find('{');
        out += statement.substr(0, open);
        if (open == std::string_view::npos) {
            return out;
        }
        const auto close = statement.find('}', open);
        if (close == std::string_view::npos) {
            throw_bad_files({}, "A { of ddl/ is not closed.");
        }
        out += replacement(statement.substr(open + 1, close - open - 1), sqlite, out);
        statement = statement.substr(close + 1);
    }
}

int migrate(Connection& connection, const fs::path& ddl, const Clock& clock) {
    const auto files = read_migrations(ddl);
    return connection.dialect() == "sqlite" ? migrate_sqlite(connection, files, clock)
                                            : migrate_mysql(connection, files, clock);
}

void check_schema(Connection& connection, const fs::path& ddl) {
    const auto files = read_migrations(ddl);
    const auto applied = list_versions(connection);
    refuse_strangers(applied, files);
    const auto open = outstanding(files, applied);
    if (!open.empty()) {
        throw_schema(ErrorKind::Refused, "schema.older",
                     "The database lacks step " + open.front()->name +
                         " of its table definitions; run sealdesk init.");
    }
}

}  // namespace sealdesk::store
