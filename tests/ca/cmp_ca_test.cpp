// The RA's side of CMP, against our own server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "ca/cmp_peers.h"
#include "ca/cmp_subject.h"
#include "ca/to_be_signed.h"

namespace sealdesk::ca {
namespace {

using namespace std::chrono_literals;

class CmpCaTest : public WithCmp {};

TEST_P(CmpCaTest, OrdersByPublicKey) {
    const auto peer = cmp_ca();
    const auto issued = peer->issue(order("order:1", 0));
    ASSERT_EQ(code_of(issued), "ok") << issued.error().detail;
    const auto status = ca().status(issued->serial);
    EXPECT_EQ(status->profile, "tipo-software");
    const auto certificate = crypto::Certificate::parse(issued->der);
    EXPECT_EQ(certificate->subject(),
              "C=TW, O=測試股份有限公司, CN=測試股份有限公司, serialNumber=12345675");
    EXPECT_NE(issued->der.find("ra@example.test"), std::string::npos);
    EXPECT_EQ(issued->not_after, status->not_after);
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate WHERE approval_sha256 = '" +
                    order("order:1", 0).approval_sha256 + "'"),
              1);
}

TEST_P(CmpCaTest, TheSameOrderAgainIsTheSameTransaction) {
    const auto peer = cmp_ca();
    const auto first = peer->issue(order("order:1", 0));
    const auto again = peer->issue(order("order:1", 0));
    ASSERT_EQ(code_of(again), "ok");
    EXPECT_EQ(again->der, first->der);
    Order changed = order("order:1", 0);
    changed.subject["common_name"] = "別的公司";
    EXPECT_EQ(code_of(peer->issue(changed)), "ca.order_changed");
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate"), 1);
}

TEST_P(CmpCaTest, AnAnswerThatGotLostIsFetchedAgain) {
    bool loses = true;
    const auto peer = cmp_ca([&](std::string_view request) -> Result<std::string> {
        std::string answer = server().answer(request);
        if (std::exchange(loses, false)) {
            return Error{ErrorKind::Unavailable, "test.lost", "Lost on the way.", {}, {}};
        }
        return answer;
    });
    EXPECT_EQ(code_of(peer->issue(order("order:1", 0))), "test.lost");
    EXPECT_EQ(code_of(peer->issue(order("order:1", 0))), "ok");
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate"), 1);
}

TEST_P(CmpCaTest, ACsrGoesAsItIsWhenItSaysWhatWasApproved) {
    const auto peer = cmp_ca();
    Order by_csr = order("order:1", 0);
    by_csr.public_key.clear();
    by_csr.subject.erase("email");
    by_csr.csr = make_named_csr(subject_key(0), "測試股份有限公司");
    EXPECT_EQ(code_of(peer->issue(by_csr)), "ok");
    EXPECT_EQ(read_cmp_message(last_request)->kind, cmp_body::kPkcs10Request);

    // A CSR of other words: its key goes with what was approved.
    by_csr.key = "order:2";
    by_csr.csr = make_csr(subject_key(1));
    const auto issued = peer->issue(by_csr);
    ASSERT_EQ(code_of(issued), "ok");
    EXPECT_EQ(read_cmp_message(last_request)->kind, cmp_body::kInitialRequest);
    EXPECT_EQ(crypto::Certificate::parse(issued->der)->public_key(), subject_key(1).public_key());

    by_csr.key = "order:3";
    by_csr.csr = make_csr(subject_key(2), "SHA1");
    EXPECT_EQ(code_of(peer->issue(by_csr)), "ca.no_possession");
}

TEST_P(CmpCaTest, RefusalsAreThoseOfTheCaInThisProcess) {
    const auto peer = cmp_ca();
    EXPECT_EQ(code_of(peer->issue(order("order:1", 0))), "ok");
    EXPECT_EQ(code_of(peer->issue(order("order:2", 0))), "ca.key_reused");
    Order bad = order("order:3", 1);
    bad.profile = "no-such";
    EXPECT_EQ(code_of(peer->issue(bad)), "ca.unknown_profile");
    bad = order("order:3", 1);
    bad.subject.erase("common_name");
    EXPECT_EQ(code_of(peer->issue(bad)), "ca.missing_field");
    bad = order("order:3", 1);
    bad.approval_sha256 = "abc";
    EXPECT_EQ(code_of(peer->issue(bad)), "ca.bad_order");
}

TEST_P(CmpCaTest, HoldReleaseAndRevokeFollowOneAnother) {
    const auto peer = cmp_ca();
    const auto one = peer->issue(order("order:1", 0));
    ASSERT_EQ(code_of(one), "ok");
    EXPECT_EQ(code_of(peer->release(status_order("s:1", *one))), "ca.not_held");
    EXPECT_EQ(code_of(peer->hold(status_order("s:2", *one))), "ok");
    EXPECT_EQ(code_of(peer->hold(status_order("s:2", *one))), "ok");  // repeated
    EXPECT_EQ(code_of(peer->hold(status_order("s:3", *one))), "ca.already_held");
    EXPECT_EQ(code_of(peer->release(status_order("s:4", *one))), "ok");
    EXPECT_EQ(code_of(peer->revoke(status_order("s:5", *one, Reason::Superseded))), "ok");
    EXPECT_EQ(code_of(peer->release(status_order("s:6", *one))), "ca.already_revoked");
    EXPECT_EQ(ca().status(one->serial)->reason, Reason::Superseded);
    EXPECT_EQ(code_of(peer->revoke(status_order("s:7", {}))), "ca.unknown_serial");
    EXPECT_EQ(audit_verdict(), "ok");
}

TEST_P(CmpCaTest, SaysWhatItCannotAnswer) {
    const auto peer = cmp_ca();
    EXPECT_EQ(code_of(peer->status("00")), "ca.cmp_no_status");
    EXPECT_EQ(code_of(peer->latest_crl()), "ca.no_crl");
}

TEST_P(CmpCaTest, AnAnswerByAnyoneElseIsNone) {
    int calls = 0;
    const auto peer = cmp_ca([&](std::string_view) -> Result<std::string> {
        ++calls;
        return std::string("<html>503</html>");
    });
    const std::vector<Order> orders{order("order:1", 0), order("order:2", 1)};
    const auto results = peer->issue_all(orders);
    EXPECT_EQ(code_of(results[0]), "ca.cmp_no_answer");
    EXPECT_EQ(code_of(results[1]), "ca.cmp_no_answer");
    EXPECT_EQ(calls, 1);  // the second would only wait as long
}

TEST_P(CmpCaTest, AnExpiredResponderIsNotBelieved) {
    const auto peer = cmp_ca();
    clock().advance(25h);
    EXPECT_EQ(code_of(peer->issue(order("order:1", 0))), "ca.cmp_expired");
}

TEST_P(CmpCaTest, ACertificateOfAnotherIssuerIsNotTakenOver) {
    CmpParties parties{share(ra().key), ra().certificate, responder().certificate,
                       ra().certificate};
    CmpCa peer(
        clock(), std::move(parties), test_profiles(),
        [&](std::string_view request) -> Result<std::string> { return server().answer(request); },
        [](std::string_view) { return std::optional<std::string>(); });
    EXPECT_EQ(code_of(peer.issue(order("order:1", 0))), "ca.cmp_wrong_certificate");
}

SEALDESK_ON_EVERY_BACKEND(CmpCaTest);

// Fields to name and extensions, and back.
TEST(CmpSubject, ComesBackAsItWent) {
    Profile profile = *test_profiles().find("tipo-software");
    profile.directory_attributes = {
        {"2.16.886.1.100.2.1",
         DirectoryAttribute::Kind::ObjectIdentifier,
         "2.16.886.1.100.3.2",
         {}},
        {"2.16.886.1.100.2.101", DirectoryAttribute::Kind::Utf8, {}, "id_number"}};
    const std::map<std::string, std::string> fields{{"country", "TW"},
                                                    {"common_name", "王小明"},
                                                    {"serial_number", "12345675"},
                                                    {"id_number", "12345675"},
                                                    {"email", "a@example.test"}};
    const auto read = read_cmp_subject(profile, name_of(profile.subject, fields),
                                       write_cmp_extensions(profile, fields));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->fields, fields);
    EXPECT_FALSE(read->is_modified);
}

TEST(CmpSubject, AFixedAttributeKeepsItsValue) {
    Profile profile = *test_profiles().find("tipo-software");
    Profile fixed = profile;
    for (NameAttribute& attribute : fixed.subject) {
        if (attribute.field == "country") {
            attribute.field.clear();
            attribute.value = "TW";
        }
    }
    const auto code_for = [&](const std::string& country) {
        return code_of(read_cmp_subject(
            fixed, name_of(profile.subject, {{"country", country}, {"common_name", "王"}}), {}));
    };
    EXPECT_EQ(code_for("TW"), "ok");
    EXPECT_EQ(code_for("JP"), "ca.bad_field");
}

}  // namespace
}  // namespace sealdesk::ca
