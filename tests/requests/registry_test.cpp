// The register's change file: each row ends in one of five ways, an officer confirms what concerns
// us.
#include <gmock/gmock.h>

#include "jobs/day_report.h"
#include "requests/registry_desk.h"
#include "support/failing_connection.h"

namespace sealdesk::requests {
namespace {

using subscribers::HoldSource;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

class RegistryIntake : public test::RegistryDesk {
protected:
    static constexpr const char* kTea = "04595257";
    static constexpr const char* kPress = "22099131";

    void SetUp() override {
        RegistryDesk::SetUp();
        subscriber(kTea, "台灣好茶股份有限公司", "0a01");
        subscriber(kPress, "晨星印刷有限公司", "0b02");
    }

    static std::string row(const std::string& number, const std::string& ubn,
                           const std::string& change, const std::string& rest = ",,") {
        return "CH-" + number + ",115/11/19," + ubn + "," +
               (ubn == kTea ? "台灣好茶股份有限公司" : "晨星印刷有限公司") + "," + change + "," +
               rest;
    }

    std::int64_t count(RowFate fate, const RegistrySummary& summary) {
        const auto found = summary.fates.find(fate);
        return found == summary.fates.end() ? 0 : found->second;
    }

    bool closes() {
        return store::transact(db(), "test.report", [&](store::Tx& tx) {
            return jobs::report_day(tx, day_in_taipei(tx.now())).closes();
        });
    }

    std::int64_t mails_of_register() {
        return connection()
            .query("SELECT COUNT(*) FROM mail_outbox WHERE recipient LIKE '0459%'", {})
            .front()
            .number(0);
    }

    /// Every table whose rows an import may touch.
    std::vector<std::int64_t> all_counts() {
        std::vector<std::int64_t> counts;
        for (const char* table : {"registry_batch", "registry_row", "request", "request_check",
                                  "audit_event", "job", "certificate_hold", "mail_outbox"}) {
            counts.push_back(rows_in(table));
        }
        return counts;
    }
};

// M 4.4.3, M 4.4.7, M 4.4.1 (5)
TEST_P(RegistryIntake, EachRowEndsInOneOfFiveWaysAndBadRowsStopNothing) {
    const auto summary = take_in(
        write("day.csv", {row("1", kTea, "停業"), row("2", "12345675", "解散"),
                          row("3", kPress, "縣市改制", ",,桃園市"), row("4", "12345678", "解散"),
                          row("5", kTea, "搬家"), "CH-6,only two cells", row("1", kTea, "停業"),
                          row("8", kPress, "名稱變更")}));

    EXPECT_THAT(fates(), ElementsAre("2 proposal 0a01 held", "4 no_effect",
                                     "5 refused id.check_digit in unified_number",
                                     "6 refused choice.unknown in change", "7 refused csv.ragged",
                                     "8 duplicate", "9 refused field.missing in new_name"));
    EXPECT_EQ(summary.rows, 8);
    EXPECT_EQ(count(RowFate::NotOurs, summary), 1);
    EXPECT_EQ(count(RowFate::Proposal, summary), 1);
    EXPECT_EQ(count(RowFate::Refused, summary), 4);
    EXPECT_EQ(reports().at(5).duplicate_of, first_request());
    EXPECT_EQ(state_of(first_request()), "received");
    EXPECT_EQ(certificate_of(kTea), "issued");  // nothing happens before an officer confirms
    EXPECT_TRUE(closes());
}

TEST_P(RegistryIntake, ADryRunShowsTheSameAndTouchesNothing) {
    const auto file = write("day.csv", {row("1", kTea, "停業"), row("2", "12345675", "解散"),
                                        row("1", kTea, "停業"), row("4", kPress, "歇業")});
    const auto before = all_counts();

    const auto summary = take_in(file, /*dry_run=*/true);

    EXPECT_THAT(fates(),
                ElementsAre("2 proposal 0a01 held", "4 duplicate", "5 proposal 0b02 revoked"));
    EXPECT_EQ(summary.entities, 2);
    EXPECT_EQ(summary.certificates.at(Foresight::Held), 1);
    EXPECT_EQ(summary.certificates.at(Foresight::Revoked), 1);
    EXPECT_TRUE(summary.batch.empty());
    EXPECT_EQ(all_counts(), before);
}

TEST_P(RegistryIntake, TheSameFileAgainChangesNothingAndTheSameRowElsewhereIsADuplicate) {
    const auto file =
        write("day1.csv", {row("1", kTea, "停業"), row("2", kPress, "縣市改制", ",,桃園市")});
    const auto first = take_in(file);
    const std::string request = first_request();
    const auto before = all_counts();

    const auto again = take_in(file);

    EXPECT_TRUE(again.repeated);
    EXPECT_EQ(again.batch, first.batch);
    EXPECT_EQ(again.fates, first.fates);
    EXPECT_EQ(all_counts(), before);

    take_in(write("day2.csv", {row("1", kTea, "停業"), row("2", kPress, "縣市改制", ",,桃園市"),
                               row("3", kPress, "停業")}));
    EXPECT_THAT(fates(), ElementsAre("2 duplicate", "3 duplicate", "4 proposal 0b02 held"));
    EXPECT_EQ(reports().at(0).duplicate_of, request);
    EXPECT_EQ(reports().at(1).duplicate_of, first.batch);
    EXPECT_TRUE(closes());
}

TEST_P(RegistryIntake, WhoStopsItBetweenChunksGoesOnWithTheSameFile) {
    std::vector<std::string> rows{row("1", kTea, "停業")};
    for (int other = 2; other <= 1200; ++other) {
        rows.push_back("CH-" + std::to_string(other) + ",115/11/19,24608131,某有限公司,停業,,,");
    }
    rows.push_back(row("1201", kPress, "歇業"));
    const auto file = write("day.csv", rows);
    std::atomic<bool> stop{false};
    const auto part =
        take_in_on(db(), file, false, {[&](std::int64_t, std::int64_t) { stop = true; }, &stop});
    ASSERT_TRUE(part);
    EXPECT_TRUE(part->stopped);
    EXPECT_EQ(part->rows, 500);
    EXPECT_TRUE(closes());

    const auto rest = take_in(file);
    EXPECT_FALSE(rest.stopped);
    EXPECT_FALSE(rest.repeated);
    EXPECT_EQ(rest.batch, part->batch);
    EXPECT_EQ(rest.rows, 1201);
    EXPECT_EQ(count(RowFate::Proposal, rest), 2);
    EXPECT_EQ(rows_in("registry_row"), 2);  // rows of others are counted, not kept
    EXPECT_TRUE(take_in(file).repeated);
    EXPECT_TRUE(closes());
}

// M 5.2.3: who imported the file does not confirm it; M 4.4.3: one signature each.
TEST_P(RegistryIntake, AnotherOfficerConfirmsEachProposalWithASignatureOfItsOwn) {
    const auto summary =
        take_in(write("day.csv", {row("1", kTea, "停業"), row("2", kPress, "歇業")}));

    EXPECT_THAT(confirm("B000-000000-0", "ben"), ElementsAre("registry.no_batch"));
    EXPECT_THAT(confirm(summary.batch, "ben", {"R000-000000-0"}),
                ElementsAre("registry.not_in_batch"));
    const auto confirmed = confirm(summary.batch, "ben");
    ASSERT_EQ(confirmed.size(), 2U);
    EXPECT_THAT(confirmed.front(), ::testing::EndsWith(" approved"));
    EXPECT_EQ(connection()
                  .query("SELECT COUNT(*) FROM decision d JOIN registry_row r ON r.request_id = "
                         "d.request_id WHERE d.officer = 'ben'",
                         {})
                  .front()
                  .number(0),
              2);
    EXPECT_THAT(confirm(summary.batch, "ben"), IsEmpty());  // nothing is open any more
    run_all();

    EXPECT_EQ(certificate_of(kTea), "held by agency");
    EXPECT_EQ(certificate_of(kPress), "revoked");
    EXPECT_THAT(ca_.asked, UnorderedElementsAre("hold 0a01", "revoke 0b02"));
    EXPECT_EQ(connection()
                  .query("SELECT reason FROM certificate_change WHERE state = 'revoked'", {})
                  .front()
                  .text(0),
              "cessation_of_operation");
    EXPECT_EQ(mails_of_register(), 1);  // M 4.4.3 (6)
    EXPECT_TRUE(closes());
}

TEST_P(RegistryIntake, WhoImportedTheFileConfirmsNothing) {
    const auto file = write("day.csv", {row("1", kTea, "停業")});
    RegistryOptions options;
    options.source.origin = scheme::Origin::Register;
    options.by = "ann";
    options.scratch = folder();
    options.on_row = [](const RowReport&) {};
    const Office office = office_on(db());
    const auto summary = import_registry_file(office, office.schemes, file, options).value();

    EXPECT_THAT(confirm(summary.batch, "ann").front(),
                ::testing::EndsWith(" request.same_officer"));
    EXPECT_THAT(confirm(summary.batch, "ben").front(), ::testing::EndsWith(" approved"));
}

// M 4.4.9: an agency's release leaves the subscriber's own hold in force.
TEST_P(RegistryIntake, AResumptionLeavesTheSubscribersOwnHold) {
    hold(kTea, HoldSource::Subscriber);
    confirm(take_in(write("a.csv", {row("1", kTea, "停業")})).batch, "ben");
    EXPECT_THAT(fates(), ElementsAre("2 proposal 0a01 still_held"));
    run_all();
    EXPECT_EQ(certificate_of(kTea), "held by subscriber,agency");

    confirm(take_in(write("b.csv", {row("2", kTea, "復業")})).batch, "ben");
    EXPECT_THAT(fates(), ElementsAre("2 proposal 0a01 still_held"));
    run_all();

    EXPECT_EQ(certificate_of(kTea), "held by subscriber");
    EXPECT_THAT(ca_.asked, ElementsAre("hold 0a01"));
}

// M 4.4.9: what was suspended and resumed in one file ends resumed, whoever works on it when.
TEST_P(RegistryIntake, ChangesOfOneEntityAreCarriedOutInTheirOrder) {
    const auto summary =
        take_in(write("day.csv", {row("1", kTea, "停業"), row("2", kTea, "復業")}));

    const auto first = confirm(summary.batch, "ben");
    EXPECT_THAT(first, ElementsAre(::testing::EndsWith(" approved"),
                                   ::testing::EndsWith(" request.earlier_open")));
    EXPECT_THAT(confirm(summary.batch, "ben"),
                ElementsAre(::testing::EndsWith(" request.earlier_open")));
    run_all();
    EXPECT_EQ(certificate_of(kTea), "held by agency");
    EXPECT_THAT(confirm(summary.batch, "ben"), ElementsAre(::testing::EndsWith(" approved")));
    run_all();
    EXPECT_EQ(certificate_of(kTea), "issued");
    EXPECT_TRUE(closes());
}

TEST_P(RegistryIntake, ARejectedChangeHasNoEffectAndTellsNobody) {
    const auto summary = take_in(write("day.csv", {row("1", kTea, "解散")}));
    const std::string request = first_request();
    const auto jobs = rows_in("job");

    EXPECT_EQ(examine(request, "entity_status", false, "ann"), "examined");
    EXPECT_EQ(decide(request, Verdict::Reject, "ben"), "rejected");

    EXPECT_EQ(rows_in("job"), jobs);
    EXPECT_THAT(confirm(summary.batch, "ben"), IsEmpty());
    EXPECT_TRUE(closes());
}

// An entity that has applied and has no certificate yet: its examiner should know.
TEST_P(RegistryIntake, AnOpenApplicationOfTheEntityIsNamed) {
    const auto fate =
        receive("moea/application", {{"record_number", "A-1"},
                                     {"received_on", "115/11/20"},
                                     {"applicant_kind", "公司"},
                                     {"applicant_name", "青山工程行"},
                                     {"id_number", "84149961"},
                                     {"responsible_name", "何茶師"},
                                     {"responsible_id", "D122334456"},
                                     {"registered_address", "553南投縣水里鄉民生路95號"},
                                     {"contact_name", "何會計"},
                                     {"contact_phone", "049-277-0003"},
                                     {"contact_email", "tea@example.test"},
                                     {"contact_address", "553南投縣水里鄉民生路95號"},
                                     {"token_kind", "正卡"},
                                     {"user_code", "Tea-4411"},
                                     {"payment_number", "PAY-1"},
                                     {"terms_accepted", "是"},
                                     {"seal_scan", "seal of the company"},
                                     {"responsible_seal_scan", "seal of the person"}});
    ASSERT_EQ(fate.kind, intake::FateKind::Accepted);

    take_in(write("day.csv", {row("1", "84149961", "解散"), row("2", "12345675", "解散")}));

    ASSERT_THAT(fates(), ElementsAre("2 not_ours"));
    EXPECT_EQ(reports().front().application, fate.request);
}

TEST_P(RegistryIntake, AFileCutOffByAFailureGoesOnWhereItStopped) {
    std::vector<std::string> rows;
    for (int i = 0; i < 1200; ++i) {
        rows.push_back(row(std::to_string(i), "12345675", "解散"));
    }
    rows.at(3) = row("T", kTea, "停業");
    rows.at(1190) = row("P", kPress, "停業");
    rows.at(700) = row("X", "12345678", "停業");
    const auto file = write("long.csv", rows);
    int write = 0;
    for (;; ++write) {
        ASSERT_LT(write, 200);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            const auto summary = take_in_on(broken, file);
            ASSERT_TRUE(summary);
            EXPECT_EQ(summary->rows, 1200);
            break;
        } catch (const Failure&) {
            EXPECT_TRUE(closes()) << write;
        }
    }

    EXPECT_GT(write, 10);
    EXPECT_EQ(rows_in("registry_batch"), 1);
    EXPECT_EQ(rows_in("registry_row"), 3);
    EXPECT_EQ(connection()
                  .query("SELECT COUNT(*) FROM request WHERE form = 'registry-change'", {})
                  .front()
                  .number(0),
              2);
    EXPECT_EQ(connection().query("SELECT rows_not_ours FROM registry_batch", {}).front().number(0),
              1197);
    EXPECT_TRUE(closes());
}

TEST_P(RegistryIntake, APaperImportDoesNotTakeItIn) {
    const auto records = intake::open_records(write("day.csv", {row("1", kTea, "停業")}), "day.csv",
                                              office_on(db()).schemes, {});

    ASSERT_FALSE(records);
    EXPECT_THAT(records.error().code, StartsWith("file."));
}

SEALDESK_ON_EVERY_BACKEND(RegistryIntake);

}  // namespace
}  // namespace sealdesk::requests
