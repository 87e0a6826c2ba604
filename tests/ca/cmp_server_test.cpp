// The CMP server before the CA, spoken to by OpenSSL's own client through DER both ways.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include "base/digest.h"
#include "base/text.h"
#include "ca/cmp_peers.h"
#include "crypto/der.h"
#include "support/failing_connection.h"

namespace sealdesk::ca {
namespace {

using namespace std::chrono_literals;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
namespace der = crypto::der;

constexpr int kHold = 6;
constexpr int kRelease = 8;
constexpr int kKeyCompromise = 1;
const std::string kCompany = "測試股份有限公司";
const std::string kId = "0123456789abcdef";

unsigned bit(CmpFailureBit one) { return 1U << unsigned(one); }

std::string serial_of(const std::string& certificate) {
    return crypto::Certificate::parse(certificate)->serial();
}

class CmpServerTest : public WithCmp {
protected:
    [[nodiscard]] CertificateStatus standing(const std::string& certificate) {
        return *ca().status(serial_of(certificate));
    }
};

TEST_P(CmpServerTest, AnRaOrdersACertificateForAKeyTheCardCentreMade) {  // M 3.1.7
    const std::string issued = enrolled(kId, 0);
    const auto certificate = crypto::Certificate::parse(issued);
    ASSERT_EQ(code_of(certificate), "ok");

    EXPECT_EQ(certificate->subject(),
              "C=TW, O=測試股份有限公司, CN=測試股份有限公司, serialNumber=12345675");
    EXPECT_EQ(certificate->public_key(), subject_key(0).public_key());
    EXPECT_EQ(standing(issued).subscriber, "ra:first");
    EXPECT_EQ(standing(issued).profile, "tipo-software");
    const std::vector<store::Value> none;
    const auto row =
        connection().query("SELECT order_key, approval_sha256 FROM ca_certificate", none)[0];
    EXPECT_EQ(row.text(0), "cmp:" + to_hex(kId) + ":" + sha256_hex("first").substr(0, 16));
    EXPECT_EQ(row.text(1), sha256_hex(last_request));
    const auto kept =
        connection().query("SELECT request, response FROM ca_cmp_transaction", none)[0];
    EXPECT_EQ(kept.bytes(0), last_request);
    EXPECT_EQ(kept.bytes(1), last_answer);
    EXPECT_EQ(audit_verdict(), "ok");
}

TEST_P(CmpServerTest, ACsrIsCertifiedByItsOwnWords) {
    auto one = client();
    const std::string issued = one.enrol_csr(make_named_csr(subject_key(1), kCompany));
    ASSERT_FALSE(issued.empty()) << one.text();
    EXPECT_EQ(crypto::Certificate::parse(issued)->public_key(), subject_key(1).public_key());

    auto forged = client();
    std::string csr = make_named_csr(subject_key(2), kCompany);
    csr[csr.size() - 3] = static_cast<char>(csr[csr.size() - 3] ^ 1);
    EXPECT_EQ(forged.enrol_csr(csr), "");
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate"), 1);
}

TEST_P(CmpServerTest, APossessorProvesItBySignature) {
    auto one = client();
    EXPECT_NE(one.subject(kCompany).private_key(subject_key(0)).enrol(OSSL_CMP_CR), "")
        << one.text();
    auto other = client();  // signs with a key that is not the one to be certified
    other.subject(kCompany).private_key(subject_key(1));
    const auto tampering = [&](std::string_view request) {
        std::string text(request);
        const std::string key = subject_key(1).public_key();
        text.replace(text.find(key.substr(30, 200)), 200,
                     subject_key(2).public_key().substr(30, 200));
        return server().answer(text);
    };
    CmpClient thief(ra(), responder(), tampering);
    EXPECT_EQ(thief.subject(kCompany).private_key(subject_key(1)).enrol(OSSL_CMP_IR), "");
    EXPECT_TRUE(thief.failed_with(CmpFailureBit::BadMessageCheck)) << thief.text();
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate"), 1);
}

TEST_P(CmpServerTest, AKeyUpdateKeepsProfileAndSubject) {
    const std::string old = enrolled(kId, 0);
    auto one = client();
    const std::string fresh =
        one.old_certificate(old).public_key(subject_key(1)).enrol(OSSL_CMP_KUR);
    ASSERT_FALSE(fresh.empty()) << one.text();
    EXPECT_EQ(crypto::Certificate::parse(fresh)->subject(),
              crypto::Certificate::parse(old)->subject());

    ASSERT_EQ(client().revoke(old, kKeyCompromise), "ok");
    auto late = client();
    EXPECT_EQ(late.old_certificate(old).public_key(subject_key(2)).enrol(OSSL_CMP_KUR), "");
    EXPECT_TRUE(late.failed_with(CmpFailureBit::CertificateRevoked)) << late.text();
}

TEST_P(CmpServerTest, ReasonSixHoldsEightReleasesOthersRevoke) {
    const std::string issued = enrolled(kId, 0);
    EXPECT_THAT(client().revoke(issued, kRelease), StartsWith("ca.not_held: "));
    EXPECT_EQ(client().revoke(issued, kHold), "ok");
    EXPECT_EQ(standing(issued).state, CertificateState::Held);
    EXPECT_THAT(client().revoke(issued, kHold), StartsWith("ca.already_held: "));
    EXPECT_EQ(client().revoke(issued, kRelease), "ok");
    EXPECT_EQ(standing(issued).state, CertificateState::Issued);
    EXPECT_THAT(client().revoke(issued, 10), StartsWith("ca.bad_order: "));  // of an AA's key
    EXPECT_EQ(client().revoke(issued, kKeyCompromise), "ok");
    EXPECT_EQ(standing(issued).reason, Reason::KeyCompromise);
    auto again = client();
    EXPECT_THAT(again.revoke(issued, kRelease), StartsWith("ca.already_revoked: "));
    EXPECT_TRUE(again.failed_with(CmpFailureBit::CertificateRevoked));
    EXPECT_EQ(audit_verdict(), "ok");
}

TEST_P(CmpServerTest, OneRaDoesNotDisposeOfAnothersCertificates) {
    register_other();
    const std::string issued = enrolled(kId, 0);
    auto other = client_of(other_ra());
    EXPECT_THAT(other.revoke(issued, kKeyCompromise), StartsWith("ca.cmp_other_ra: "));
    EXPECT_TRUE(other.failed_with(CmpFailureBit::NotAuthorized));
    // The same transaction id is another RA's own.
    auto same_id = client_of(other_ra());
    EXPECT_NE(
        same_id.transaction(kId).subject(kCompany).public_key(subject_key(1)).enrol(OSSL_CMP_IR),
        "")
        << same_id.text();
}

// OpenSSL 3.0 gave a subscriber who signed raVerified a certificate.
TEST_P(CmpServerTest, ASubscriberIsNoRa) {
    const std::string subscriber = enrolled(kId, 0);
    auto poser = client_of({share(subject_key(0)), *crypto::Certificate::parse(subscriber)});
    EXPECT_EQ(poser.subject("別的公司").public_key(subject_key(1)).enrol(OSSL_CMP_IR), "");
    EXPECT_TRUE(poser.failed_with(CmpFailureBit::SignerNotTrusted)) << poser.text();
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate"), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_cmp_transaction"), 1);
}

// A certificate with the name and the key identifier of the RA, but not its key.
TEST_P(CmpServerTest, TheRasNameWithoutItsKeyIsRefused) {
    Identity thief{crypto::KeyPair::generate_p256(), ra().certificate};
    const std::string request = [&] {
        auto one = client();
        static_cast<void>(one.subject(kCompany).public_key(subject_key(1)).enrol(OSSL_CMP_IR));
        return one.requests.at(0);
    }();
    // The last bytes of the protected part's signature lie before the certificate.
    std::string changed = request;
    const auto signature = changed.find(ra().certificate.der()) - 20;
    changed[signature] = static_cast<char>(changed[signature] ^ 1);
    const ReadAnswer answer = read_answer(server().answer(changed));
    EXPECT_EQ(answer.bits, bit(CmpFailureBit::BadMessageCheck)) << answer.text;
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate"), 1);
}

TEST_P(CmpServerTest, ADismissedRaIsRefused) {
    store::transact(db(), "test.dismiss", [&](store::Tx& tx) {
        EXPECT_EQ(code_of(dismiss_ra(tx, "test-ca", ra().certificate.fingerprint())), "ok");
    });
    auto one = client();
    EXPECT_EQ(one.subject(kCompany).public_key(subject_key(0)).enrol(OSSL_CMP_IR), "");
    EXPECT_TRUE(one.failed_with(CmpFailureBit::SignerNotTrusted)) << one.text();
}

// OpenSSL 3.0 accepts a pinned certificate that has run out.
TEST_P(CmpServerTest, AnExpiredRaIsRefused) {
    clock().advance(25h);
    auto one = client();
    EXPECT_EQ(one.subject(kCompany).public_key(subject_key(0)).enrol(OSSL_CMP_IR), "");
    EXPECT_TRUE(one.failed_with(CmpFailureBit::SignerNotTrusted)) << one.text();
}

TEST_P(CmpServerTest, AnRaWhoseCertificateThisCaRevokedIsRefused) {
    const std::string issued = enrolled(kId, 0);
    const Identity second{share(subject_key(0)), *crypto::Certificate::parse(issued)};
    store::transact(db(), "test.register", [&](store::Tx& tx) {
        EXPECT_EQ(code_of(register_ra(tx, "test-ca", "second", second.certificate)), "ok");
    });
    auto good = client_of(second);
    EXPECT_NE(good.subject(kCompany).public_key(subject_key(1)).enrol(OSSL_CMP_IR), "")
        << good.text();
    ASSERT_EQ(client().revoke(issued, kHold), "ok");
    auto held = client_of(second);
    EXPECT_EQ(held.subject(kCompany).public_key(subject_key(2)).enrol(OSSL_CMP_IR), "");
    EXPECT_TRUE(held.failed_with(CmpFailureBit::SignerNotTrusted)) << held.text();
}

TEST_P(CmpServerTest, ARecordedMessageGetsItsAnswerAgainAndNothingMore) {
    static_cast<void>(enrolled(kId, 0));
    const std::string request = last_request;
    const std::string answer = last_answer;
    EXPECT_EQ(server().answer(request), answer);
    clock().advance(1h);  // however late
    EXPECT_EQ(server().answer(request), answer);
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate"), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_cmp_transaction"), 1);
}

TEST_P(CmpServerTest, TheSameContentBuiltAnewGetsTheSameCertificate) {
    const std::string first = enrolled(kId, 0);
    const std::string request = last_request;
    EXPECT_EQ(enrolled(kId, 0), first);
    EXPECT_NE(last_request, request);  // other nonces
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate"), 1);
}

TEST_P(CmpServerTest, AnotherRequestUnderTheSameIdIsRefused) {
    static_cast<void>(enrolled(kId, 0));
    auto changed = client();
    EXPECT_EQ(
        changed.transaction(kId).subject("別的公司").public_key(subject_key(0)).enrol(OSSL_CMP_IR),
        "");
    EXPECT_TRUE(changed.failed_with(CmpFailureBit::TransactionIdInUse)) << changed.text();
    // And the first one still has its answer.
    const std::string issued = enrolled(kId, 0);
    // Orders and changes of status have separate keys in the core; the id is one.
    auto other_kind = client();
    EXPECT_THAT(other_kind.transaction(kId).revoke(issued, kHold),
                StartsWith("ca.order_changed: "));
    EXPECT_EQ(standing(issued).state, CertificateState::Issued);
}

TEST_P(CmpServerTest, AMessageFromAnotherTimeIsRefused) {
    for (const auto off : {-11min, 11min}) {
        clock().set(SystemClock().now() + off);
        auto one = client();
        EXPECT_EQ(one.subject(kCompany).public_key(subject_key(0)).enrol(OSSL_CMP_IR), "");
        EXPECT_TRUE(one.failed_with(CmpFailureBit::BadTime)) << one.text();
    }
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_cmp_transaction"), 0);
    clock().set(SystemClock().now() + 9min);
    EXPECT_FALSE(enrolled(kId, 0).empty());
}

TEST_P(CmpServerTest, ProfileAndApprovalComeInGeneralInfo) {
    const std::string approval(32, '\x5a');
    auto one = client();
    one.info(kCmpProfileOid, der::element(der::kUtf8String, {"tipo-ic-card-signature"}))
        .info(kCmpApprovalOid, der::element(der::kOctetString, {approval}));
    const std::string issued = one.subject(kCompany).public_key(subject_key(0)).enrol(OSSL_CMP_IR);
    ASSERT_FALSE(issued.empty()) << one.text();
    EXPECT_EQ(standing(issued).profile, "tipo-ic-card-signature");
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate WHERE approval_sha256 = '" +
                    to_hex(approval) + "'"),
              1);

    auto unknown = client();
    unknown.info(kCmpProfileOid, der::element(der::kUtf8String, {"no-such"}));
    EXPECT_EQ(unknown.subject(kCompany).public_key(subject_key(1)).enrol(OSSL_CMP_IR), "");
    EXPECT_THAT(unknown.text(), StartsWith("ca.unknown_profile: "));
}

TEST_P(CmpServerTest, TheSubjectIsReadByTheProfile) {
    auto strange = client();
    strange.subject(kCompany).public_key(subject_key(0));
    const Handle<X509_NAME, &X509_NAME_free> name(X509_NAME_new());
    X509_NAME_add_entry_by_txt(name.get(), "ST", MBSTRING_ASC, crypto::octets("Taiwan"), -1, -1, 0);
    OSSL_CMP_CTX_set1_subjectName(strange.native(), name.get());
    EXPECT_EQ(strange.enrol(OSSL_CMP_IR), "");
    EXPECT_THAT(strange.text(), StartsWith("ca.unknown_field: "));
    EXPECT_TRUE(strange.failed_with(CmpFailureBit::BadTemplate));

    auto nameless = client();
    EXPECT_EQ(nameless.public_key(subject_key(0)).enrol(OSSL_CMP_IR), "");
    EXPECT_THAT(nameless.text(), StartsWith("ca.missing_field: "));
}

TEST_P(CmpServerTest, WishesBeyondTheProfileAreGrantedWithModifications) {
    auto one = client();
    OSSL_CMP_CTX_set_option(one.native(), OSSL_CMP_OPT_VALIDITY_DAYS, 5000);
    const std::string issued = one.subject(kCompany).public_key(subject_key(0)).enrol(OSSL_CMP_IR);
    ASSERT_FALSE(issued.empty()) << one.text();
    EXPECT_EQ(OSSL_CMP_CTX_get_status(one.native()), OSSL_CMP_PKISTATUS_grantedWithMods);
    EXPECT_LT(crypto::Certificate::parse(issued)->not_after(), clock().now() + 24h * 367);
}

TEST_P(CmpServerTest, AKeyIsCertifiedOnce) {  // M 3.2.2
    static_cast<void>(enrolled(kId, 0));
    auto one = client();
    EXPECT_EQ(one.subject(kCompany).public_key(subject_key(0)).enrol(OSSL_CMP_IR), "");
    EXPECT_TRUE(one.failed_with(CmpFailureBit::DuplicateRequest)) << one.text();
}

TEST_P(CmpServerTest, ACertificateIsConfirmedInASecondRound) {
    auto one = client();
    OSSL_CMP_CTX_set_option(one.native(), OSSL_CMP_OPT_IMPLICIT_CONFIRM, 0);
    const std::string issued = one.subject(kCompany).public_key(subject_key(0)).enrol(OSSL_CMP_IR);
    ASSERT_FALSE(issued.empty()) << one.text();
    EXPECT_EQ(one.requests.size(), 2U);
    EXPECT_EQ(read_answer(one.answers[1]).kind, cmp_body::kConfirmation);
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_cmp_transaction WHERE confirmation = 'accepted'"), 1);
    EXPECT_EQ(read_answer(server().answer(one.requests[1])).kind, cmp_body::kConfirmation);

    // A signature that is not the RA's.
    std::string changed = one.requests[1];
    changed[120] = static_cast<char>(changed[120] ^ 1);
    EXPECT_EQ(read_answer(server().answer(changed)).kind, cmp_body::kErrorMessage);
}

TEST_P(CmpServerTest, ACertificateTheClientRejectsIsRevoked) {
    auto one = client();
    OSSL_CMP_CTX_set_option(one.native(), OSSL_CMP_OPT_IMPLICIT_CONFIRM, 0);
    OSSL_CMP_CTX_set_certConf_cb(one.native(),
                                 [](OSSL_CMP_CTX*, X509*, int, const char** text) -> int {
                                     *text = "not what we wanted";
                                     return 1 << int(CmpFailureBit::BadTemplate);
                                 });
    EXPECT_EQ(one.subject(kCompany).public_key(subject_key(0)).enrol(OSSL_CMP_IR), "");
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_cmp_transaction WHERE confirmation = 'rejected'"), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate WHERE state = 'revoked'"), 1);
    EXPECT_EQ(read_answer(server().answer(one.requests[1])).kind, cmp_body::kConfirmation);
    EXPECT_EQ(audit_verdict(), "ok");
}

TEST_P(CmpServerTest, GarbageIsAnsweredByAnErrorMessage) {
    for (const std::string& garbage :
         {std::string(), std::string("GET / HTTP/1.1"), std::string(100, '\x30'),
          std::string("\x30\x00", 2), std::string(kCmpMessageMax + 1, 'x')}) {
        const ReadAnswer answer = read_answer(server().answer(garbage));
        EXPECT_EQ(answer.kind, cmp_body::kErrorMessage);
        EXPECT_EQ(answer.bits, bit(CmpFailureBit::BadDataFormat));
    }
    static_cast<void>(enrolled(kId, 0));
    const std::string request = last_request;
    for (std::size_t length = 0; length < request.size(); length += 7) {
        EXPECT_EQ(read_answer(server().answer(request.substr(0, length))).kind,
                  cmp_body::kErrorMessage);
    }
}

TEST_P(CmpServerTest, OtherKindsOfMessageAreRefusedInWords) {
    auto one = client();
    OSSL_CMP_CTX_set_transfer_cb_arg(one.native(), &one);
    EXPECT_EQ(OSSL_CMP_exec_GENM_ses(one.native()), nullptr);
    EXPECT_TRUE(one.failed_with(CmpFailureBit::BadRequest)) << one.text();
    crypto::forget_errors();
}

// What OpenSSL would have said of itself, and what a database says, stay here.
TEST_P(CmpServerTest, NothingInternalIsToldToThePeer) {
    const auto harmless =
        Not(AnyOf(HasSubstr("OpenSSL"), HasSubstr("SQL"), HasSubstr("INSERT"), HasSubstr("ca_"),
                  HasSubstr("store."), HasSubstr("error:"), HasSubstr(".cpp")));
    for (int write = 0; write < 40; ++write) {
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        const auto broken_ca = open_ca(db());
        auto shaken = CmpServer::open(broken, *broken_ca,
                                      {"test-ca", share(responder().key), responder().certificate,
                                       test_profiles(), "tipo-software"});
        CmpClient one(ra(), responder(),
                      [&](std::string_view request) { return shaken->answer(request); });
        const bool issued = !one.transaction(kId)
                                 .subject(kCompany)
                                 .public_key(subject_key(0))
                                 .enrol(OSSL_CMP_IR)
                                 .empty();
        EXPECT_THAT(one.answers.back(), harmless) << write;
        EXPECT_LE(count("SELECT COUNT(*) FROM ca_certificate"), 1);
        if (issued) {
            break;
        }
        EXPECT_LT(write, 39);
    }
    auto no_proof = client();
    OSSL_CMP_CTX_set_option(no_proof.native(), OSSL_CMP_OPT_POPO_METHOD, OSSL_CRMF_POPO_NONE);
    EXPECT_EQ(no_proof.subject(kCompany).public_key(subject_key(1)).enrol(OSSL_CMP_IR), "");
    EXPECT_TRUE(no_proof.failed_with(CmpFailureBit::BadProof)) << no_proof.text();
    EXPECT_THAT(last_answer, harmless);
}

// Whatever arrives: an answer that can be read, no crash, no second certificate.
TEST_P(CmpServerTest, MutatedRequestsAreAnsweredAndCertifyNothing) {
    static_cast<void>(enrolled(kId, 0));
    const std::string request = last_request;
    std::uint64_t state = 20'261'126;
    const auto draw = [&](std::size_t below) {  // xorshift: the same mutations every time
        state ^= state << 13U;
        state ^= state >> 7U;
        state ^= state << 17U;
        return static_cast<std::size_t>(state % below);
    };
    for (int round = 0; round < 2000; ++round) {
        std::string mutated = request;
        for (std::size_t change = 0; change <= draw(3); ++change) {
            const std::size_t at = draw(mutated.size());
            switch (draw(3)) {
                case 0: mutated[at] = static_cast<char>(draw(256)); break;
                case 1: mutated.erase(at, 1 + draw(4)); break;
                default: mutated.insert(at, 1 + draw(4), static_cast<char>(draw(256)));
            }
        }
        const std::string answer = server().answer(mutated);
        ASSERT_NE(parse_cmp(answer), nullptr) << round;
        ASSERT_TRUE(read_cmp_message(answer).has_value()) << round;
    }
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate"), 1);
    EXPECT_EQ(audit_verdict(), "ok");
}

TEST_P(CmpServerTest, OpensWithKeyAndCertificateThatBelongTogether) {
    EXPECT_EQ(code_of(CmpServer::open(db(), ca(),
                                      {"test-ca", share(ra().key), responder().certificate,
                                       test_profiles(), "tipo-software"})),
              "ca.key_mismatch");
    EXPECT_EQ(code_of(CmpServer::open(db(), ca(),
                                      {"test-ca", share(responder().key), responder().certificate,
                                       test_profiles(), "no-such"})),
              "ca.unknown_profile");
}

SEALDESK_ON_EVERY_BACKEND(CmpServerTest);

}  // namespace
}  // namespace sealdesk::ca
