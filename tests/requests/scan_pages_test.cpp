#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "intake/inbox.h"
#include "jobs/day_report.h"
#include "requests/edit.h"
#include "requests/file_page.h"
#include "requests/import.h"
#include "requests/office_desk.h"
#include "requests/request_store.h"
#include "requests/scan_import.h"
#include "scan/scanned_page.h"
#include "support/failing_connection.h"

namespace sealdesk::requests {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr int kSealPage = 2;  ///< of the registration form
constexpr const char* kRecord = "T-A123456789";

/// Forms scanned at 200 dpi; each is drawn once for all tests.
class ScanPages : public test::OfficeDesk {
protected:
    static const scan::drawn::PaperForm& paper() {
        static const scan::drawn::PaperForm form(intake::scheme_under_test(),
                                                 intake::registration_form(), kRecord);
        return form;
    }
    static const std::string& sealed_page() {
        static const std::string jpeg =
            paper()
                .scan(kSealPage,
                      {.ticks = {{"documents", {"id_card_copy"}}}, .seals = {{"seal_scan", 5}}},
                      {.dpi = 200, .turn_deg = 2, .jpeg_quality = 85})
                .jpeg;
        return jpeg;
    }
    static const std::string& first_page() {
        static const std::string jpeg =
            paper()
                .scan(1,
                      {.ticks = {{"applicant_kind", {"company"}}, {"residence", {"yes"}}},
                       .writing = false},
                      {.dpi = 200, .upside_down = true, .jpeg_quality = 85})
                .jpeg;
        return jpeg;
    }

    std::filesystem::path write(const std::string& name, const std::string& bytes) {
        const auto path = folder() / name;
        std::ofstream(path, std::ios::binary) << bytes;
        return path;
    }
    std::vector<PageFate> scan_on(store::Database& database, const std::filesystem::path& path,
                                  bool dry_run = false) {
        std::vector<PageFate> fates;
        refused_.clear();
        const std::vector<std::filesystem::path> paths{path};
        summary_ = import_pages(
            office_on(database), paths,
            {.dry_run = dry_run,
             .by = "dee",
             .on_page = [&](const PageFate& fate) { fates.push_back(fate); },
             .on_refused = [&](const std::string&,
                               const Error& error) { refused_.push_back(error.code); }});
        return fates;
    }
    PageFate scan(const std::string& name, const std::string& bytes) {
        return scan_on(db(), write(name, bytes)).at(0);
    }
    std::vector<intake::Fate> import_csv(const std::string& csv) {
        std::vector<intake::Fate> fates;
        const std::vector<std::filesystem::path> paths{write("forms.csv", csv)};
        ImportOptions options;
        options.by = "dee";
        options.scratch = folder();
        options.results_fallback = folder();
        options.on_fate = [&](const intake::Fate& fate) { fates.push_back(fate); };
        options.on_note = [](const std::string&) {};
        (void)import_paths(office_on(db()), paths, options);
        return fates;
    }
    std::vector<std::string> roles_of(const std::string& request) {
        const RequestId id = load(request).id;
        std::vector<std::string> roles;
        for (const Scan& scan :
             store::transact(db(), "test.scans", [&](store::Tx& tx) { return scans_of(tx, id); })) {
            roles.push_back(scan.role);
        }
        return roles;
    }
    std::vector<std::string> finding_codes(const std::string& request) {
        std::vector<std::string> codes;
        for (const auto& finding : intake::findings_from_json(load(request).findings)) {
            codes.push_back(finding.code + " " + finding.field);
        }
        return codes;
    }
    jobs::Ledger ledger() {
        const auto report = store::transact(db(), "test.report", [&](store::Tx& tx) {
            return jobs::report_day(tx, day_in_taipei(clock().now()));
        });
        return *std::ranges::find(report.ledgers, "pages", &jobs::Ledger::name);
    }
    std::string file(const std::string& page, const Filing& filing) {
        const auto filed = file_page(office_on(db()), page, filing);
        return filed ? std::string(name_of(filed->state)) : filed.error().code;
    }

    ScanSummary summary_;
    std::vector<std::string> refused_;
};

std::vector<std::string> reasons_of(const PageFate& fate) {
    std::vector<std::string> names;
    for (const scan::Doubt doubt : fate.doubts) {
        names.emplace_back(scan::name_of(doubt));
    }
    return names;
}

TEST_P(ScanPages, APageFindsItsRequestAndItsBoxesAreComparedWithWhatWasKeyed) {
    const std::string request = receive("registration", registration()).request;

    const PageFate fate = scan("first.jpg", first_page());

    EXPECT_EQ(fate.state, scan::PageState::Filed);
    EXPECT_EQ(fate.request, request);
    EXPECT_EQ(fate.record, kRecord);
    EXPECT_THAT(roles_of(request), UnorderedElementsAre("seal_scan", "page:1"));
    // Ticked: a company; keyed: a natural person. What was keyed is not touched.
    EXPECT_THAT(finding_codes(request), Contains("scan.box_differs applicant_kind"));
    EXPECT_THAT(finding_codes(request), Contains("scan.box_differs certificate_kind"));
    EXPECT_THAT(finding_codes(request), ::testing::Not(Contains("scan.box_differs residence")));
    EXPECT_EQ(load(request).applicant_kind, "natural_person");

    const Correction correction{{{"contact_phone", "02-2370-8887"}}, {}, "dee"};
    ASSERT_TRUE(edit(office_on(db()), request, correction));
    EXPECT_THAT(finding_codes(request), Contains("scan.box_differs applicant_kind"))
        << "an edit of something else settles nothing";
}

TEST_P(ScanPages, TheSamePageTwiceChangesNothing) {
    const std::string request = receive("registration", registration()).request;
    const PageFate first = scan("first.jpg", first_page());
    const auto version = load(request).version;

    const PageFate again = scan("renamed.jpg", first_page());

    EXPECT_TRUE(again.repeated);
    EXPECT_EQ(again.number, first.number);
    EXPECT_EQ(load(request).version, version);
    EXPECT_EQ(rows_in("scan_page"), 1);
    EXPECT_EQ(ledger().in, 1);
    EXPECT_EQ(ledger().out, 1);
    EXPECT_EQ(ledger().difference(), 0);
}

TEST_P(ScanPages, WhoStopsItBetweenPagesGoesOnWithTheSameFiles) {
    std::filesystem::create_directories(folder() / "tray");
    write("tray/1.jpg", first_page());
    write("tray/2.jpg", sealed_page());
    const std::vector<std::filesystem::path> paths{folder() / "tray"};
    std::atomic<bool> stop{false};
    ScanOptions options;
    options.by = "dee";
    options.on_page = [](const PageFate&) {};
    options.on_refused = [](const std::string&, const Error&) {};
    options.watch = {[&](std::int64_t, std::int64_t) { stop = true; }, &stop};
    const auto part = import_pages(office_on(db()), paths, options);
    EXPECT_TRUE(part.stopped);
    EXPECT_EQ(part.filed + part.open, 1);
    options.watch = {};
    const auto rest = import_pages(office_on(db()), paths, options);
    EXPECT_FALSE(rest.stopped);
    EXPECT_EQ(rest.repeated, 1);
    EXPECT_EQ(rows_in("scan_page"), 2);
}

TEST_P(ScanPages, ASealThatAClerkScannedIsNotSilentlyReplaced) {
    const std::string request = receive("registration", registration()).request;
    EXPECT_EQ(examine_all(request), "examined");
    const std::string keyed = load(request).payload;

    const PageFate fate = scan("seals.jpg", sealed_page());

    EXPECT_EQ(fate.state, scan::PageState::Open);
    EXPECT_THAT(reasons_of(fate), ElementsAre("scanned_already"));
    EXPECT_EQ(load(request).payload, keyed);
    EXPECT_EQ(state_of(request), "examined");

    EXPECT_EQ(file(fate.number, {.request = request, .by = "ann"}), "scan.already");
    EXPECT_EQ(file(fate.number, {.request = request, .replace = true, .by = "ann"}), "filed");
    EXPECT_NE(load(request).payload, keyed);
    EXPECT_EQ(state_of(request), "received");  // what was examined is not what is there now
    EXPECT_EQ(file(fate.number, {.request = request, .by = "ann"}), "scan.settled");
}

// Scan first, key later: the counter's usual order.
TEST_P(ScanPages, AFormKeyedFromAScannedPageTakesItsSealFromThere) {
    const std::string csv =
        intake::csv({intake::person({{"收件編號", kRecord}, {"印鑑影像", ""}})});
    EXPECT_EQ(import_csv(csv).at(0).kind, intake::FateKind::Refused);  // no seal yet

    const PageFate page = scan("seals.jpg", sealed_page());
    EXPECT_THAT(reasons_of(page), ElementsAre("request_unknown"));

    const auto fates = import_csv(csv);
    ASSERT_EQ(fates.at(0).kind, intake::FateKind::Accepted);
    EXPECT_THAT(roles_of(fates.at(0).request), UnorderedElementsAre("seal_scan", "page:2"));
    EXPECT_EQ(ledger().open, 0);
    EXPECT_EQ(ledger().difference(), 0);

    const auto again = import_csv(csv);
    EXPECT_TRUE(again.at(0).repeated);
    EXPECT_EQ(again.at(0).request, fates.at(0).request);
}

TEST_P(ScanPages, APageWaitsForAPersonWhoFilesOrDismissesIt) {
    const PageFate unknown = scan("seals.jpg", sealed_page());
    EXPECT_THAT(reasons_of(unknown), ElementsAre("request_unknown"));
    EXPECT_EQ(match_pages(office_on(db()), "dee"), 0);
    EXPECT_EQ(file(unknown.number, {.request = "R115-000009-9", .by = "ann"}), "request.not_found");

    const PageFate nothing = scan(
        "blank.png",
        image::encode_png(image::Picture{60, 80, std::vector<std::uint8_t>(14'400, 250), 200}));
    EXPECT_THAT(reasons_of(nothing), ElementsAre("qr_unreadable", "not_straight"));
    EXPECT_EQ(dismiss_page(office_on(db()), nothing.number, " ", "ann").error().code,
              "scan.no_reason");
    EXPECT_TRUE(dismiss_page(office_on(db()), nothing.number, "空白頁", "ann"));
    EXPECT_EQ(dismiss_page(office_on(db()), nothing.number, "again", "ann").error().code,
              "scan.settled");
    EXPECT_EQ(ledger().in, 2);
    EXPECT_EQ(ledger().open, 1);
    EXPECT_EQ(ledger().difference(), 0);

    // Keyed at another counter, with a seal of its own file: the page is not forced upon it.
    const test::Form keyed = registration();
    const std::string request = receive("registration", keyed).request;
    EXPECT_EQ(match_pages(office_on(db()), "dee"), 0);
    EXPECT_EQ(file(unknown.number, {.request = request, .crops = Crops::None, .by = "ann"}),
              "filed");
    EXPECT_THAT(roles_of(request), UnorderedElementsAre("seal_scan", "page:2"));
}

TEST_P(ScanPages, AClosedRequestIsLeftAlone) {
    const std::string request = approved_registration(registration());
    const PageFate fate = scan("first.jpg", first_page());
    EXPECT_THAT(reasons_of(fate), ElementsAre("request_closed"));
    EXPECT_EQ(file(fate.number, {.request = request, .by = "ann"}), "scan.request_closed");
}

TEST_P(ScanPages, ADryRunAndARefusedFileLeaveNoPage) {
    EXPECT_THAT(scan_on(db(), write("seals.jpg", sealed_page()), /*dry_run=*/true),
                ElementsAre(Field(&PageFate::record, kRecord)));
    EXPECT_THAT(scan_on(db(), write("letter.pdf", "%PDF-1.4\nrubbish")), IsEmpty());
    EXPECT_THAT(refused_, ElementsAre("scan.damaged"));
    EXPECT_EQ(rows_in("scan_page"), 0);
    EXPECT_EQ(rows_in("refused_file"), 1);
}

TEST_P(ScanPages, WhateverWriteFailsAPageIsEnteredWhollyOrNotAtAll) {
    const std::string request = receive("registration", registration()).request;
    const auto path = write("first.jpg", first_page());
    int write = 0;
    for (;; ++write) {
        ASSERT_LT(write, 40);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            (void)scan_on(broken, path);
        } catch (const Failure&) {
            EXPECT_EQ(rows_in("scan_page"), 0);
            EXPECT_THAT(roles_of(request), UnorderedElementsAre("seal_scan"));
            EXPECT_EQ(load(request).version, 1);
            continue;
        }
        ASSERT_FALSE(failing.has_failed());
        break;
    }
    EXPECT_GT(write, 4);
    EXPECT_THAT(roles_of(request), UnorderedElementsAre("seal_scan", "page:1"));
}

TEST_P(ScanPages, WhateverWriteFailsAPersonsFilingIsWholeOrNothing) {
    const std::string request = receive("registration", registration()).request;
    const std::string keyed = load(request).payload;
    const PageFate page = scan("seals.jpg", sealed_page());
    int write = 0;
    for (;; ++write) {
        ASSERT_LT(write, 40);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            const auto filed = file_page(office_on(broken), page.number,
                                         {.request = request, .replace = true, .by = "ann"});
            ASSERT_TRUE(filed) << filed.error().code;
        } catch (const Failure&) {
            EXPECT_EQ(load(request).payload, keyed);
            EXPECT_EQ(ledger().open, 1);
            continue;
        }
        ASSERT_FALSE(failing.has_failed());
        break;
    }
    EXPECT_GT(write, 6);
    EXPECT_EQ(ledger().open, 0);
}

SEALDESK_ON_EVERY_BACKEND(ScanPages);

}  // namespace
}  // namespace sealdesk::requests
