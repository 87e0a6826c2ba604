#include "support/backends.h"

#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "base/error.h"
#include "store/migrations.h"

namespace sealdesk::test {

namespace fs = std::filesystem;

namespace {

constexpr int kSlotsMax = 64;

store::ConnectionOptions sqlite_file(const fs::path& file) {
    store::ConnectionOptions options;
    options.url = "sqlite:" + file.string();
    options.create_if_missing = true;
    return options;
}

/// A migrated SQLite file, made once in a process and copied for each test.
class SqliteTemplate {
public:
    SqliteTemplate() {
        const auto connection = store::open(sqlite_file(file()));
        store::migrate(*connection, ddl_folder(), SystemClock());
    }
    [[nodiscard]] fs::path file() const { return folder_.path() / "template.db"; }

private:
    TempFolder folder_;
};

store::ConnectionOptions mysql_options(const std::string& database) {
    store::ConnectionOptions options;
    options.url = mysql_url(database);
    options.create_if_missing = true;
    return options;
}

/// One of a pool of scratch databases on the test server, ours while this process lives: a server
/// lock that goes with its connection says so. A database left by an earlier process is used as it
/// is when its schema is that of ddl/: making one takes seconds, emptying it milliseconds.
class MysqlScratch {
public:
    MysqlScratch() {
        for (int slot = 0; slot < kSlotsMax; ++slot) {
            const std::string database = "sealdesk_test_" + std::to_string(slot);
            auto connection = store::open(mysql_options(database));
            const std::vector<store::Value> name{database};
            if (connection->query("SELECT GET_LOCK(?, 0)", name)[0].number(0) == 1) {
                database_ = database;
                holder_ = std::move(connection);
                bring_up_to_date();
                return;
            }
        }
        throw std::runtime_error("All scratch databases of the test server are in use.");
    }

    [[nodiscard]] const std::string& database() const { return database_; }

    void empty() {
        holder_->execute("SET SESSION foreign_key_checks = 0", {});
        for (const std::string& table : tables()) {
            if (table.starts_with("test_")) {  // a test's own
                holder_->execute("DROP TABLE " + table, {});
            } else if (!holder_->query("SELECT 1 FROM " + table + " LIMIT 1", {}).empty()) {
                holder_->execute("DELETE FROM " + table, {});
            }
        }
        holder_->execute("SET SESSION foreign_key_checks = 1", {});
    }

private:
    void bring_up_to_date() {
        try {
            store::check_schema(*holder_, ddl_folder());
        } catch (const Failure&) {  // another version's schema, or none
            holder_->execute("DROP DATABASE IF EXISTS " + database_, {});
            holder_->execute(
                "CREATE DATABASE " + database_ + " CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
                {});
            holder_->execute("USE " + database_, {});
            store::migrate(*holder_, ddl_folder(), SystemClock());
        }
    }

    std::vector<std::string> tables() {
        std::vector<std::string> names;
        for (const auto& row : holder_->query(
                 "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() "
                 "AND table_name NOT IN ('schema_version', 'schema_lock')",
                 {})) {
            names.push_back(row.text(0));
        }
        return names;
    }

    std::string database_;
    std::unique_ptr<store::Connection> holder_;
};

}  // namespace

fs::path ddl_folder() { return fs::path(SEALDESK_SOURCE_DIR) / "ddl"; }

std::string mysql_url(const std::string& database) {
    const char* given = std::getenv("SEALDESK_TEST_MYSQL");  // NOLINT(concurrency-mt-unsafe)
    if (given == nullptr || *given == '\0') {
        throw std::runtime_error(
            "No MariaDB server for this test: run tests/run.sh, or start one with\n"
            "    eval \"$(tests/support/mariadb.sh start /tmp/some-folder)\"\n"
            "which sets SEALDESK_TEST_MYSQL, and end it with tests/support/mariadb.sh stop.");
    }
    std::string url = given;  // mysql://user@host[:port]/[?…]
    const auto slash = url.find('/', std::string("mysql://").size());
    SEALDESK_CHECK(slash != std::string::npos);
    const auto query = url.find('?', slash);
    const std::string tail = query == std::string::npos ? "" : url.substr(query);
    return url.substr(0, slash + 1) + database + tail;
}

store::ConnectionOptions fresh_database(const std::string& backend, const TempFolder& folder) {
    if (backend == "sqlite") {
        static const SqliteTemplate ready;
        const fs::path file = folder.path() / "desk.db";
        fs::copy_file(ready.file(), file, fs::copy_options::overwrite_existing);
        return sqlite_file(file);
    }
    static MysqlScratch scratch;
    scratch.empty();
    return mysql_options(scratch.database());
}

void OnEveryBackend::SetUp() {
    options_ = fresh_database(GetParam(), folder_);
    connection_ = store::open(options_);
    database_ = std::make_unique<store::Database>(*connection_, clock_, random_);
}

void OnEveryBackend::TearDown() {
    database_.reset();
    connection_.reset();
}

std::unique_ptr<store::Connection> OnEveryBackend::another_connection() const {
    return store::open(options_);
}

}  // namespace sealdesk::test
