// 逕行發證 (M 4.1.1.2, 4.2.1.2): from a row of the register to a card at the counter.
#include <gmock/gmock.h>

#include "base/secret.h"
#include "effects/parcel_steps.h"
#include "jobs/day_report.h"
#include "requests/registry_desk.h"
#include "subscribers/subscriber.h"
#include "subscribers/token.h"
#include "subscribers/user_code.h"

namespace sealdesk::requests {
namespace {

using subscribers::CodeTry;
using subscribers::TokenState;
using ::testing::ElementsAre;
using ::testing::EndsWith;

constexpr const char* kHeadings =
    "資料序號,資料日期,事業主體類別,統一編號,事業主體名稱,登記現況,縣市,所屬公司或有限合夥名稱,"
    "負責人姓名,"
    "負責人身分證字號,負責人出生日期,登記地址,聯絡人電子郵件";

class DirectIssuanceEffects : public test::RegistryDesk {
protected:
    static std::string row(const std::string& number, const std::string& ubn,
                           const std::string& status = "營業中",
                           const std::string& id = "B123456780") {
        return "DI-" + number + ",115/11/19,公司," + ubn + ",台灣好茶股份有限公司," + status +
               ",,,王小明," + id + ",69/04/28,100臺北市中正區延平南路85號,";
    }

    template <class Work>
    auto in_tx(Work&& work) {
        return store::transact(db(), "test.issue", work);
    }
    SubscriberId subscriber_of(const std::string& ubn) {
        return in_tx([&](store::Tx& tx) {
            return subscribers::find_subscriber(tx, kScheme, ubn).value().id;
        });
    }
    CodeTry try_code(const std::string& ubn, std::string_view code) {
        const SubscriberId id = subscriber_of(ubn);
        return in_tx([&](store::Tx& tx) {
            return subscribers::try_user_code(tx, *subscribers::user_code_of(tx, id), Secret(code),
                                              3);
        });
    }
    std::string card_state(const std::string& ubn) {
        const SubscriberId id = subscriber_of(ubn);
        return in_tx([&](store::Tx& tx) {
            return std::string(subscribers::to_text(subscribers::tokens_of(tx, id).front().state));
        });
    }
    std::string only_parcel() {
        return in_tx([](store::Tx& tx) { return parcels::list_parcels(tx, {}).front().number; });
    }
    template <class Act>
    std::string step(const Act& act) {
        const Outcome outcome = in_tx([&](store::Tx& tx) -> Outcome { return act(tx); });
        return outcome ? "done" : outcome.error().code;
    }
    /// Wherever text is stored.
    bool is_stored_anywhere(const std::string& text) {
        for (const char* sql : {"SELECT COUNT(*) FROM request WHERE payload LIKE ?",
                                "SELECT COUNT(*) FROM registry_row WHERE reasons LIKE ?",
                                "SELECT COUNT(*) FROM request_user_code WHERE verifier LIKE ?",
                                "SELECT COUNT(*) FROM user_code WHERE verifier LIKE ?",
                                "SELECT COUNT(*) FROM audit_event WHERE detail LIKE ?",
                                "SELECT COUNT(*) FROM decision WHERE document LIKE ?"}) {
            const std::vector<store::Value> args{"%" + text + "%"};
            if (connection().query(sql, args).front().number(0) > 0) {
                return true;
            }
        }
        return false;
    }
    bool closes() {
        return in_tx(
            [&](store::Tx& tx) { return jobs::report_day(tx, day_in_taipei(tx.now())).closes(); });
    }
};

// M 4.2.1.2: only an entity in operation gets a card; one that is a subscriber needs none.
TEST_P(DirectIssuanceEffects, EachRowOfAnExtractEndsInOneWay) {
    subscriber("22099131", "晨星印刷有限公司", "0b02");
    const auto summary =
        take_in(write("issue.csv",
                      {row("1", "04595257"), row("2", "84149961", "停業"), row("3", "22099131"),
                       row("4", "04595257"), row("5", "12345675", "營業中", "B123456788")},
                      kHeadings));

    EXPECT_THAT(fates(), ElementsAre("2 proposal", "3 no_effect",
                                     "4 duplicate direct_issuance.registered in unified_number",
                                     "5 duplicate direct_issuance.open in unified_number",
                                     "6 refused id.check_digit in responsible_id"));
    EXPECT_EQ(reports().at(3).duplicate_of, first_request());
    EXPECT_EQ(summary.rows, 5);
    EXPECT_TRUE(closes());
}

// M 4.3.2: the preset user code, kept as a verifier only, is changed before it serves.
TEST_P(DirectIssuanceEffects, ThePresetUserCodeIsKeptAsAVerifierOnly) {
    const auto summary = take_in(write("issue.csv", {row("1", "04595257")}, kHeadings));
    EXPECT_FALSE(is_stored_anywhere("B123456780"));
    EXPECT_FALSE(is_stored_anywhere("1980-04-28"));
    EXPECT_FALSE(is_stored_anywhere("69/04/28"));
    EXPECT_THAT(confirm(summary.batch, "ben"), ElementsAre(EndsWith(" approved")));
    run_all();

    EXPECT_FALSE(is_stored_anywhere("B123456780"));
    EXPECT_EQ(try_code("04595257", "B1234567800690427"), CodeTry::Wrong);
    EXPECT_EQ(try_code("04595257", "B1234567800690428"), CodeTry::MustChange);
    EXPECT_EQ(rows_in("request_user_code"), 0);
}

TEST_P(DirectIssuanceEffects, ADryRunOfAnExtractTouchesNothing) {
    const auto file = write("issue.csv", {row("1", "04595257"), row("2", "04595257")}, kHeadings);
    const auto requests_before = rows_in("request");

    const auto summary = take_in(file, /*dry_run=*/true);

    EXPECT_THAT(fates(),
                ElementsAre("2 proposal", "3 duplicate direct_issuance.open in unified_number"));
    EXPECT_EQ(summary.entities, 1);
    EXPECT_EQ(rows_in("request"), requests_before);
    EXPECT_EQ(rows_in("registry_batch"), 0);
}

// M 4.2.1.2 (2): made, posted, undeliverable, to the counter with a notice, collected by form.
TEST_P(DirectIssuanceEffects, AnUndeliverableCardIsCollectedAtTheCounter) {
    const auto summary = take_in(write("issue.csv", {row("1", "04595257")}, kHeadings));
    const std::string request = first_request();
    confirm(summary.batch, "ben");
    run_all();
    const std::string parcel = only_parcel();
    EXPECT_EQ(state_of(request), "approved");
    const auto collect = [&](store::Tx& tx) {
        return effects::collect_parcel(tx, office_on(db()), {parcel, "officer:dee", {}, {}, true});
    };

    EXPECT_EQ(step([&](store::Tx& tx) {
                  return effects::post_parcel(tx, office_on(db()),
                                              {parcel, "officer:dee", "RR123456789TW"});
              }),
              "parcel.card_not_made");
    EXPECT_EQ(step([&](store::Tx& tx) {
                  return effects::report_card(tx, request, "MA00000001", "officer:dee");
              }),
              "done");
    EXPECT_EQ(step([&](store::Tx& tx) {
                  return effects::post_parcel(tx, office_on(db()),
                                              {parcel, "officer:dee", "RR123456789TW"});
              }),
              "done");
    EXPECT_EQ(step([&](store::Tx& tx) {
                  return effects::take_parcel_back(tx, {parcel, "officer:dee", {}, "查無此址"});
              }),
              "done");
    run_all();
    EXPECT_EQ(card_state("04595257"), "at_counter");
    EXPECT_EQ(
        connection()
            .query("SELECT COUNT(*) FROM print_item WHERE template_name = 'notice-letter' AND "
                   "fields LIKE '%待領取%'",
                   {})
            .front()
            .number(0),
        1);
    const auto fate = receive("moea/collection", {{"record_number", "C-1"},
                                                  {"received_on", "115/11/20"},
                                                  {"applicant_name", "台灣好茶股份有限公司"},
                                                  {"id_number", "04595257"},
                                                  {"responsible_name", "王小明"},
                                                  {"responsible_id", "B123456780"},
                                                  {"documents", "領取通知書;負責人身分證正本"},
                                                  {"seal_scan", "seal of the company"},
                                                  {"responsible_seal_scan", "seal of the person"}});
    ASSERT_EQ(fate.kind, intake::FateKind::Accepted);
    EXPECT_EQ(step(collect), "parcel.form_needed");
    EXPECT_EQ(examine_all(fate.request), "examined");
    EXPECT_EQ(decide(fate.request, Verdict::Approve, "ben"), "approved");
    run_all();
    EXPECT_EQ(card_state("04595257"), "at_counter");  // released, not yet fetched
    EXPECT_EQ(step(collect), "done");
    EXPECT_EQ(card_state("04595257"), "handed_over");
    run_all();
    EXPECT_EQ(state_of(request), "completed");
    EXPECT_TRUE(closes());
}

SEALDESK_ON_EVERY_BACKEND(DirectIssuanceEffects);

}  // namespace
}  // namespace sealdesk::requests
