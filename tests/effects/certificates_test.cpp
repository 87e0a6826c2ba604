// Holding, releasing and revoking: the CA answers first, each change is kept and told once.
#include <gmock/gmock.h>

#include "effects/agency_notice.h"
#include "effects/fake_ca.h"
#include "mail/outbox.h"
#include "queue/queue.h"
#include "queue/runner.h"
#include "requests/office_desk.h"
#include "subscribers/certificate.h"
#include "subscribers/hold.h"
#include "subscribers/subscriber.h"
#include "support/failing_connection.h"

namespace sealdesk::effects {
namespace {

using subscribers::CertificateState;
using subscribers::HoldSource;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CertificateEffects : public test::OfficeDesk {
protected:
    template <class Work>
    auto in_tx(Work&& work) {
        return store::transact(db(), "test.certificates", work);
    }

    void SetUp() override {
        OfficeDesk::SetUp();
        const RequestId request = load(approved_registration(registration())).id;
        run_effects();
        subscriber_ = in_tx([&](store::Tx& tx) {
            return subscribers::find_subscriber(tx, tipo_scheme().id, "A123456789")->id;
        });
        in_tx([&](store::Tx& tx) {
            const Instant now = tx.now();
            subscribers::keep_certificate(
                tx, {certificate_, subscriber_, request, "R/1", tipo_scheme().id, "p", "0a0b",
                     "der", now, now + std::chrono::days(365)});
            return 0;
        });
    }

    void hold_by(HoldSource source) {
        in_tx([&](store::Tx& tx) {
            static_cast<void>(subscribers::open_hold(tx, certificate_, source, "test"));
            queue::enqueue(tx, "certificate.holds", "holds:" + std::to_string(tx.new_id()),
                           subscriber_.value(), tx.now());
            return 0;
        });
    }

    queue::Statistics run_on(store::Database& database) {
        const requests::Office office = office_on(database);
        const Works works{
            office,
            templates(),
            print_room(),
            print_folder(),
            stationery(),
            [this](const std::string&) -> Result<ca::CaClient*> { return &ca_; },
            {},
            [](const std::string&, std::string_view) { return Result<std::string>("signature"); }};
        queue::Runner runner(database);
        register_handlers(runner, works);
        const queue::Statistics statistics = runner.run({});
        EXPECT_FALSE(send_agency_notices(works).trouble);
        return statistics;
    }

    std::string approved(const std::string& form_id, const test::Form& form) {
        const auto fate = receive(form_id, form);
        EXPECT_EQ(fate.kind, intake::FateKind::Accepted);
        EXPECT_EQ(examine_all(fate.request), "examined");
        EXPECT_EQ(decide(fate.request, requests::Verdict::Approve, "ben"), "approved");
        return fate.request;
    }

    CertificateState state() {
        return in_tx([&](store::Tx& tx) {
            return subscribers::certificates_of(tx, subscriber_).front().state;
        });
    }
    std::int64_t agency_mails() {
        return connection()
            .query("SELECT COUNT(*) FROM mail_outbox WHERE kind = 'agency'", {})
            .front()
            .number(0);
    }

    static test::Form revocation() {
        auto form = reset();
        form["record_number"] = "V-1";
        form["revocation_ground"] = "資料異動";
        return form;
    }

    CertificateId certificate_{77};
    SubscriberId subscriber_{1};
    FakeCa ca_;
};

TEST_P(CertificateEffects, NothingIsRecordedBeforeTheCaHasConfirmedIt) {
    ca_.trouble = Error{ErrorKind::Unavailable, "ca.away", "The CA does not answer.", {}, {}};
    hold_by(HoldSource::Subscriber);

    EXPECT_EQ(run_on(db()).deferred, 1);
    EXPECT_EQ(state(), CertificateState::Issued);
    EXPECT_EQ(agency_mails(), 0);

    ca_.trouble.reset();
    clock().advance(std::chrono::hours(1));
    run_on(db());
    EXPECT_EQ(state(), CertificateState::Held);
    EXPECT_EQ(agency_mails(), 1);  // T 4.5.2
}

TEST_P(CertificateEffects, AChangeIsAskedKeptAndToldOnceWhateverWriteFails) {
    hold_by(HoldSource::Subscriber);
    int write = 0;
    for (; state() != CertificateState::Held; ++write) {
        ASSERT_LT(write, 60);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            run_on(broken);
        } catch (const Failure&) {
        }
        clock().advance(std::chrono::hours(3));  // leases run out, pauses pass
        in_tx([](store::Tx& tx) { return queue::retry(tx, "", ""); });
    }
    run_on(db());

    EXPECT_GT(write, 4);
    EXPECT_THAT(ca_.asked, ElementsAre("hold 0a0b"));
    EXPECT_EQ(agency_mails(), 1);
}

// The CA has the last word: what it calls revoked is not recorded as held.
TEST_P(CertificateEffects, AHoldOfWhatTheCaHasRevokedIsNotRecorded) {
    ca_.trouble = Error{ErrorKind::Refused, "ca.already_revoked", "It is revoked.", {}, {}};
    hold_by(HoldSource::Subscriber);

    EXPECT_EQ(run_on(db()).failed, 1);
    EXPECT_EQ(state(), CertificateState::Issued);
    EXPECT_EQ(agency_mails(), 0);
}

TEST_P(CertificateEffects, ASecondSourceAsksTheCaNothing) {
    hold_by(HoldSource::Subscriber);
    run_on(db());
    hold_by(HoldSource::Agency);
    run_on(db());

    EXPECT_THAT(ca_.asked, ElementsAre("hold 0a0b"));
    EXPECT_EQ(agency_mails(), 1);
}

// M 4.4.9: the form closes the subscriber's own hold; the agency's stays in force.
TEST_P(CertificateEffects, AReactivationLeavesAnAgencysHoldInForce) {
    hold_by(HoldSource::Subscriber);
    hold_by(HoldSource::Agency);
    run_on(db());
    auto form = registration();
    form["record_number"] = "A-1";
    form["submitted_by"] = "郵寄";
    approved("reactivation", form);
    run_on(db());

    EXPECT_EQ(state(), CertificateState::Held);
    EXPECT_THAT(in_tx([&](store::Tx& tx) { return subscribers::open_holds(tx, certificate_); }),
                ElementsAre(HoldSource::Agency));
    EXPECT_THAT(ca_.asked, ElementsAre("hold 0a0b"));
}

// T 4.7.1: all living certificates, for the ground on the form.
TEST_P(CertificateEffects, ARevocationRevokesEveryLivingCertificateForItsGround) {
    approved("revocation", revocation());
    run_on(db());

    EXPECT_EQ(state(), CertificateState::Revoked);
    EXPECT_THAT(ca_.asked, ElementsAre("revoke 0a0b"));
    EXPECT_EQ(connection().query("SELECT reason FROM certificate_change", {}).front().text(0),
              "affiliation_changed");
    EXPECT_EQ(agency_mails(), 1);  // T 4.7.4
}

// T 4.6.1: an expired certificate can be neither revoked nor released.
TEST_P(CertificateEffects, AnExpiredCertificateIsLeftAlone) {
    clock().advance(std::chrono::days(366));

    const auto fate = receive("revocation", revocation());

    ASSERT_EQ(fate.kind, intake::FateKind::Refused);
    EXPECT_EQ(fate.reasons.front().rule(), "T 4.7.1");
    EXPECT_THAT(ca_.asked, IsEmpty());
}

SEALDESK_ON_EVERY_BACKEND(CertificateEffects);

}  // namespace
}  // namespace sealdesk::effects
