// A CA whose key several people hold, through the program: from the ceremony to the next one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/durable_file.h"
#include "paper/pdf_probe.h"
#include "support/backends.h"
#include "support/command.h"
#include "support/program_desk.h"
#include "support/temp_folder.h"

namespace sealdesk::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class KeyCustody : public ::testing::Test {
protected:
    KeyCustody()
        : desk_(folder_.path() / "desk", test::fresh_database("sqlite", folder_).url,
                "  host: localhost\n  port: 1\n  tls: none\n") {
        fs::remove_all(desk_.folder() / "ca/tipo");  // of the demo, and never opened
    }

    /// `ca COMMAND --scheme tipo` with these arguments.
    test::Ran ca(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "ca");
        arguments.insert(arguments.end(), {"--scheme", "tipo"});
        return desk_.run(arguments);
    }

    /// "NAME=FILE" with the holder's passphrase in the file.
    std::string holder(const std::string& name) {
        const fs::path file = passphrase_file(name);
        write_file_durably(file, "passphrase of " + name + "\n", FileAccess::Owner);
        return name + "=" + file.string();
    }
    fs::path passphrase_file(const std::string& name) const { return folder_.path() / name; }

    /// A ceremony; its JSON, or the code of the error.
    nlohmann::json ceremony(std::vector<std::string> command, const std::string& numbers,
                            const std::vector<std::string>& names) {
        for (const std::string& name : names) {
            command.insert(command.end(), {"--holder", holder(name)});
        }
        command.insert(command.end(), {"--shares", numbers, "--share-out", shares().string(),
                                       "--protocol", protocol().string()});
        return ca(command).lines().at(0);
    }

    /// Options that bring these shares along.
    std::vector<std::string> with(const nlohmann::json& ceremony,
                                  std::initializer_list<std::size_t> numbers) const {
        std::vector<std::string> options;
        for (const std::size_t number : numbers) {
            const nlohmann::json& share = ceremony.at("shares").at(number - 1);
            options.insert(options.end(), {"--share", share.at("file"), "--share-passphrase",
                                           passphrase_file(share.at("holder")).string()});
        }
        return options;
    }

    /// "ok", or the code of the refusal.
    std::string crl(const std::vector<std::string>& options) {
        std::vector<std::string> command{"crl"};
        command.insert(command.end(), options.begin(), options.end());
        const test::Ran ran = ca(command);
        const nlohmann::json line = ran.lines().at(0);
        EXPECT_EQ(ran.status, line.contains("error") ? 1 : 0);
        return line.contains("error") ? line.at("error").at("code").get<std::string>() : "ok";
    }

    fs::path shares() const { return folder_.path() / "shares"; }
    fs::path protocol() const { return folder_.path() / "protocol.pdf"; }

    test::TempFolder folder_;
    test::ProgramDesk desk_;
};

TEST_F(KeyCustody, TheNextKeyHasHoldersOfItsOwn) {  // M 4.7, M 6.2.2
    const auto first = ceremony({"init"}, "2/2", {"Alice", "Bob"});
    ASSERT_FALSE(first.contains("error")) << first;
    std::vector<std::string> rekey{"rekey"};
    const auto brought = with(first, {1, 2});
    rekey.insert(rekey.end(), brought.begin(), brought.end());
    const auto next = ceremony(rekey, "2/3", {"Carol", "Dave", "Eve"});
    ASSERT_FALSE(next.contains("error")) << next;
    EXPECT_EQ(next.at("subject"), first.at("subject"));
    EXPECT_NE(next.at("set"), first.at("set"));
    EXPECT_EQ(ceremony(rekey, "2/3", {"Carol", "Dave", "Eve"}).at("error").at("code"),
              "share.other_set");
    EXPECT_EQ(crl(with(next, {3, 1})), "ok");
    EXPECT_EQ(crl(brought), "share.other_set");
    const std::string folder = (desk_.folder() / "ca/tipo").string();
    EXPECT_THAT(test::run_command("cd '" + folder +
                                  "' && openssl x509 -inform DER -in "
                                  "2/new-with-old.crt -out nwo.pem && openssl verify -x509_strict "
                                  "-CAfile ca.pem nwo.pem")
                    .output,
                HasSubstr("nwo.pem: OK"));
}

TEST_F(KeyCustody, FromOneCeremonyToTheNext) {  // M 6.2.2
    const auto first = ceremony({"init"}, "3/4", {"王大明", "李小華", "Carol", "Dave"});
    ASSERT_FALSE(first.contains("error")) << first;

    EXPECT_EQ(crl(with(first, {4, 1, 2})), "ok");
    EXPECT_EQ(crl(with(first, {4, 1})), "share.too_few");
    EXPECT_EQ(crl({}), "ca.shares_needed");
    auto wrong = with(first, {1});
    wrong.back() = passphrase_file("Dave").string();
    EXPECT_EQ(crl(wrong), "share.wrong_passphrase");
    EXPECT_EQ(crl({"--share-passphrase", passphrase_file("Dave").string()}),
              "share.passphrase_too_many");

    const auto by_openssl =
        test::run_command("openssl cms -decrypt -inform PEM -in " +
                          first.at("shares").at(2).at("file").get<std::string>() +
                          " -pwri_password "
                          "'passphrase of Carol'");
    EXPECT_THAT(by_openssl.output, HasSubstr("shares 3/4\nnumber 3\n"));
    const std::string paper = test::pdf_text(read_file(protocol()), folder_.path());
    for (const char* name : {"王大明", "李小華", "Carol", "Dave"}) {
        EXPECT_THAT(paper, HasSubstr(name));
        EXPECT_THAT(paper, Not(HasSubstr(std::string("passphrase of ") + name)));
    }
    EXPECT_THAT(paper, HasSubstr(first.at("fingerprint").get<std::string>()));
    EXPECT_THAT(paper, HasSubstr(first.at("key_id").get<std::string>()));
    EXPECT_THAT(paper, HasSubstr("3 of 4"));

    auto command = with(first, {2, 3, 4});
    command.insert(command.begin(), "share");
    const auto second = ceremony(command, "2/2", {"Erin", "孫美麗"});
    ASSERT_FALSE(second.contains("error")) << second;
    EXPECT_EQ(second.at("fingerprint"), first.at("fingerprint"));
    EXPECT_EQ(crl(with(first, {1})), "share.other_set");
    EXPECT_EQ(crl(with(second, {2, 1})), "ok");
    const std::string again = test::pdf_text(read_file(protocol()), folder_.path());
    EXPECT_THAT(again, HasSubstr(first.at("set").get<std::string>()));
    EXPECT_THAT(again, HasSubstr("shares 2、3、4"));
    EXPECT_EQ(desk_.run({"audit", "verify"}).status, 0);
}

TEST_F(KeyCustody, ACeremonyThatIsNotOneIsRefusedBeforeAnythingIsMade) {
    const auto code = [](const nlohmann::json& line) { return line.at("error").at("code"); };
    EXPECT_EQ(code(ceremony({"init"}, "3", {"A", "B"})), "share.bad_numbers");
    EXPECT_EQ(code(ceremony({"init"}, "2/3", {"A", "B"})), "share.holder_count");
    EXPECT_EQ(code(ceremony({"init"}, "1/2", {"A", "B"})), "share.bad_numbers");
    EXPECT_EQ(ca({"init", "--holder", holder("A")}).status, 2);  // without --shares
    EXPECT_FALSE(fs::exists(desk_.folder() / "ca/tipo/ca.key"));
    EXPECT_FALSE(fs::exists(protocol()));
}

}  // namespace
}  // namespace sealdesk::cli
