// A CA whose key lies in a hardware security module (SoftHSM).
#include "ca/hsm_ca.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/durable_file.h"
#include "ca/custody.h"
#include "ca/demo_desk.h"
#include "support/command.h"
#include "support/failing_connection.h"
#include "support/soft_hsm.h"

namespace sealdesk::ca {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class HsmCaTest : public WithCa {
protected:
    HsmCaTest() : label_("ca-" + std::to_string(next_number())) {}

    [[nodiscard]] CaFiles files() const {
        return {folder() / "hsm.pem", folder() / "hsm.key", folder() / "hsm-crl", test::soft_hsm()};
    }

    static Secret pin() { return Secret(test::kHsmPin); }

    std::string init() {
        return code_of(init_in_hsm(db(), files(), test_profiles(), label_, pin()));
    }

    std::unique_ptr<LocalCa> opened() {
        auto ca = LocalCa::open(db(), files(), pin(), test_profiles());
        return ca ? *std::move(ca) : throw std::runtime_error(ca.error().code);
    }

    std::string label_;

private:
    /// The token stays, whatever the database.
    static int next_number() {
        static int last = 0;
        return ++last;
    }
};

TEST_P(HsmCaTest, IssuesHoldsAndPublishesWhatOpensslBelieves) {  // M 6.2.1
    ASSERT_EQ(init(), "ok");
    const auto issued = opened()->issue_all(std::vector{order("first", 0)});
    ASSERT_EQ(code_of(issued.at(0)), "ok");
    EXPECT_EQ(code_of(opened()->hold(status_order("hold", *issued[0]))), "ok");
    const auto crl = opened()->issue_crl();
    ASSERT_EQ(code_of(crl), "ok");

    write_file_durably(folder() / "u.der", issued[0]->der, FileAccess::Everyone);
    const auto run = [&](const std::string& command) {
        return test::run_command("cd '" + folder().string() + "' && " + command).output;
    };
    EXPECT_EQ(run("openssl x509 -inform DER -in u.der -out u.pem && "
                  "openssl verify -x509_strict -attime " +
                  std::to_string(to_stored(clock().now()) / 1'000'000) + " -CAfile hsm.pem u.pem"),
              "u.pem: OK\n");
    EXPECT_THAT(run("openssl crl -inform DER -in hsm-crl/complete.crl -CAfile hsm.pem -noout"),
                HasSubstr("verify OK"));
    EXPECT_EQ(crl->entries, 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_event WHERE kind = 'ca.hsm_key_made'"), 1);
    EXPECT_EQ(audit_verdict(), "ok");
}

// The seal is a MAC by a key derived from a signature: another opening derives the same.
TEST_P(HsmCaTest, RecoveryFinishesWhatACrashLeft) {
    ASSERT_EQ(init(), "ok");
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 40);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        const auto ca = LocalCa::open(db(), files(), pin(), test_profiles());
        ASSERT_EQ(code_of(ca), "ok");
        try {
            const auto one = LocalCa::open(broken, files(), pin(), test_profiles());
            ASSERT_EQ(code_of((*one)->issue_all(std::vector{order("once", 1)}).at(0)), "ok");
        } catch (const Failure&) {
            (*ca)->recover();
            EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate WHERE state = 'signing'"), 0);
            continue;
        }
        break;
    }
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate WHERE state = 'issued'"), 1);
}

TEST_P(HsmCaTest, TheKeyFileNamesTheKeyAndHoldsNone) {
    ASSERT_EQ(init(), "ok");
    EXPECT_EQ(hsm_label_of(files()), label_);
    EXPECT_THAT(read_file(files().key), Not(HasSubstr("PRIVATE KEY")));
    EXPECT_EQ(hsm_label_of(test_ca_files()), std::nullopt);
    EXPECT_EQ(init(), "ca.exists");

    CustodyOrder sharing{2, {}, folder() / "shares", 1'000};
    sharing.holders.push_back({"A", Secret("passphrase of A")});
    sharing.holders.push_back({"B", Secret("passphrase of B")});
    EXPECT_EQ(code_of(share_anew(db(), files(), KeyRelease{pin(), {}, {}}, sharing)),
              "ca.key_in_hsm");
    EXPECT_FALSE(fs::exists(folder() / "shares"));
}

TEST_P(HsmCaTest, ARefusalOrAFailureLeavesNoCa) {
    const auto attempt = [&](const CaFiles& where, const std::string& label, std::string_view by) {
        return code_of(init_in_hsm(db(), where, test_profiles(), label, Secret(by)));
    };
    CaFiles elsewhere = files();
    elsewhere.hsm.token = "other";
    EXPECT_EQ(attempt(elsewhere, label_, test::kHsmPin), "hsm.token_not_found");
    EXPECT_EQ(attempt(files(), label_, "0000"), "hsm.pin_wrong");
    EXPECT_EQ(attempt(files(), "two words", test::kHsmPin), "hsm.bad_label");
    EXPECT_EQ(attempt(files(), "", test::kHsmPin), "hsm.bad_label");
    int write = 0;
    for (;; ++write) {
        ASSERT_LT(write, 20);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        EXPECT_FALSE(fs::exists(files().key));
        EXPECT_FALSE(fs::exists(files().certificate));
        const std::string label = label_ + "." + std::to_string(write);
        try {
            ASSERT_EQ(code_of(init_in_hsm(broken, files(), test_profiles(), label, pin())), "ok");
            break;
        } catch (const Failure&) {
            // the key stays in the token, where its label is not given again
            EXPECT_EQ(attempt(files(), label, test::kHsmPin), "hsm.key_exists");
        }
    }
    EXPECT_GE(write, 2);
    EXPECT_EQ(code_of(opened()->issue_crl()), "ok");
}

TEST_P(HsmCaTest, AnotherKeyUnderTheLabelIsNotTheCas) {
    ASSERT_EQ(init(), "ok");
    std::string text = read_file(files().key);
    EXPECT_THAT(
        test::pkcs11_tool("--keypairgen --key-type rsa:2048 --id 77 --label other" + label_),
        HasSubstr("generated"));
    text.replace(text.find(label_), label_.size(), "other" + label_);
    write_file_durably(files().key, text, FileAccess::Owner);
    EXPECT_EQ(code_of(LocalCa::open(db(), files(), pin(), test_profiles())), "ca.key_mismatch");
}

SEALDESK_ON_EVERY_BACKEND(HsmCaTest);

}  // namespace
}  // namespace sealdesk::ca
