#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "store/connection.h"
#include "store/tx.h"
#include "support/temp_folder.h"

namespace sealdesk::test {

/// The repository's ddl/.
[[nodiscard]] std::filesystem::path ddl_folder();

/// How to reach a scratch database with the schema of ddl/ and no rows, for `backend` "sqlite" or
/// "mysql". Throws std::runtime_error that says how to start a server when there is none. In one
/// process there is one MySQL scratch database, emptied by each call.
[[nodiscard]] store::ConnectionOptions fresh_database(const std::string& backend,
                                                      const TempFolder& folder);

/// The test server's URL with another database name, from $SEALDESK_TEST_MYSQL. Throws as above.
[[nodiscard]] std::string mysql_url(const std::string& database);

/// Fixture of a test that runs on every backend, with an empty database each time:
///
///     class Outbox : public test::OnEveryBackend {};
///     TEST_P(Outbox, AMailIsSentOnce) { store::transact(db(), "mail.x", …); }
///     SEALDESK_ON_EVERY_BACKEND(Outbox);
///
/// A test may make tables of its own, named test_…; they go with the test.
/// The clock stands at 2026-11-20 09:15:00 Taipei time until it is moved.
class OnEveryBackend : public ::testing::TestWithParam<std::string> {
protected:
    void SetUp() override;
    void TearDown() override;

    [[nodiscard]] store::Database& db() { return *database_; }
    [[nodiscard]] ManualClock& clock() { return clock_; }
    [[nodiscard]] Random& random() { return random_; }
    [[nodiscard]] store::Connection& connection() { return *connection_; }
    /// The same database once more, as another worker would open it.
    [[nodiscard]] std::unique_ptr<store::Connection> another_connection() const;
    [[nodiscard]] const store::ConnectionOptions& options() const { return options_; }
    /// A scratch folder of this test.
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
    [[nodiscard]] bool on_mysql() const { return GetParam() == "mysql"; }

private:
    TempFolder folder_;
    ManualClock clock_{from_stored(1'795'137'300'000'000)};
    SystemRandom random_;
    store::ConnectionOptions options_;
    std::unique_ptr<store::Connection> connection_;
    std::unique_ptr<store::Database> database_;
};

}  // namespace sealdesk::test

/// Runs the suite on both databases; test names end in /sqlite and /mysql.
#define SEALDESK_ON_EVERY_BACKEND(Suite)                       \
    INSTANTIATE_TEST_SUITE_P(                                  \
        Backends, Suite, ::testing::Values("sqlite", "mysql"), \
        [](const ::testing::TestParamInfo<std::string>& backend) { return backend.param; })
