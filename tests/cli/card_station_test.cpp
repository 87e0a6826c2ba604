// The card station through the program, over a real pcscd, with a virtual card; what it wrote is
// read by OpenSC and yubico-piv-tool.
#include <filesystem>

#include <gmock/gmock.h>

#include "base/durable_file.h"
#include "crypto/certificate.h"
#include "image/image.h"
#include "support/applicants.h"
#include "support/backends.h"
#include "support/command.h"
#include "support/program_desk.h"
#include "support/virtual_reader.h"

namespace sealdesk::cli {
namespace {

using ::testing::HasSubstr;

class CardStation : public test::OnEveryBackend {
protected:
    void SetUp() override {
        OnEveryBackend::SetUp();
        desk_ = std::make_unique<test::ProgramDesk>(folder() / "desk", options().url,
                                                    "  host: localhost\n  port: 1\n  tls: none\n");
    }

    std::string at(const std::string& name) const { return (folder() / name).string(); }

    /// An approved application for a primary card.
    std::string order_card() {
        auto form = nlohmann::json::parse(read_file(std::filesystem::path(SEALDESK_SOURCE_DIR) /
                                                    "tests/scenario/forms/entity.json"));
        auto fields = form.at("fields");
        form.erase("fields");
        fields["record_number"] = "E1";
        fields["received_on"] = "115/03/02";
        fields["token_kind"] = "正卡";
        fields.erase("certificate_use");
        for (const char* seal : {"seal_scan", "responsible_seal_scan"}) {
            fields[seal] = std::string(seal) + ".png";
            write_file_durably(folder() / (std::string(seal) + ".png"),
                               image::encode_png(test::draw_seal(seal)), FileAccess::Owner);
        }
        form["records"] = nlohmann::json::array({fields});
        write_file_durably(folder() / "E1.json", form.dump(), FileAccess::Owner);
        const auto row = desk_->run_as("dee", {"import", at("E1.json")}).lines().at(0);
        EXPECT_EQ(row.at("fate"), "accepted") << row;
        const std::string number = row.at("request");
        for (const char* check : {"seal", "entity_status", "data"}) {
            desk_->run_as("ann", {"request", "check", number, "--check", check, "--pass"});
        }
        EXPECT_EQ(desk_->run_as("ben", {"request", "decide", number, "--approve"}).status, 0);
        desk_->run({"run", "--until-idle"});
        return number;
    }

    std::string error_of(const test::Ran& ran) {
        const auto lines = ran.lines();
        return lines.empty() ? ran.err : lines.back().at("error").at("code").get<std::string>();
    }

    std::unique_ptr<test::ProgramDesk> desk_;
};

// M 4.2.1.1 (4) A, M 6.1.3.
TEST_P(CardStation, MakesACardThatOthersRead) {
    const test::PrivatePcscd& service = test::PrivatePcscd::of_this_process();
    const std::string number = order_card();
    test::VirtualPiv chip;
    test::VpcdCard card(chip, service);
    card.insert();

    const auto readers = desk_->run({"card", "readers"}).lines();
    ASSERT_FALSE(readers.empty());
    EXPECT_EQ(readers.at(0).at("card"), true);
    const std::vector<std::string> make{
        "card", "personalise", "--reader", service.reader(0), "--wait", "0"};
    EXPECT_EQ(error_of(desk_->run_as("dee", make)), "card.stock_empty");
    ASSERT_EQ(desk_->run_as("dee", {"card", "stock", "receive", "3", "--note", "D-1"}).status, 0);

    // Pulled out in the middle, put in again.
    chip.add_fault({.at = chip.apdus() + 30, .kind = test::CardFault::Kind::RemovedAfter});
    const auto pulled = desk_->run_as("dee", make);
    EXPECT_EQ(pulled.status, 3);
    EXPECT_EQ(error_of(pulled), "card.removed");
    card.insert();
    const auto made = desk_->run_as("dee", make);
    ASSERT_EQ(made.status, 0) << made.out << made.err;
    EXPECT_EQ(made.lines().at(0).at("state"), "complete");
    const std::string name = made.lines().at(0).at("card");

    // pkcs15-tool names the certificates by their slots; both chains end at the CA.
    const std::string lead = service.environment() + " ";
    const std::string reader = "--reader '" + service.reader(0) + "'";
    for (const auto& [slot, id] : {std::pair{0x9CU, "02"}, std::pair{0x9DU, "03"}}) {
        const std::string pem = at(std::string("read") + id + ".pem");
        const auto read = test::run_command(lead + "pkcs15-tool " + reader +
                                            " --read-certificate " + id + " -o " + pem);
        ASSERT_TRUE(read.succeeded()) << read.output;
        EXPECT_EQ(crypto::Certificate::load(pem).value().der(), chip.certificate(slot));
        const auto verified = test::run_command("openssl verify -x509_strict -CAfile " +
                                                at("desk/ca/moea/ca.pem") + " " + pem);
        EXPECT_TRUE(verified.succeeded()) << verified.output;
    }
    const auto pin_works = test::run_command(lead + "yubico-piv-tool -r '" + service.reader(0) +
                                             "' -a verify-pin -P " + chip.pin());
    EXPECT_TRUE(pin_works.succeeded()) << pin_works.output;
    const auto status =
        test::run_command(lead + "yubico-piv-tool -r '" + service.reader(0) + "' -a status");
    EXPECT_THAT(status.output, HasSubstr("Slot 9c"));
    EXPECT_THAT(status.output, HasSubstr("Slot 9d"));

    EXPECT_EQ(desk_->run_as("dee", {"card", "face", name}).lines().at(0).at("card"), name);
    const auto stock = desk_->run({"card", "stock"}).lines().at(0);
    EXPECT_EQ(stock.at("blank"), 2);
    EXPECT_EQ(stock.at("complete"), 1);
    EXPECT_EQ(desk_->run({"report", "day"}).status, 0);
    ASSERT_EQ(desk_->run_as("dee", {"card", "stock", "count", "1"}).status, 0);
    EXPECT_EQ(desk_->run({"report", "day"}).status, 4) << "a blank card is missing";
    ASSERT_EQ(desk_->run_as("dee", {"card", "stock", "count", "2"}).status, 0);
    EXPECT_EQ(desk_->run({"report", "day"}).status, 0);
    EXPECT_EQ(desk_->run({"audit", "verify"}).status, 0);

    EXPECT_EQ(desk_->run_as("dee", {"card", "spoil", name, "--reason", "scratched"}).status, 0);
    desk_->run({"run", "--until-idle"});
    for (const auto& one : desk_->run({"cert", "list", number}).lines()) {
        EXPECT_EQ(one.at("state"), "revoked");
    }
    EXPECT_EQ(desk_->run({"report", "day"}).status, 0);
}

// T 4.9.5, M 6.2.8: the holder's own PIN, a locked card, and the counter that unlocks it.
TEST_P(CardStation, ALockedCardComesBackAtTheCounter) {
    const test::PrivatePcscd& service = test::PrivatePcscd::of_this_process();
    order_card();
    test::VirtualPiv chip;
    test::VpcdCard card(chip, service);
    card.insert();
    const std::string reader = service.reader(0);
    ASSERT_EQ(desk_->run_as("dee", {"card", "stock", "receive", "1", "--note", "D-1"}).status, 0);
    ASSERT_EQ(
        desk_->run_as("dee", {"card", "personalise", "--reader", reader, "--wait", "0"}).status, 0);
    for (const auto& [name, pin] : {std::pair<const char*, std::string>{"slip.pin", chip.pin()},
                                    {"own.pin", "730264"},
                                    {"wrong.pin", "900900"},
                                    {"new.pin", "481516"}}) {
        write_file_durably(at(name), pin + "\n", FileAccess::Owner);
    }
    const auto change = [&](const char* old_pin, const char* fresh) {
        return desk_->run({"card", "pin", "change", "--reader", reader, "--old-pin-file",
                           at(old_pin), "--new-pin-file", at(fresh)});
    };
    const auto changed = change("slip.pin", "own.pin");
    ASSERT_EQ(changed.status, 0) << changed.out << changed.err;
    EXPECT_EQ(chip.pin(), "730264");
    const std::string puk = chip.puk();
    for (int tries = 0; tries < 3; ++tries) {
        EXPECT_EQ(change("wrong.pin", "new.pin").status, 1);
    }
    EXPECT_EQ(error_of(change("own.pin", "new.pin")), "card.pin_locked");
    EXPECT_EQ(desk_->run({"card", "pin", "status", "--reader", reader}).lines().at(0).at("locked"),
              true);

    const std::vector<std::string> unblock{
        "card", "pin", "unblock", "--reader", reader, "--new-pin-file", at("new.pin")};
    EXPECT_EQ(error_of(desk_->run(unblock)), "session.nobody");
    // Taken out in the middle: put in again, the same command ends it.
    chip.add_fault({.at = chip.apdus() + 6, .kind = test::CardFault::Kind::RemovedAfter});
    EXPECT_EQ(desk_->run_as("ann", unblock).status, 3);
    card.insert();
    const auto back = desk_->run_as("ann", unblock);
    ASSERT_EQ(back.status, 0) << back.out << back.err;
    EXPECT_EQ(chip.pin(), "481516");
    EXPECT_EQ(chip.pin_tries_left(), 3);
    EXPECT_NE(chip.puk(), puk);  // used once, rotated
    const auto works = test::run_command(service.environment() + " yubico-piv-tool -r '" + reader +
                                         "' -a verify-pin -P 481516");
    EXPECT_TRUE(works.succeeded()) << works.output;
    EXPECT_EQ(desk_->run({"audit", "verify"}).status, 0);
}

SEALDESK_ON_EVERY_BACKEND(CardStation);

}  // namespace
}  // namespace sealdesk::cli
