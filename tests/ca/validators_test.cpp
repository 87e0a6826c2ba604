#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/durable_file.h"
#include "base/text.h"
#include "ca/demo_desk.h"
#include "support/command.h"

namespace sealdesk::ca {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Programs that are not ours read what we make. Once is enough: the bytes do not depend on the
/// database.
class ValidatorsTest : public WithCa {
protected:
    void SetUp() override {
        WithCa::SetUp();
        clock().set(SystemClock().now());  // certtool knows no other time
        card_ = issued("order:0", 0);
        revoked_ = issued("order:1", 1);
        ASSERT_TRUE(ca().revoke(status_order("s:0", revoked_)));
        ASSERT_TRUE(ca().issue_crl());
        write("good.pem", crypto::Certificate::parse(card_.der)->pem());
        write("revoked.pem", crypto::Certificate::parse(revoked_.der)->pem());
        write("ca.pem", ca().certificate().pem());
        run("openssl crl -inform DER -in crl/complete.crl -out crl.pem");
    }

    void write(const std::string& name, const std::string& bytes) {
        write_file_durably(folder() / name, bytes, FileAccess::Everyone);
    }
    std::string run(const std::string& command) {
        const test::CommandResult ran =
            test::run_command("cd '" + folder().string() + "' && " + command);
        return ran.succeeded() ? ran.output
                               : ran.output + "[exit " + std::to_string(ran.status) + "]";
    }

    IssuedCertificate card_;
    IssuedCertificate revoked_;
};

TEST_P(ValidatorsTest, OpensslVerifiesStrictlyWithTheCrl) {
    const std::string verify =
        "openssl verify -x509_strict -check_ss_sig -crl_check -CAfile ca.pem -CRLfile crl.pem ";
    EXPECT_EQ(run(verify + "good.pem"), "good.pem: OK\n");
    EXPECT_THAT(run(verify + "revoked.pem"), HasSubstr("certificate revoked"));
    EXPECT_THAT(run("openssl crl -in crl.pem -CAfile ca.pem -noout -text"), HasSubstr("verify OK"));
}

// M 7.1: X.509 v3 with the extensions of the profile.
TEST_P(ValidatorsTest, OpensslShowsTheExtensionsOfTheProfileInTheirOrder) {
    const std::string text = run("openssl x509 -in good.pem -noout -text -nameopt utf8");
    std::size_t at = 0;
    for (const char* expected :
         {"Version: 3", "sha256WithRSAEncryption", "X509v3 Authority Key Identifier",
          "X509v3 Subject Key Identifier", "X509v3 Key Usage: critical",
          "Digital Signature, Key Encipherment\n", "Policy: 2.16.886.101.0.3.0\n",
          "email:ra@example.test",
          "URI:http://ca.tipo-ra.example.test/repository/tipo/complete.crl",
          "CA Issuers - URI:http://ca.tipo-ra.example.test/repository/tipo/ca.crt"}) {
        const auto found = text.find(expected, at);
        ASSERT_NE(found, std::string::npos) << expected << "\n" << text;
        at = found;
    }
    EXPECT_THAT(text, Not(HasSubstr("CA:TRUE")));
    const std::string authority = run("openssl x509 -in ca.pem -noout -text -nameopt utf8");
    EXPECT_THAT(authority, HasSubstr("CA:TRUE, pathlen:0"));
    EXPECT_THAT(authority, HasSubstr("Certificate Sign, CRL Sign"));
    EXPECT_THAT(authority, HasSubstr("Not After : Jan  1 01:00:00 2046 GMT"));
}

TEST_P(ValidatorsTest, GnutlsVerifiesChainAndCrl) {
    ASSERT_TRUE(run("command -v certtool").starts_with("/")) << "install gnutls-bin";
    EXPECT_THAT(run("certtool --verify --load-ca-certificate ca.pem --infile good.pem"),
                HasSubstr("Chain verification output: Verified"));
    EXPECT_THAT(run("certtool --verify-crl --load-ca-certificate ca.pem --infile crl.pem"),
                HasSubstr("Verification output: Verified"));
}

INSTANTIATE_TEST_SUITE_P(Once, ValidatorsTest, ::testing::Values("sqlite"),
                         [](const auto& backend) { return backend.param; });

}  // namespace
}  // namespace sealdesk::ca
