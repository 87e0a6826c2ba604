// M 4.9: two people sign for the end of a service, every holder is told once, everything is
// revoked, and what goes back waits to be paid out; on both databases.
#include "effects/service_end.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "crypto/cms.h"
#include "effects/fake_ca.h"
#include "queue/runner.h"
#include "requests/fees.h"
#include "requests/office_desk.h"
#include "requests/request_store.h"
#include "requests/service_end.h"
#include "subscribers/subscriber.h"
#include "support/failing_connection.h"

namespace sealdesk::effects {
namespace {

using namespace std::chrono_literals;
using requests::order_service_end;
using requests::second_service_end;

constexpr auto kLastDay = 2027y / 5 / 31;

class ServiceEnds : public test::OfficeDesk {
protected:
    void SetUp() override {
        OfficeDesk::SetUp();
        scheme_definition().fees.push_back(
            {"certificate_fee", {"憑證費", "Certificate"}, 1000, "", {}, "", false});
        scheme_definition().texts["service_end"] = {"屆時憑證一律廢止。", "All are revoked."};
        scheme_definition().texts["service_ended"] = {"已終止。", "It has ended."};
        scheme_definition().relying_agency.reset();
    }

    template <class Work>
    auto in_tx(Work&& work) {
        return store::transact(db(), "test.service-end", work);
    }

    /// A holder with two certificates of a year from today who paid 1,000 for them.
    RequestId holder(const std::string& id_number,
                     const std::string& email = "contact@example.test") {
        auto form = registration(id_number);
        form["contact_email"] = email;
        const std::string number = approved_registration(form);
        run_effects();
        const RequestId id = load(number).id;
        in_tx([&](store::Tx& tx) {
            const auto whose = subscribers::find_subscriber(tx, scheme(), id_number).value();
            for (const char* use : {"sign", "encrypt"}) {
                const CertificateId certificate{tx.new_id()};
                subscribers::keep_certificate(
                    tx,
                    {certificate, whose.id, id, number + use, scheme(), "p",
                     std::to_string(certificate.value()), "der", tx.now(), tx.now() + 365 * 24h});
            }
        });
        EXPECT_TRUE(
            requests::sell(office_on(db()), {scheme(), "certificate_fee", 1, number}, "dee"));
        clock().advance(10min);  // else it is the same sale told twice
        return id;
    }

    std::string ordered_by(const std::string& login, std::chrono::year_month_day end = kLastDay) {
        const auto ordered =
            order_service_end(office_on(db()), scheme(), end, login, key_of(login));
        return ordered ? "ordered" : ordered.error().code;
    }
    std::string seconded_by(const std::string& login) {
        const auto seconded = second_service_end(office_on(db()), scheme(), login, key_of(login));
        return seconded ? "seconded" : seconded.error().code;
    }

    template <class Do>
    auto with_works(store::Database& database, Do&& act) {
        const requests::Office office = office_on(database);
        const Works works{office,
                          templates(),
                          print_room(),
                          print_folder(),
                          stationery(),
                          [this](const std::string&) -> Result<ca::CaClient*> { return &ca_; },
                          {folder() / "repository", folder() / "ca"},
                          {}};
        return act(works);
    }
    Result<Telling> tell(store::Database& database) {
        return with_works(database,
                          [&](const Works& works) { return tell_holders(works, scheme()); });
    }
    Result<Revoking> revoke(store::Database& database) {
        return with_works(database,
                          [&](const Works& works) { return revoke_everything(works, scheme()); });
    }
    queue::Statistics run_jobs() {
        return with_works(db(), [&](const Works& works) {
            queue::Runner runner(db());
            register_handlers(runner, works);
            return runner.run({});
        });
    }

    std::int64_t alive() {
        return in_tx([&](store::Tx& tx) {
            return std::int64_t(subscribers::certificates_alive_at(tx, scheme(), tx.now(), {}, 1000)
                                    .certificates.size());
        });
    }
    std::int64_t notices() {
        return connection()
            .query("SELECT COUNT(*) FROM mail_outbox WHERE dedup_key LIKE 'service-end:%'", {})
            .front()
            .number(0);
    }
    std::int64_t rounds() {
        return connection()
            .query("SELECT COUNT(*) FROM job WHERE kind = 'service-end.revoke'", {})
            .front()
            .number(0);
    }
    std::string scheme() const { return tipo_scheme().id; }

    FakeCa ca_;
};

// M 4.9
TEST_P(ServiceEnds, TakesTwoPeopleThreeMonthsAhead) {
    EXPECT_EQ(seconded_by("ben"), "service_end.none");
    EXPECT_EQ(ordered_by("ann", 2027y / 2 / 19), "service_end.too_soon");  // today: 2026-11-20
    EXPECT_EQ(ordered_by("ann", 2027y / 2 / 20), "ordered");
    EXPECT_EQ(ordered_by("ann"), "ordered");  // nobody had seconded the first
    EXPECT_EQ(tell(db()).error().code, "service_end.not_seconded");
    EXPECT_EQ(seconded_by("ann"), "service_end.same_person");
    EXPECT_EQ(seconded_by("ben"), "seconded");
    EXPECT_EQ(seconded_by("cai"), "service_end.seconded");
    EXPECT_EQ(ordered_by("ann"), "service_end.seconded");
    EXPECT_EQ(revoke(db()).error().code, "service_end.not_yet");
    const auto row = connection()
                         .query("SELECT document, signature, second_signature FROM service_end", {})
                         .front();
    for (const auto& [column, login] : {std::pair(1, "ann"), std::pair(2, "ben")}) {
        const std::vector<crypto::Certificate> signer{key_of(login).certificate()};
        EXPECT_TRUE(crypto::verify_detached(row.bytes(std::size_t(column)), row.text(0), signer));
    }
    scheme_definition().texts.erase("service_end");
    EXPECT_EQ(ordered_by("ann"), "service_end.no_text");
}

// M 4.9
TEST_P(ServiceEnds, EveryHolderIsToldOnceByMailOrLetter) {
    holder("A123456789");
    holder("B123456780", "");
    ordered_by("ann");
    seconded_by("ben");
    const auto rehearsed =
        with_works(db(), [&](const Works& works) { return rehearse_telling(works, scheme()); });
    EXPECT_EQ(rehearsed->mails, 1);
    EXPECT_EQ(rehearsed->letters, 1);
    EXPECT_EQ(notices(), 0);

    const auto told = tell(db());
    ASSERT_TRUE(told) << told.error().code;
    EXPECT_EQ(told->mails, 1);
    EXPECT_EQ(told->letters, 1);
    EXPECT_EQ(tell(db())->mails, 0);
    EXPECT_EQ(notices(), 1);
    EXPECT_EQ(connection()
                  .query("SELECT COUNT(*) FROM print_item WHERE dedup_key LIKE 'service-end:%'", {})
                  .front()
                  .number(0),
              1);
    EXPECT_TRUE(std::filesystem::exists(folder() / "repository" / scheme() / "end-of-service.txt"));

    holder("C123456781");  // since then
    EXPECT_EQ(tell(db())->mails, 1);
    EXPECT_EQ(notices(), 2);
}

TEST_P(ServiceEnds, NobodyIsForgottenOrToldTwiceWhicheverWriteFails) {
    holder("A123456789");
    holder("B123456780", "");
    ordered_by("ann");
    seconded_by("ben");
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 60);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            ASSERT_TRUE(tell(broken));
        } catch (const Failure&) {
            EXPECT_EQ(rows_in("service_end_notice") > 0, notices() > 0) << write;
            continue;
        }
        if (!failing.has_failed()) {
            EXPECT_GT(write, 6);
            break;
        }
    }
    EXPECT_EQ(rows_in("service_end_notice"), 2);
    EXPECT_EQ(notices(), 1);
}

// M 4.9 (2): revoke all, at most 80 % goes back.
TEST_P(ServiceEnds, OnTheLastDayEverythingIsRevokedAndTheRestOfTheFeesGoesBack) {
    const RequestId paid = holder("A123456789");
    holder("B123456780", "");
    ordered_by("ann");
    seconded_by("ben");
    clock().set(start_of_day_in_taipei(kLastDay));
    EXPECT_EQ(alive(), 4);
    ca_.trouble = Error{ErrorKind::Unavailable, "ca.away", "The CA does not answer.", {}, {}};
    const auto asked = revoke(db());
    ASSERT_TRUE(asked) << asked.error().code;
    EXPECT_EQ(asked->certificates, 4);
    EXPECT_EQ(asked->refunds, 2);
    EXPECT_EQ(asked->refund_twd, 2 * 474);
    run_jobs();
    EXPECT_EQ(alive(), 4) << "the CA answers first";

    ca_.trouble.reset();
    clock().advance(3h);
    run_jobs();
    EXPECT_EQ(alive(), 0);
    EXPECT_EQ(ca_.asked.size(), 4U);
    EXPECT_EQ(connection()
                  .query("SELECT COUNT(*) FROM certificate_change WHERE reason = "
                         "'cessation_of_operation'",
                         {})
                  .front()
                  .number(0),
              4);
    EXPECT_EQ(revoke(db())->certificates, 0);  // a later round finds nothing more

    const std::string number =
        in_tx([&](store::Tx& tx) { return requests::get_request(tx, paid).number; });
    const auto pay = [&](const std::string& reference) {
        const auto done = requests::pay_end_refund(office_on(db()), number, reference, "dee");
        return done ? "paid" : done.error().code;
    };
    EXPECT_EQ(pay(""), "service_end.no_reference");
    EXPECT_EQ(pay("T-5521"), "paid");
    EXPECT_EQ(pay("T-5522"), "service_end.refund_paid");
    const auto counts =
        in_tx([&](store::Tx& tx) { return requests::count_service_end(tx, scheme()); });
    EXPECT_EQ(counts.refunds_due, 1);
    EXPECT_EQ(counts.paid_twd, 474);
    const auto sums = in_tx(requests::sum_end_refunds);
    EXPECT_EQ(sums.due_twd, 474);
    EXPECT_EQ(sums.paid_twd, 474);
    std::int64_t told_to_log = 0;  // the day book's other side
    for (const store::Row& row : connection().query(
             "SELECT detail FROM audit_event WHERE kind = 'service-end.revoking'", {})) {
        told_to_log += nlohmann::json::parse(row.text(0)).at("refund_twd").get<std::int64_t>();
    }
    EXPECT_EQ(told_to_log, 2 * 474);
}

// M 4.9
TEST_P(ServiceEnds, NothingIsIssuedAnyMore) {
    holder("A123456789");
    ordered_by("ann");
    seconded_by("ben");
    EXPECT_TRUE(in_tx([&](store::Tx& tx) { return requests::check_in_service(tx, scheme()); }));
    clock().set(start_of_day_in_taipei(kLastDay));
    ASSERT_TRUE(revoke(db()));

    const auto still =
        in_tx([&](store::Tx& tx) { return requests::check_in_service(tx, scheme()); });
    EXPECT_EQ(still.error().code, "service_end.ended");
}

TEST_P(ServiceEnds, ARevocationThatDiesGoesOnAndAsksOnce) {
    for (const char* id : {"A123456789", "B123456780"}) {
        holder(id);
    }
    ordered_by("ann");
    seconded_by("ben");
    clock().set(start_of_day_in_taipei(kLastDay));
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 60);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            ASSERT_TRUE(revoke(broken));
        } catch (const Failure&) {
            EXPECT_EQ(rows_in("service_end_refund"), 2 * std::min<std::int64_t>(1, rounds()))
                << write;
            continue;
        }
        if (!failing.has_failed()) {
            EXPECT_GT(write, 4);
            break;
        }
    }
    run_jobs();
    EXPECT_EQ(alive(), 0);
    EXPECT_EQ(ca_.asked.size(), 4U);
    EXPECT_EQ(rows_in("service_end_refund"), 2);
}

SEALDESK_ON_EVERY_BACKEND(ServiceEnds);

}  // namespace
}  // namespace sealdesk::effects
