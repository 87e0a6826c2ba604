// A CA whose key lies in a hardware security module, through the program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/durable_file.h"
#include "support/backends.h"
#include "support/command.h"
#include "support/program_desk.h"
#include "support/soft_hsm.h"
#include "support/temp_folder.h"

namespace sealdesk::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class HsmCustody : public ::testing::Test {
protected:
    HsmCustody()
        : desk_(folder_.path() / "desk", test::fresh_database("sqlite", folder_).url,
                "  host: localhost\n  port: 1\n  tls: none\n") {
        fs::remove_all(desk_.folder() / "ca/tipo");  // of the demo, and never opened
        settings_ = read_file(desk_.folder() / "sealdesk.yaml");
        write_file_durably(pin_file(), std::string(test::kHsmPin) + "\n", FileAccess::Owner);
        use("ca-test");
    }

    fs::path pin_file() const { return folder_.path() / "pin"; }

    /// From now on the desk's settings name this token.
    void use(const std::string& token) {
        std::string text = settings_;
        const std::string section = "\nca:\n";
        text.insert(text.find(section) + section.size(),
                    "  pkcs11_module: " + test::soft_hsm().module.string() + "\n  pkcs11_token: " +
                        token + "\n  pkcs11_pin_file: " + pin_file().string() + "\n");
        write_file_durably(desk_.folder() / "sealdesk.yaml", text, FileAccess::Owner);
    }

    /// "ok", or the code of the refusal.
    std::string code(const std::vector<std::string>& command,
                     const std::map<std::string, std::string>& environment = {}) {
        const test::Ran ran = desk_.run(command, environment);
        const auto brace = ran.out.find('{');
        const auto line = ran.status == 0 || brace == std::string::npos
                              ? nlohmann::json()
                              : nlohmann::json::parse(ran.out.substr(brace));
        return ran.status == 0 ? "ok" : line.value("/error/code"_json_pointer, ran.out + ran.err);
    }

    std::string hsm_health(const std::map<std::string, std::string>& environment = {}) {
        for (const auto& line : desk_.run({"doctor"}, environment).lines()) {
            if (line.at("subject") == "HSM") {
                return line.at("healthy").dump() + " " + line.at("note").get<std::string>();
            }
        }
        return "not looked at";
    }

    std::string run(const std::string& command) {
        return test::run_command("cd '" + desk_.folder().string() + "' && " + command).output;
    }

    test::TempFolder folder_;
    test::ProgramDesk desk_;
    std::string settings_;
};

TEST_F(HsmCustody, FromTheKeyInTheTokenToACertificateAndACrl) {  // M 6.2.1
    EXPECT_EQ(hsm_health(), "not looked at");
    ASSERT_EQ(code({"ca", "init", "--scheme", "tipo", "--hsm", "--hsm-label", "desk"}), "ok");
    EXPECT_EQ(code({"ca", "crl", "--scheme", "tipo"}), "ok");
    ASSERT_EQ(desk_.run_as("amy", {"ca", "service-keys", "--scheme", "tipo"}).status, 0);
    EXPECT_THAT(run("openssl crl -inform DER -in ca/tipo/crl/complete.crl -CAfile ca/tipo/ca.pem "
                    "-noout"),
                HasSubstr("verify OK"));
    EXPECT_THAT(run("openssl pkcs12 -in ca/tipo/ocsp.p12 -passin file:secrets/service.passphrase "
                    "-nokeys -clcerts -out ocsp.pem && openssl verify -x509_strict "
                    "-CAfile ca/tipo/ca.pem ocsp.pem"),
                HasSubstr("ocsp.pem: OK"));
    EXPECT_THAT(hsm_health(), AllOf(HasSubstr("true"), HasSubstr("desk")));
    EXPECT_THAT(test::pkcs11_tool("--list-objects --type privkey --label desk"),
                HasSubstr("never extractable"));
    EXPECT_EQ(desk_.run({"audit", "verify"}).status, 0);
    EXPECT_THAT(run("grep -rl '" + std::string(test::kHsmPin) + "' . || echo nowhere"),
                HasSubstr("nowhere"));
}

TEST_F(HsmCustody, WrongPinMissingTokenAndModuleAreSaid) {
    ASSERT_EQ(code({"ca", "init", "--scheme", "tipo", "--hsm", "--hsm-label", "said"}), "ok");
    const std::vector<std::string> crl{"ca", "crl", "--scheme", "tipo"};
    EXPECT_EQ(code(crl, {{"SEALDESK_CA_PKCS11_PIN", "000000"}}), "hsm.pin_wrong");
    EXPECT_THAT(hsm_health(), AllOf(HasSubstr("false"), HasSubstr("ca-test")));
    EXPECT_EQ(code(crl, {{"SEALDESK_CA_PKCS11_PIN", std::string(test::kHsmPin)}}), "ok");
    EXPECT_THAT(hsm_health(), HasSubstr("true"));

    use("unplugged");
    EXPECT_EQ(code(crl), "hsm.token_not_found");
    EXPECT_THAT(hsm_health(), AllOf(HasSubstr("false"), HasSubstr("hsm.token_not_found")));
    write_file_durably(desk_.folder() / "sealdesk.yaml", settings_, FileAccess::Owner);
    EXPECT_EQ(code(crl, {{"SEALDESK_CA_PKCS11_PIN", std::string(test::kHsmPin)}}), "hsm.no_module");
    EXPECT_EQ(code({"ca", "init", "--scheme", "tipo", "--hsm"},
                   {{"SEALDESK_CA_PKCS11_PIN", std::string(test::kHsmPin)}}),
              "ca.exists");
    EXPECT_EQ(desk_.run({"ca", "init", "--hsm", "--shares", "2/3"}).status, 2);
}

}  // namespace
}  // namespace sealdesk::cli
