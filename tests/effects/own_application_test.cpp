// What a subscriber does on the website: applies, renews, activates, downloads; on both databases.
#include "effects/own_application.h"

#include "ca/demo_desk.h"
#include "crypto/verifier.h"
#include "effects/fake_ca.h"
#include "effects/own_certificates.h"
#include "effects/renewal.h"
#include "requests/office_desk.h"
#include "subscribers/acceptance.h"
#include "subscribers/hold.h"
#include "support/failing_connection.h"

namespace sealdesk::effects {
namespace {

const Secret kOwnPassword(std::string_view("Mountain-Tea-88"));

class OwnApplications : public test::OfficeDesk {
protected:
    template <class Work>
    auto in_tx(Work&& work) {
        return store::transact(db(), "test.own", work);
    }

    void SetUp() override {
        OfficeDesk::SetUp();
        approved_registration(registration());
        run_effects();
        const auto account = in_tx([](store::Tx& tx) {
            auto first = subscribers::list_accounts(tx, 0, 1).front();
            const auto verifier = crypto::make_verifier(kOwnPassword, tx.random(), {4, 8, 1});
            EXPECT_TRUE(subscribers::activate(tx, first.id, first.generation, verifier));
            return first;
        });
        name_ = account.name;
        EXPECT_EQ(entered(kOwnPassword), "account.must_change");  // T 4.3.2
        connection().execute("UPDATE account SET must_change = 0", {});
        visitor_.emplace(enter(office_on(db()), name_, kOwnPassword).value());
    }

    std::string entered(const Secret& password) {
        const auto visitor = enter(office_on(db()), name_, password);
        return visitor ? "in" : visitor.error().code;
    }

    using Applying = Result<ca::IssuedCertificate> (*)(const ApplicationDesk&, const Visitor&,
                                                       const OwnApplication&);

    Result<ca::IssuedCertificate> ask(store::Database& database, ca::CaClient& authority,
                                      Applying act, const std::string& csr) {
        const requests::Office office = office_on(database);
        const ca::Profiles profiles = ca::test_profiles();
        return act({office, authority, profiles}, *visitor_, {csr});
    }

    std::string outcome(Applying act, int key) {
        const auto issued = ask(db(), ca_, act, ca::make_csr(ca::subject_key(key)));
        return issued ? "ok" : issued.error().code;
    }

    /// Does it with the first write failing, then the second …; how many failed until it was done.
    int until_done(Applying act, const std::string& csr) {
        for (int write = 0; write < 40; ++write) {
            test::FailingConnection failing(connection(), write);
            store::Database broken(failing, clock(), random());
            try {
                const auto signer =
                    ca::open_quickly(broken, ca::test_ca_files(), ca::test_profiles());
                signer->recover();
                if (ask(broken, *signer, act, csr)) {
                    return write;
                }
            } catch (const Failure&) {
                EXPECT_LE(rows_in("ca_certificate"), rows_in("certificate_application"));
            }
        }
        return -1;
    }

    std::vector<subscribers::Certificate> certificates() {
        return in_tx([&](store::Tx& tx) {
            return subscribers::certificates_of(tx, visitor_->subscriber().id);
        });
    }
    std::int64_t applications(const std::string& state) {
        return connection()
            .query("SELECT COUNT(*) FROM certificate_application WHERE state = '" + state + "'", {})
            .front()
            .number(0);
    }

    std::string name_;
    std::optional<Visitor> visitor_;
    FakeCa ca_;
};

// T 5.2.1: stored before the CA is asked, issued once, kept once.
TEST_P(OwnApplications, AnApplicationGivesOneCertificateWhateverWriteFails) {
    const std::string csr = ca::make_csr(ca::subject_key(0));
    EXPECT_GT(until_done(apply_for_certificate, csr), 8);

    EXPECT_EQ(rows_in("certificate"), 1);
    EXPECT_EQ(rows_in("ca_certificate"), 1);
    EXPECT_EQ(applications("issued"), 1);
    const auto made = crypto::Certificate::parse(certificates().front().der).value();
    EXPECT_EQ(made.public_key(), ca::subject_key(0).public_key());
    EXPECT_EQ(made.subject(), "C=TW, CN=吳𠮷, serialNumber=" + name_);
}

TEST_P(OwnApplications, ARenewalGivesOneCertificateWhateverWriteFails) {  // T 4.4.1
    until_done(apply_for_certificate, ca::make_csr(ca::subject_key(0)));
    clock().set(renewal_opens(certificates().front().not_after, 1));
    EXPECT_GT(until_done(renew_certificate, ca::make_csr(ca::subject_key(1))), 8);

    ASSERT_EQ(certificates().size(), 2U);
    EXPECT_EQ(rows_in("ca_certificate"), 2);
    EXPECT_TRUE(certificates().front().is_alive_at(clock().now()));  // until its own end
    EXPECT_EQ(certificates().back().profile, certificates().front().profile);
}

TEST_P(OwnApplications, WhatTheCaDidNotAnswerIsFinishedBeforeAnythingElse) {
    ca_.trouble = Error{ErrorKind::Unavailable, "ca.away", "The CA does not answer.", {}, {}};
    EXPECT_EQ(outcome(apply_for_certificate, 0), "ca.away");
    EXPECT_EQ(outcome(apply_for_certificate, 1), "ca.away");
    EXPECT_EQ(applications("open"), 1);

    ca_.trouble.reset();
    EXPECT_EQ(outcome(apply_for_certificate, 1), "certificate.alive");
    EXPECT_EQ(rows_in("certificate"), 1);
    EXPECT_EQ(ca_.ordered.back().csr, ca::make_csr(ca::subject_key(0)));
    EXPECT_EQ(outcome(apply_for_certificate, 0), "ok");  // the answer, given again
    EXPECT_EQ(rows_in("certificate"), 1);
}

TEST_P(OwnApplications, WhatTheCaRefusesIsClosedAndMayBeTriedAgain) {
    ca_.trouble = Error{ErrorKind::Refused, "ca.clock_back", "Not now.", {}, {}};
    EXPECT_EQ(outcome(apply_for_certificate, 0), "ca.clock_back");
    EXPECT_EQ(applications("refused"), 1);

    ca_.trouble.reset();
    EXPECT_EQ(outcome(apply_for_certificate, 0), "ok");
    EXPECT_EQ(applications("issued"), 1);
    EXPECT_EQ(rows_in("certificate_application"), 1);
}

// Proof of possession comes before anything is stored (M 3.1.7).
TEST_P(OwnApplications, ARequestWithoutProofIsNoApplication) {
    const auto code = [&](const std::string& csr) {
        return ask(db(), ca_, apply_for_certificate, csr).error().code;
    };
    EXPECT_EQ(code("no request"), "ca.csr_unreadable");
    EXPECT_EQ(code(ca::make_csr(ca::subject_key(0), "SHA1")), "ca.no_possession");
    EXPECT_EQ(rows_in("certificate_application"), 0);
    EXPECT_TRUE(ca_.ordered.empty());
}

// T 4.5.3, T 4.7.3: neither what is on hold nor what is revoked; the newest one counts.
TEST_P(OwnApplications, WhatIsHeldOrRevokedIsNotRenewed) {
    EXPECT_EQ(outcome(renew_certificate, 0), "renewal.none");
    EXPECT_EQ(outcome(apply_for_certificate, 0), "ok");
    const auto one = certificates().front();
    clock().set(one.not_after - std::chrono::days(3));
    const auto move = [&](auto act) {
        in_tx([&](store::Tx& tx) {
            static_cast<void>(act(tx, one.id, subscribers::HoldSource::Agency, "test"));
        });
    };
    move(subscribers::open_hold);
    EXPECT_EQ(outcome(renew_certificate, 1), "renewal.on_hold");
    move(subscribers::close_hold);
    const auto changed_to = [&](subscribers::CertificateState state, const std::string& order) {
        in_tx([&](store::Tx& tx) { subscribers::keep_change(tx, {one.id, state, "", order}); });
        clock().advance(std::chrono::seconds(1));
    };
    changed_to(subscribers::CertificateState::Held, "held");  // the CA has not released it yet
    EXPECT_EQ(outcome(renew_certificate, 1), "renewal.on_hold");
    changed_to(subscribers::CertificateState::Issued, "released");
    changed_to(subscribers::CertificateState::Revoked, "revoked");
    EXPECT_EQ(outcome(renew_certificate, 1), "renewal.revoked");
    EXPECT_EQ(outcome(apply_for_certificate, 1), "certificate.register_again");
    EXPECT_EQ(rows_in("certificate_application"), 1);
}

// T 4.3.1, T 4.10.1, C 8.1: handed out when activated, and then again; nothing of it while on hold.
TEST_P(OwnApplications, OnlyAnActivatedCertificateIsHandedOut) {
    EXPECT_EQ(outcome(apply_for_certificate, 0), "ok");
    const auto one = certificates().front();
    const requests::Office office = office_on(db());
    const auto code = [](const auto& result) {
        return result ? std::string("ok") : result.error().code;
    };
    EXPECT_EQ(own_certificates(office, *visitor_).size(), 1U);
    EXPECT_EQ(code(download_certificate(office, *visitor_, one.serial)),
              "certificate.not_accepted");
    in_tx([&](store::Tx& tx) {
        static_cast<void>(
            subscribers::open_hold(tx, one.id, subscribers::HoldSource::Subscriber, "test"));
    });
    EXPECT_EQ(code(activate_certificate(office, *visitor_, one.serial)), "certificate.on_hold");
    in_tx([&](store::Tx& tx) {
        static_cast<void>(
            subscribers::close_hold(tx, one.id, subscribers::HoldSource::Subscriber, "test"));
    });
    EXPECT_EQ(code(activate_certificate(office, *visitor_, one.serial)), "ok");
    EXPECT_EQ(code(download_certificate(office, *visitor_, one.serial)), "ok");
    EXPECT_EQ(code(download_certificate(office, *visitor_, "0b99")), "certificate.unknown");
    EXPECT_EQ(
        connection()
            .query("SELECT COUNT(*) FROM audit_event WHERE kind = 'certificate.downloaded'", {})
            .front()
            .number(0),
        1);
}

TEST_P(OwnApplications, ThreeWrongPasswordsShutTheDoor) {  // T 4.1.2
    const Secret guess(std::string_view("guess-number-1"));
    EXPECT_EQ(entered(guess), "account.wrong_password");
    EXPECT_EQ(entered(guess), "account.wrong_password");
    EXPECT_EQ(entered(guess), "account.suspended");
    EXPECT_EQ(entered(kOwnPassword), "account.suspended");
    in_tx([](store::Tx& tx) {
        subscribers::begin_reset(tx, subscribers::list_accounts(tx, 0, 1).front());
    });
    EXPECT_EQ(entered(kOwnPassword), "account.waiting");
}

SEALDESK_ON_EVERY_BACKEND(OwnApplications);

// T 4.4.1: months are counted by the calendar, days in Taipei.
TEST(Renewal, OpensOnTheSameDayOfTheMonthBefore) {
    using namespace std::chrono_literals;
    const auto opens = [](std::chrono::year_month_day last, int months) {
        const Instant end = start_of_day_in_taipei(last) + 9h + 30min;
        return to_taipei_text(renewal_opens(end, months));
    };
    EXPECT_EQ(opens(2027y / 11 / 20, 1), "2027-10-20 00:00");
    EXPECT_EQ(opens(2027y / 3 / 31, 1), "2027-02-28 00:00");  // no 31 February
    EXPECT_EQ(opens(2028y / 3 / 30, 1), "2028-02-29 00:00");
    EXPECT_EQ(opens(2027y / 1 / 5, 2), "2026-11-05 00:00");
    EXPECT_EQ(opens(2027y / 10 / 31, 1), "2027-09-30 00:00");
}

}  // namespace
}  // namespace sealdesk::effects
