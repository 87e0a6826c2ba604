// A business orders with the signature of its primary card, through the program, on both databases;
// its card is a key of OpenSSL.
#include <fstream>

#include <gmock/gmock.h>

#include "base/durable_file.h"
#include "base/text.h"
#include "crypto/pkcs12.h"
#include "image/image.h"
#include "support/applicants.h"
#include "support/backends.h"
#include "support/command.h"
#include "support/planted.h"
#include "support/program_desk.h"

namespace sealdesk::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kFilePassword = "Lantern-24680";

class CardOrders : public test::OnEveryBackend {
protected:
    void SetUp() override {
        OnEveryBackend::SetUp();
        const Instant start{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};
        std::filesystem::create_directories(at("tmp"));
        desk_ = std::make_unique<test::ProgramDesk>(
            folder() / "desk", options().url, "  host: localhost\n  port: 1\n  tls: none\n",
            std::map<std::string, std::string>{{"TMPDIR", at("tmp")}}, start);
        register_entity();
        for (const char* key : {"card", "new"}) {
            EXPECT_EQ(sh(std::string("openssl req -new -newkey rsa:2048 -noenc -subj /CN=x "
                                     "-keyout ") +
                         key + ".key -out " + key + ".csr"),
                      0);
        }
    }

    int sh(const std::string& command) {
        const auto ran =
            test::run_command("cd '" + folder().string() + "' && { " + command + "; } > said 2>&1");
        return ran.status;
    }
    std::string said() { return read_file(folder() / "said"); }
    std::string at(const std::string& name) const { return (folder() / name).string(); }
    void write(const std::string& name, const std::string& text) {
        write_file_durably(folder() / name, text, FileAccess::Owner);
    }

    /// An approved application, and its certificate by the card's key, accepted.
    void register_entity() {
        auto form = nlohmann::json::parse(read_file(std::filesystem::path(SEALDESK_SOURCE_DIR) /
                                                    "tests/scenario/forms/entity.json"));
        auto fields = form.at("fields");
        form.erase("fields");
        fields["record_number"] = "E1";
        fields["received_on"] = "115/03/02";
        for (const char* seal : {"seal_scan", "responsible_seal_scan"}) {
            fields[seal] = std::string(seal) + ".png";
            write(std::string(seal) + ".png", image::encode_png(test::draw_seal(seal)));
        }
        form["records"] = nlohmann::json::array({fields});
        write("E1.json", form.dump());
        number_ = desk_->run_as("dee", {"import", at("E1.json")}).lines().at(0).at("request");
        for (const char* check : {"seal", "entity_status", "data"}) {
            desk_->run_as("ann", {"request", "check", number_, "--check", check, "--pass"});
        }
        EXPECT_EQ(desk_->run_as("ben", {"request", "decide", number_, "--approve"}).status, 0);
        desk_->run({"run", "--until-idle"});
    }

    /// The card centre's work, which is not this program's: the certificate lies in a primary card.
    void make_card() {
        ASSERT_EQ(desk_
                      ->run_as("ben", {"ca", "issue", number_, "--csr", at("card.csr"), "-o",
                                       at("card.pem")})
                      .status,
                  0);
        connection().execute(
            "UPDATE subscriber_token SET kind = 'primary', primary_key = 0, state = 'handed_over'",
            {});
        write("code", "Harbour-7\n");
        const std::string serial = desk_->run({"cert", "list", number_}).lines().at(0).at("serial");
        EXPECT_EQ(desk_->run({"cert", "accept", serial, "--user-code-file", at("code")}).status, 0);
    }

    void sign(const std::string& file) {
        EXPECT_EQ(sh("openssl cms -sign -binary -nodetach -md sha256 -signer card.pem -inkey "
                     "card.key -in " +
                     file + " -outform DER -out signed.p7"),
                  0)
            << said();
    }

    std::string number_;
    std::unique_ptr<test::ProgramDesk> desk_;
};

TEST_P(CardOrders, ACardIsReplacedOnceInItsLastTwoMonths) {  // M 3.1.8
    make_card();
    sign("new.csr");
    const std::vector<std::string> rekey{"cert",          "rekey", "--request",
                                         at("signed.p7"), "-o",    at("new.pem")};
    const auto early = desk_->run(rekey);
    EXPECT_EQ(early.status, 1);
    EXPECT_EQ(early.lines().at(0).at("error").at("code"), "renewal.too_early");
    EXPECT_THAT(desk_->run(rekey, {{"LANG", "zh_TW.UTF-8"}}).lines().at(0).at("error").dump(),
                HasSubstr("尚未到可展期或換發之期間"));

    desk_->move_to(Instant{std::chrono::sys_days{std::chrono::year{2031} / 2 / 3}});
    const auto done = desk_->run(rekey);
    ASSERT_EQ(done.status, 0) << done.out << done.err;
    EXPECT_EQ(desk_->run(rekey).lines().at(0).at("serial"), done.lines().at(0).at("serial"));
    EXPECT_EQ(sh("openssl verify -x509_strict -attime 1930000000 -CAfile desk/ca/moea/ca.pem "
                 "new.pem && openssl x509 -in new.pem -noout -pubkey > a && openssl req -in "
                 "new.csr -noout -pubkey > b && cmp a b"),
              0)
        << said();
    EXPECT_EQ(desk_->run({"cert", "list", number_}).lines().size(), 2U);
    EXPECT_EQ(desk_->run({"audit", "verify"}).status, 0);
}

TEST_P(CardOrders, AKeyFileComesUnderThePasswordAndNothingOfItStays) {  // M 4.2.2
    make_card();
    write("wish.json", R"({"certificate": "one_stop", "id_number": "24608131"})");
    const test::TempFolder given;
    const std::string password = (given.path() / "password").string();
    write_file_durably(password, std::string(kFilePassword) + "\n", FileAccess::Owner);
    sign("wish.json");
    const test::FolderWatch watch(at("tmp"));
    const std::vector<std::string> order{
        "cert",   "key-file", "--request",       at("signed.p7"), "--key-file-password-file",
        password, "-o",       at("one-stop.p12")};
    std::string output;
    for (const char* point :
         {"certificate.apply.after-commit", "ca.reserve.before-commit", "ca.reserve.after-commit",
          "certificate.keep.before-commit", "certificate.keep.after-commit",
          "key_file.hand-over.before-commit"}) {
        const auto killed = desk_->run(order, {{"SEALDESK_CRASH", std::string(point) + ":1"}});
        EXPECT_TRUE(killed.killed) << point << killed.out << killed.err;
        EXPECT_FALSE(std::filesystem::exists(at("one-stop.p12"))) << point;
        output += killed.out + killed.err;
    }
    const auto made = desk_->run(order);
    ASSERT_EQ(made.status, 0) << made.out << made.err;
    output += made.out + made.err;
    EXPECT_EQ(std::filesystem::status(at("one-stop.p12")).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    EXPECT_EQ(sh("openssl pkcs12 -in one-stop.p12 -passin file:" + password + " -noenc -out " +
                 (given.path() / "opened.pem").string()),
              0)
        << said();
    EXPECT_EQ(connection()
                  .query("SELECT COUNT(*) FROM ca_certificate WHERE profile = "
                         "'moea-one-stop'",
                         {})
                  .front()
                  .number(0),
              1);

    // Neither the password nor a key in clear is in the desk, in the database, in what was said.
    test::PlantedSecrets secrets;
    secrets.add_text("password", kFilePassword);
    secrets.add_key("key", crypto::open_pkcs12(read_file(at("one-stop.p12")),
                                               Secret(std::string_view(kFilePassword)))
                               ->key);
    secrets.add_key(
        "the CA's key",
        crypto::KeyPair::load(at("desk/ca/moea/ca.key"),
                              Secret(trim(read_file(folder() / "desk/secrets/ca.passphrase"))))
            .value());
    EXPECT_THAT(secrets.missed_by_search(), IsEmpty()) << "the search itself";
    EXPECT_THAT(secrets.found_below(folder()), IsEmpty());
    EXPECT_THAT(secrets.found_in("what was said", output), IsEmpty());
    EXPECT_THAT(watch.made(), IsEmpty()) << "temporary files";
    if (on_mysql()) {
        const std::string content = test::content_of(connection());
        EXPECT_THAT(content, HasSubstr("ENCRYPTED PRIVATE KEY")) << "the search in the database";
        EXPECT_THAT(secrets.found_in("the database", content), IsEmpty());
    }
}

SEALDESK_ON_EVERY_BACKEND(CardOrders);

}  // namespace
}  // namespace sealdesk::cli
