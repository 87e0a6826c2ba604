// M 4.9: whom to notify and what goes back when a service ends.
#include "requests/end_of_service.h"

#include <gmock/gmock.h>

#include "requests/fees.h"
#include "requests/office_desk.h"
#include "requests/request_store.h"
#include "subscribers/certificate.h"

namespace sealdesk::requests {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr auto kEnd = 2027y / 5 / 31;

class ServiceEnd : public test::OfficeDesk {
protected:
    void SetUp() override {
        OfficeDesk::SetUp();
        scheme_definition().fees.push_back(
            {"certificate_fee", {"憑證費", "Certificate"}, 1000, "", {}, "", false});
    }

    /// A registered holder with two certificates of one year from today; the registration's id.
    RequestId holder(const std::string& id_number) {
        const std::string number = approved_registration(registration(id_number));
        run_effects();
        const RequestId id = load(number).id;
        store::transact(db(), "test.certificates", [&](store::Tx& tx) {
            const auto subscriber =
                subscribers::find_subscriber(tx, tipo_scheme().id, id_number).value();
            for (const char* use : {"sign", "encrypt"}) {
                const CertificateId certificate{tx.new_id()};
                subscribers::keep_certificate(
                    tx, {certificate, subscriber.id, id, number + use, tipo_scheme().id, "p",
                         std::to_string(certificate.value()), "der", tx.now(),
                         tx.now() + std::chrono::days(365)});
            }
            return 0;
        });
        return id;
    }
    void sold(const std::string& item, RequestId request) {
        const std::string number = store::transact(
            db(), "test.number", [&](store::Tx& tx) { return get_request(tx, request).number; });
        ASSERT_TRUE(sell(office_on(db()), {tipo_scheme().id, item, 1, number}, "dee"));
    }
    EndOfService end() { return end_of_service(office_on(db()), tipo_scheme().id, kEnd).value(); }
};

// M 4.9: pro rata, without cards; every holder is notified three months before.
TEST_P(ServiceEnd, GivesBackByTheDaysLeftWithoutCardsAndListsEveryHolder) {
    const RequestId paid = holder("A123456789");
    sold("certificate_fee", paid);
    sold("ic_card", paid);  // the card is no time
    holder("B123456780");   // paid nothing, is notified all the same

    const EndOfService service = end();

    EXPECT_EQ(service.notify_by, 2027y / 2 / 28);  // three months before the 31st of May
    ASSERT_EQ(service.refunds.size(), 2U);
    EXPECT_EQ(service.refunds.front().certificates, 2);
    EXPECT_EQ(service.refunds.front().contact.email, "contact@example.test");
    EXPECT_EQ(service.paid_twd(), 1000);
    EXPECT_EQ(service.refund_twd(), 474);  // 2026-11-20 to 2027-11-20, 173 of 365 days left
    EXPECT_THAT(to_csv(service), HasSubstr("合計 sum,,,,,,,,,1000,474"));
}

TEST_P(ServiceEnd, RevokedAndExpiredCertificatesAreNotCutShort) {
    holder("A123456789");
    store::transact(db(), "test.revoke", [&](store::Tx& tx) {
        const auto subscriber =
            subscribers::find_subscriber(tx, tipo_scheme().id, "A123456789").value();
        for (const auto& one : subscribers::certificates_of(tx, subscriber.id)) {
            subscribers::keep_change(tx, {one.id, subscribers::CertificateState::Revoked,
                                          "superseded", one.order_key + "/revoke"});
        }
        return 0;
    });
    EXPECT_TRUE(end().refunds.empty());

    holder("B123456780");
    EXPECT_EQ(end().refunds.size(), 1U);
    const auto later = end_of_service(office_on(db()), tipo_scheme().id, 2028y / 1 / 1).value();
    EXPECT_TRUE(later.refunds.empty());
    EXPECT_FALSE(end_of_service(office_on(db()), "elsewhere", kEnd));
}

SEALDESK_ON_EVERY_BACKEND(ServiceEnd);

}  // namespace
}  // namespace sealdesk::requests
