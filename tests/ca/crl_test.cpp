#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include "base/digest.h"
#include "base/durable_file.h"
#include "ca/demo_desk.h"
#include "crypto/openssl_handles.h"
#include "support/command.h"
#include "support/failing_connection.h"

namespace sealdesk::ca {
namespace {

using namespace std::chrono_literals;
using CrlHandle = Handle<X509_CRL, &X509_CRL_free>;

class CrlTest : public WithCa {
protected:
    [[nodiscard]] CrlHandle published() {
        const std::string bytes = read_file(folder() / "crl" / "complete.crl");
        const unsigned char* at = crypto::octets(bytes);
        CrlHandle crl(d2i_X509_CRL(nullptr, &at, long(bytes.size())));
        EXPECT_NE(crl, nullptr);
        EXPECT_EQ(at, crypto::octets(bytes) + bytes.size());
        EXPECT_EQ(X509_CRL_verify(crl.get(), X509_get0_pubkey(ca().certificate().native())), 1);
        return crl;
    }

    /// The reason number of the entry; -1 for an entry without reason, -2 for no entry.
    [[nodiscard]] static int reason_in(X509_CRL* crl, const IssuedCertificate& certificate) {
        const auto parsed = crypto::Certificate::parse(certificate.der);
        X509_REVOKED* entry = nullptr;
        if (X509_CRL_get0_by_serial(crl, &entry, X509_get0_serialNumber(parsed->native())) != 1) {
            return -2;
        }
        const Handle<ASN1_ENUMERATED, &ASN1_ENUMERATED_free> reason(static_cast<ASN1_ENUMERATED*>(
            X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, nullptr, nullptr)));
        return reason == nullptr ? -1 : int(ASN1_ENUMERATED_get(reason.get()));
    }

    [[nodiscard]] static std::int64_t number_in(X509_CRL* crl) {
        const Handle<ASN1_INTEGER, &ASN1_INTEGER_free> number(static_cast<ASN1_INTEGER*>(
            X509_CRL_get_ext_d2i(crl, NID_crl_number, nullptr, nullptr)));
        return number == nullptr ? -1 : ASN1_INTEGER_get(number.get());
    }
};

TEST_P(CrlTest, AnEmptyOneIsWholeToo) {
    EXPECT_EQ(code_of(ca().latest_crl()), "ca.no_crl");
    const auto crl = ca().issue_crl();
    ASSERT_EQ(code_of(crl), "ok");
    EXPECT_EQ(crl->number, 1);
    EXPECT_EQ(crl->entries, 0);
    EXPECT_EQ(crl->next_update - crl->this_update, 36h);
    const auto read = published();
    EXPECT_EQ(X509_CRL_get_version(read.get()), 1);  // v2
    EXPECT_EQ(number_in(read.get()), 1);
    EXPECT_EQ(sha256_hex(read_file(crl->file)), crl->sha256);
    EXPECT_EQ(code_of(ca().latest_crl()), "ok");
}

// M 2.6.2: the CRL says why.
TEST_P(CrlTest, SaysWhyAndForgetsWhatWasReleased) {
    const auto held = issued("order:0", 0);
    const auto revoked = issued("order:1", 1);
    const auto unspecified = issued("order:2", 2);
    const auto good = issued("order:3", 3);
    clock().advance(1h);
    ASSERT_TRUE(ca().hold(status_order("s:0", held)));
    ASSERT_TRUE(ca().revoke(status_order("s:1", revoked, Reason::CessationOfOperation)));
    ASSERT_TRUE(ca().revoke(status_order("s:2", unspecified, Reason::Unspecified)));
    ASSERT_EQ(ca().issue_crl()->entries, 3);

    auto crl = published();
    EXPECT_EQ(reason_in(crl.get(), held), 6);
    EXPECT_EQ(reason_in(crl.get(), revoked), 5);
    EXPECT_EQ(reason_in(crl.get(), unspecified), -1);
    EXPECT_EQ(reason_in(crl.get(), good), -2);

    clock().advance(24h);
    ASSERT_TRUE(ca().release(status_order("s:3", held)));
    ASSERT_EQ(ca().issue_crl()->number, 2);
    crl = published();
    EXPECT_EQ(number_in(crl.get()), 2);
    EXPECT_EQ(reason_in(crl.get(), held), -2);
    EXPECT_EQ(reason_in(crl.get(), revoked), 5);
}

// RFC 5280 §3.3: an entry stays until it was on one CRL issued beyond the certificate's validity.
TEST_P(CrlTest, AnEntryStaysOnOneMoreCrlThanItsCertificateLives) {
    const auto one = issued("order:0", 0);
    ASSERT_TRUE(ca().revoke(status_order("s:0", one)));
    clock().advance(24h * 364);
    ASSERT_EQ(ca().issue_crl()->entries, 1);
    clock().advance(48h);
    EXPECT_EQ(ca().issue_crl()->entries, 1);  // it ran out meanwhile
    clock().advance(24h);
    EXPECT_EQ(ca().issue_crl()->entries, 0);
}

TEST_P(CrlTest, ManyEntriesAreReadInPages) {
    const auto one = issued("order:0", 0);
    ASSERT_TRUE(ca().revoke(status_order("s:0", one)));
    // Copies of the row under other names: more than one page.
    for (int i = 1; i <= 4500; ++i) {
        const std::vector<store::Value> values{
            std::int64_t{i}, "40" + std::string(24, '0') + std::to_string(100000 + i)};
        connection().execute(
            "INSERT INTO ca_crl_entry (certificate_id, issuer, serial, not_after, since, reason, "
            "crl_partition, after_crl) SELECT ?, issuer, ?, not_after, since, reason, "
            "crl_partition, after_crl FROM ca_crl_entry WHERE certificate_id > 100000",
            values);
    }
    EXPECT_EQ(ca().issue_crl()->entries, 4501);
    const auto crl = published();
    EXPECT_EQ(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl.get())), 4501);
    EXPECT_EQ(reason_in(crl.get(), one), 1);
}

// RFC 5280 §5.3.2; X.509 of holds: nobody is to be phoned.
TEST_P(CrlTest, SaysSinceWhenItWasInvalidAndWhatAHoldAsksFor) {
    const auto stolen = issued("order:0", 0);
    const auto held = issued("order:1", 1);
    clock().advance(72h);
    StatusOrder order = status_order("s:0", stolen);
    order.invalid_since = clock().now() + 1h;
    EXPECT_EQ(code_of(ca().revoke(order)), "ca.bad_order");
    order.invalid_since = clock().now() - 48h;
    ASSERT_TRUE(ca().revoke(order));
    ASSERT_TRUE(ca().revoke(order));
    order.invalid_since = clock().now() - 24h;
    EXPECT_EQ(code_of(ca().revoke(order)), "ca.order_changed");
    ASSERT_TRUE(ca().hold(status_order("s:1", held)));
    ASSERT_TRUE(ca().issue_crl());

    const std::string text = test::run_command("openssl crl -inform DER -noout -text -in '" +
                                               (folder() / "crl/complete.crl").string() + "'")
                                 .output;
    EXPECT_THAT(text, ::testing::HasSubstr("Invalidity Date"));
    EXPECT_THAT(text, ::testing::HasSubstr("Hold Instruction Code"));
    EXPECT_THAT(text, ::testing::HasSubstr("Hold Instruction Reject"));
    EXPECT_EQ(count("SELECT invalid_since - since FROM ca_crl_entry WHERE reason = 1"),
              to_stored(Instant(-48h)));
}

TEST_P(CrlTest, ARevocationAfterAHoldTakesTheHoldsEntry) {
    const auto one = issued("order:0", 0);
    ASSERT_TRUE(ca().hold(status_order("s:0", one)));
    ASSERT_TRUE(ca().issue_crl());
    ASSERT_TRUE(ca().revoke(status_order("s:1", one, Reason::Superseded)));
    EXPECT_EQ(ca().issue_crl()->entries, 1);
    EXPECT_EQ(reason_in(published().get(), one), 4);
}

// M 2.6.2: CRLs are numbered.
TEST_P(CrlTest, ANumberIsNeverGivenToTwoContents) {
    for (int write = 0; write < 30; ++write) {
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        bool passed = false;
        try {
            passed = code_of(open_ca(broken)->issue_crl()) == "ok";
        } catch (const Failure&) {
        }
        if (passed) {
            EXPECT_FALSE(failing.has_failed());
            break;
        }
    }
    const auto last = ca().latest_crl();
    ASSERT_EQ(code_of(last), "ok");
    EXPECT_EQ(number_in(published().get()), last->number);
    // Numbers of failed ones stay unused.
    EXPECT_GT(last->number, 1);
    EXPECT_EQ(ca().issue_crl()->number, last->number + 1);
    EXPECT_EQ(audit_verdict(), "ok");
}

TEST_P(CrlTest, RecoveryPublishesTheNewestCrlAgain) {
    const auto crl = ca().issue_crl();
    ASSERT_EQ(code_of(crl), "ok");
    EXPECT_EQ(ca().recover().crl_files, 0);
    std::filesystem::remove(folder() / "crl" / "complete.crl");
    EXPECT_EQ(ca().recover().crl_files, 1);
    EXPECT_EQ(number_in(published().get()), crl->number);
    int parts = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder() / "crl")) {
        parts += entry.path().extension() == ".part" ? 1 : 0;
    }
    EXPECT_EQ(parts, 0);
}

SEALDESK_ON_EVERY_BACKEND(CrlTest);

}  // namespace
}  // namespace sealdesk::ca
