// Making an officer's card (M 1.3.2), pulled out at every APDU: the same command ends it, one
// certificate is the officer's, and what was issued besides is revoked.
#include "cli/officer_enrolment.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "base/durable_file.h"
#include "cards/piv_card.h"
#include "support/backends.h"
#include "support/card_keys.h"
#include "support/program_desk.h"
#include "support/virtual_reader.h"

namespace sealdesk::cli {
namespace {

class OfficerEnrolment : public ::testing::Test {
protected:
    OfficerEnrolment()
        : outside_(folder_.path() / "desk", test::fresh_database("sqlite", folder_).url,
                   "  host: localhost\n  port: 1\n  tls: none\n"),
          program_{.desk = outside_.folder(),
                   .officer = "amy",
                   .password_file = {},
                   .out = said_,
                   .err = said_} {
        std::ofstream(outside_.folder() / "sealdesk.yaml", std::ios::app)
            << "card:\n  management_key_file: secrets/card.key\n";
        put("secrets/card.key", "010203040506070801020304050607080102030405060708\n");
        put("present.pin", "123456\n");
        put("own.pin", "314159\n");
        put("present.puk", "12345678\n");
        put("own.puk", "87654321\n");
        desk_ = *Desk::open(program_);
        administrator_ =
            std::make_unique<Session>(*sign_in(program_, *desk_, officers::Action::ManageOfficers));
    }

    std::filesystem::path at(const std::string& name) const { return outside_.folder() / name; }
    void put(const std::string& name, const std::string& content) {
        write_file_durably(at(name), content, FileAccess::Owner);
    }

    CardEnrolment person(const std::string& login) {
        CardEnrolment one;
        one.login = login;
        one.name = "卓核定";
        one.roles = {officers::Role::Officer};
        one.scheme = "tipo";
        one.present_pin_file = at("present.pin");
        one.pin_file = at("own.pin");
        one.present_puk_file = at("present.puk");
        one.puk_file = at("own.puk");
        return one;
    }
    /// "" or the code of what went wrong.
    std::string enrol(const CardEnrolment& who, test::VirtualTransport& wire) {
        cards::PivCard card(wire, desk_->random);
        const Outcome chosen = card.select();
        if (!chosen) {
            return chosen.error().code;
        }
        const auto made = enrol_on_card(program_, *desk_, *administrator_, who, card);
        return made ? "" : made.error().code;
    }
    std::int64_t count(const std::string& what) {
        return desk_->connection->query("SELECT COUNT(*) FROM " + what, {}).front().number(0);
    }
    void settle() {
        desk_->connection->execute("UPDATE job SET due_us = 0 WHERE state = 'ready'", {});
        EXPECT_EQ(outside_.run({"run", "--until-idle"}).status, 0);
    }
    static test::VirtualPiv blank() {
        static test::QuickKeys keys(400);
        return test::VirtualPiv({}, [] { return keys.next(); });
    }

    test::TempFolder folder_;
    test::ProgramDesk outside_;
    std::ostringstream said_;
    Program program_;
    std::unique_ptr<Desk> desk_;
    std::unique_ptr<Session> administrator_;
};

TEST_F(OfficerEnrolment, ACardPulledAtAnyApduIsMadeByTheSameCommand) {
    test::VirtualPiv first = blank();
    test::VirtualTransport whole(first);
    whole.insert();
    ASSERT_EQ(enrol(person("zoe"), whole), "");
    const auto apdus = first.apdus();
    ASSERT_GT(apdus, 20U);
    for (std::uint64_t pulled = 1; pulled <= apdus; ++pulled) {
        SCOPED_TRACE(pulled);
        const CardEnrolment who = person("zoe" + std::to_string(pulled));
        test::VirtualPiv chip = blank();
        chip.add_fault({.at = pulled, .kind = test::CardFault::Kind::RemovedAfter});
        test::VirtualTransport wire(chip);
        wire.insert();
        const std::string broken = enrol(who, wire);
        if (broken.empty()) {
            continue;  // the last command had been answered
        }
        EXPECT_EQ(broken, "card.removed");
        wire.insert();
        ASSERT_EQ(enrol(who, wire), "");
        EXPECT_EQ(chip.pin(), "314159");
        EXPECT_EQ(chip.puk(), "87654321");
        EXPECT_EQ(chip.pin_tries_left(), 3);
        EXPECT_EQ(chip.puk_tries_left(), 3);
    }
    settle();
    const std::string of_officers =
        "ca_certificate WHERE profile = 'officer' AND subscriber LIKE 'officer:zoe%' AND state = ";
    EXPECT_EQ(count(of_officers + "'issued'"), count("officer WHERE login LIKE 'zoe%'"));
    EXPECT_GT(count(of_officers + "'revoked'"), 0);  // pulled while it was written
    EXPECT_EQ(count("job WHERE state <> 'done'"), 0);
}

// What a stranger's card has on it is not overwritten, and one wrong PIN does not lock it.
TEST_F(OfficerEnrolment, AWrongPresentPinLeavesATry) {
    test::VirtualPiv chip = blank();
    chip.set_pin("998877");
    test::VirtualTransport wire(chip);
    wire.insert();
    EXPECT_EQ(enrol(person("zoe"), wire), "card.wrong_pin");
    EXPECT_EQ(chip.pin_tries_left(), 1);
    EXPECT_EQ(enrol(person("zoe"), wire), "card.pin_locked");
    EXPECT_EQ(count("officer WHERE login = 'zoe'"), 0);
}

// A PUK that is locked can never be used again: the second look is not had with the last try.
TEST_F(OfficerEnrolment, AWrongPresentPukLeavesATry) {
    test::VirtualPiv chip = blank();
    chip.set_puk("99887766");
    test::VirtualTransport wire(chip);
    wire.insert();
    EXPECT_EQ(enrol(person("zoe"), wire), "card.wrong_puk");
    EXPECT_EQ(chip.puk_tries_left(), 1);
    EXPECT_EQ(count("officer WHERE login = 'zoe'"), 0);
}

}  // namespace
}  // namespace sealdesk::cli
