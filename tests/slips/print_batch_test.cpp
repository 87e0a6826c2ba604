#include "slips/print_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "crypto/verifier.h"
#include "paper/pdf_probe.h"
#include "paper/pdf_tools.h"
#include "slips/print_desk.h"
#include "support/failing_connection.h"

namespace sealdesk::slips {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class PrintBatches : public PrintDesk {
protected:
    Outcome ack_slip(const std::string& number, const std::string& tracking = {}) {
        return store::transact(db(), "test.ack", [&](store::Tx& tx) {
            return acknowledge_slip(tx, number, tracking, "officer:2");
        });
    }
    Outcome ack_batch(const std::string& number, const TrackingNumbers& tracking = {}) {
        return store::transact(db(), "test.ack", [&](store::Tx& tx) {
            return acknowledge_batch(tx, number, tracking, "officer:2");
        });
    }
    BatchState state_of(const std::string& number) {
        return store::transact(db(), "test.find",
                               [&](store::Tx& tx) { return find_batch(tx, number)->state; });
    }
    void void_now(const Slip& slip) {
        const auto voided = store::transact(db(), "test.void", [&](store::Tx& tx) {
            return void_slip(tx, {slip.id, "lost", "officer:1"});
        });
        ASSERT_TRUE(voided);
    }
    /// The password on paper is the one whose verifier was stored.
    void expect_passwords_in_force(const std::string& number, std::vector<std::int64_t> accounts) {
        const auto passwords = printed_passwords(number);
        ASSERT_THAT(passwords, SizeIs(accounts.size()));
        for (std::size_t i = 0; i < accounts.size(); ++i) {
            EXPECT_TRUE(crypto::verifies(verifiers_[accounts[i]], Secret(passwords[i])));
        }
    }
};
SEALDESK_ON_EVERY_BACKEND(PrintBatches);

TEST_P(PrintBatches, ABatchIsOneEncryptedFileWithAManifestOfNumbersAndPages) {
    const Slip slip = new_slip(1, Delivery::Counter, "張㛢𡍼");
    new_letter(1001, Delivery::Counter);

    const std::string number = make_batch();

    EXPECT_EQ(number.substr(0, 12), "P115-000001-");
    EXPECT_EQ(reload(slip.id).state, SlipState::Batched);
    EXPECT_EQ(state_of(number), BatchState::Ready);
    const auto manifest = nlohmann::json::parse(manifest_text(number));
    EXPECT_EQ(manifest["batch"], number);
    EXPECT_EQ(manifest["slips"], 1);
    EXPECT_EQ(manifest["pages"], 4);  // letter and an empty back, slip on both sides
    ASSERT_EQ(manifest["items"].size(), 2U);
    EXPECT_EQ(manifest["items"][0]["kind"], "letter");
    EXPECT_EQ(manifest["items"][1]["kind"], "slip");
    EXPECT_EQ(manifest["items"][1]["number"], slip.number);
    EXPECT_EQ(manifest["items"][1]["first_page"], 3);
    EXPECT_EQ(manifest["items"][1]["pages"], 2);
    EXPECT_THAT(manifest_text(number), Not(HasSubstr("張㛢")));
    EXPECT_TRUE(std::filesystem::exists(print_folder() / (number + ".pdf.p7m")));
    EXPECT_EQ(make_batch(), "none");
}

TEST_P(PrintBatches, PrintingDecryptsOnceAndNamesAndPasswordsAreOnPaper) {
    new_slip(1, Delivery::Counter, "張㛢𡍼");
    new_slip(2, Delivery::Counter, "周犇𤧥");
    const std::string number = make_batch();

    EXPECT_EQ(print(number), "ok");

    const std::string text = queued_text(number);
    EXPECT_THAT(text, HasSubstr("張㛢𡍼"));
    EXPECT_THAT(text, HasSubstr("周犇𤧥"));
    EXPECT_THAT(text, HasSubstr("T10000001"));
    EXPECT_TRUE(test::qpdf_is_content(queued_pdf(number), folder()));
    expect_passwords_in_force(number, {1, 2});
    EXPECT_FALSE(std::filesystem::exists(print_folder() / (number + ".pdf.p7m")));
    EXPECT_EQ(print(number), "slips.already_printed");
    EXPECT_EQ(print("P115-000009-9"), "slips.batch_not_found");
}

// domain.md, secrets: a secret exists in clear only on the slip that carries it.
// G 4: storage keeps a verifier only.
TEST_P(PrintBatches, NoPasswordIsInTheDeskExceptInThePrintQueue) {
    new_slip(1, Delivery::Counter);
    const std::string number = make_batch();
    ASSERT_EQ(print(number), "ok");
    const std::string password = printed_passwords(number).at(0);
    std::filesystem::remove(folder() / "probe.pdf");

    forget_queue_file(print_folder(), number);

    EXPECT_FALSE(std::filesystem::exists(print_folder() / "queue" / (number + ".pdf")));
    EXPECT_FALSE(any_file_holds(folder(), password));
}

TEST_P(PrintBatches, TheEncryptedFileShowsNothing) {
    new_slip(1, Delivery::Counter);
    const std::string number = make_batch();

    const std::string bytes = read_file(print_folder() / (number + ".pdf.p7m"));

    EXPECT_EQ(bytes.find("%PDF"), std::string::npos);
    EXPECT_FALSE(any_file_holds(print_folder(), "%PDF"));
}

TEST_P(PrintBatches, AnotherPrintRoomsKeyOpensNothingAndBurnsNothing) {
    new_slip(1, Delivery::Counter);
    const std::string number = make_batch();
    const auto other = crypto::KeyPair::generate_rsa(crypto::kRsaBitsMin);
    const auto other_certificate =
        crypto::make_self_signed(other,
                                 {.common_name = "other",
                                  .use = crypto::SelfSignedUse::Encryption,
                                  .not_before = from_stored(1'700'000'000'000'000),
                                  .not_after = from_stored(2'000'000'000'000'000)},
                                 random());

    const auto refused =
        print_batch({db(), print_folder(), other_certificate, other, shelf()}, number, "officer:2");

    EXPECT_EQ(code_of(refused), "slips.wrong_key");
    EXPECT_EQ(print(number), "ok");
}

TEST_P(PrintBatches, ADamagedFileIsNotPrinted) {
    new_slip(1, Delivery::Counter);
    const std::string number = make_batch();
    const auto file = print_folder() / (number + ".pdf.p7m");
    std::string bytes = read_file(file);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    write_file_durably(file, bytes, FileAccess::Owner);

    try {
        print(number);
        FAIL();
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.error().code, "slips.batch_damaged");
    }
    EXPECT_EQ(state_of(number), BatchState::Ready);
}

TEST_P(PrintBatches, ASlipVoidedBeforePrintingIsLeftOut) {
    const Slip lost = new_slip(1, Delivery::Counter, "張㛢");
    new_slip(2, Delivery::Counter, "周犇");
    const std::string number = make_batch();
    void_now(lost);

    const auto queued = print_batch(room_on(db()), number, "officer:2");

    ASSERT_TRUE(queued);
    EXPECT_EQ(queued->left_out, 1);
    EXPECT_EQ(queued->slips, 1);
    EXPECT_EQ(paper::count_pages(queued_pdf(number)), 2);
    EXPECT_THAT(queued_text(number), Not(HasSubstr("張㛢")));
    EXPECT_THAT(queued_text(number), HasSubstr("周犇"));
}

TEST_P(PrintBatches, ASlipWhoseAccountHasMovedOnIsVoided) {
    const Slip slip = new_slip(1, Delivery::Counter);
    moved_on_[1] = true;

    const std::string number = make_batch();

    EXPECT_EQ(reload(slip.id).state, SlipState::Void);
    EXPECT_EQ(reload(slip.id).void_reason, "superseded");
    EXPECT_EQ(print(number), "ok");
    EXPECT_EQ(ledger().difference(), 0);
}

// T 3.2.6: the record shows what was posted, when, under which registered-mail number.
TEST_P(PrintBatches, AcknowledgingEndsSlipsAndClosesTheBatch) {
    const Slip posted = new_slip(1, Delivery::Post);
    const Slip handed = new_slip(2, Delivery::Counter);
    const std::string number = make_batch();
    EXPECT_EQ(code_of(ack_slip(handed.number)), "slips.not_printed");
    ASSERT_EQ(print(number), "ok");

    EXPECT_EQ(code_of(ack_slip(posted.number)), "slips.tracking_needed");
    EXPECT_EQ(code_of(ack_slip(posted.number, "no")), "slips.tracking_needed");
    EXPECT_EQ(code_of(ack_slip(handed.number, "12345678901234")), "slips.not_posted");
    EXPECT_EQ(code_of(ack_slip(posted.number, "12345678901234")), "ok");
    EXPECT_EQ(code_of(ack_slip(posted.number, "12345678901234")), "ok");
    EXPECT_EQ(state_of(number), BatchState::Printed);
    EXPECT_EQ(code_of(ack_slip(handed.number)), "ok");

    EXPECT_EQ(state_of(number), BatchState::Closed);
    EXPECT_EQ(reload(posted.id).tracking_number, "12345678901234");
    EXPECT_EQ(reload(posted.id).ended_at, clock().now());
    EXPECT_EQ(ledger().posted, 1);
    EXPECT_EQ(ledger().handed_over, 1);
    EXPECT_EQ(ledger().difference(), 0);
}

TEST_P(PrintBatches, ABatchIsAcknowledgedWholeOrNotAtAll) {
    const Slip posted = new_slip(1, Delivery::Post);
    const Slip handed = new_slip(2, Delivery::Counter);
    const std::string number = make_batch();
    EXPECT_EQ(code_of(ack_batch(number)), "slips.not_printed");
    ASSERT_EQ(print(number), "ok");

    EXPECT_EQ(code_of(ack_batch(number)), "slips.tracking_needed");
    EXPECT_EQ(reload(handed.id).state, SlipState::Printed);
    EXPECT_EQ(code_of(ack_batch(number, {{"S115-000077-7", "12345678901234"}})),
              "slips.not_in_batch");
    EXPECT_EQ(code_of(ack_batch(number, {{posted.number, "12345678901234"}})), "ok");

    EXPECT_EQ(reload(handed.id).state, SlipState::HandedOver);
    EXPECT_EQ(reload(posted.id).state, SlipState::Posted);
    EXPECT_EQ(state_of(number), BatchState::Closed);
}

TEST_P(PrintBatches, AHandedOverSlipIsUsedAtTheFirstLogin) {
    const Slip slip = new_slip(1, Delivery::Counter);
    const std::string number = make_batch();
    ASSERT_EQ(print(number), "ok");
    ASSERT_EQ(code_of(ack_batch(number)), "ok");

    store::transact(db(), "test.use", [&](store::Tx& tx) { mark_used(tx, slip.account, 1); });

    EXPECT_EQ(reload(slip.id).state, SlipState::Used);
    const auto voided = store::transact(db(), "test.void", [&](store::Tx& tx) {
        return void_slip(tx, {slip.id, "lost", "officer:1"});
    });
    EXPECT_EQ(code_of(voided), "slips.is_used");
    EXPECT_EQ(ledger().used, 1);
}

TEST_P(PrintBatches, PostAndCounterLieApartAndParcelsTogether) {
    new_slip(1, Delivery::Post);
    new_slip(2, Delivery::Counter);
    new_letter(1001, Delivery::Post);
    new_letter(1002, Delivery::Counter);

    const auto manifest = nlohmann::json::parse(manifest_text(make_batch()));

    std::vector<std::string> order;
    for (const auto& item : manifest["items"]) {
        order.push_back(item["kind"].get<std::string>() + " " +
                        std::to_string(item["request"].get<int>()));
    }
    EXPECT_THAT(order,
                ::testing::ElementsAre("letter 1002", "slip 1002", "letter 1001", "slip 1001"));
}

TEST_P(PrintBatches, AskingTwiceForALetterPrintsItOnce) {
    const auto first = new_letter(1001, Delivery::Post);
    const auto again = new_letter(1001, Delivery::Post);

    EXPECT_EQ(first, again);
}

TEST_P(PrintBatches, AnotherMakerIsToldToWait) {
    new_slip(1, Delivery::Counter);
    std::filesystem::create_directories(print_folder());
    bool asked = false;
    PrintRun run = run_on(db());
    const StoreVerifier inner = run.store_verifier;
    run.store_verifier = [&](store::Tx& tx, AccountId account, std::int64_t generation,
                             const std::string& verifier) {
        const auto other = another_connection();
        store::Database elsewhere(*other, clock(), random());
        EXPECT_EQ(make_batch(elsewhere), "slips.busy");
        asked = true;
        return inner(tx, account, generation, verifier);
    };

    EXPECT_TRUE(make_print_batch(run));
    EXPECT_TRUE(asked);
}

}  // namespace
}  // namespace sealdesk::slips
