// Who has reserved the name of an entity in formation orders its certificate through the program
// and revokes it, on both databases (M 4.2.4, M 4.4.3).
#include <fstream>

#include <gmock/gmock.h>

#include "base/durable_file.h"
#include "crypto/pkcs12.h"
#include "support/backends.h"
#include "support/command.h"
#include "support/planted.h"
#include "support/program_desk.h"

namespace sealdesk::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kFormationPassword = "Lantern-97531";
constexpr const char* kFormationCode = "Dew-97531";

class FormationOrders : public test::OnEveryBackend {
protected:
    void SetUp() override {
        OnEveryBackend::SetUp();
        const Instant start{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}};
        desk_ = std::make_unique<test::ProgramDesk>(folder() / "desk", options().url,
                                                    "  host: localhost\n  port: 1\n  tls: none\n",
                                                    std::map<std::string, std::string>{}, start);
        const test::TempFolder sent;  // the file holds personal data: gone once it is in
        const auto file = sent.path() / "reserved.csv";
        std::ofstream(file)
            << "預查編號,核准日期,保留期限,組織別,核准名稱,申請人姓名,申請人身分證字號,電子郵件\n"
               "115012345,115/11/19,116/05/19,有限合夥,晨露有限合夥,王小明,A123456789,\n";
        const auto taken = desk_->run_as("dee", {"registry", "import", file.string()});
        EXPECT_EQ(taken.status, 0) << taken.out << taken.err;
        const std::string batch = taken.lines().back().at("batch");
        EXPECT_EQ(desk_->run_as("ben", {"registry", "confirm", batch}).status, 0);
        desk_->run({"run", "--until-idle"});
        give("wish.json", R"({"reservation_number": "115012345", "reserved_name": "晨露有限合夥",
            "applicant_id": "A123456789", "terms_accepted": true, "content_accepted": true})");
        give("password", std::string(kFormationPassword) + "\n");
        give("code", std::string(kFormationCode) + "\n");
    }

    /// What the applicant has, beside the desk.
    void give(const std::string& name, const std::string& text) {
        write_file_durably(given_.path() / name, text, FileAccess::Owner);
    }
    std::string given(const std::string& name) const { return (given_.path() / name).string(); }
    std::vector<std::string> order() const {
        return {"cert",
                "formation",
                "order",
                "--request",
                given("wish.json"),
                "--user-code-file",
                given("code"),
                "--key-file-password-file",
                given("password"),
                "-o",
                given("formation.p12")};
    }

    test::TempFolder given_;
    std::unique_ptr<test::ProgramDesk> desk_;
};

TEST_P(FormationOrders, KilledAtEveryPointItComesToOneFileAndNothingSecretStays) {  // M 4.2.4
    std::string output;
    for (const char* point :
         {"formation.compare.after-commit", "certificate.apply.before-commit",
          "certificate.apply.after-commit", "formation.code.after-commit",
          "ca.reserve.after-commit", "certificate.keep.before-commit",
          "certificate.keep.after-commit", "key_file.hand-over.before-commit"}) {
        const auto killed = desk_->run(order(), {{"SEALDESK_CRASH", std::string(point) + ":1"}});
        EXPECT_TRUE(killed.killed) << point << killed.out << killed.err;
        EXPECT_FALSE(std::filesystem::exists(given("formation.p12"))) << point;
        output += killed.out + killed.err;
    }
    const auto made = desk_->run(order());
    ASSERT_EQ(made.status, 0) << made.out << made.err;
    output += made.out + made.err;
    EXPECT_EQ(std::filesystem::status(given("formation.p12")).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    const auto opened = test::run_command("openssl pkcs12 -in " + given("formation.p12") +
                                          " -passin file:" + given("password") +
                                          " -clcerts -nokeys | openssl x509 -noout -subject "
                                          "-nameopt oneline,-esc_msb,utf8");
    EXPECT_THAT(opened.output, HasSubstr("C = TW, O = 晨露有限合夥, serialNumber = "));
    EXPECT_EQ(connection()
                  .query("SELECT COUNT(*) FROM ca_certificate WHERE profile = 'moea-formation'", {})
                  .front()
                  .number(0),
              1);

    test::PlantedSecrets secrets;
    secrets.add_text("password", kFormationPassword);
    secrets.add_text("user code", kFormationCode);
    secrets.add_key("key", crypto::open_pkcs12(read_file(given("formation.p12")),
                                               Secret(std::string_view(kFormationPassword)))
                               ->key);
    EXPECT_THAT(secrets.missed_by_search(), IsEmpty()) << "the search itself";
    EXPECT_THAT(secrets.found_below(folder()), IsEmpty());
    EXPECT_THAT(secrets.found_in("what was said", output), IsEmpty());
    if (on_mysql()) {
        EXPECT_THAT(secrets.found_in("the database", test::content_of(connection())), IsEmpty());
    }
    EXPECT_EQ(desk_->run({"audit", "verify"}).status, 0);
}

TEST_P(FormationOrders, ItIsShownOrderedAndRevokedInBothLanguages) {  // M 4.3.1, M 4.4.3
    const auto shown =
        desk_->run({"cert", "formation", "show", "--request", given("wish.json")}).lines();
    EXPECT_EQ(shown.at(0).at("subject").at("organization"), "晨露有限合夥");
    EXPECT_EQ(shown.at(0).at("not_after").get<std::string>().substr(0, 10), "2026-12-20");
    ASSERT_EQ(desk_->run(order()).status, 0);
    give("code", "Guess-1234\n");
    const std::vector<std::string> revoke{"cert",      "formation",        "revoke",
                                          "115012345", "--user-code-file", given("code")};
    const auto wrong = desk_->run(revoke);
    EXPECT_EQ(wrong.status, 1);
    EXPECT_EQ(wrong.lines().at(0).at("code"), "wrong_code");
    EXPECT_THAT(desk_->run(order(), {{"LANG", "zh_TW.UTF-8"}}).lines().at(0).dump(),
                HasSubstr("用戶代碼與申請時所設定者不同"));
    give("code", std::string(kFormationCode) + "\n");
    EXPECT_EQ(desk_->run(revoke).lines().at(0).at("code"), "accepted");
    desk_->run({"run", "--until-idle"});
    EXPECT_EQ(connection()
                  .query("SELECT COUNT(*) FROM certificate_change WHERE state = 'revoked'", {})
                  .front()
                  .number(0),
              1);
}

SEALDESK_ON_EVERY_BACKEND(FormationOrders);

}  // namespace
}  // namespace sealdesk::cli
