// OCSP (M 4.4.12), asked and judged by programs that are not ours.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/durable_file.h"
#include "base/text.h"
#include "ca/demo_desk.h"
#include "ca/ocsp_message.h"
#include "ca/ocsp_responder.h"
#include "ca/service_key.h"
#include "support/command.h"
#include "support/failing_connection.h"

namespace sealdesk::ca {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class Ocsp : public WithCa {
protected:
    void SetUp() override {
        WithCa::SetUp();
        clock().set(SystemClock().now());  // openssl and ocsptool know no other time
        good_ = issued("order:0", 0);
        other_ = issued("order:1", 1);
        write("good.pem", crypto::Certificate::parse(good_.der)->pem());
        write("other.pem", crypto::Certificate::parse(other_.der)->pem());
        write("ca.pem", ca().certificate().pem());
        const auto made = make_service_key(ca(), {kOcspProfile, "OCSP 1", folder() / "ocsp.p12"},
                                           std::string(kApproval), passphrase_);
        ASSERT_EQ(code_of(made), "ok");
        responder_ = open_responder(db());
    }

    std::unique_ptr<OcspResponder> open_responder(store::Database& database) {
        auto key = load_service_key(folder() / "ocsp.p12", passphrase_);
        auto opened = OcspResponder::open(database, ca().certificate(), std::move(key->key),
                                          key->certificate);
        EXPECT_EQ(code_of(opened), "ok");
        return std::make_unique<OcspResponder>(*std::move(opened));
    }

    void write(const std::string& name, const std::string& bytes) {
        write_file_durably(folder() / name, bytes, FileAccess::Everyone);
    }
    std::string run(const std::string& command) {
        return test::run_command("cd '" + folder().string() + "' && " + command).output;
    }

    /// A request as openssl makes it.
    std::string request(const std::string& options) {
        run("openssl ocsp -issuer ca.pem " + options + " -reqout request.der");
        return read_file(folder() / "request.der");
    }
    /// What openssl reads in our answer to the last request.
    std::string judged(const std::string& answer, const std::string& options) {
        write("response.der", answer);
        return run("openssl ocsp -issuer ca.pem -CAfile ca.pem -respin response.der " + options);
    }

    OcspResponder& responder() { return *responder_; }

    Secret passphrase_{"ocsp of the test"};
    IssuedCertificate good_;
    IssuedCertificate other_;
    std::unique_ptr<OcspResponder> responder_;
};

// M 4.4.12
TEST_P(Ocsp, OpensslBelievesWhatIsSaidOfAGoodAHeldAndARevokedCertificate) {
    const std::string asked = request("-cert good.pem -no_nonce");
    EXPECT_THAT(judged(responder().answer(asked).der, "-cert good.pem -no_nonce"),
                testing::AllOf(HasSubstr("Response verify OK"), HasSubstr("good.pem: good")));
    ASSERT_TRUE(ca().hold(status_order("s:0", good_)));
    EXPECT_THAT(judged(responder().answer(asked).der, "-cert good.pem -no_nonce"),
                testing::AllOf(HasSubstr("good.pem: revoked"), HasSubstr("certificateHold")));
    ASSERT_TRUE(ca().release(status_order("s:1", good_)));
    EXPECT_THAT(judged(responder().answer(asked).der, "-cert good.pem -no_nonce"),
                HasSubstr("good.pem: good"));
    ASSERT_TRUE(ca().revoke(status_order("s:2", good_)));
    EXPECT_THAT(judged(responder().answer(asked).der, "-cert good.pem -no_nonce"),
                testing::AllOf(HasSubstr("good.pem: revoked"), HasSubstr("keyCompromise")));
}

TEST_P(Ocsp, ANonceIsAnsweredFreshAndNotKept) {
    const std::string asked = request("-cert good.pem");
    const OcspAnswer answer = responder().answer(asked);
    EXPECT_FALSE(answer.cacheable);
    EXPECT_THAT(judged(answer.der, "-reqin request.der -cert good.pem -no_nonce"),
                testing::AllOf(HasSubstr("Response verify OK"), HasSubstr("good.pem: good"),
                               testing::Not(HasSubstr("WARNING"))));
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_ocsp_response"), 0);
}

TEST_P(Ocsp, SeveralCertificatesAndBothHashesAreAnswered) {
    const std::string both = request("-sha256 -cert good.pem -cert other.pem -no_nonce");
    const std::string text =
        judged(responder().answer(both).der, "-sha256 -cert good.pem -cert other.pem -no_nonce");
    EXPECT_THAT(text, testing::AllOf(HasSubstr("good.pem: good"), HasSubstr("other.pem: good")));
    const std::string one = request("-sha256 -cert good.pem -no_nonce");
    EXPECT_TRUE(responder().answer(one).cacheable);
}

TEST_P(Ocsp, WhatThisCaNeverIssuedIsUnknownAndAnotherCasIsRefused) {
    const std::string asked = request("-serial 0x4711 -no_nonce");
    EXPECT_THAT(judged(responder().answer(asked).der, "-serial 0x4711 -no_nonce"),
                HasSubstr("0x4711: unknown"));
    run("openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -subj /CN=Other -out foreign.pem");
    run("openssl ocsp -issuer foreign.pem -serial 1 -reqout request.der");
    EXPECT_EQ(responder().answer(read_file(folder() / "request.der")).der,
              ocsp_failure(OcspFailure::Unauthorized));
}

TEST_P(Ocsp, GnutlsBelievesItToo) {
    const std::string asked = request("-cert good.pem -no_nonce");
    write("response.der", responder().answer(asked).der);
    EXPECT_THAT(run("ocsptool --verify-response --load-trust ca.pem --infile response.der"),
                HasSubstr("Success"));
    EXPECT_THAT(run("ocsptool --response-info --infile response.der"),
                HasSubstr("Certificate Status: good"));
}

TEST_P(Ocsp, AnAnswerIsSignedOnceAndAgainWhenTheStandingChangesOrItsTimeEnds) {
    const std::string asked = request("-cert good.pem -no_nonce");
    const OcspAnswer first = responder().answer(asked);
    clock().advance(1h);
    EXPECT_EQ(responder().answer(asked).der, first.der);
    EXPECT_EQ(open_responder(db())->answer(asked).der, first.der) << "another process";
    ASSERT_TRUE(ca().hold(status_order("s:0", good_)));
    const OcspAnswer held = responder().answer(asked);
    EXPECT_NE(held.der, first.der);
    clock().advance(kOcspLife + 1s);
    EXPECT_GT(responder().answer(asked).next_update, held.next_update);
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_ocsp_response"), 1);
}

TEST_P(Ocsp, AnswersAreSignedAheadForEveryLivingCertificateAndOnlyWhenDue) {
    const auto none = [](std::int64_t) {};
    EXPECT_EQ(responder().sign_ahead(none), 3);  // the responder's own certificate, too
    EXPECT_EQ(responder().sign_ahead(none), 0);
    ASSERT_TRUE(ca().revoke(status_order("s:0", good_)));
    EXPECT_EQ(responder().sign_ahead(none), 1);
    clock().advance(kOcspLife - kOcspRenewal + 1s);
    EXPECT_EQ(responder().sign_ahead(none), 3);
    clock().advance(24h * 400);
    EXPECT_EQ(responder().sign_ahead(none), 0);
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_ocsp_response"), 0) << "those that ran out are gone";
}

TEST_P(Ocsp, AFailingDatabaseLeavesNoHalfAnswer) {
    const std::string asked = request("-cert good.pem -no_nonce");
    for (int write = 0;; ++write) {
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        const auto one = open_responder(broken);
        try {
            static_cast<void>(one->answer(asked));
        } catch (const Failure&) {
            EXPECT_EQ(count("SELECT COUNT(*) FROM ca_ocsp_response"), 0) << write;
            continue;
        }
        ASSERT_FALSE(failing.has_failed());
        ASSERT_GT(write, 4);
        break;
    }
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_ocsp_response"), 1);
}

TEST_P(Ocsp, ADamagedRequestIsMalformedOrAnsweredNeverWorse) {
    const std::string asked = request("-cert good.pem");
    ASSERT_TRUE(read_ocsp_request(asked));
    for (std::size_t length = 0; length < asked.size(); ++length) {
        EXPECT_FALSE(read_ocsp_request(std::string_view(asked).substr(0, length))) << length;
    }
    for (std::size_t at = 0; at < asked.size(); ++at) {
        for (const unsigned flip : {1U, 0x80U, 0xffU}) {
            std::string damaged = asked;
            damaged[at] = static_cast<char>(static_cast<unsigned char>(damaged[at]) ^ flip);
            if (!read_ocsp_request(damaged)) {
                EXPECT_EQ(responder().answer(damaged).der,
                          ocsp_failure(OcspFailure::MalformedRequest));
            }
        }
    }
    EXPECT_FALSE(read_ocsp_request(std::string(kOcspRequestMax + 1, '0')));
}

TEST_P(Ocsp, OnlyAResponderOfThisCaMayAnswer) {
    const auto open = [&](crypto::KeyPair key, crypto::Certificate certificate) {
        return code_of(
            OcspResponder::open(db(), ca().certificate(), std::move(key), std::move(certificate)));
    };
    auto mine = load_service_key(folder() / "ocsp.p12", passphrase_);
    ASSERT_EQ(code_of(mine), "ok");
    EXPECT_EQ(open(crypto::KeyPair::generate_rsa(2048), mine->certificate), "ca.ocsp_key_mismatch");
    EXPECT_EQ(code_of(load_service_key(folder() / "ocsp.p12", Secret("another"))),
              "pkcs12.wrong_password");
    clock().advance(24h * 120);
    EXPECT_EQ(open(std::move(mine->key), mine->certificate), "ca.ocsp_expired");
    EXPECT_EQ(responder().answer(request("-cert good.pem -no_nonce")).der,
              ocsp_failure(OcspFailure::TryLater));
}

SEALDESK_ON_EVERY_BACKEND(Ocsp);

TEST(OcspMessage, AFailureIsThreeBytesInASequence) {
    EXPECT_EQ(to_hex(ocsp_failure(OcspFailure::MalformedRequest)), "30030a0101");
    EXPECT_EQ(to_hex(ocsp_failure(OcspFailure::Unauthorized)), "30030a0106");
}

}  // namespace
}  // namespace sealdesk::ca
