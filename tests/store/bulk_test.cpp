// Counters, multi-row inserts and the files beside the database.

#include "store/bulk.h"

#include <fstream>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "base/digest.h"
#include "base/error.h"
#include "store/counters.h"
#include "store/files.h"
#include "support/backends.h"

namespace sealdesk::store {
namespace {

class Bulk : public test::OnEveryBackend {
protected:
    std::int64_t take(std::string_view name, std::int64_t count) {
        return transact(db(), "test.take", [&](Tx& tx) { return take_numbers(tx, name, count); });
    }
};

TEST_P(Bulk, NumbersOfASeriesFollowOneAnother) {
    EXPECT_EQ(take("request.2026", 1), 1);
    EXPECT_EQ(take("request.2026", 100), 2);
    EXPECT_EQ(take("request.2026", 1), 102);
    EXPECT_EQ(take("request.2027", 1), 1);
}

TEST_P(Bulk, ARolledBackUnitOfWorkGivesItsNumbersBack) {
    EXPECT_EQ(take("slip", 1), 1);
    EXPECT_THROW(transact(db(), "test.take",
                          [](Tx& tx) {
                              EXPECT_EQ(take_numbers(tx, "slip", 5), 2);
                              throw_unavailable("test.cut", "cut off");
                          }),
                 Failure);
    EXPECT_EQ(take("slip", 1), 2);
}

TEST_P(Bulk, AnyNumberOfRowsIsInserted) {
    std::int64_t expected = 0;
    for (const int rows : {0, 1, 2, 511, 512, 513, 1'700}) {
        transact(db(), "test.insert", [&](Tx& tx) {
            std::vector<Value> values;
            for (int row = 0; row < rows; ++row) {
                const auto name = std::to_string(rows) + "/" + std::to_string(row);
                values.push_back(Tx::to_value(name));
                values.push_back(Tx::to_value(row + 1));
            }
            insert_rows(tx, "INSERT INTO counter (name, next_value) VALUES", 2, values);
        });
        expected += rows;
        EXPECT_EQ(connection().query("SELECT COUNT(*) FROM counter", {}).at(0).number(0), expected);
    }
}

TEST_P(Bulk, PlaceholdersAreAList) {
    EXPECT_EQ(placeholders(1), "(?)");
    EXPECT_EQ(placeholders(3), "(?, ?, ?)");
    transact(db(), "test.large", [&](Tx& tx) {
        const std::vector<Value> many(kPlaceholdersMax, Value{std::string("x")});
        const auto sql = "SELECT name FROM counter WHERE name IN " + placeholders(many.size());
        EXPECT_TRUE(tx.query_list(sql, many).empty());
    });
}

SEALDESK_ON_EVERY_BACKEND(Bulk);

std::string code_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Failure& failure) {
        return failure.error().code;
    }
    return "ok";
}

TEST(Files, BytesComeBackUnderTheirHash) {
    const test::TempFolder folder;
    FileStore files(folder.path() / "files");
    const std::string bytes("scan\0of a form", 14);
    const std::string name = files.put(bytes);

    EXPECT_EQ(name, sha256_hex(bytes));
    EXPECT_TRUE(files.has(name));
    EXPECT_EQ(files.get(name), bytes);
    EXPECT_EQ(files.put(bytes), name);
    EXPECT_EQ(files.get(files.put("")), "");
}

TEST(Files, NobodyElseMayReadThem) {
    const test::TempFolder folder;
    FileStore files(folder.path() / "files");
    const auto path = files.path_of(files.put("x"));
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    ASSERT_EQ(::stat(path.parent_path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST(Files, ADamagedFileIsNoticedAndMendedByPuttingItAgain) {
    const test::TempFolder folder;
    FileStore files(folder.path() / "files");
    const std::string name = files.put("genuine");
    std::ofstream(files.path_of(name)) << "altered";

    EXPECT_EQ(code_of([&] { (void)files.get(name); }), "files.damaged");
    EXPECT_EQ(files.put("genuine"), name);
    EXPECT_EQ(files.get(name), "genuine");
}

TEST(Files, AFileThatIsGoneAndANameThatIsNoneAreTold) {
    const test::TempFolder folder;
    FileStore files(folder.path() / "files");
    EXPECT_EQ(code_of([&] { (void)files.get(sha256_hex("never put")); }), "files.missing");
    EXPECT_FALSE(files.has(sha256_hex("never put")));
    EXPECT_EQ(code_of([&] { (void)files.get("../../etc/passwd"); }), "files.bad_name");
    EXPECT_EQ(code_of([&] { (void)files.path_of(std::string(64, 'A')); }), "files.bad_name");
}

TEST(Digests, Sha256IsThatOfFips180) {
    // FIPS 180-4 example B.1
    EXPECT_EQ(sha256_hex("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256("").size(), 32U);
    Sha256 pieces;
    pieces.add("a");
    pieces.add("");
    pieces.add("bc");
    EXPECT_EQ(pieces.finish_hex(), sha256_hex("abc"));
}

}  // namespace
}  // namespace sealdesk::store
