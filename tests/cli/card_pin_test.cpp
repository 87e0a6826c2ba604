// The unblock service's key, and what the PIN commands do before a card is asked, through the
// program.
#include <gmock/gmock.h>

#include "base/durable_file.h"
#include "support/backends.h"
#include "support/command.h"
#include "support/program_desk.h"

namespace sealdesk::cli {
namespace {

using ::testing::HasSubstr;

class UnblockService : public ::testing::Test {
protected:
    std::string at(const std::string& name) const { return (folder_.path() / name).string(); }
    std::string key() const { return read_file(at("desk/unblock/service.key")); }

    const test::TempFolder folder_;
    const test::ProgramDesk desk_{at("desk"), test::fresh_database("sqlite", folder_).url,
                                  "  host: localhost\n  port: 1\n  tls: none\n"};
};

TEST_F(UnblockService, InitMakesItsKeyOnceAlsoOnADeskThatLackedIt) {
    const auto match = test::run_command(
        "cd '" + at("desk") +
        "' && openssl pkey -in unblock/service.key -passin file:secrets/unblock.passphrase -pubout "
        "> a && openssl x509 -in unblock/service.pem -noout -pubkey > b && cmp a b && rm a b");
    EXPECT_TRUE(match.succeeded()) << match.output;
    const std::string first = key();
    EXPECT_THAT(first, HasSubstr("BEGIN ENCRYPTED PRIVATE KEY"));
    EXPECT_EQ(desk_.run({"init"}).status, 0);
    EXPECT_EQ(key(), first);
    std::filesystem::remove_all(at("desk/unblock"));
    EXPECT_EQ(desk_.run({"init"}).status, 0);
    EXPECT_NE(key(), first);
}

TEST_F(UnblockService, APinIsSetForNobodyWithoutAPassword) {  // T 4.9.5
    write_file_durably(at("pin"), "730264\n", FileAccess::Owner);
    write_file_durably(at("password"), "guess-number-1\n", FileAccess::Owner);
    const auto code = [&](const test::Ran& ran) {
        return ran.lines().at(0).at("error").at("code").get<std::string>();
    };
    const std::vector<std::string> unblock{"card", "pin", "unblock", "--new-pin-file", at("pin")};
    EXPECT_EQ(code(desk_.run(unblock)), "session.nobody");
    EXPECT_EQ(code(desk_.run_as("amy", unblock)), "officer.not_allowed");
    EXPECT_EQ(
        code(desk_.run({"card", "pin", "reset", "--account", "T00000015", "--account-password-file",
                        at("password"), "--new-pin-file", at("pin")})),
        "account.unknown");
}

}  // namespace
}  // namespace sealdesk::cli
