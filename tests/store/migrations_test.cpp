// The schema: made from numbered files, on both databases, whatever interrupts it.

#include "store/migrations.h"

#include <fstream>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "support/backends.h"

namespace sealdesk::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// A database without any table, and a ddl/ of its own.
class Migrations : public ::testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        if (GetParam() == "sqlite") {
            options_.url = "sqlite:" + (folder_.path() / "new.db").string();
        } else {
            database_ = "sealdesk_migrations_" + std::to_string(::getpid());
            options_.url = test::mysql_url(database_);
        }
        options_.create_if_missing = true;
        connection_ = open(options_);
        fs::create_directory(ddl());
        write("001_animal.sql",
              "-- Animals.\nCREATE TABLE IF NOT EXISTS animal (\n"
              "    id {bigint} NOT NULL PRIMARY KEY,\n    name {varchar:5} NOT NULL,\n"
              "    story {text}, picture {blob}\n) {table};\n");
        write("010_animal_name.sql", "CREATE INDEX IF NOT EXISTS animal_name ON animal (name);\n");
    }
    void TearDown() override {
        if (!database_.empty()) {
            connection_->reopen();
            connection_->execute("DROP DATABASE IF EXISTS " + database_, {});
        }
    }

    [[nodiscard]] fs::path ddl() const { return folder_.path() / "ddl"; }
    void write(const std::string& name, const std::string& text) {
        std::ofstream(ddl() / name) << text;
    }
    int migrate_now() { return migrate(*connection_, ddl(), clock_); }
    static std::string code_of(const std::function<void()>& call) {
        try {
            call();
        } catch (const Failure& failure) {
            return failure.error().code;
        }
        return "ok";
    }
    std::string check_code() {
        return code_of([&] { check_schema(*connection_, ddl()); });
    }
    std::string migrate_code() {
        return code_of([&] { migrate_now(); });
    }
    void forget_the_end_of(int version) {
        const std::vector<Value> args{std::int64_t{version}};
        connection_->execute("UPDATE schema_version SET finished_us = NULL WHERE version = ?",
                             args);
    }

    test::TempFolder folder_;
    std::string database_;
    ConnectionOptions options_;
    std::unique_ptr<Connection> connection_;
    ManualClock clock_{from_stored(1'795'137'300'000'000)};
};

TEST_P(Migrations, ANewDatabaseIsBroughtToTheVersionOfTheFolderOnce) {
    EXPECT_EQ(check_code(), "schema.older");
    EXPECT_EQ(migrate_now(), 2);
    EXPECT_EQ(check_code(), "ok");
    EXPECT_EQ(migrate_now(), 0);
    EXPECT_TRUE(connection_->query("SELECT id, name, story, picture FROM animal", {}).empty());
}

TEST_P(Migrations, ANewFileIsAppliedToAnOldDatabase) {
    migrate_now();
    write("005_plant.sql", "CREATE TABLE IF NOT EXISTS plant (id {bigint} PRIMARY KEY) {table};");
    EXPECT_EQ(check_code(), "schema.older");
    EXPECT_EQ(migrate_now(), 1);
    EXPECT_EQ(check_code(), "ok");
}

TEST_P(Migrations, AChangedFileIsRefused) {
    migrate_now();
    write("010_animal_name.sql", "CREATE INDEX IF NOT EXISTS animal_name ON animal (id);\n");
    EXPECT_EQ(check_code(), "schema.changed");
    EXPECT_EQ(migrate_code(), "schema.changed");
}

TEST_P(Migrations, AMendedCommentIsNoChange) {
    migrate_now();
    write("010_animal_name.sql",
          "-- Finds animals by name.\n\nCREATE INDEX IF NOT EXISTS animal_name ON animal (name); "
          "-- and quickly\n");
    EXPECT_EQ(check_code(), "ok");
}

TEST_P(Migrations, ADatabaseOfALaterProgramIsRefused) {
    migrate_now();
    fs::remove(ddl() / "010_animal_name.sql");
    EXPECT_EQ(check_code(), "schema.newer");
    EXPECT_EQ(migrate_code(), "schema.newer");
}

TEST_P(Migrations, AStepThatACrashCutOffIsDoneAgain) {
    migrate_now();
    forget_the_end_of(1);  // the table is there, the record of its end is not
    EXPECT_EQ(check_code(), "schema.older");
    clock_.advance(2min);
    EXPECT_EQ(migrate_now(), 1);
    EXPECT_EQ(check_code(), "ok");
}

TEST_P(Migrations, ABrokenFileStopsAndIsTakenUpAgainWhenMended) {
    write("005_plant.sql", "CREATE NONSENSE plant;");
    EXPECT_EQ(migrate_code(), "store.failed");
    EXPECT_EQ(check_code(), "schema.older");

    write("005_plant.sql", "CREATE TABLE IF NOT EXISTS plant (id {bigint} PRIMARY KEY) {table};");
    EXPECT_EQ(migrate_code(), "ok");
    EXPECT_EQ(check_code(), "ok");
}

TEST_P(Migrations, TwoProcessesAtOnceEndWithOneSchema) {
    std::vector<pid_t> children;
    for (int process = 0; process < 2; ++process) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            const auto code = code_of([&] {
                const auto own = open(options_);
                migrate(*own, ddl(), SystemClock());
            });
            ::_exit(code == "ok" || code == "schema.locked" ? 0 : 4);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        ::waitpid(child, &status, 0);
        EXPECT_EQ(status, 0);
    }
    EXPECT_EQ(check_code(), "ok");
}

TEST_P(Migrations, ADeadMigratorKeepsOthersOutForAMinute) {
    if (GetParam() == "sqlite") {
        return;  // there its transaction ends with it
    }
    migrate_now();
    forget_the_end_of(10);
    const std::vector<Value> args{to_stored(clock_.now() + 60s)};
    connection_->execute("INSERT INTO schema_lock (id, until_us) VALUES (1, ?)", args);
    EXPECT_EQ(migrate_code(), "schema.locked");
    clock_.advance(61s);
    EXPECT_EQ(migrate_code(), "ok");
    EXPECT_TRUE(connection_->query("SELECT id FROM schema_lock", {}).empty());
}

TEST_P(Migrations, ATextIsAsLongAsItsColumnOnBothDatabases) {
    migrate_now();
    const auto add = [&](std::int64_t id, const std::string& name) {
        return code_of([&] {
            const std::vector<Value> args{id, name};
            connection_->execute("INSERT INTO animal (id, name) VALUES (?, ?)", args);
        });
    };
    EXPECT_EQ(add(1, "一二三四五"), "ok");
    EXPECT_EQ(add(2, "一二三四五六"), "store.failed");
    EXPECT_EQ(add(3, "𠮷𠮷𠮷𠮷𠮷"), "ok");
}

TEST_P(Migrations, FilesThatBreakTheRulesAreRefused) {
    const std::pair<const char*, const char*> bad[] = {
        {"two.sql", "CREATE TABLE a (id {bigint});"},
        {"020_two.sql", "CREATE TABLE a (id {bigint}); CREATE TABLE b (id {bigint});"},
        {"020_open.sql", "CREATE TABLE a (id {bigint})"},
        {"020_empty.sql", "-- nothing\n"},
        {"001_again.sql", "CREATE TABLE a (id {bigint});"},
        {"020_word.sql", "CREATE TABLE a (id {integer});"},
        {"020_brace.sql", "CREATE TABLE a (id {bigint);"},
    };
    migrate_now();
    for (const auto& [name, text] : bad) {
        write(name, text);
        EXPECT_EQ(migrate_code(), "schema.bad_files") << name;
        fs::remove(ddl() / name);
    }
    // A refused step leaves its beginning behind; the clock lets the lock run out.
    EXPECT_EQ(code_of([&] { (void)read_migrations(folder_.path() / "none"); }), "schema.bad_files");
}

TEST_P(Migrations, EveryFileOfTheRepositoryMayBeRunAgain) {
    migrate(*connection_, test::ddl_folder(), clock_);
    for (const auto& file : read_migrations(test::ddl_folder())) {
        SCOPED_TRACE(file.name);
        EXPECT_EQ(code_of([&] {
                      connection_->execute(in_dialect(file.statement, connection_->dialect()), {});
                  }),
                  "ok");
    }
    EXPECT_EQ(code_of([&] { check_schema(*connection_, test::ddl_folder()); }), "ok");
}

SEALDESK_ON_EVERY_BACKEND(Migrations);

}  // namespace
}  // namespace sealdesk::store
