#include "slips/electronic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "crypto/cms.h"
#include "crypto/verifier.h"
#include "paper/pdf_probe.h"
#include "slips/password.h"
#include "slips/print_desk.h"
#include "support/failing_connection.h"

namespace sealdesk::slips {
namespace {

using ::testing::HasSubstr;

class ElectronicSlips : public PrintDesk {
protected:
    void SetUp() override {
        PrintDesk::SetUp();
        shelf_ = std::make_unique<TemplateShelf>(std::filesystem::path(SEALDESK_SOURCE_DIR) /
                                                 "templates");
    }
    Result<ElectronicSlip> make(const Slip& slip) {
        return make_electronic_slip(*shelf_, print_room_certificate(),
                                    {.slip = slip,
                                     .receipt_template = "counter-receipt",
                                     .receipt_fields = sample_receipt_fields(),
                                     .receipt_delivery = Delivery::Counter},
                                    random(), clock().now());
    }
    Outcome keep(store::Database& database, const ElectronicSlip& made) {
        return store::transact(database, "test.keep", [&](store::Tx& tx) {
            return keep_electronic_slip(tx, made, run_on(database).store_verifier);
        });
    }
    /// What the print room sees on the receipt.
    static std::string code_on(const std::string& receipt_text) {
        for (std::size_t at = 0; at + 19 <= receipt_text.size(); ++at) {
            if (is_opening_code(receipt_text.substr(at, 19))) {
                return receipt_text.substr(at, 19);
            }
        }
        return {};
    }

private:
    std::unique_ptr<TemplateShelf> shelf_;
};
SEALDESK_ON_EVERY_BACKEND(ElectronicSlips);

// T 5.1.4 電子化方式: the PDF is mailed, the code that opens it is on paper only.
TEST_P(ElectronicSlips, TheMailedPdfOpensWithTheCodeOnThePrintedReceipt) {
    const Slip slip = new_slip(1, Delivery::Electronic, "周犇𤧥");
    const auto made = make(slip);
    ASSERT_TRUE(made) << made.error().detail;
    ASSERT_TRUE(keep(db(), *made));

    const std::string number = make_batch();
    ASSERT_EQ(print(number), "ok");

    const std::string code = code_on(queued_text(number));
    ASSERT_EQ(code.size(), 19U);
    const std::string text = test::pdf_text(made->pdf, folder(), code);
    EXPECT_THAT(text, HasSubstr("周犇𤧥"));
    EXPECT_THAT(text, HasSubstr("T10000001"));
    EXPECT_EQ(test::pdf_text(made->pdf, folder()), "");
    EXPECT_TRUE(printed_passwords(number).empty());
    EXPECT_EQ(reload(slip.id).state, SlipState::Sent);
    EXPECT_TRUE(verifiers_.contains(1));
}

TEST_P(ElectronicSlips, TheReceiptLiesBesideItsLetterAndIsEncryptedUntilPrinted) {
    const Slip slip = new_slip(1, Delivery::Electronic);
    new_letter(slip.request.value(), Delivery::Counter);
    new_slip(5, Delivery::Counter);
    const auto made = make(slip);
    ASSERT_TRUE(made);
    ASSERT_TRUE(keep(db(), *made));

    const std::string number = make_batch();
    const auto manifest = nlohmann::json::parse(manifest_text(number));
    ASSERT_EQ(manifest["parts"].size(), 2U);
    EXPECT_EQ(manifest["parts"][1]["file"], number + "-R001.pdf.p7m");
    EXPECT_FALSE(any_file_holds(folder(), "%PDF"));
    ASSERT_EQ(print(number), "ok");

    EXPECT_EQ(manifest["items"][0]["kind"], "letter");
    EXPECT_EQ(manifest["items"][1]["kind"], "receipt");
    EXPECT_EQ(manifest["items"][1]["first_page"], 3);
    EXPECT_THAT(test::pdf_text(queued_pdf(number), folder(), {}, 3), HasSubstr("開啟碼"));
    EXPECT_FALSE(std::filesystem::exists(print_folder() / (number + "-R001.pdf.p7m")));
}

// G 4: storage keeps a verifier only.
TEST_P(ElectronicSlips, NeitherPasswordNorCodeIsAnywhereInClear) {
    const Slip slip = new_slip(1, Delivery::Electronic);
    const auto made = make(slip);
    ASSERT_TRUE(made);
    ASSERT_TRUE(keep(db(), *made));
    const auto opened =
        crypto::decrypt(made->sealed_receipt, print_room_key(), print_room_certificate());
    ASSERT_TRUE(opened);
    const std::string code = code_on(test::pdf_text(opened->reveal(), folder()));
    std::filesystem::remove(folder() / "probe.pdf");
    static_cast<void>(make_batch());

    EXPECT_FALSE(code.empty());
    EXPECT_FALSE(any_file_holds(folder(), code));
    EXPECT_EQ(made->pdf.find(code), std::string::npos);
}

TEST_P(ElectronicSlips, IsSentOnce) {
    const Slip slip = new_slip(1, Delivery::Electronic);
    const auto made = make(slip);
    const auto made_again = make(slip);
    ASSERT_TRUE(made);
    ASSERT_TRUE(made_again);

    EXPECT_TRUE(keep(db(), *made));
    EXPECT_EQ(code_of(keep(db(), *made_again)), "slips.not_waiting");
    EXPECT_EQ(code_of(make(reload(slip.id))), "slips.not_waiting");
    EXPECT_EQ(code_of(make(new_slip(2, Delivery::Post))), "slips.not_waiting");
}

TEST_P(ElectronicSlips, AVoidedSlipsReceiptIsNotPrinted) {
    const Slip slip = new_slip(1, Delivery::Electronic);
    const auto made = make(slip);
    ASSERT_TRUE(made);
    ASSERT_TRUE(keep(db(), *made));

    const auto voided = store::transact(db(), "test.void", [&](store::Tx& tx) {
        return void_slip(tx, {slip.id, "lost", "officer:1"});
    });

    ASSERT_TRUE(voided);
    EXPECT_EQ(make_batch(), "none");
}

TEST_P(ElectronicSlips, NothingIsHalfDoneWhicheverWriteFails) {
    const Slip slip = new_slip(1, Delivery::Electronic);
    const auto made = make(slip);
    ASSERT_TRUE(made);
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 50);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            ASSERT_TRUE(keep(broken, *made));
            break;
        } catch (const Failure&) {
            EXPECT_EQ(reload(slip.id).state, SlipState::Waiting) << "write " << write;
            EXPECT_EQ(make_batch(), "none") << "write " << write;
        }
    }
    EXPECT_EQ(reload(slip.id).state, SlipState::Sent);
}

}  // namespace
}  // namespace sealdesk::slips
