// Slips acknowledged by the file of a hand scanner.
#include "effects/scan_ack.h"

#include <gmock/gmock.h>

#include "base/numbering.h"
#include "effects/printed_desk.h"
#include "support/failing_connection.h"

namespace sealdesk::effects {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = ScanFate::Kind;

TEST(ScanFile, IsReadLineByLine) {
    const auto lines = read_scan(
        "\xEF\xBB\xBFs115-000001-2\r\n\r\n S115-000002-0 ; rr123456785tw\nX S115-000003-9\n"
        "SPOILED:S115-000004-7\nXS115-000005-4\n12\n",
        false);

    ASSERT_EQ(lines.size(), 6U);
    EXPECT_EQ(lines[0].code, "S115-000001-2");
    EXPECT_EQ(lines[1].line, 3);
    EXPECT_EQ(lines[1].code, "S115-000002-0");
    EXPECT_EQ(lines[1].tracking, "RR123456785TW");
    EXPECT_FALSE(lines[1].spoiled);
    EXPECT_TRUE(lines[2].spoiled);
    EXPECT_EQ(lines[2].code, "S115-000003-9");
    EXPECT_TRUE(lines[3].spoiled);
    EXPECT_EQ(lines[3].code, "S115-000004-7");
    EXPECT_TRUE(lines[4].spoiled);
    EXPECT_EQ(lines[4].code, "S115-000005-4");
    EXPECT_EQ(lines[5].code, "12");
    EXPECT_TRUE(read_scan("S115-000001-2", true).front().spoiled);
}

class ScanAck : public PrintedDesk {
protected:
    Result<ScanReport> scan_on(store::Database& database, const std::string& batch,
                               const std::string& text, bool dry_run = false) {
        return acknowledge_scan(office_with(database),
                                {batch, read_scan(text, false), "officer:2", dry_run});
    }
    ScanReport scan(const std::string& batch, const std::string& text, bool dry_run = false) {
        auto report = scan_on(db(), batch, text, dry_run);
        EXPECT_TRUE(report) << report.error().code;
        return report ? *report : ScanReport{};
    }
    /// Each line's fate, a refusal by its code.
    static std::vector<std::string> fates(const ScanReport& report) {
        std::vector<std::string> texts;
        for (const ScanFate& fate : report.fates) {
            texts.push_back(fate.error ? fate.error->code : std::string(to_text(fate.kind)));
        }
        return texts;
    }
};
SEALDESK_ON_EVERY_BACKEND(ScanAck);

TEST_P(ScanAck, WhatWasScannedIsHandedOverOrPostedAndTheBatchCloses) {
    const std::string batch = printed_batch({"現場領取", "郵寄"});
    const auto slips = slip_list();

    const auto first = scan(batch, slips[0].number + "\n");
    EXPECT_THAT(fates(first), ElementsAre("handed_over"));
    EXPECT_THAT(first.missing, ElementsAre(slips[1].number));
    EXPECT_FALSE(first.closed);

    const auto checked = scan(batch, slips[0].number + "\n" + slips[1].number + "\n");
    EXPECT_THAT(fates(checked), ElementsAre("before", "checked"));  // waits for its number
    EXPECT_THAT(checked.missing, IsEmpty());
    EXPECT_FALSE(checked.closed);

    const auto posted = scan(batch, slips[1].number + ";RR123456785TW\n");
    EXPECT_THAT(fates(posted), ElementsAre("posted"));
    EXPECT_TRUE(posted.closed);
    EXPECT_THAT(states(), ElementsAre("handed_over", "posted"));
    EXPECT_EQ(slip_list()[1].tracking_number, "RR123456785TW");
}

TEST_P(ScanAck, NothingOfABadLineIsLost) {
    const std::string batch = printed_batch({"現場領取"});
    const std::string slip = slip_list()[0].number;
    auto form = registration("B123456780");
    form["slip_delivery"] = "現場領取";
    approved_registration(form);
    run_effects();
    const std::string other_batch = print_next();
    const std::string other = slip_list()[1].number;

    const auto report = scan(batch, "S115-00\n" + slip + "\n" + other + "\n" + slip + "\n" +
                                        make_number('S', 115, 9999) + "\n");

    EXPECT_THAT(fates(report), ElementsAre("scan.not_a_slip", "handed_over", "scan.foreign",
                                           "scan.repeated", "scan.unknown"));
    EXPECT_EQ(report.fates[2].error->where, "3: " + other);
    EXPECT_THAT(states(), ElementsAre("handed_over", "printed"));
    EXPECT_TRUE(report.closed);
    EXPECT_EQ(scan_on(db(), "P115-000099-9", slip).error().code, "slips.batch_not_found");
}

// M 2.1.3: spoiled ones are void and made anew with another secret.
TEST_P(ScanAck, ASpoiledSlipIsVoidAndMadeAnewWithANewSecret) {
    const std::string batch = printed_batch({"現場領取", "現場領取"});
    const auto slips = slip_list();
    const std::string lines = slips[0].number + "\nX " + slips[1].number + "\n" + slips[1].number;

    const auto report = scan(batch, lines);

    EXPECT_THAT(fates(report), ElementsAre("spoiled", "handed_over", "scan.repeated"));
    EXPECT_TRUE(report.closed);
    ASSERT_EQ(slip_list().size(), 3U);
    EXPECT_EQ(report.fates[0].replacement, slip_list()[2].number);
    EXPECT_EQ(slip_list()[2].account_generation, slips[1].account_generation + 1);
    EXPECT_THAT(states(), ElementsAre("handed_over", "void", "waiting"));
    const auto again = scan(batch, lines);
    EXPECT_THAT(fates(again), ElementsAre("before", "before", "scan.repeated"));
    EXPECT_EQ(slip_list().size(), 3U);
}

TEST_P(ScanAck, ARehearsalSaysTheSameAndWritesNothing) {
    const std::string batch = printed_batch({"現場領取", "現場領取"});
    const auto slips = slip_list();
    const std::string lines = slips[0].number + "\nX " + slips[1].number + "\n";

    const auto report = scan(batch, lines, true);

    EXPECT_THAT(fates(report), ElementsAre("spoiled", "handed_over"));
    EXPECT_TRUE(report.closed);
    EXPECT_THAT(states(), ElementsAre("printed", "printed"));
}

TEST_P(ScanAck, WhicheverWriteFailsAllOrNothingIsDone) {
    const std::string batch = printed_batch({"現場領取", "現場領取"});
    const auto slips = slip_list();
    const std::string lines = slips[0].number + "\nX " + slips[1].number + "\n";
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 60);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            ASSERT_TRUE(scan_on(broken, batch, lines));
        } catch (const Failure&) {
            ASSERT_THAT(states(), ElementsAre("printed", "printed")) << "write " << write;
            continue;
        }
        EXPECT_GE(write, 8);
        break;
    }
    EXPECT_THAT(states(), ElementsAre("handed_over", "void", "waiting"));
}

}  // namespace
}  // namespace sealdesk::effects
