#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/durable_file.h"
#include "ca/demo_desk.h"
#include "support/failing_connection.h"

namespace sealdesk::ca {
namespace {

using namespace std::chrono_literals;

class LocalCaTest : public WithCa {};

TEST_P(LocalCaTest, IssuesByProfileForOneYear) {  // T 4.3.1
    const IssuedCertificate issued_one = issued("order:1", 0);
    const auto certificate = crypto::Certificate::parse(issued_one.der);
    ASSERT_EQ(code_of(certificate), "ok");

    EXPECT_EQ(to_utc_text(certificate->not_before()), "2026-11-20T01:15:00Z");
    EXPECT_EQ(to_utc_text(certificate->not_after()), "2027-11-20T01:15:00Z");
    EXPECT_EQ(certificate->subject(),
              "C=TW, O=測試股份有限公司, CN=測試股份有限公司, serialNumber=12345675");
    EXPECT_EQ(certificate->issuer(), ca().certificate().subject());
    EXPECT_EQ(certificate->public_key(), subject_key(0).public_key());
    EXPECT_EQ(certificate->serial(), issued_one.serial);
    EXPECT_EQ(issued_one.serial.size(), 32U);
    const auto status = ca().status(issued_one.serial);
    ASSERT_EQ(code_of(status), "ok");
    EXPECT_EQ(status->state, CertificateState::Issued);
    EXPECT_EQ(status->subscriber, "subscriber:0");
    EXPECT_EQ(audit_verdict(), "ok");
}

TEST_P(LocalCaTest, TheSameOrderAgainGivesTheSameCertificate) {
    const IssuedCertificate first = issued("order:1", 0);
    clock().advance(48h);
    const IssuedCertificate again = issued("order:1", 0);
    EXPECT_EQ(again.der, first.der);
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate"), 1);

    Order changed = order("order:1", 0);
    changed.subject["common_name"] = "別的公司";
    EXPECT_EQ(code_of(ca().issue(changed)), "ca.order_changed");
}

TEST_P(LocalCaTest, ARequestMustProveThatItsKeyIsPossessed) {  // M 3.1.7
    Order by_csr = order("order:1", 0);
    by_csr.public_key.clear();
    by_csr.csr = make_csr(subject_key(0));
    EXPECT_EQ(code_of(ca().issue(by_csr)), "ok");

    by_csr.key = "order:2";
    by_csr.csr = make_csr(subject_key(1), "SHA1");
    EXPECT_EQ(code_of(ca().issue(by_csr)), "ca.no_possession");
    by_csr.csr = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n";
    EXPECT_EQ(code_of(ca().issue(by_csr)), "ca.csr_unreadable");
    by_csr.csr = "rubbish";
    EXPECT_EQ(code_of(ca().issue(by_csr)), "ca.csr_unreadable");
}

TEST_P(LocalCaTest, AKeyIsCertifiedOnce) {  // M 3.2.2
    const auto first = issued("order:1", 0);
    Order same_key = order("order:2", 0);
    same_key.subscriber = "subscriber:99";
    EXPECT_EQ(code_of(ca().issue(same_key)), "ca.key_reused");
    EXPECT_EQ(code_of(ca().issue(order("order:3", 0))), "ca.key_reused");
    // Nor after a revocation, nor twice in one call.
    ASSERT_EQ(code_of(ca().revoke(status_order("revoke:1", first))), "ok");
    EXPECT_EQ(code_of(ca().issue(order("order:4", 0))), "ca.key_reused");
    const std::vector<Order> both{order("order:5", 1), order("order:6", 1)};
    const auto results = ca().issue_all(both);
    EXPECT_EQ(code_of(results[0]), "ok");
    EXPECT_EQ(code_of(results[1]), "ca.key_reused");
}

// Another scheme's CA of the same house, with a key and profiles of its own.
TEST_P(LocalCaTest, AKeyThatOneSchemeCertifiedIsRefusedByTheOther) {  // M 3.2.2
    const CaFiles files{folder() / "ca.pem", folder() / "ca.key", folder() / "other"};
    const std::filesystem::path forms = std::filesystem::path(SEALDESK_SOURCE_DIR) / "forms";
    const auto profiles =
        read_profiles(forms / "moea/profiles.yaml", forms / "schema/profiles.schema.json");
    ASSERT_EQ(code_of(profiles), "ok");
    ASSERT_EQ(code_of(init_demo_ca(files, test_passphrase(), *profiles, clock().now(), random())),
              "ok");
    const auto other = open_quickly(db(), files, *profiles);
    const auto by_other = [&](const std::string& key, int subject) {
        Order one = order(key, subject);
        one.profile = "officer";
        one.subject = {{"common_name", "Amy"}, {"serial_number", "amy"}};
        return other->issue(one);
    };
    issued("order:1", 0);
    EXPECT_EQ(code_of(by_other("order:2", 0)), "ca.key_reused");
    EXPECT_EQ(code_of(by_other("order:3", 1)), "ok");
    EXPECT_EQ(code_of(ca().issue(order("order:4", 1))), "ca.key_reused");
}

TEST_P(LocalCaTest, ABadOrderDoesNotStopTheOthers) {
    std::vector<Order> orders{order("order:1", 0), order("order:2", 1), order("order:3", 2),
                              order("order:4", 3), order("order:1", 4)};
    orders[1].profile = "no-such";
    orders[2].subject["shoe_size"] = "43";
    const auto results = ca().issue_all(orders);
    ASSERT_EQ(results.size(), 5U);
    EXPECT_EQ(code_of(results[0]), "ok");
    EXPECT_EQ(code_of(results[1]), "ca.unknown_profile");
    EXPECT_EQ(code_of(results[2]), "ca.unknown_field");
    EXPECT_EQ(code_of(results[3]), "ok");
    EXPECT_EQ(code_of(results[4]), "ca.order_repeated");
    EXPECT_EQ(results[0]->order_key, "order:1");
    EXPECT_EQ(results[3]->order_key, "order:4");
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate"), 2);
}

TEST_P(LocalCaTest, AnOrderMustBeComplete) {
    Order bad = order("order:1", 0);
    bad.approval_sha256 = "abc";
    EXPECT_EQ(code_of(ca().issue(bad)), "ca.bad_order");
    bad = order("order:1", 0);
    bad.csr = make_csr(subject_key(0));  // besides the public key
    EXPECT_EQ(code_of(ca().issue(bad)), "ca.bad_order");
    bad = order("", 0);
    EXPECT_EQ(code_of(ca().issue(bad)), "ca.bad_order");
    bad = order("order:1", 0);
    bad.subject.erase("common_name");
    EXPECT_EQ(code_of(ca().issue(bad)), "ca.missing_field");
    bad = order("order:1", 0);
    bad.subject["serial_number"] = "王";  // a PrintableString cannot hold it
    EXPECT_EQ(code_of(ca().issue(bad)), "ca.bad_field");
    bad = order("order:1", 0);
    bad.public_key = crypto::KeyPair::generate_p256().public_key();
    EXPECT_EQ(code_of(ca().issue(bad)), "ca.weak_key");
}

TEST_P(LocalCaTest, NothingIsValidBeyondTheAuthority) {  // M 6.3.2.1
    // The CA's certificate runs from 2026 to 2046, and it may sign until 2036.
    clock().set(Instant{std::chrono::sys_days{std::chrono::year{2036} / 1 / 1}});
    EXPECT_EQ(code_of(ca().issue(order("order:1", 0))), "ok");
    clock().advance(48h);
    EXPECT_EQ(code_of(ca().issue(order("order:2", 1))), "ca.signing_period_over");
    clock().set(Instant{std::chrono::sys_days{std::chrono::year{2025} / 1 / 1}});
    EXPECT_EQ(code_of(ca().issue(order("order:3", 1))), "ca.beyond_authority");
}

TEST_P(LocalCaTest, AClockSetBackStopsSigning) {
    issued("order:1", 0);
    clock().advance(-4min);
    EXPECT_EQ(code_of(ca().issue(order("order:2", 1))), "ok");
    clock().advance(-4min);
    EXPECT_EQ(code_of(ca().issue(order("order:3", 2))), "ca.clock_back");
    EXPECT_EQ(code_of(ca().issue_crl()), "ca.clock_back");
}

// T 4.7.3: a revoked certificate is never valid again.
TEST_P(LocalCaTest, HoldReleaseAndRevokeFollowOneAnother) {
    const auto one = issued("order:1", 0);
    clock().advance(1h);
    EXPECT_EQ(code_of(ca().release(status_order("s:1", one))), "ca.not_held");
    EXPECT_EQ(code_of(ca().hold(status_order("s:2", one))), "ok");
    EXPECT_EQ(code_of(ca().hold(status_order("s:2", one))), "ok");  // repeated
    EXPECT_EQ(code_of(ca().hold(status_order("s:3", one))), "ca.already_held");
    EXPECT_EQ(code_of(ca().revoke(status_order("s:2", one))), "ca.order_changed");
    const Instant held_at = *ca().status(one.serial)->since;
    clock().advance(1h);
    EXPECT_EQ(code_of(ca().release(status_order("s:4", one))), "ok");
    EXPECT_FALSE(ca().status(one.serial)->since);
    EXPECT_EQ(code_of(ca().hold(status_order("s:5", one))), "ok");
    clock().advance(1h);
    EXPECT_EQ(code_of(ca().revoke(status_order("s:6", one, Reason::Superseded))), "ok");
    EXPECT_EQ(code_of(ca().release(status_order("s:7", one))), "ca.already_revoked");

    const auto status = ca().status(one.serial);
    EXPECT_EQ(status->state, CertificateState::Revoked);
    EXPECT_EQ(status->reason, Reason::Superseded);
    EXPECT_EQ(*status->since, held_at + 1h);  // dated by the hold it grew from
    EXPECT_EQ(code_of(ca().status("00")), "ca.unknown_serial");
    EXPECT_EQ(code_of(ca().revoke(status_order("s:8", {}))), "ca.unknown_serial");
    EXPECT_EQ(audit_verdict(), "ok");
}

TEST_P(LocalCaTest, AnExpiredCertificateIsLeftAlone) {
    const auto one = issued("order:1", 0);
    clock().advance(24h * 366);
    EXPECT_EQ(code_of(ca().revoke(status_order("s:1", one))), "ca.expired");
}

// What the database holds between the two commits decides what a crash leaves behind: store before
// sign means that every stop can be finished with the identical certificate.
TEST_P(LocalCaTest, WhicheverWriteFailsTheOrderEndsWithOneCertificate) {
    std::string der;
    for (int write = 0; write < 40; ++write) {
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        bool passed = false;
        try {
            const auto broken_ca = open_ca(broken);
            passed = code_of(broken_ca->issue(order("order:1", 0))) == "ok";
        } catch (const Failure&) {
        }
        ASSERT_LE(count("SELECT COUNT(*) FROM ca_certificate"), 1) << write;
        if (passed) {
            ASSERT_FALSE(failing.has_failed());
            EXPECT_GE(write, 10);
            break;
        }
    }
    const auto first = issued("order:1", 0);
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate"), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_key"), 1);
    EXPECT_EQ(audit_verdict(), "ok");
}

TEST_P(LocalCaTest, RecoveryFinishesWhatACrashLeftBetweenStoringAndSigning) {
    const auto whole = issued("order:1", 0);
    // As the database was after the first commit.
    connection().execute(
        "UPDATE ca_certificate SET state = 'signing', certificate = NULL, issued_at = NULL", {});
    EXPECT_EQ(code_of(ca().status(whole.serial)), "ca.unknown_serial");

    EXPECT_EQ(ca().recover().certificates, 1);
    EXPECT_EQ(ca().recover().certificates, 0);
    EXPECT_EQ(issued("order:1", 0).der, whole.der);  // byte by byte
    EXPECT_EQ(audit_verdict(), "ok");
}

TEST_P(LocalCaTest, ARepeatedOrderFinishesWhatACrashLeft) {
    const auto whole = issued("order:1", 0);
    connection().execute(
        "UPDATE ca_certificate SET state = 'signing', certificate = NULL, issued_at = NULL", {});
    EXPECT_EQ(issued("order:1", 0).der, whole.der);
}

TEST_P(LocalCaTest, WhatWasPutIntoTheDatabaseByOthersIsNotSigned) {
    issued("order:1", 0);
    connection().execute(
        "UPDATE ca_certificate SET state = 'signing', certificate = NULL, issued_at = NULL", {});
    const std::vector<store::Value> forged{store::Blob{"a certificate for the thief"}};
    connection().execute("UPDATE ca_certificate SET tbs = ?", forged);
    EXPECT_THROW(ca().recover(), Failure);
    EXPECT_THROW(static_cast<void>(ca().issue(order("order:1", 0))), Failure);
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate WHERE certificate IS NOT NULL"), 0);
}

TEST_P(LocalCaTest, WhicheverWriteFailsAStatusIsWhole) {
    const auto one = issued("order:1", 0);
    for (int write = 0; write < 20; ++write) {
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        bool passed = false;
        try {
            const auto broken_ca = open_ca(broken);
            passed = code_of(broken_ca->revoke(status_order("s:1", one))) == "ok";
        } catch (const Failure&) {
        }
        const bool revoked = ca().status(one.serial)->state == CertificateState::Revoked;
        ASSERT_EQ(revoked, passed) << write;
        ASSERT_EQ(count("SELECT COUNT(*) FROM ca_status_order"), passed ? 1 : 0) << write;
        if (passed) {
            ASSERT_FALSE(failing.has_failed());
            break;
        }
    }
    EXPECT_EQ(ca().status(one.serial)->state, CertificateState::Revoked);
    EXPECT_EQ(audit_verdict(), "ok");
}

SEALDESK_ON_EVERY_BACKEND(LocalCaTest);

class CaFilesTest : public ::testing::Test {
protected:
    test::TempFolder folder_;
    ManualClock clock_{Instant{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}}};
    SystemRandom random_;
};

TEST_F(CaFilesTest, AKeyIsNeverOverwritten) {
    EXPECT_EQ(code_of(init_demo_ca(test_ca_files(), test_passphrase(), test_profiles(),
                                   clock_.now(), random_)),
              "ca.exists");
}

TEST_P(LocalCaTest, OpensWithItsPassphraseOnly) {
    CaFiles own = test_ca_files();
    own.crl_folder = folder() / "crl";
    EXPECT_EQ(code_of(LocalCa::open(db(), own, test_passphrase(), test_profiles())), "ok");
    EXPECT_EQ(code_of(LocalCa::open(db(), own, Secret("guess"), test_profiles())),
              "key.unreadable");
    EXPECT_EQ(code_of(LocalCa::open_with_key(db(), crypto::KeyPair::generate_rsa(2048),
                                             ca().certificate(), own.crl_folder, test_profiles())),
              "ca.key_mismatch");
}

}  // namespace
}  // namespace sealdesk::ca
