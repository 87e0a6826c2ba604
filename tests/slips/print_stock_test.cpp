// Batches by stock, pre-numbered forms, control sheets.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "audit/log.h"
#include "base/digest.h"
#include "paper/pdf_probe.h"
#include "slips/control_sheet.h"
#include "slips/form_stock.h"
#include "slips/print_desk.h"
#include "support/command.h"
#include "support/failing_connection.h"

namespace sealdesk::slips {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class PrintStock : public PrintDesk {
protected:
    std::string receive(const std::string& first, const std::string& last) {
        return in_stock([&](store::Tx& tx, const Stock& stock) {
            return receive_forms(tx, stock, {first, last, "D-1"}, "officer:2");
        });
    }
    std::string spoil(const std::string& number) {
        return in_stock([&](store::Tx& tx, const Stock& stock) {
            return spoil_form(tx, stock, number, "torn", "officer:2");
        });
    }
    std::string count(std::int64_t found) {
        return in_stock([&](store::Tx& tx, const Stock& stock) {
            return record_form_count(tx, stock, found, "", "officer:2");
        });
    }
    FormCount forms() {
        return store::transact(db(), "test.forms",
                               [](store::Tx& tx) { return count_forms(tx).at(0); });
    }
    std::vector<std::string> forms_of_slip(const Slip& slip) {
        return store::transact(db(), "test.forms",
                               [&](store::Tx& tx) { return forms_of(tx, slip.id); });
    }
    std::string stock_of(const std::string& number) {
        return store::transact(db(), "test.find",
                               [&](store::Tx& tx) { return find_batch(tx, number)->stock; });
    }
    std::string page_sizes(const std::string& number) {
        std::ofstream(folder() / "sizes.pdf", std::ios::binary) << queued_pdf(number);
        return test::run_command("pdfinfo -l 9 " + (folder() / "sizes.pdf").string()).output;
    }

private:
    template <class Step>
    std::string in_stock(Step&& step) {
        const Stock stock = *(*shelf().stocks())->find("fan-fold");
        return code_of(
            store::transact(db(), "test.stock", [&](store::Tx& tx) { return step(tx, stock); }));
    }
};
SEALDESK_ON_EVERY_BACKEND(PrintStock);

TEST_P(PrintStock, ABatchNeverMixesStocks) {
    print_on("account-slip", "fan-fold");
    new_slip(1, Delivery::Counter);
    new_letter(1001, Delivery::Counter);
    new_slip(2, Delivery::Counter);
    new_letter(1002, Delivery::Counter);
    ASSERT_EQ(receive("AB000001", "AB000010"), "ok");

    const std::string first = make_batch();
    const std::string second = make_batch();

    EXPECT_EQ(make_batch(), "none");
    EXPECT_EQ(stock_of(first), "a4-window");  // parcel order: the letter lies before its slip
    EXPECT_EQ(stock_of(second), "fan-fold");
    const auto letters = nlohmann::json::parse(manifest_text(first));
    EXPECT_EQ(letters["stock"], "a4-window");
    EXPECT_EQ(letters["items"].size(), 2U);
    EXPECT_EQ(letters["items"][1]["first_page"], 3);  // each on a sheet of its own
    EXPECT_EQ(nlohmann::json::parse(manifest_text(second))["slips"], 2);
    ASSERT_EQ(print(first), "ok");
    ASSERT_EQ(print(second), "ok");
    EXPECT_THAT(page_sizes(first), HasSubstr("595.28 x 841.89"));
    EXPECT_THAT(page_sizes(second), HasSubstr("684 x 864"));  // 9.5 x 12 inch
    EXPECT_THAT(queued_text(second), HasSubstr("T10000001"));
}

TEST_P(PrintStock, SimplexStockHasNoEmptyPages) {
    print_on("result-letter", "fan-fold");
    new_letter(1001, Delivery::Counter);
    new_letter(1002, Delivery::Counter);

    const std::string number = make_batch();

    const auto manifest = nlohmann::json::parse(manifest_text(number));
    EXPECT_EQ(manifest["pages"], 2);
    EXPECT_EQ(manifest["items"][1]["first_page"], 2);
}

TEST_P(PrintStock, EachSheetTakesTheNextFormAndTheSlipKeepsIt) {
    print_on("account-slip", "fan-fold");
    const Slip first = new_slip(1, Delivery::Counter);
    const Slip second = new_slip(2, Delivery::Counter);
    const std::string number = make_batch();
    EXPECT_EQ(print(number), "forms.short");  // and nothing is burnt
    ASSERT_EQ(receive("AB000001", "AB000003"), "ok");
    EXPECT_EQ(print(number), "forms.short");
    ASSERT_EQ(receive("AB000101", "AB000110"), "ok");
    ASSERT_EQ(spoil("AB000002"), "ok");
    auto room = room_on(db());
    room.first_form = "AB000002";
    EXPECT_EQ(code_of(print_batch(room, number, "officer:2")), "forms.other_first");
    room.first_form = "AB000001";

    const auto queued = print_batch(room, number, "officer:2");

    ASSERT_TRUE(queued) << queued.error().code;
    EXPECT_EQ(queued->first_form, "AB000001");
    EXPECT_EQ(queued->last_form, "AB000102");
    EXPECT_THAT(forms_of_slip(first), ElementsAre("AB000001", "AB000003"));
    EXPECT_THAT(forms_of_slip(second), ElementsAre("AB000101", "AB000102"));
    EXPECT_EQ(forms().received, 13);
    EXPECT_EQ(forms().printed, 4);
    EXPECT_EQ(forms().spoiled, 1);
    EXPECT_EQ(forms().next, "AB000103");
}

// M 2.1.3 (5): received = printed + spoiled + counted, or the day does not close.
TEST_P(PrintStock, ACountThatDoesNotFitIsADifference) {
    ASSERT_EQ(receive("AB000001", "AB000010"), "ok");
    ASSERT_EQ(spoil("AB000001"), "ok");
    ASSERT_EQ(spoil("AB000001"), "ok");  // told twice

    ASSERT_EQ(count(8), "ok");
    EXPECT_EQ(forms().counted_difference, -1);
    ASSERT_EQ(spoil("AB000007"), "ok");  // found under the printer
    ASSERT_EQ(count(8), "ok");

    EXPECT_EQ(forms().counted_difference, 0);
    EXPECT_EQ(forms().left(), 8);
}

TEST_P(PrintStock, WhatIsNoBoxIsRefused) {
    EXPECT_EQ(receive("AB000010", "AB000001"), "forms.bad_range");
    EXPECT_EQ(receive("AB000001", "AC000009"), "forms.bad_range");
    EXPECT_EQ(receive("ABCDEF", "ABCDEF"), "forms.bad_range");
    ASSERT_EQ(receive("AB000001", "AB000010"), "ok");
    EXPECT_EQ(receive("AB000010", "AB000020"), "forms.overlap");
    EXPECT_EQ(receive("AC000010", "AC000020"), "ok");
    EXPECT_EQ(spoil("AB000011"), "forms.unknown");
    EXPECT_EQ(count(-1), "forms.bad_quantity");
    const Stock plain;
    EXPECT_EQ(code_of(store::transact(db(), "test.stock",
                                      [&](store::Tx& tx) {
                                          return receive_forms(tx, plain, {"A1", "A2", ""}, "x");
                                      })),
              "forms.not_numbered");
}

// The decision to print, the forms and the record stand or fall together.
TEST_P(PrintStock, WhicheverWriteFailsNoFormIsUsedTwice) {
    print_on("account-slip", "fan-fold");
    ASSERT_EQ(receive("AB000001", "AB000900"), "ok");
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 100);
        const Slip slip = new_slip(write + 1, Delivery::Counter);
        const std::string number = make_batch();
        const auto printed_before = forms().printed;
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        std::string outcome = "failed";
        try {
            outcome = print(broken, number);
        } catch (const Failure&) {
            EXPECT_EQ(print(number), "ok") << "write " << write;
        }
        EXPECT_EQ(forms().printed, printed_before + 2) << "write " << write;
        EXPECT_EQ(forms_of_slip(slip).size(), 2U);
        if (outcome == "ok") {
            EXPECT_GE(write, 6);
            break;
        }
    }
}

TEST_P(PrintStock, TheControlSheetSaysWhatWasPrintedAndNoNames) {
    const Slip slip = new_slip(1, Delivery::Counter, "張㛢");
    const Slip void_one = new_slip(2, Delivery::Counter);
    new_letter(1001, Delivery::Counter);
    const std::string number = make_batch();
    EXPECT_EQ(code_of(control_sheet(db(), shelf(), number)), "slips.not_printed");
    EXPECT_EQ(code_of(control_sheet(db(), shelf(), "P115-000009-9")), "slips.batch_not_found");
    ASSERT_TRUE(store::transact(db(), "test.void", [&](store::Tx& tx) {
        return void_slip(tx, {void_one.id, "lost", "officer:1"});
    }));
    ASSERT_EQ(print(number), "ok");

    const auto sheet = control_sheet(db(), shelf(), number);

    ASSERT_TRUE(sheet) << sheet.error().where << sheet.error().detail;
    const std::string text = test::pdf_text(*sheet, folder());
    EXPECT_THAT(text, HasSubstr(number));
    EXPECT_THAT(text, HasSubstr(slip.number + " p.3"));
    EXPECT_THAT(text, Not(HasSubstr(void_one.number)));
    EXPECT_THAT(text, HasSubstr(sha256_hex(queued_pdf(number))));
    EXPECT_THAT(text, HasSubstr("officer:2"));
    EXPECT_THAT(text, Not(HasSubstr("張㛢")));
    EXPECT_THAT(text, Not(HasSubstr(printed_passwords(number).at(0))));
}

TEST_P(PrintStock, AControlSheetHasRoomForAFullBatch) {
    for (int i = 1; i <= 300; ++i) {
        new_slip(i, Delivery::Counter);
    }
    const std::string number = make_batch();
    ASSERT_EQ(print(number), "ok");

    const auto sheet = control_sheet(db(), shelf(), number);

    ASSERT_TRUE(sheet) << sheet.error().where << sheet.error().detail;
    EXPECT_THAT(test::pdf_text(*sheet, folder()), HasSubstr("S115-000300-"));
}

}  // namespace
}  // namespace sealdesk::slips
