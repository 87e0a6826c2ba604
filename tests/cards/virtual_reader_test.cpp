// The virtual card in its readers: in this process, and behind a real pcscd with clients that are
// not ours.
#include "support/virtual_reader.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "crypto/key.h"
#include "support/card_keys.h"
#include "support/command.h"
#include "support/temp_folder.h"
#include "support/virtual_piv.h"

namespace {

using sealdesk::ErrorKind;
using sealdesk::from_hex;
using sealdesk::Secret;
using sealdesk::to_hex;
using sealdesk::crypto::PublicKey;
using sealdesk::test::CardFault;
using sealdesk::test::CommandResult;
using sealdesk::test::PivManner;
using sealdesk::test::PrivatePcscd;
using sealdesk::test::QuickKeys;
using sealdesk::test::run_command;
using sealdesk::test::TempFolder;
using sealdesk::test::VirtualPiv;
using sealdesk::test::VirtualTransport;
using sealdesk::test::VpcdCard;
using ::testing::HasSubstr;
using ::testing::Not;

namespace fs = std::filesystem;

TEST(VirtualPivTransport, SaysRemovedUntilTheCardIsPutInAgain) {
    VirtualPiv card;
    VirtualTransport reader(card, "Counter 1");
    const Secret choose(from_hex("00a404000ba00000030800001000010000"));
    const Secret state(from_hex("00200080"));
    ASSERT_TRUE(reader.transmit(choose));
    EXPECT_EQ(to_hex(reader.transmit(state)->reveal()), "63c3");
    card.add_fault({.at = 3, .kind = CardFault::Kind::RemovedAfter});
    for (int i = 0; i < 2; ++i) {
        const auto gone = reader.transmit(state);
        ASSERT_FALSE(gone);
        EXPECT_EQ(gone.error().code, "card.removed");
        EXPECT_EQ(gone.error().kind, ErrorKind::Unavailable);
        EXPECT_EQ(gone.error().where, "Counter 1");
    }
    EXPECT_FALSE(reader.has_card());
    EXPECT_EQ(card.apdus(), 3U);  // nothing reached it
    reader.insert();
    EXPECT_EQ(to_hex(reader.transmit(state)->reveal()), "6d00");
    ASSERT_TRUE(reader.transmit(choose));
    VirtualPiv other({.pin_tries = 5});
    reader.insert(other);
    ASSERT_TRUE(reader.transmit(choose));
    EXPECT_EQ(to_hex(reader.transmit(state)->reveal()), "63c5");
    reader.remove();
    EXPECT_EQ(reader.transmit(state).error().code, "card.removed");
}

TEST(VirtualPivKeys, QuickKeysDifferAndWork) {
    QuickKeys keys(10);
    std::set<std::string> seen;
    for (int i = 0; i < 10; ++i) {
        const auto key = keys.next();
        EXPECT_EQ(key.bits(), 2048);
        EXPECT_TRUE(PublicKey::from_der(key.public_key())->verifies("text", key.sign("text")));
        EXPECT_TRUE(seen.insert(key.public_key()).second);
    }
}

// ---- Behind pcscd

/// A folder with a CA, and programs that are run in it on the first reader.
class Office {
public:
    Office() {
        run("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=CA -keyout ca.key -out ca.pem");
    }

    CommandResult run(const std::string& command) const {
        return run_command("cd " + folder_.path().string() + " && " + service().environment() +
                           " " + command);
    }
    CommandResult yubico(const std::string& arguments) const {
        return run("yubico-piv-tool --reader='" + service().reader() + "' " + arguments);
    }
    CommandResult opensc(const std::string& program, const std::string& arguments) const {
        return run(program + " --reader '" + service().reader() + "' " + arguments);
    }
    std::string file(const std::string& name) const {
        std::ifstream stream(folder_.path() / name);
        std::ostringstream text;
        text << stream.rdbuf();
        return text.str();
    }
    /// The CA's certificate for the key in NAME.pub.
    bool certify(const std::string& name) const {
        return run("openssl x509 -new -subj /O=Sealdesk/CN=" + name + " -force_pubkey " + name +
                   ".pub -CA ca.pem -CAkey ca.key -days 30 -out " + name + ".pem")
            .succeeded();
    }
    static const PrivatePcscd& service() { return PrivatePcscd::of_this_process(); }

private:
    TempFolder folder_;
};

std::string der_of(const Office& office, const std::string& command) {
    const auto made = office.run(command + " -outform DER -out der.out");
    EXPECT_TRUE(made.succeeded()) << made.output;
    return office.file("der.out");
}

TEST(VirtualPivBehindPcscd, ComesAndGoesForOpenSc) {
    const Office office;
    const std::string empty = "0    No              " + Office::service().reader(0);
    const std::string full = "0    Yes             " + Office::service().reader(0);
    const auto listed = [&] { return office.run("opensc-tool --list-readers").output; };
    EXPECT_THAT(listed(), HasSubstr(empty));
    VirtualPiv card;
    VirtualPiv other;
    VpcdCard first(card, Office::service());
    VpcdCard second(other, Office::service(), 1);
    first.insert();
    EXPECT_THAT(listed(), HasSubstr(full));
    EXPECT_THAT(office.opensc("opensc-tool", "--name").output,
                HasSubstr("Personal Identity Verification Card"));
    EXPECT_THAT(office.opensc("piv-tool", "--name").output,
                HasSubstr("Personal Identity Verification Card"));
    EXPECT_GT(card.apdus(), 0U);
    second.insert();
    EXPECT_EQ(other.apdus(), 0U);
    EXPECT_THAT(listed(), HasSubstr("1    Yes             " + Office::service().reader(1)));
    first.remove();
    EXPECT_FALSE(first.inserted());
    EXPECT_THAT(listed(), HasSubstr(empty));
}

/// A key and a certificate made by yubico-piv-tool, read by OpenSC and openssl.
void make_a_card(const PivManner& manner) {
    const Office office;
    VirtualPiv card(manner);
    VpcdCard in(card, Office::service());
    in.insert();
    EXPECT_THAT(office.yubico("-a status").output, HasSubstr("PIN tries left:\t3"));
    const auto generated = office.yubico("-a generate -s 9c -o sign.pub");
    ASSERT_TRUE(generated.succeeded()) << generated.output;
    EXPECT_EQ(to_hex(der_of(office, "openssl pkey -pubin -in sign.pub -pubout")),
              to_hex(card.public_key(0x9C)));
    ASSERT_TRUE(office.certify("sign"));
    const auto imported = office.yubico("-a import-certificate -s 9c -i sign.pem");
    ASSERT_TRUE(imported.succeeded()) << imported.output;
    EXPECT_EQ(to_hex(card.certificate(0x9C)), to_hex(der_of(office, "openssl x509 -in sign.pem")));

    const std::string status = office.yubico("-a status").output;
    EXPECT_THAT(status, HasSubstr("Slot 9c:"));
    EXPECT_THAT(status, HasSubstr("Subject DN:\tO=Sealdesk, CN=sign"));
    EXPECT_THAT(office.opensc("pkcs15-tool", "--dump").output,
                HasSubstr("X.509 Certificate [Certificate for Digital Signature]"));
    EXPECT_EQ(office.opensc("pkcs15-tool", "--read-certificate 02 -o read.pem").status, 0);
    EXPECT_EQ(office.file("read.pem"), office.file("sign.pem"));
    EXPECT_THAT(office.run("openssl verify -CAfile ca.pem read.pem").output,
                HasSubstr("read.pem: OK"));

    // The key signs and deciphers what the certificate says.
    EXPECT_THAT(office.yubico("-a test-signature -s 9c -i sign.pem").output,
                HasSubstr("Failed signing"));  // the PIN was not shown
    EXPECT_THAT(office.yubico("-a verify-pin -P 123456 -a test-signature -s 9c -i sign.pem").output,
                HasSubstr("Successful RSA verification"));
    ASSERT_TRUE(office.yubico("-a generate -s 9d -o open.pub").succeeded());
    ASSERT_TRUE(office.certify("open"));
    EXPECT_THAT(office.yubico("-a verify-pin -P 123456 -a test-decipher -s 9d -i open.pem").output,
                HasSubstr("Successfully performed RSA decryption"));
    const auto signed_by_opensc = office.run(
        "pkcs11-tool --module opensc-pkcs11.so --login --pin 123456 --sign --id 02 "
        "-m SHA256-RSA-PKCS -i sign.pem -o sig");
    ASSERT_TRUE(signed_by_opensc.succeeded()) << signed_by_opensc.output;
    EXPECT_THAT(office.run("openssl dgst -sha256 -verify sign.pub -signature sig sign.pem").output,
                HasSubstr("Verified OK"));
}

TEST(VirtualPivBehindPcscd, IsWrittenAndReadByYubicoAndOpenScInTheFirstManner) {
    make_a_card(PivManner::first());
}

TEST(VirtualPivBehindPcscd, IsWrittenAndReadByYubicoAndOpenScInTheSecondManner) {
    make_a_card(PivManner::second());
}

TEST(VirtualPivBehindPcscd, PinAndPukAreChangedAndUnblockedByYubicoAndOpenSc) {
    const Office office;
    VirtualPiv card({.sets_management_key = true});
    VpcdCard in(card, Office::service());
    in.insert();
    EXPECT_TRUE(office.yubico("-a verify-pin -P 123456").succeeded());
    EXPECT_TRUE(office.yubico("-a change-pin -P 123456 -N 222222").succeeded());
    EXPECT_EQ(card.pin(), "222222");
    EXPECT_THAT(office.yubico("-a verify-pin -P 123456").output, HasSubstr("2 tries left"));
    EXPECT_FALSE(office.yubico("-a verify-pin -P 123456").succeeded());
    EXPECT_THAT(office.yubico("-a verify-pin -P 123456").output, HasSubstr("Pin code blocked"));
    EXPECT_FALSE(office.yubico("-a verify-pin -P 222222").succeeded());
    EXPECT_EQ(card.pin_tries_left(), 0);
    EXPECT_TRUE(office.yubico("-a change-puk -P 12345678 -N 87654321").succeeded());
    EXPECT_FALSE(office.yubico("-a unblock-pin -P 12345678 -N 333333").succeeded());
    EXPECT_EQ(card.puk_tries_left(), 2);
    EXPECT_TRUE(office.yubico("-a unblock-pin -P 87654321 -N 333333").succeeded());
    EXPECT_EQ(card.pin(), "333333");
    EXPECT_TRUE(
        office.opensc("pkcs15-tool", "--change-pin --pin 333333 --new-pin 444444").succeeded());
    EXPECT_EQ(card.pin(), "444444");
    EXPECT_TRUE(office.yubico("-a verify-pin -P 444444").succeeded());
    const std::string key = "112233445566778811223344556677881122334455667799";
    EXPECT_TRUE(office.yubico("-a set-mgm-key -n " + key).succeeded());
    EXPECT_EQ(to_hex(card.management_key()), key);
    EXPECT_FALSE(office.yubico("-a generate -s 9e").succeeded());
    EXPECT_TRUE(office.yubico("-k" + key + " -a generate -s 9e").succeeded());
}

TEST(VirtualPivBehindPcscd, ACardThatIsTakenOutKeepsWhatItDidAndComesBack) {
    const Office office;
    VirtualPiv card;
    VpcdCard in(card, Office::service());
    in.insert();
    const auto before = card.apdus();
    ASSERT_TRUE(office.yubico("-a verify-pin -P 123456").succeeded());
    const auto needed = card.apdus() - before;  // the last one is the one that matters
    card.add_fault({.at = card.apdus() + needed, .kind = CardFault::Kind::RemovedAfter});
    EXPECT_FALSE(office.yubico("-a change-pin -P 123456 -N 222222").succeeded());
    EXPECT_EQ(card.pin(), "222222");
    EXPECT_FALSE(in.inserted());
    EXPECT_FALSE(office.yubico("-a verify-pin -P 222222").succeeded());
    in.insert();
    EXPECT_TRUE(in.inserted());
    EXPECT_TRUE(office.yubico("-a verify-pin -P 222222").succeeded());
    card.add_fault({.at = card.apdus() + needed, .kind = CardFault::Kind::RemovedBefore});
    EXPECT_FALSE(office.yubico("-a change-pin -P 222222 -N 333333").succeeded());
    EXPECT_EQ(card.pin(), "222222");
}

TEST(PrivatePcscdService, SeveralRunAtOnceAndNothingIsLeftBehind) {
    fs::path network;
    std::string place;
    {
        const PrivatePcscd one;
        const PrivatePcscd two;
        network = one.network();
        place = one.environment().substr(one.environment().find('=') + 1);
        EXPECT_TRUE(fs::exists(place));
        EXPECT_NE(fs::read_symlink(network), fs::read_symlink(two.network()));
        VirtualPiv card;
        VpcdCard in(card, two);
        in.insert();
        const auto listed = [](const PrivatePcscd& service) {
            return run_command(service.environment() + " opensc-tool --list-readers").output;
        };
        EXPECT_THAT(listed(one), Not(HasSubstr("Yes")));
        EXPECT_THAT(listed(two), HasSubstr("Yes"));
    }
    EXPECT_FALSE(fs::exists(place));
    std::error_code gone;  // a dead process has no network
    EXPECT_EQ(fs::read_symlink(network, gone), fs::path());
    EXPECT_TRUE(gone);
    EXPECT_THAT(run_command("cat /proc/mounts").output, Not(HasSubstr(place)));
}

TEST(PrivatePcscdService, OthersThanRootAreToldWhyItDoesNotStart) {
    const TempFolder folder;
    const auto started = run_command("setpriv --reuid=65534 --clear-groups bash -s start " +
                                     (folder.path() / "pcscd").string() +
                                     " <" SEALDESK_SOURCE_DIR "/tests/support/pcscd.sh");
    EXPECT_EQ(started.status, 3);
    EXPECT_THAT(started.output, HasSubstr("root is needed"));
}

}  // namespace
