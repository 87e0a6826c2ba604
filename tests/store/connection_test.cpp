// What both databases must mean alike: values, counts, constraints.

#include "store/connection.h"

#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "support/backends.h"

namespace sealdesk::store {
namespace {

constexpr std::string_view kMakeThings = R"(
    CREATE TABLE IF NOT EXISTS test_thing (
        id BIGINT NOT NULL PRIMARY KEY, number BIGINT, word VARCHAR(40), bytes BLOB,
        CONSTRAINT test_thing_word UNIQUE (word)))";

constexpr std::string_view kAddThing =
    "INSERT INTO test_thing (id, number, word, bytes) VALUES (?, ?, ?, ?)";

class Connections : public test::OnEveryBackend {
protected:
    void SetUp() override {
        OnEveryBackend::SetUp();
        connection().execute(kMakeThings, {});
    }

    std::int64_t add(std::int64_t id, Value number, Value word, Value bytes) {
        const std::vector<Value> args{id, std::move(number), std::move(word), std::move(bytes)};
        return connection().execute(kAddThing, args);
    }
    Row read(std::int64_t id) {
        const std::vector<Value> args{id};
        auto rows =
            connection().query("SELECT number, word, bytes FROM test_thing WHERE id = ?", args);
        EXPECT_EQ(rows.size(), 1U);
        return rows.at(0);
    }
    std::int64_t run(std::string_view sql, std::vector<Value> args = {}) {
        return connection().execute(sql, args);
    }
    Trouble trouble_of(const std::function<void()>& call) {
        try {
            call();
        } catch (const DatabaseFailure& failure) {
            return failure.trouble();
        }
        ADD_FAILURE() << "nothing was thrown";
        return Trouble::Other;
    }
};

TEST_P(Connections, TextComesBackAsItWasStored) {
    const std::string texts[] = {
        "",
        "𠮷野家",
        "𪚥𫞩 emoji 🦭",
        "trailing blanks   ",
        "quotes ' \" ` backslash \\ percent % _ ?",
        std::string("NUL\0inside", 10),
        "line\r\nbreak\ttab",
    };
    std::int64_t id = 0;
    for (const auto& text : texts) {
        add(++id, {}, text, {});
        EXPECT_EQ(read(id).text(1), text);
    }
}

TEST_P(Connections, TextsThatDifferOnlyInBlanksOrCaseAreDifferent) {
    for (const std::int64_t id : {1, 2, 3, 4}) {
        const std::string texts[] = {"a", "a ", "A", "ａ"};
        EXPECT_EQ(add(id, {}, texts[id - 1], {}), 1);
    }
    EXPECT_EQ(run("UPDATE test_thing SET number = 1 WHERE word = ?", {std::string("a")}), 1);
}

TEST_P(Connections, BytesComeBackAsTheyWereStored) {
    std::string all;
    for (int byte = 0; byte < 256; ++byte) {
        all += static_cast<char>(byte);
    }
    add(1, {}, {}, Blob{all});
    add(2, {}, {}, Blob{""});
    add(3, {}, {}, Blob{std::string("\0\0\0", 3)});

    EXPECT_EQ(read(1).bytes(2), all);
    EXPECT_EQ(read(2).bytes(2), "");
    EXPECT_FALSE(read(2).is_null(2));
    EXPECT_EQ(read(3).bytes(2), std::string("\0\0\0", 3));
}

TEST_P(Connections, NumbersReachBothEnds) {
    const std::int64_t numbers[] = {0, -1, std::numeric_limits<std::int64_t>::min(),
                                    std::numeric_limits<std::int64_t>::max()};
    std::int64_t id = 0;
    for (const auto number : numbers) {
        add(++id, number, {}, {});
        EXPECT_EQ(read(id).number(0), number);
    }
}

TEST_P(Connections, NullIsNotZeroAndNotEmpty) {
    add(1, {}, {}, {});
    const Row row = read(1);

    EXPECT_TRUE(row.is_null(0));
    EXPECT_EQ(row.number_or_null(0), std::nullopt);
    EXPECT_EQ(row.text_or_null(1), std::nullopt);
    EXPECT_EQ(row.instant_or_null(0), std::nullopt);
    EXPECT_THROW((void)row.number(0), Failure);
    EXPECT_THROW((void)row.text(1), Failure);
    EXPECT_THROW((void)row.bytes(2), Failure);
}

TEST_P(Connections, AColumnIsReadAsWhatItIs) {
    add(1, std::int64_t{7}, std::string("seven"), Blob{"7"});
    const Row row = read(1);

    EXPECT_THROW((void)row.text(0), Failure);
    EXPECT_THROW((void)row.number(1), Failure);
    EXPECT_THROW((void)row.text(2), Failure);
}

TEST_P(Connections, SumsAndCountsAreWholeNumbers) {
    add(1, std::int64_t{40}, {}, {});
    add(2, std::int64_t{2}, {}, {});

    const auto rows = connection().query(
        "SELECT COUNT(*), SUM(number), MAX(number), COUNT(word) FROM test_thing", {});
    EXPECT_EQ(rows.at(0).number(0), 2);
    EXPECT_EQ(rows.at(0).number(1), 42);
    EXPECT_EQ(rows.at(0).number(2), 40);
    EXPECT_EQ(rows.at(0).number(3), 0);
}

TEST_P(Connections, RowsMatchedAreCountedEvenWhenNothingChanges) {
    add(1, std::int64_t{5}, {}, {});
    add(2, std::int64_t{5}, {}, {});

    EXPECT_EQ(run("UPDATE test_thing SET number = 5 WHERE number = ?", {std::int64_t{5}}), 2);
    EXPECT_EQ(run("UPDATE test_thing SET number = 6 WHERE id = ?", {std::int64_t{9}}), 0);
    EXPECT_EQ(run("DELETE FROM test_thing WHERE number = ?", {std::int64_t{5}}), 2);
}

TEST_P(Connections, TransactionStatementsCountNothing) {
    add(1, {}, {}, {});
    EXPECT_EQ(run("BEGIN"), 0);
    EXPECT_EQ(run("COMMIT"), 0);
}

TEST_P(Connections, AKeyThatExistsIsADuplicate) {
    add(1, {}, std::string("王小明"), {});

    EXPECT_EQ(trouble_of([&] { add(1, {}, {}, {}); }), Trouble::Duplicate);
    EXPECT_EQ(trouble_of([&] { add(2, {}, std::string("王小明"), {}); }), Trouble::Duplicate);
    try {
        add(2, {}, std::string("王小明"), {});
        ADD_FAILURE();
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.error().code, "store.duplicate");
        EXPECT_EQ(failure.error().kind, ErrorKind::Conflict);
        // An error must not carry anyone's data into a log.
        EXPECT_EQ(failure.error().detail.find("王小明"), std::string::npos);
    }
}

TEST_P(Connections, ABrokenStatementIsADefect) {
    EXPECT_EQ(trouble_of([&] { run("INSERT INTO test_nothing (id) VALUES (1)"); }), Trouble::Other);
    EXPECT_EQ(trouble_of([&] { run("NOT A STATEMENT"); }), Trouble::Other);
    EXPECT_EQ(trouble_of([&] { connection().query("SELECT nothing FROM test_thing", {}); }),
              Trouble::Other);
    add(1, {}, {}, {});  // the connection goes on
}

TEST_P(Connections, TextThatIsNotUtf8IsRefused) {
    try {
        add(1, {}, std::string("\xA4\xA4"), {});  // 中 in Big5
        ADD_FAILURE();
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.error().code, "store.not_utf8");
    }
}

TEST_P(Connections, DoubleQuotesNameAColumnAndNeverAText) {
    add(1, std::int64_t{3}, {}, {});
    EXPECT_EQ(connection().query(R"(SELECT "number" FROM test_thing)", {}).at(0).number(0), 3);
    EXPECT_EQ(trouble_of([&] { connection().query(R"(SELECT "no such" FROM test_thing)", {}); }),
              Trouble::Other);
}

TEST_P(Connections, TextsAreJoinedByBars) {
    EXPECT_EQ(connection().query("SELECT 'a' || 'b'", {}).at(0).text(0), "ab");
}

TEST_P(Connections, LargeBytesPass) {
    connection().execute("DROP TABLE IF EXISTS test_large", {});
    connection().execute(on_mysql() ? "CREATE TABLE test_large (id BIGINT PRIMARY KEY, b LONGBLOB)"
                                    : "CREATE TABLE test_large (id INTEGER PRIMARY KEY, b BLOB)",
                         {});
    std::string large;
    large.resize(20'000'000);
    for (std::size_t at = 0; at < large.size(); at += 997) {
        large[at] = static_cast<char>(at % 251);
    }
    run("INSERT INTO test_large (id, b) VALUES (?, ?)", {std::int64_t{1}, Blob{large}});
    EXPECT_TRUE(connection().query("SELECT b FROM test_large", {}).at(0).bytes(0) == large);
    connection().execute("DROP TABLE test_large", {});
}

TEST_P(Connections, ManyDifferentStatementsAreNotKeptForEver) {
    for (int i = 0; i < 500; ++i) {
        const auto sql = "SELECT number + " + std::to_string(i) + " FROM test_thing WHERE id = ?";
        const std::vector<Value> args{std::int64_t{1}};
        EXPECT_TRUE(connection().query(sql, args).empty());
    }
    if (on_mysql()) {
        const auto rows = connection().query("SHOW STATUS LIKE 'Prepared_stmt_count'", {});
        EXPECT_LT(std::stoll(rows.at(0).text(1)), 4'000);
    }
}

TEST_P(Connections, AReopenedConnectionMeansTheSame) {
    connection().reopen();
    add(1, std::int64_t{5}, std::string("a "), Blob{"x"});
    EXPECT_EQ(run("UPDATE test_thing SET number = 5 WHERE word = ?", {std::string("a ")}), 1);
    EXPECT_EQ(run("UPDATE test_thing SET number = 5 WHERE word = ?", {std::string("a")}), 0);
}

TEST_P(Connections, ALongWaitForTheOtherWriterIsToBeRepeated) {
    if (on_mysql()) {
        run("SET SESSION innodb_lock_wait_timeout = 1");
    }
    add(1, {}, {}, {});
    const auto other = another_connection();
    other->execute(on_mysql() ? "START TRANSACTION" : "BEGIN IMMEDIATE", {});
    other->execute("UPDATE test_thing SET number = 1 WHERE id = 1", {});
    if (on_mysql()) {
        EXPECT_EQ(trouble_of([&] { run("UPDATE test_thing SET number = 2 WHERE id = 1"); }),
                  Trouble::Retry);
    }
    other->execute("COMMIT", {});
    EXPECT_EQ(run("UPDATE test_thing SET number = 2 WHERE id = 1"), 1);
}

TEST_P(Connections, AKilledConnectionIsLostUntilReopened) {
    if (!on_mysql()) {
        return;  // SQLite has no connection to lose
    }
    const auto id = connection().query("SELECT CONNECTION_ID()", {}).at(0).number(0);
    another_connection()->execute("KILL " + std::to_string(id), {});

    EXPECT_EQ(trouble_of([&] { add(1, {}, {}, {}); }), Trouble::Lost);
    EXPECT_EQ(trouble_of([&] { add(1, {}, {}, {}); }), Trouble::Lost);
    connection().reopen();
    EXPECT_EQ(add(1, {}, {}, {}), 1);
}

SEALDESK_ON_EVERY_BACKEND(Connections);

}  // namespace
}  // namespace sealdesk::store
