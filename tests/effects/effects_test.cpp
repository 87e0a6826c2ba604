// What an approval brings about, on both databases: each thing once, whatever is repeated.
#include "crypto/verifier.h"
#include "effects/login.h"
#include "effects/replace_slip.h"
#include "mail/outbox.h"
#include "requests/office_desk.h"
#include "requests/request_store.h"
#include "seal/specimen_store.h"
#include "slips/print_batch.h"
#include "subscribers/account.h"
#include "subscribers/certificate.h"
#include "subscribers/subscriber.h"
#include "support/applicants.h"
#include "support/failing_connection.h"

namespace sealdesk::effects {
namespace {

using requests::Verdict;

class Effects : public test::OfficeDesk {
protected:
    [[nodiscard]] Works works_on(store::Database& database) {
        office_.emplace(office_on(database));
        return {*office_, templates(), print_room(), print_folder(), stationery()};
    }
    [[nodiscard]] subscribers::Account account() {
        return store::transact(db(), "test.account", [&](store::Tx& tx) {
            const auto subscriber =
                subscribers::find_subscriber(tx, tipo_scheme().id, "A123456789").value();
            return subscribers::account_of(tx, subscriber.id).value();
        });
    }
    [[nodiscard]] std::vector<slips::Slip> slip_list() {
        return store::transact(db(), "test.slips",
                               [](store::Tx& tx) { return slips::list_slips(tx, {}); });
    }
    [[nodiscard]] std::vector<mail::MailSummary> mails() {
        return store::transact(db(), "test.mails",
                               [](store::Tx& tx) { return mail::list(tx, {}); });
    }
    /// Makes, prints and acknowledges everything that waits for paper.
    void print_all() {
        ASSERT_TRUE(make_print_batches(works_on(db())));
        for (const auto& batch : store::transact(db(), "test.batches", [](store::Tx& tx) {
                 return slips::list_batches(tx, 0, 100);
             })) {
            if (batch.state != slips::BatchState::Ready) {
                continue;
            }
            const auto printed = slips::print_batch(
                {db(), print_folder(), print_room(), print_room_secret(), templates()},
                batch.number, "test");
            ASSERT_TRUE(printed) << printed.error().code;
            const auto acknowledged = store::transact(db(), "test.ack", [&](store::Tx& tx) {
                return slips::acknowledge_batch(tx, batch.number, {}, "test");
            });
            ASSERT_TRUE(acknowledged) << acknowledged.error().code;
        }
    }

private:
    std::optional<requests::Office> office_;
};

TEST_P(Effects, AnApprovedRegistrationGivesOneAccountOneSlipAndOneMail) {
    approved_registration(registration());

    run_effects();

    EXPECT_EQ(account().state, subscribers::AccountState::Waiting);
    EXPECT_TRUE(account().must_change);  // T 4.3.2
    ASSERT_EQ(slip_list().size(), 1U);
    EXPECT_EQ(slip_list().front().recipient.name, "張㛢");  // T 5.1.4: the form's contact
    ASSERT_EQ(mails().size(), 1U);
    EXPECT_EQ(mails().front().address, "contact@example.test");
    EXPECT_EQ(run_effects(), 0);
}

TEST_P(Effects, PrintingActivatesTheAccountAndAcknowledgingCompletesTheRequest) {
    const std::string number = approved_registration(registration());
    run_effects();

    print_all();

    EXPECT_EQ(account().state, subscribers::AccountState::Active);
    EXPECT_EQ(complete_requests(works_on(db())), 1);
    EXPECT_EQ(state_of(number), "completed");
}

TEST_P(Effects, AnElectronicSlipGoesByMailAndItsCodeByPaper) {
    auto form = registration();
    form["slip_delivery"] = "電子化";
    const std::string number = approved_registration(form);

    run_effects();

    EXPECT_EQ(account().state, subscribers::AccountState::Active);
    ASSERT_EQ(slip_list().size(), 1U);
    EXPECT_EQ(slip_list().front().state, slips::SlipState::Sent);
    ASSERT_EQ(mails().size(), 1U);  // the mail that carries the slip is the notice
    EXPECT_EQ(mails().front().kind, "slip");
    print_all();  // the receipt with the opening code
    complete_requests(works_on(db()));
    EXPECT_EQ(state_of(number), "completed");
}

// T 5.12.2: the slip goes to the contact on the registration form, never to the one on this form.
TEST_P(Effects, AResetVoidsTheOldPasswordAndWritesToTheRegisteredContact) {
    approved_registration(registration());
    run_effects();
    print_all();
    const auto before = account();
    auto form = reset();
    form["slip_delivery"] = "電子化";
    const auto fate = receive("password-reset", form);
    ASSERT_EQ(examine_all(fate.request), "examined");
    ASSERT_EQ(decide(fate.request, Verdict::Approve, "ben"), "approved");

    run_effects();

    const auto after = account();
    EXPECT_EQ(after.name, before.name);
    EXPECT_EQ(after.generation, before.generation + 1);
    EXPECT_NE(after.verifier, before.verifier);
    ASSERT_EQ(slip_list().size(), 2U);
    for (const auto& one : mails()) {
        EXPECT_EQ(one.address, "contact@example.test");
    }
}

TEST_P(Effects, ARejectedResetChangesNothingAndTellsTheRegisteredContact) {
    approved_registration(registration());
    run_effects();
    print_all();
    const auto before = account();
    const auto fate = receive("password-reset", reset());
    examine(fate.request, "identity", true, "ann");
    examine(fate.request, "seal", false, "ann");
    ASSERT_EQ(decide(fate.request, Verdict::Reject, "ben"), "rejected");

    run_effects();

    EXPECT_EQ(account().verifier, before.verifier);
    EXPECT_EQ(slip_list().size(), 1U);
    ASSERT_EQ(mails().size(), 2U);
    EXPECT_EQ(mails().back().address, "contact@example.test");
}

// T 6.1: an IC card costs NT$500; software certificates cost nothing here.
TEST_P(Effects, ACardIsChargedOnceWithAReceipt) {
    auto form = registration();
    form["certificate_kind"] = "IC卡";
    approved_registration(form);

    run_effects();

    EXPECT_EQ(rows_in("fee_charge"), 1);
    const auto amount = connection().query("SELECT amount_twd FROM fee_charge", {});
    EXPECT_EQ(amount.front().number(0), 500);
}

// T 4.6.2: 原留印鑑 is the impression on the approved registration.
TEST_P(Effects, TheRegistrationsImpressionBecomesTheSpecimen) {
    approved_registration(registration());
    run_effects();

    const auto specimen = store::transact(db(), "test.specimen", [&](store::Tx& tx) {
        const auto subscriber =
            subscribers::find_subscriber(tx, tipo_scheme().id, "A123456789").value();
        return seal::current_specimen(tx, subscriber.id, seal::Role::Applicant);
    });
    ASSERT_TRUE(specimen);
    EXPECT_EQ(files().get(specimen->picture_sha),
              image::encode_png(test::draw_seal("seal of A123456789")));
}

// G 5: a lost slip is voided and a new secret is made.
TEST_P(Effects, ALostSlipIsReplacedNeverReprinted) {
    approved_registration(registration());
    run_effects();
    print_all();
    const auto lost = slip_list().front();

    const auto replaced = replace_lost_slip(db(), lost.number, "lost", "test");

    ASSERT_TRUE(replaced) << replaced.error().code;
    EXPECT_NE(*replaced, lost.number);
    EXPECT_EQ(account().state, subscribers::AccountState::Waiting);  // the old password is dead
    print_all();
    EXPECT_EQ(account().state, subscribers::AccountState::Active);
}

// T 4.1.2: three consecutive wrong passwords suspend login.
TEST_P(Effects, TheThirdWrongPasswordSuspendsTheAccount) {
    approved_registration(registration());
    run_effects();
    print_all();
    const std::string name = account().name;
    const Secret wrong("not-the-password-1");

    EXPECT_EQ(log_in(db(), name, wrong, 3).value(), subscribers::Login::WrongPassword);
    EXPECT_EQ(log_in(db(), name, wrong, 3).value(), subscribers::Login::WrongPassword);
    EXPECT_EQ(log_in(db(), name, wrong, 3).value(), subscribers::Login::Suspended);
    EXPECT_EQ(account().state, subscribers::AccountState::Suspended);
}

// T 4.4.1: after expiry or revocation the subscriber registers again.
TEST_P(Effects, WhoRegistersAgainIsTheSameSubscriberWithANewPasswordSealAndContact) {
    approved_registration(registration());
    run_effects();
    print_all();
    EXPECT_EQ(complete_requests(works_on(db())), 1);
    const auto before = account();
    const auto keep = [&](Instant until) {
        store::transact(db(), "test.certificate", [&](store::Tx& tx) {
            subscribers::keep_certificate(
                tx, {CertificateId(1), before.subscriber, RequestId(1), "R/1", tipo_scheme().id,
                     "p", "0a0b", "der", tx.now(), until});
        });
    };
    keep(clock().now() + std::chrono::hours(24 * 365));
    auto again = registration();
    again["record_number"] = "R-2";
    again["contact_name"] = "周犇";
    again["seal_scan"] = "another seal";
    EXPECT_EQ(receive("registration", again).kind, intake::FateKind::Duplicate);
    clock().advance(std::chrono::hours(24 * 366));
    again["received_on"] = to_iso_text(day_in_taipei(clock().now()));
    again["record_number"] = "R-3";
    approved_registration(again);
    int write = 0;
    for (;; ++write) {
        ASSERT_LT(write, 250);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            run_effects_on(broken);
        } catch (const Failure&) {
        }
        clock().advance(std::chrono::hours(3));
        store::transact(db(), "test.retry", [](store::Tx& tx) { queue::retry(tx, "", ""); });
        if (!failing.has_failed()) {
            break;
        }
    }
    EXPECT_GT(write, 6);
    EXPECT_EQ(rows_in("subscriber"), 1);
    EXPECT_EQ(rows_in("account"), 1);
    EXPECT_EQ(account().generation, before.generation + 1);
    EXPECT_EQ(account().id, before.id);
    EXPECT_EQ(slip_list().back().recipient.name, "周犇");
    EXPECT_EQ(slip_list().size(), 2U);
    EXPECT_EQ(rows_in("seal_specimen"), 2);
}

// T 4.9.7: letters and digits, and nothing of the subscriber's data.
TEST_P(Effects, AChosenPasswordIsStrongAndNotTheSubscribersData) {
    auto form = registration();
    form["birth_date"] = "80/01/02";
    form["contact_phone"] = "02-2370-8886";
    approved_registration(form);
    run_effects();
    const auto seen = account();
    store::transact(db(), "test.activate", [&](store::Tx& tx) {
        const Secret first("First-Password-1");
        EXPECT_TRUE(subscribers::activate(tx, seen.id, seen.generation,
                                          crypto::make_verifier(first, random())));
    });
    const auto change_to = [&](const std::string& fresh) {
        const auto changed =
            change_password(db(), account().name, Secret("First-Password-1"), Secret(fresh), 3);
        return changed ? "ok" : changed.error().code;
    };
    for (const std::string& weak :
         {std::string("short-1"), std::string("onlyletters"), std::string("1234567890"),
          "x" + account().name, std::string("my-a123456789"), std::string("Tea19910102"),
          std::string("Tea-800102"), std::string("call02-2370-8886")}) {
        EXPECT_EQ(change_to(weak), "account.weak_password") << weak;
    }
    EXPECT_EQ(change_to("Mountain-Tea-88"), "ok");
}

// Each write of all effects fails in turn; the jobs are repeated; everything exists once.
TEST_P(Effects, EffectsHappenOnceWhateverWriteFails) {
    auto form = registration();
    form["slip_delivery"] = "電子化";
    form["certificate_kind"] = "IC卡";
    approved_registration(form);
    int write = 0;
    for (;; ++write) {
        ASSERT_LT(write, 250);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            run_effects_on(broken);
        } catch (const Failure&) {
        }
        clock().advance(std::chrono::hours(3));  // leases run out, pauses pass
        store::transact(db(), "test.retry", [](store::Tx& tx) { queue::retry(tx, "", ""); });
        if (!failing.has_failed()) {
            break;
        }
    }
    EXPECT_GT(write, 8);
    run_effects();
    EXPECT_EQ(rows_in("account"), 1);
    EXPECT_EQ(rows_in("slip"), 1);
    EXPECT_EQ(rows_in("mail_outbox"), 1);
    EXPECT_EQ(rows_in("fee_charge"), 1);
    EXPECT_EQ(account().state, subscribers::AccountState::Active);
}

SEALDESK_ON_EVERY_BACKEND(Effects);

}  // namespace
}  // namespace sealdesk::effects
