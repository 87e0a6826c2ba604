// Reaching a database: URLs, passwords, encryption. Refusals say why and never show a password.

#include <cstdlib>
#include <fstream>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/connection.h"
#include "store/store_url.h"
#include "support/backends.h"

namespace sealdesk::store {
namespace {

namespace fs = std::filesystem;

std::string code_of_url(const std::string& url) {
    const auto place = parse_store_url({.url = url});
    return place ? "ok" : place.error().code;
}

TEST(StoreUrls, AMysqlUrlNamesUserHostPortAndDatabase) {
    const auto place = parse_store_url({.url = "mysql://desk@127.0.0.1:3307/seal_desk"});
    ASSERT_TRUE(place);
    const auto& mysql = std::get<MysqlPlace>(*place);
    EXPECT_EQ(mysql.user, "desk");
    EXPECT_EQ(mysql.servers, (std::vector<ServerAddress>{{"127.0.0.1", 3307}}));
    EXPECT_EQ(mysql.database, "seal_desk");
}

TEST(StoreUrls, SeveralNodesAndOptionsAreRead) {
    const auto place = parse_store_url(
        {.url = "mysql://d%40sk@db1,db2:3307,[fe80::1]:3308/desk?tls_ca=%2Fca.pem"});
    ASSERT_TRUE(place);
    const auto& mysql = std::get<MysqlPlace>(*place);
    EXPECT_EQ(mysql.user, "d@sk");
    EXPECT_EQ(mysql.servers,
              (std::vector<ServerAddress>{{"db1", 3306}, {"db2", 3307}, {"fe80::1", 3308}}));
    EXPECT_EQ(mysql.tls_ca, "/ca.pem");
}

TEST(StoreUrls, OptionsWinOverTheUrl) {
    const auto place = parse_store_url(
        {.url = "mysql://desk@localhost/desk?socket=/a", .password_file = "/p", .socket = "/b"});
    ASSERT_TRUE(place);
    EXPECT_EQ(std::get<MysqlPlace>(*place).socket, "/b");
    EXPECT_EQ(std::get<MysqlPlace>(*place).password_file, "/p");
}

TEST(StoreUrls, WhatIsWrongIsRefused) {
    for (const char* url :
         {"", "desk.db", "sqlite:", "postgres://a@b/c", "mysql://localhost/desk", "mysql://@h/desk",
          "mysql://desk@/desk", "mysql://desk@localhost/", "mysql://desk@localhost/a-b",
          "mysql://desk@localhost/a`b", "mysql://desk@localhost:0/desk",
          "mysql://desk@localhost:99999/desk", "mysql://desk@localhost:x/desk",
          "mysql://desk@localhost/desk?charset=big5", "mysql://desk@localhost/desk?socket=%zz",
          "mysql://desk@[::1/desk", "mysql://desk@localhost,/desk,"}) {
        EXPECT_EQ(code_of_url(url), "store.bad_url") << url;
    }
}

TEST(StoreUrls, APasswordInTheUrlIsRefusedAndNotRepeated) {
    const auto place = parse_store_url({.url = "mysql://desk:geheim@localhost/desk"});
    ASSERT_FALSE(place);
    EXPECT_EQ(place.error().code, "store.bad_url");
    EXPECT_EQ(place.error().detail.find("geheim"), std::string::npos);
}

TEST(StoreUrls, AnotherMachineNeedsEncryption) {
    EXPECT_EQ(code_of_url("mysql://desk@db.example/desk"), "store.tls_missing");
    EXPECT_EQ(code_of_url("mysql://desk@localhost,db.example/desk"), "store.tls_missing");
    EXPECT_EQ(code_of_url("mysql://desk@db.example/desk?tls_ca=ca.pem"), "ok");
    EXPECT_EQ(code_of_url("mysql://desk@127.0.0.1/desk"), "ok");
}

class OpenSqlite : public ::testing::Test {
protected:
    test::TempFolder folder_;
    fs::path file_ = folder_.path() / "desk.db";
};

TEST_F(OpenSqlite, AMissingFileIsMadeOnlyWhenAskedFor) {
    try {
        (void)open({.url = "sqlite:" + file_.string()});
        ADD_FAILURE();
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.error().code, "store.no_database");
    }
    EXPECT_FALSE(fs::exists(file_));
    (void)open({.url = "sqlite:" + file_.string(), .create_if_missing = true});
    (void)open({.url = "sqlite:" + file_.string()});
}

TEST_F(OpenSqlite, NobodyElseMayReadTheDatabaseOrItsLog) {
    const auto connection = open({.url = "sqlite:" + file_.string(), .create_if_missing = true});
    connection->execute("CREATE TABLE t (id INTEGER) STRICT", {});
    for (const char* ending : {"", "-wal", "-shm"}) {
        struct stat status {};
        ASSERT_EQ(::stat((file_.string() + ending).c_str(), &status), 0) << ending;
        EXPECT_EQ(status.st_mode & 0777U, 0600U) << ending;
    }
}

TEST_F(OpenSqlite, AFileThatIsNoDatabaseIsRefused) {
    std::ofstream(file_) << std::string(5'000, 'x');
    EXPECT_THROW((void)open({.url = "sqlite:" + file_.string()}), Failure);
}

class OpenMysql : public ::testing::Test {
protected:
    void SetUp() override {
        database_ = "sealdesk_open_" + std::to_string(::getpid());
        admin_ = open({.url = test::mysql_url(database_), .create_if_missing = true});
        port_ = environment("SEALDESK_TEST_MYSQL_PORT");
        ca_ = environment("SEALDESK_TEST_MYSQL_CA");
        // The password is the test's own; the account ends with the test.
        admin_->execute("CREATE OR REPLACE USER " + account() + " IDENTIFIED BY 'geheim 12'", {});
        admin_->execute("GRANT ALL ON " + database_ + ".* TO " + account(), {});
    }
    void TearDown() override {
        admin_->execute("DROP USER " + account(), {});
        admin_->execute("DROP DATABASE " + database_, {});
    }

    static std::string environment(const char* name) {
        const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
        EXPECT_NE(value, nullptr) << name << " is set by tests/support/mariadb.sh";
        return value == nullptr ? "" : value;
    }
    [[nodiscard]] std::string account() const { return "'" + database_ + "'@'%'"; }
    [[nodiscard]] std::string url(const std::string& host) const {
        return "mysql://" + database_ + "@" + host + ":" + port_ + "/" + database_;
    }
    std::string password_file(const std::string& content, mode_t mode) {
        const fs::path file = folder_.path() / "password";
        std::ofstream(file) << content;
        ::chmod(file.c_str(), mode);
        return file.string();
    }
    static std::string code_of(const ConnectionOptions& options) {
        try {
            (void)open(options);
            return "ok";
        } catch (const Failure& failure) {
            EXPECT_EQ(std::string(failure.what()).find("geheim"), std::string::npos);
            return failure.error().code;
        }
    }

    test::TempFolder folder_;
    std::string database_;
    std::unique_ptr<Connection> admin_;
    std::string port_;
    std::string ca_;
};

TEST_F(OpenMysql, ThePasswordComesFromAFileThatNobodyElseMayRead) {
    ConnectionOptions options{.url = url("127.0.0.1")};
    options.password_file = password_file("geheim 12\n", 0600);
    EXPECT_EQ(code_of(options), "ok");
    options.password_file = password_file("geheim 12\n", 0640);
    EXPECT_EQ(code_of(options), "password.file_open_to_others");
    options.password_file = password_file("geheim 13", 0600);
    EXPECT_EQ(code_of(options), "store.denied");
    options.password_file = folder_.path().string();
    EXPECT_EQ(code_of(options), "password.not_a_file");
    options.password_file = (folder_.path() / "none").string();
    EXPECT_EQ(code_of(options), "password.no_file");
}

TEST_F(OpenMysql, ThePasswordComesFromTheEnvironment) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe)
    ::setenv("SEALDESK_STORE_PASSWORD", "geheim 12", 1);
    EXPECT_EQ(code_of({.url = url("127.0.0.1")}), "ok");
    ::unsetenv("SEALDESK_STORE_PASSWORD");  // NOLINT(concurrency-mt-unsafe)
    EXPECT_EQ(code_of({.url = url("127.0.0.1")}), "store.denied");
}

TEST_F(OpenMysql, WithACaTheConnectionIsEncryptedAndTheServerVerified) {
    ConnectionOptions options{
        .url = url("127.0.0.1"), .password_file = password_file("geheim 12", 0600), .tls_ca = ca_};
    const auto connection = open(options);
    const auto cipher = connection->query("SHOW SESSION STATUS LIKE 'Ssl_cipher'", {});
    EXPECT_NE(cipher.at(0).text(1), "");
    connection->reopen();
    EXPECT_NE(connection->query("SHOW SESSION STATUS LIKE 'Ssl_cipher'", {}).at(0).text(1), "");

    options.tls_ca = environment("SEALDESK_TEST_MYSQL_WRONG_CA");
    EXPECT_EQ(code_of(options), "store.tls_missing");
    options.tls_ca = "/no/such/file.pem";
    EXPECT_NE(code_of(options), "ok");
}

TEST_F(OpenMysql, ACertificateForAnotherNameIsRefused) {
    ConnectionOptions options{.url = url("127.0.0.2"),  // the server's, but not in its certificate
                              .password_file = password_file("geheim 12", 0600),
                              .tls_ca = ca_};
    EXPECT_EQ(code_of(options), "store.tls_missing");
}

TEST_F(OpenMysql, TheNextNodeIsTriedWhenOneDoesNotAnswer) {
    EXPECT_EQ(code_of({.url = "mysql://" + database_ + "@127.0.0.1:1,127.0.0.1:" + port_ + "/" +
                              database_,
                       .password_file = password_file("geheim 12", 0600)}),
              "ok");
    EXPECT_EQ(code_of({.url = "mysql://" + database_ + "@127.0.0.1:1/" + database_}),
              "store.unreachable");
}

TEST_F(OpenMysql, AMissingDatabaseIsMadeOnlyWhenAskedFor) {
    const std::string other = database_ + "_other";
    EXPECT_EQ(code_of({.url = test::mysql_url(other)}), "store.no_database");
    EXPECT_EQ(code_of({.url = test::mysql_url(other), .create_if_missing = true}), "ok");
    EXPECT_EQ(code_of({.url = test::mysql_url(other)}), "ok");
    admin_->execute("DROP DATABASE " + other, {});
    // Without the right to make one the error says so.
    EXPECT_EQ(code_of({.url = "mysql://" + database_ + "@127.0.0.1:" + port_ + "/mine_not",
                       .password_file = password_file("geheim 12", 0600),
                       .create_if_missing = true}),
              "store.denied");
}

TEST_F(OpenMysql, AServerWithoutEncryptionIsRefusedWhenACaIsNamed) {
    const test::TempFolder folder;
    const std::string script =
        (fs::path(SEALDESK_SOURCE_DIR) / "tests/support/mariadb.sh").string();
    const std::string place = (folder.path() / "plain").string();
    const std::string out = (folder.path() / "environment").string();
    // NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe)
    ASSERT_EQ(
        std::system(("SEALDESK_TEST_PLAIN=1 " + script + " start " + place + " > " + out).c_str()),
        0);
    std::string port;
    std::ifstream lines(out);
    for (std::string line; std::getline(lines, line);) {
        if (const std::string name = "export SEALDESK_TEST_MYSQL_PORT="; line.starts_with(name)) {
            port = line.substr(name.size());
        }
    }
    const std::string plain = "mysql://root@127.0.0.1:" + port + "/mysql";
    EXPECT_EQ(code_of({.url = plain}), "ok");
    EXPECT_EQ(code_of({.url = plain, .tls_ca = ca_}), "store.tls_missing");
    // NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe)
    EXPECT_EQ(std::system((script + " stop " + place).c_str()), 0);
}

/// The connector swallows errors in these calls; see engine/store/mysql_connection.cpp.
TEST(Sources, NeitherCommitNorRollbackOfTheConnectorIsCalled) {
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(SEALDESK_SOURCE_DIR) / "engine")) {
        if (entry.path().extension() != ".cpp") {
            continue;
        }
        std::ifstream file(entry.path());
        for (std::string line; std::getline(file, line);) {
            const bool comment = line.find("//") != std::string::npos;
            for (const char* banned : {"->commit()", "->rollback()", "setAutoCommit(",
                                       "->reconnect()", "OPT_RECONNECT", "setUInt"}) {
                EXPECT_TRUE(comment || line.find(banned) == std::string::npos)
                    << entry.path() << ": " << line;
            }
        }
    }
}

}  // namespace
}  // namespace sealdesk::store
