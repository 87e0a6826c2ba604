// The RA's signed word (M 1.3.2): what the CA acts on, keeps, and answers the same twice.
#include "ca/order_desk.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ca/demo_desk.h"
#include "ca/ordering_ca.h"
#include "ca/ra_registry.h"
#include "support/failing_connection.h"

namespace sealdesk::ca {
namespace {

using namespace std::chrono_literals;

RaKey make_ra(const Instant now, const std::string& name, Random& random) {
    crypto::KeyPair key = crypto::KeyPair::generate_rsa(2048);
    auto certificate = crypto::make_self_signed(
        key, {name, crypto::SelfSignedUse::Signing, now - 1h, now + 24h * 700}, random);
    return {std::move(key), std::move(certificate)};
}

class OrderDeskTest : public WithCa {
protected:
    void SetUp() override {
        WithCa::SetUp();
        RaKey ra = make_ra(clock().now(), "RA 1", random());
        fingerprint_ = ra.certificate.fingerprint();
        registered("RA 1", ra.certificate);
        desk_ = std::make_unique<OrderDesk>(db(), ca(), issuer());
        ra_ = ordering(std::move(ra), issuer());
    }

    [[nodiscard]] std::string issuer() {
        return connection().query("SELECT issuer FROM ca_authority", {}).at(0).text(0);
    }
    void registered(const std::string& name, const crypto::Certificate& certificate) {
        ASSERT_TRUE(store::transact(db(), "test.ra", [&](store::Tx& tx) {
            return register_ra(tx, issuer(), name, certificate);
        }));
    }
    /// An RA whose messages reach the desk, and can be seen and lost on the way.
    std::unique_ptr<OrderingCa> ordering(RaKey key, const std::string& issuer) {
        return std::make_unique<OrderingCa>(
            issuer, std::move(key), clock(), [this](const std::string& message) {
                last_message_ = message;
                const std::string answer = damage_(desk_->answer(message));
                return lose_answer_ ? Result<std::string>(Error{
                                          ErrorKind::Unavailable, "test.lost", "lost", {}, {}})
                                    : Result<std::string>(answer);
            });
    }

    std::string fingerprint_;
    std::unique_ptr<OrderDesk> desk_;
    std::unique_ptr<OrderingCa> ra_;
    std::string last_message_;
    bool lose_answer_ = false;
    std::function<std::string(std::string)> damage_ = std::identity();
};

// M 1.3.2
TEST_P(OrderDeskTest, ASignedBatchIsCarriedOutAndKeptAsEvidence) {
    const std::vector<Order> orders{order("order:0", 0), order("order:1", 1)};
    const auto issued = ra_->issue_all(orders);
    ASSERT_EQ(issued.size(), 2U);
    ASSERT_EQ(code_of(issued[0]), "ok");
    EXPECT_EQ(code_of(issued[1]), "ok");
    EXPECT_EQ(issued[0]->order_key, "order:0");
    EXPECT_TRUE(crypto::Certificate::parse(issued[0]->der));
    EXPECT_TRUE(ra_->hold(status_order("s:0", *issued[0])));
    EXPECT_EQ(ra_->status(issued[0]->serial)->state, CertificateState::Held);
    clock().advance(1s);
    EXPECT_TRUE(ra_->release(status_order("s:1", *issued[0])));
    EXPECT_TRUE(ra_->revoke(status_order("s:2", *issued[0])));
    EXPECT_EQ(ra_->status(issued[0]->serial)->reason, Reason::KeyCompromise);
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_order_batch"), 6);
    EXPECT_EQ(
        count("SELECT COUNT(*) FROM ca_order_batch WHERE ra_fingerprint = '" + fingerprint_ + "'"),
        6);
    EXPECT_EQ(audit_verdict(), "ok");
}

TEST_P(OrderDeskTest, ABatchSentAgainGetsTheSameAnswers) {
    lose_answer_ = true;
    EXPECT_EQ(code_of(ra_->issue(order("order:0", 0))), "test.lost");
    lose_answer_ = false;
    clock().advance(24h);  // signed anew, a day later
    const auto issued = ra_->issue(order("order:0", 0));
    ASSERT_EQ(code_of(issued), "ok");
    const std::string first = last_message_;
    EXPECT_EQ(desk_->answer(first), desk_->answer(first));
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate"), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_order_batch"), 1);
}

TEST_P(OrderDeskTest, ErrorsOfSingleOrdersTravelWhole) {
    Order wrong = order("order:1", 1);
    wrong.subject["nickname"] = "x";
    const std::vector<Order> orders{order("order:0", 0), wrong};
    const auto issued = ra_->issue_all(orders);
    EXPECT_EQ(code_of(issued[0]), "ok");
    EXPECT_EQ(code_of(issued[1]), "ca.unknown_field");
    EXPECT_EQ(issued[1].error().kind, ErrorKind::Invalid);
    EXPECT_EQ(issued[1].error().where, "nickname");
    StatusOrder unknown = status_order("s:0", *issued[0]);
    unknown.serial = "4711";
    EXPECT_EQ(ra_->hold(unknown).error().code, "ca.unknown_serial");
    EXPECT_EQ(code_of(ra_->status("4711")), "ca.unknown_serial");
    EXPECT_EQ(code_of(ra_->latest_crl()), "ca.no_crl");
}

// M 1.3.2
TEST_P(OrderDeskTest, NobodyElsesWordCounts) {
    const auto stranger = ordering(make_ra(clock().now(), "Stranger", random()), issuer());
    EXPECT_EQ(code_of(stranger->issue(order("order:0", 0))), "cms.unknown_signer");
    ASSERT_TRUE(store::transact(
        db(), "test.ra", [&](store::Tx& tx) { return dismiss_ra(tx, issuer(), fingerprint_); }));
    clock().advance(1s);
    EXPECT_EQ(code_of(ra_->issue(order("order:0", 0))), "cms.unknown_signer");
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate"), 0);
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_order_batch"), 0);
}

TEST_P(OrderDeskTest, AnotherCasOrderAStaleOneAndAChangedOneAreRefused) {
    RaKey key = make_ra(clock().now(), "RA 2", random());
    registered("RA 2", key.certificate);
    const auto elsewhere = ordering(std::move(key), "00112233445566778899aabbccddeeff00112233");
    EXPECT_EQ(code_of(elsewhere->issue(order("order:0", 0))), "ca.other_ca");

    auto broken = std::move(desk_);
    desk_ = std::make_unique<OrderDesk>(db(), ca(), "another");
    EXPECT_EQ(code_of(ra_->issue(order("order:0", 0))), "ca.other_ca");
    const std::string late = last_message_;
    desk_ = std::move(broken);
    clock().advance(kOrderWindow + 1s);
    EXPECT_THAT(desk_->answer(late), testing::HasSubstr("ca.order_stale"));
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate"), 0);
}

TEST_P(OrderDeskTest, ADamagedMessageIsRefusedWhereverItIsDamaged) {
    ASSERT_EQ(code_of(ra_->issue(order("order:0", 0))), "ok");
    const std::string message = last_message_;
    EXPECT_THAT(desk_->answer(""), testing::HasSubstr("ca.bad_batch"));
    EXPECT_THAT(desk_->answer("{}"), testing::HasSubstr("ca.bad_batch"));
    const std::string first = desk_->answer(message);
    const std::size_t signature = message.find('\n');
    for (std::size_t at = 0; at < message.size(); at += 7) {
        std::string damaged = message;
        damaged[at] = damaged[at] == 'A' ? 'B' : 'A';
        const std::string answer = desk_->answer(damaged);
        // What is beside the signature itself (a certificate brought along) is not looked at.
        EXPECT_TRUE(answer.starts_with("{\"error\"") || (at > signature && answer == first)) << at;
    }
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_order_batch"), 1);
}

TEST_P(OrderDeskTest, AnAnswerWhoseCertificatesAreNotThoseItSpeaksOfCountsAsLost) {
    Order wrong = order("order:1", 1);
    wrong.subject["nickname"] = "x";
    const std::vector<Order> orders{wrong, order("order:0", 0), order("order:2", 2)};
    const auto codes_with = [&](std::function<std::string(std::string)> damage) {
        damage_ = std::move(damage);
        std::vector<std::string> codes;
        for (const auto& one : ra_->issue_all(orders)) {
            codes.push_back(code_of(one));
        }
        return codes;
    };
    const std::vector<std::string> lost(3, "ca.bad_answer");
    EXPECT_EQ(
        codes_with([](const std::string& answer) { return answer.substr(0, answer.rfind('\n')); }),
        lost);
    EXPECT_EQ(codes_with([](const std::string& answer) { return answer + "\nQUJD"; }), lost);
    EXPECT_EQ(codes_with([](const std::string& answer) { return answer + '!'; }), lost);
    EXPECT_EQ(codes_with([](const std::string&) { return std::string(); }), lost);
    const std::vector<std::string> good{"ca.unknown_field", "ok", "ok"};
    EXPECT_EQ(codes_with(std::identity()), good);
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate"), 2);
}

TEST_P(OrderDeskTest, EachWriteOfTheEvidenceMayFail) {
    for (int write = 0;; ++write) {
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        desk_ = std::make_unique<OrderDesk>(broken, ca(), issuer());
        try {
            EXPECT_EQ(code_of(ra_->issue(order("order:0", 0))), "ok");
        } catch (const Failure&) {
            EXPECT_EQ(count("SELECT COUNT(*) FROM ca_order_batch"), 0) << write;
            EXPECT_EQ(count("SELECT COUNT(*) FROM ca_certificate"), 0) << write;
            continue;
        }
        ASSERT_FALSE(failing.has_failed());
        ASSERT_GT(write, 2);
        break;
    }
    EXPECT_EQ(count("SELECT COUNT(*) FROM ca_order_batch"), 1);
}

SEALDESK_ON_EVERY_BACKEND(OrderDeskTest);

}  // namespace
}  // namespace sealdesk::ca
