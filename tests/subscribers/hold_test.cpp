// Holds as rows with a source, on both databases (M 4.4.9).
#include "subscribers/hold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/tx.h"
#include "subscribers/certificate.h"
#include "support/backends.h"

namespace sealdesk::subscribers {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Holds : public test::OnEveryBackend {
protected:
    bool open(HoldSource source) {
        return store::transact(db(), "test.hold", [&](store::Tx& tx) {
            return open_hold(tx, kCertificate, source, "test");
        });
    }
    bool close(HoldSource source) {
        return store::transact(db(), "test.hold", [&](store::Tx& tx) {
            return close_hold(tx, kCertificate, source, "test");
        });
    }
    std::vector<HoldSource> now_open() {
        return store::transact(db(), "test.hold",
                               [&](store::Tx& tx) { return open_holds(tx, kCertificate); });
    }

    static constexpr CertificateId kCertificate{7};
};

// M 4.4.9: an agency's release leaves the subscriber's own hold in force.
TEST_P(Holds, AnAgencysReleaseLeavesTheSubscribersOwnHoldInForce) {
    EXPECT_TRUE(open(HoldSource::Subscriber));  // the CA holds
    EXPECT_FALSE(open(HoldSource::Agency));     // it is held already
    EXPECT_THAT(now_open(), ElementsAre(HoldSource::Subscriber, HoldSource::Agency));

    EXPECT_FALSE(close(HoldSource::Agency));
    EXPECT_THAT(now_open(), ElementsAre(HoldSource::Subscriber));
    EXPECT_TRUE(close(HoldSource::Subscriber));  // the CA releases
    EXPECT_THAT(now_open(), IsEmpty());
}

// A job that is run again must not undo what came after it.
TEST_P(Holds, WhoHasActedOnACertificateIsKnown) {
    const auto acted = [&](std::string_view by) {
        return store::transact(db(), "test.hold",
                               [&](store::Tx& tx) { return has_acted(tx, kCertificate, by); });
    };
    EXPECT_FALSE(acted("test"));
    open(HoldSource::Counter);
    EXPECT_TRUE(acted("test"));
    EXPECT_FALSE(acted("another"));
}

// M 4.4.9: subscribers release only what they themselves held.
TEST_P(Holds, ASourceClosesOnlyItsOwn) {
    open(HoldSource::Court);

    EXPECT_FALSE(close(HoldSource::Subscriber));
    EXPECT_THAT(now_open(), ElementsAre(HoldSource::Court));
}

TEST_P(Holds, TheSameHoldAgainChangesNothing) {
    EXPECT_TRUE(open(HoldSource::Counter));
    EXPECT_FALSE(open(HoldSource::Counter));
    EXPECT_TRUE(close(HoldSource::Counter));
    EXPECT_FALSE(close(HoldSource::Counter));
    EXPECT_TRUE(open(HoldSource::Counter));  // and may come again later
}

TEST_P(Holds, ACertificatesNewestChangeIsItsState) {
    const Instant start = clock().now();
    const Certificate certificate{kCertificate, SubscriberId{3},
                                  RequestId{4}, "R1/1",
                                  "s",          "p",
                                  "01",         "der",
                                  start,        start + std::chrono::hours(24)};
    const auto states = store::transact(db(), "test.change", [&](store::Tx& tx) {
        keep_certificate(tx, certificate);
        EXPECT_TRUE(keep_change(tx, {kCertificate, CertificateState::Held, "", "R2/hold"}));
        EXPECT_FALSE(keep_change(tx, {kCertificate, CertificateState::Held, "", "R2/hold"}));
        EXPECT_TRUE(keep_change(
            tx, {kCertificate, CertificateState::Revoked, "key_compromise", "R3/revoke"}));
        return certificates_of(tx, SubscriberId{3});
    });

    ASSERT_EQ(states.size(), 1U);
    EXPECT_EQ(states.front().state, CertificateState::Revoked);
    EXPECT_FALSE(states.front().is_alive_at(start));
    EXPECT_TRUE(certificate.is_alive_at(start));
    EXPECT_TRUE(certificate.is_alive_at(certificate.not_after));
    EXPECT_FALSE(certificate.is_alive_at(certificate.not_after + std::chrono::seconds(1)));
}

SEALDESK_ON_EVERY_BACKEND(Holds);

}  // namespace
}  // namespace sealdesk::subscribers
