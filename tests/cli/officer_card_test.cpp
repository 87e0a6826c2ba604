// Officers' cards (M 1.3.2), through the program and a smart card service: the administrator makes
// one, its holder decides with it, others verify, and the office's service knows its holder by it.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/durable_file.h"
#include "crypto/certificate.h"
#include "support/backends.h"
#include "support/command.h"
#include "support/program_desk.h"
#include "support/virtual_reader.h"

namespace sealdesk::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr unsigned kSigning = 0x9C;

class OfficerCards : public ::testing::Test {
protected:
    OfficerCards()
        : database_(test::fresh_database("sqlite", folder_)),
          desk_(at("desk"), database_.url, "  host: localhost\n  port: 1\n  tls: none\n"),
          place_(chip_, test::PrivatePcscd::of_this_process()) {
        std::ofstream(at("desk/sealdesk.yaml"), std::ios::app)
            << "card:\n  management_key_file: secrets/card.key\n";
        put("desk/secrets/card.key", "010203040506070801020304050607080102030405060708\n");
        put("present.pin", "123456\n");
        put("own.pin", "314159\n");
        put("wrong.pin", "271828\n");
        put("present.puk", "12345678\n");
        put("own.puk", "87654321\n");
        place_.insert();
    }

    fs::path at(const std::string& name) const { return folder_.path() / name; }
    void put(const std::string& name, const std::string& content) {
        write_file_durably(at(name), content, FileAccess::Owner);
    }
    std::string run(const std::string& command) {
        return test::run_command("cd '" + folder_.path().string() + "' && " + command).output;
    }

    test::Ran add_zoe(const std::string& by = "amy",
                      const std::map<std::string, std::string>& environment = {}) {
        return desk_.run_as(
            by,
            {"officer", "add", "zoe", "--name", "卓核定 Zoe", "--roles", "officer", "--reader",
             "Sealdesk Test 00 00", "--scheme", "tipo", "--present-pin-file",
             at("present.pin").string(), "--pin-file", at("own.pin").string(), "--present-puk-file",
             at("present.puk").string(), "--puk-file", at("own.puk").string()},
            environment);
    }
    test::Ran as_zoe(std::vector<std::string> arguments, const std::string& pin = "own.pin") {
        arguments.insert(arguments.begin(),
                         {"--reader", "Sealdesk Test 00 00", "--password-file", at(pin).string()});
        return desk_.run_as("zoe", arguments);
    }

    /// Requests that wait for a decision.
    std::vector<std::string> examined_requests() {
        const auto imported = desk_.run_as("dee", {"import", SEALDESK_SOURCE_DIR "/samples/inbox"});
        std::vector<std::string> numbers;
        for (const auto& row : imported.lines()) {
            if (row.at("fate") == "accepted" && numbers.size() < 3) {
                numbers.push_back(row.at("request"));
            }
        }
        for (const char* check : {"documents", "identity", "eligibility", "seal"}) {
            std::vector<std::string> words{"request", "check", "--check", check, "--pass"};
            words.insert(words.end(), numbers.begin(), numbers.end());
            desk_.run_as("ann", words);
        }
        return numbers;
    }

    test::TempFolder folder_;
    store::ConnectionOptions database_;
    test::ProgramDesk desk_;
    test::VirtualPiv chip_;
    test::VpcdCard place_;
};

// M 1.3.2
TEST_F(OfficerCards, TheAdministratorMakesOneAndOnlyItsHolderKnowsItsPin) {
    const auto added = add_zoe();
    ASSERT_EQ(added.status, 0) << added.out << added.err;
    EXPECT_EQ(chip_.pin(), "314159");
    EXPECT_EQ(chip_.puk(), "87654321");
    EXPECT_THAT(added.out + added.err, Not(HasSubstr("314159")));

    put("card.der", chip_.certificate(kSigning));
    const std::string text = run("openssl x509 -inform DER -in card.der -noout -text");
    EXPECT_THAT(text, HasSubstr("TLS Web Client Authentication"));
    EXPECT_THAT(text, HasSubstr("Digital Signature, Non Repudiation"));
    EXPECT_THAT(run("openssl x509 -inform DER -in card.der -out card.pem && "
                    "openssl verify -CAfile desk/ca/tipo/ca.pem card.pem"),
                HasSubstr("card.pem: OK"));
    put("key.der", chip_.public_key(kSigning));
    EXPECT_EQ(run("openssl x509 -in card.pem -noout -pubkey | openssl pkey -pubin -outform DER | "
                  "cmp - key.der"),
              "");
    // A card that is somebody's is not made anew, and it is no other's.
    const auto again = add_zoe();
    EXPECT_EQ(again.status, 1);
    EXPECT_THAT(again.out + again.err, HasSubstr("officer.card_taken"));
    EXPECT_EQ(add_zoe("ann").status, 1);  // officers make no officers
}

// The process dies at each of its commits: the same command ends it, and what the CA had issued for
// nobody is revoked an hour later.
TEST_F(OfficerCards, AnEnrolmentThatDiedIsMadeAgainAndItsCertificateRevoked) {
    for (const char* commit : {"officer.card_order_signed.before-commit:1",
                               "officer.order.before-commit:1", "officer.add.before-commit:1"}) {
        const auto died = add_zoe("amy", {{"SEALDESK_CRASH", commit}});
        EXPECT_TRUE(died.killed) << commit << died.out << died.err;
    }
    const auto added = add_zoe();
    ASSERT_EQ(added.status, 0) << added.out << added.err;
    const auto database = store::open(database_);
    database->execute("UPDATE job SET due_us = 0 WHERE kind = 'officer.settle-certificate'", {});
    desk_.run({"run", "--until-idle"});  // there is no mail server
    const auto count = [&](const std::string& what) {
        return database->query("SELECT COUNT(*) FROM " + what, {}).front().number(0);
    };
    const std::string zoes = "ca_certificate WHERE subscriber = 'officer:zoe' AND state = ";
    EXPECT_EQ(count(zoes + "'issued'"), 1);
    EXPECT_GE(count(zoes + "'revoked'"), 1);
    EXPECT_EQ(count("job WHERE kind = 'officer.settle-certificate' AND state <> 'done'"), 0);
}

TEST_F(OfficerCards, DecideAndProveItWithoutTheDesk) {
    ASSERT_EQ(add_zoe().status, 0);
    const auto numbers = examined_requests();
    ASSERT_EQ(numbers.size(), 3U);
    // Several requests, one PIN from the file; 4 commands each, as few as there are, and before
    // them SELECT, the certificate in pieces of 256 bytes, and the state of the PIN.
    const auto before = chip_.apdus();
    const auto decided = as_zoe({"request", "decide", numbers[0], numbers[1], "--approve"});
    ASSERT_EQ(decided.status, 0) << decided.out << decided.err;
    ASSERT_EQ(decided.lines().size(), 2U);
    EXPECT_LE(chip_.apdus() - before, 2 * 4 + 1 + 6 + 1U);

    const auto exported =
        desk_.run({"request", "export", numbers[0], "-o", at("decision.p7m").string()});
    ASSERT_EQ(exported.status, 0) << exported.err;
    fs::copy_file(at("desk/ca/tipo/ca.pem"), at("ca.pem"));
    EXPECT_THAT(run("openssl cms -verify -inform DER -in decision.p7m -CAfile ca.pem -purpose any "
                    "-out document.json 2>&1"),
                HasSubstr("successful"));
    const auto document = nlohmann::json::parse(read_file(at("document.json")));
    EXPECT_EQ(document["request"]["number"], numbers[0]);
    EXPECT_EQ(document["decision"], "approve");
    EXPECT_FALSE(document["request"]["form_sha256"].get<std::string>().empty());
    for (const auto& check : document["checks"]) {
        if (check["kind"] == "seal") {
            EXPECT_EQ(check["figures"][0]["comparison"]["picture_sha256"].get<std::string>().size(),
                      64U);
        }
    }
    fs::rename(at("desk"), at("gone"));  // no desk, no database
    const std::string verify = SEALDESK_PROGRAM " --json request verify --file decision.p7m";
    EXPECT_THAT(run(verify + " --trust ca.pem"), HasSubstr("\"valid\":true"));
    EXPECT_THAT(run(verify + " --trust ca.pem"), HasSubstr(numbers[0]));
    EXPECT_THAT(run(verify), HasSubstr("\"trusted_by\":\"\""));
    run("openssl req -x509 -newkey rsa:2048 -nodes -keyout x.key -subj /CN=x -days 3 -out x.pem");
    EXPECT_THAT(run(verify + " --trust x.pem"), HasSubstr("decision.untrusted"));
    run("sed 's/approve/aqprove/' decision.p7m > changed.p7m");
    EXPECT_THAT(run(SEALDESK_PROGRAM " --json request verify --file changed.p7m"),
                HasSubstr("cms.bad_signature"));
    fs::rename(at("gone"), at("desk"));
}

TEST_F(OfficerCards, AWrongPinCostsOneTryForAllRequestsAndARemovedCardNone) {
    ASSERT_EQ(add_zoe().status, 0);
    const auto numbers = examined_requests();
    ASSERT_EQ(numbers.size(), 3U);
    const auto wrong =
        as_zoe({"request", "decide", numbers[0], numbers[1], numbers[2], "--approve"}, "wrong.pin");
    EXPECT_EQ(wrong.status, 1);
    EXPECT_THAT(wrong.out + wrong.err, HasSubstr("card.wrong_pin"));
    EXPECT_EQ(chip_.pin_tries_left(), 2);

    // Taken out while it signs: nothing is decided, and the same is done again.
    chip_.add_fault({chip_.apdus() + 8, test::CardFault::Kind::RemovedAfter});
    const auto broken = as_zoe({"request", "decide", numbers[0], "--approve"});
    EXPECT_EQ(broken.status, 3) << broken.out << broken.err;
    const auto shown = desk_.run({"request", "show", numbers[0]}).lines();
    EXPECT_EQ(shown.front().at("state"), "examined");
    place_.insert();
    EXPECT_EQ(as_zoe({"request", "decide", numbers[0], "--approve"}).status, 0);
    EXPECT_EQ(chip_.pin_tries_left(), 3);
}

// M 1.3.2: a lost card is replaced; what it signed before counts, what it signs later does not.
TEST_F(OfficerCards, AnotherCardTakesThePlaceOfALostOne) {
    ASSERT_EQ(add_zoe().status, 0);
    const auto numbers = examined_requests();
    ASSERT_EQ(numbers.size(), 3U);
    ASSERT_EQ(as_zoe({"request", "decide", numbers[0], "--approve"}).status, 0);
    const auto lost = crypto::Certificate::parse(chip_.certificate(kSigning)).value();
    place_.remove();
    test::VirtualPiv fresh;
    test::VpcdCard other(fresh, test::PrivatePcscd::of_this_process(), 1);
    other.insert();
    const std::vector<std::string> renew{"officer",
                                         "renew",
                                         "zoe",
                                         "--reader",
                                         "Sealdesk Test 00 01",
                                         "--reason",
                                         "lost",
                                         "--scheme",
                                         "tipo",
                                         "--present-pin-file",
                                         at("present.pin").string(),
                                         "--pin-file",
                                         at("own.pin").string(),
                                         "--present-puk-file",
                                         at("present.puk").string(),
                                         "--puk-file",
                                         at("own.puk").string()};
    EXPECT_EQ(desk_.run_as("ann", renew).status, 1);
    const auto renewed = desk_.run_as("amy", renew);
    ASSERT_EQ(renewed.status, 0) << renewed.out << renewed.err;

    place_.insert();  // who found it
    const auto found = as_zoe({"request", "decide", numbers[1], "--approve"});
    EXPECT_THAT(found.out + found.err, HasSubstr("session.other_key"));
    const auto decided =
        desk_.run_as("zoe", {"--reader", "Sealdesk Test 00 01", "--password-file",
                             at("own.pin").string(), "request", "decide", numbers[1], "--approve"});
    EXPECT_EQ(decided.status, 0) << decided.out << decided.err;
    EXPECT_EQ(desk_.run({"request", "verify", numbers[0], numbers[1]}).status, 0);

    desk_.run({"run", "--until-idle"});  // there is no mail server
    const auto state = store::open(database_)->query(
        "SELECT state, reason FROM ca_certificate WHERE serial = '" + lost.serial() + "'", {});
    ASSERT_EQ(state.size(), 1U);
    EXPECT_EQ(state.front().text(0), "revoked");
    EXPECT_EQ(state.front().number(1), 1);  // RFC 5280 §5.3.1: keyCompromise
}

// M 1.3.2: the PIN once, then command after command in one process.
TEST_F(OfficerCards, ASessionAsksForThePinOnceAndEndsWithTheCard) {
    ASSERT_EQ(add_zoe().status, 0);
    const auto numbers = examined_requests();
    ASSERT_EQ(numbers.size(), 3U);
    const auto session = [&](const std::string& lines, const std::string& more = "") {
        put("lines", lines);
        return test::run_command("cd '" + folder_.path().string() + "' && SEALDESK_DESK=/nowhere " +
                                 SEALDESK_PROGRAM +
                                 " --desk desk --json --as zoe --reader 'Sealdesk Test 00 00' "
                                 "--password-file own.pin officer session < lines 2>&1" +
                                 more);
    };
    const auto worked = session("# the morning's\n\nrequest decide " + numbers[0] +
                                " --approve\nsealdesk request decide " + numbers[1] +
                                " --reject --reason \"no such seal\"\nofficer session\n"
                                "request decide " +
                                numbers[2] + " --approve\n");
    EXPECT_EQ(worked.status, 1) << worked.output;  // a session in a session
    EXPECT_THAT(worked.output, HasSubstr("signed in until"));
    EXPECT_THAT(worked.output, HasSubstr("session.in_session"));
    const auto state = [&](const std::string& number) {
        return desk_.run({"request", "show", number}).lines().front().at("state");
    };
    EXPECT_EQ(state(numbers[0]), "approved");
    EXPECT_EQ(state(numbers[1]), "rejected");
    EXPECT_EQ(state(numbers[2]), "examined");  // the first that fails ends it

    const auto other = session("--as ann request check " + numbers[2] + " --check seal --pass\n");
    EXPECT_THAT(other.output, HasSubstr("session.other_key"));
    EXPECT_EQ(session("exit\nrequest decide " + numbers[2] + " --approve\n").status, 0);
    EXPECT_EQ(state(numbers[2]), "examined");
    chip_.add_fault({chip_.apdus() + 14, test::CardFault::Kind::RemovedAfter});
    const auto gone = session("request decide " + numbers[2] + " --approve\nrequest list\n");
    EXPECT_EQ(gone.status, 3) << gone.output;
    EXPECT_THAT(gone.output, HasSubstr("card.removed"));
    EXPECT_EQ(state(numbers[2]), "examined");
}

// M 1.3.2
TEST_F(OfficerCards, SomebodyElsesCardAndACardlessClaimAreRefused) {
    ASSERT_EQ(add_zoe().status, 0);
    const auto ben = desk_.run_as("ben", {"--reader", "Sealdesk Test 00 00", "--password-file",
                                          at("own.pin").string(), "officer", "suspend", "zoe"});
    EXPECT_EQ(ben.status, 1);
    const auto other = desk_.run_as(
        "ann", {"--reader", "Sealdesk Test 00 00", "--password-file", at("own.pin").string(),
                "request", "check", "R115-000001-2", "--check", "seal", "--pass"});
    EXPECT_THAT(other.out + other.err, HasSubstr("session.other_key"));
    // The certificate alone, on a card with another key, opens nothing.
    chip_.set_key(kSigning, crypto::KeyPair::generate_rsa(2048));
    const auto copy = as_zoe({"request", "check", "R115-000001-2", "--check", "seal", "--pass"});
    EXPECT_THAT(copy.out + copy.err, HasSubstr("key.wrong_signature"));
}

/// The service, with clients that are not ours. The demo officers' keys stand for cards.
TEST_F(OfficerCards, TheServiceKnowsItsOfficersByTheirCertificate) {
    const auto numbers = examined_requests();
    ASSERT_EQ(numbers.size(), 3U);
    run("openssl req -x509 -newkey rsa:2048 -nodes -keyout s.key -subj /CN=localhost -addext "
        "subjectAltName=DNS:localhost -days 3 -out s.pem");
    run("openssl req -x509 -newkey rsa:2048 -nodes -keyout x.key -subj '/CN=Demo officer ben' "
        "-days 3 -out x.pem");
    for (const std::string who : {"ann", "ben"}) {
        run("openssl pkcs12 -in desk/officers/" + who + ".p12 -passin file:desk/officers/" + who +
            ".password -nodes -out " + who + ".pem");
    }
    put("serve.sh",
        SEALDESK_PROGRAM
            " --desk desk --json serve --listen 127.0.0.1:0 --tls-certificate s.pem "
            "--tls-key s.key > url 2> trouble &\n"
            "server=$!\n"
            "for i in $(seq 300); do grep -q https url && break; sleep 0.1; done\n"
            "port=$(sed 's/.*:\\([0-9]*\\)\".*/\\1/' url)\n"
            "url=https://localhost:$port\n"
            "ask() { who=$1; shift; curl -s --cacert s.pem ${who:+--cert $who.pem} "
            "$([ \"$who\" != x ] || echo --key x.key) -w '%{http_code}\\n' \"$@\"; }\n"
            "echo nobody; ask '' $url/officer/me\n"
            "echo stranger; ask x $url/officer/me\n"
            "echo me; ask ben $url/officer/me\n"
            "echo list; ask ben $url/requests\n"
            "echo one; ask ben $url/requests/" +
            numbers[0] +
            "\n"
            "echo none; ask ben $url/requests/R115-999999-9\n"
            "d=$url/requests/" +
            numbers[0] +
            "/decision\n"
            "curl -s --cacert s.pem --cert ben.pem \"$d?verdict=approve\" -o doc\n"
            "sign() { openssl cms -sign -binary -nodetach -cades -md sha256 -signer $1.pem "
            "-outform "
            "DER -in $2 -out $3; }\n"
            "sed 's/approve/reject/' doc > other; sign ben other other.p7m; sign ann doc ann.p7m\n"
            "sign ben doc doc.p7m\n"
            "echo others; ask ben --data-binary @ann.p7m $d\n"
            "echo changed; ask ben --data-binary @other.p7m $d\n"
            "echo examiner; ask ann \"$d?verdict=approve\"\n"
            "echo decided; ask ben --data-binary @doc.p7m $d\n"
            "echo twice; ask ben --data-binary @doc.p7m $d\n"
            "kill $server; wait $server; echo ended $?; cat trouble\n");
    const std::string said = run("bash serve.sh 2>&1");
    EXPECT_THAT(said, ::testing::ContainsRegex("nobody\n.*session.unknown_certificate.*\n401"));
    EXPECT_THAT(said, ::testing::ContainsRegex("stranger\n.*session.unknown_certificate.*\n401"));
    EXPECT_THAT(said, ::testing::ContainsRegex("me\n.*\"login\":\"ben\".*\n200"));
    EXPECT_THAT(said, HasSubstr("\"request\":\"" + numbers[1] + "\""));
    EXPECT_THAT(said, ::testing::ContainsRegex("none\n.*request.not_found.*\n404"));
    EXPECT_THAT(said, ::testing::ContainsRegex("others\n.*decision.other_document.*\n409"));
    EXPECT_THAT(said, ::testing::ContainsRegex("changed\n.*\n4"));
    EXPECT_THAT(said, ::testing::ContainsRegex("examiner\n.*\n403"));  // M 5.2.3
    EXPECT_THAT(said, ::testing::ContainsRegex("decided\n.*\"state\":\"approved\".*\n200"));
    EXPECT_THAT(said, ::testing::ContainsRegex("twice\n.*\n4"));
    EXPECT_THAT(said, HasSubstr("ended 0"));
    const auto verified = desk_.run({"request", "verify", numbers[0]}).lines();
    ASSERT_EQ(verified.size(), 1U) << said;
    EXPECT_EQ(verified.front().at("officer"), "ben");
}

}  // namespace
}  // namespace sealdesk::cli
