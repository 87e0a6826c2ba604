// Certificates of entities in formation, ordered on the data of the name reservation (M 4.1.1.4,
// M 4.2.4) and revoked on-line by number and user code (M 4.4.3), on both databases.
#include "effects/formation.h"

#include <gmock/gmock.h>

#include "base/durable_file.h"
#include "crypto/pkcs12.h"
#include "effects/entity_ca.h"
#include "effects/with_user_code.h"
#include "requests/registry_desk.h"
#include "subscribers/acceptance.h"
#include "subscribers/certificate.h"
#include "support/command.h"
#include "support/failing_connection.h"

namespace sealdesk::effects {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr const char* kReservationHeadings =
    "預查編號,核准日期,保留期限,組織別,核准名稱,申請人姓名,申請人身分證字號,電子郵件";
constexpr const char* kReservation = "115012345";
constexpr const char* kReservedName = "晨露茶業有限公司";

class Formation : public test::RegistryDesk {
protected:
    void SetUp() override {
        RegistryDesk::SetUp();
        profiles_ = entity_profiles();
    }

    static std::string row(const std::string& name = kReservedName,
                           const std::string& until = "116/05/19",
                           const std::string& mail = "dew@example.test") {
        return std::string(kReservation) + ",115/11/19," + until + ",公司," + name +
               ",王小明,A123456789," + mail;
    }
    void reserve(const std::string& one) {
        const auto file =
            write("reserved" + std::to_string(++files_) + ".csv", {one}, kReservationHeadings);
        const auto summary = take_in(file);
        EXPECT_THAT(confirm(summary.batch, "ben"), ElementsAre(EndsWith(" approved")));
        run_all();
    }

    static nlohmann::json wish() {
        return {{"reservation_number", kReservation},
                {"reserved_name", kReservedName},
                {"applicant_id", "A123456789"},
                {"terms_accepted", true},
                {"content_accepted", true}};
    }
    static nlohmann::json wish_with(const std::string& key, const nlohmann::json& value) {
        nlohmann::json changed = wish();
        changed[key] = value;
        return changed;
    }

    Result<KeyFile> order_on(store::Database& database, const nlohmann::json& wanted,
                             std::string_view code = "Dew-1234", bool legacy = false) {
        const auto signer = ca::open_quickly(database, entity_ca_files(profiles_), profiles_);
        signer->recover();
        const requests::Office office = office_on(database);
        const auto request = read_formation_request(office, wanted.dump());
        if (!request) {
            return request.error();
        }
        return order_formation({office, *signer, profiles_}, *request, Secret(code),
                               {password_, legacy, {signer->certificate()}});
    }
    std::string code_of_order(const nlohmann::json& wanted, std::string_view code = "Dew-1234") {
        const auto made = order_on(db(), wanted, code);
        return made ? "ok" : made.error().code;
    }
    std::string revoke(std::string_view code, const std::string& number = kReservation) {
        const auto tried = revoke_with_code(office_on(db()), {{}, {}, number}, Secret(code));
        constexpr std::array<const char*, 4> words{"accepted", "must change", "wrong", "locked"};
        return tried ? words.at(static_cast<std::size_t>(*tried)) : tried.error().code;
    }
    std::int64_t audited(const std::string& kind) {
        return connection()
            .query("SELECT COUNT(*) FROM audit_event WHERE kind = ?",
                   std::vector<store::Value>{kind})
            .front()
            .number(0);
    }
    std::string path(const std::string& name) const { return (folder() / name).string(); }

    ca::Profiles profiles_;
    Secret password_{std::string_view("Lantern-2468")};
    int files_ = 0;
};

// M 4.2.4: whatever fails, the same order again comes to one key and one certificate.
TEST_P(Formation, OneKeyAndOneCertificateWhateverWriteFails) {
    reserve(row());
    const auto before = rows_in("certificate");
    std::optional<KeyFile> made;
    int write = 0;
    for (; !made; ++write) {
        ASSERT_LT(write, 60);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            auto ordered = order_on(broken, wish());
            ASSERT_TRUE(ordered) << ordered.error().code;
            made = *std::move(ordered);
        } catch (const Failure&) {
            EXPECT_LE(rows_in("ca_certificate"), rows_in("key_file"));
            EXPECT_EQ(rows_in("user_code"), rows_in("key_file"));
        }
    }
    EXPECT_GT(write, 8);
    EXPECT_EQ(rows_in("ca_certificate"), 1);
    EXPECT_EQ(rows_in("certificate"), before + 1);
    const auto opened = crypto::open_pkcs12(made->pkcs12, password_).value();
    EXPECT_EQ(opened.certificate.serial(), made->serial);
    EXPECT_EQ(opened.certificate.not_after() - opened.certificate.not_before(),
              std::chrono::days(30));  // M 6.3.2.2: from 20 November, a month
    EXPECT_THAT(opened.certificate.subject(), HasSubstr(kReservedName));
    const auto again = order_on(db(), wish());
    ASSERT_TRUE(again) << again.error().code;
    EXPECT_EQ(again->certificate, made->certificate);
    EXPECT_EQ(crypto::open_pkcs12(again->pkcs12, password_)->key.public_key(),
              opened.key.public_key());
    EXPECT_TRUE(store::transact(db(), "test.accepted", [&](store::Tx& tx) {
        const auto one = subscribers::find_certificate(tx, made->serial).value();
        return subscribers::accepted_at(tx, one.id).has_value();  // M 4.3.1 (4)
    }));
}

// M 4.2.4: PKCS#12 that other programs open.
TEST_P(Formation, OpensslOpensIt) {
    reserve(row());
    write_file_durably(path("password"), "Lantern-2468\n", FileAccess::Owner);
    const auto info = [&](bool legacy) {
        const auto made = order_on(db(), wish(), "Dew-1234", legacy);
        EXPECT_TRUE(made) << made.error().code;
        write_file_durably(path("formation.p12"), made->pkcs12, FileAccess::Owner);
        return test::run_command("openssl pkcs12 -info -legacy -noout -in " +
                                 path("formation.p12") + " -passin file:" + path("password"))
            .output;
    };
    EXPECT_THAT(info(true), HasSubstr("pbeWithSHA1And3-KeyTripleDES-CBC"));
    EXPECT_THAT(info(false),
                ::testing::AllOf(HasSubstr("AES-256-CBC"), HasSubstr("Iteration 600000")));
    const auto opened =
        test::run_command("openssl pkcs12 -noenc -in " + path("formation.p12") +
                          " -passin file:" + path("password") + " -out " + path("opened.pem"));
    EXPECT_TRUE(opened.succeeded()) << opened.output;
    const auto key = test::run_command("openssl pkey -in " + path("opened.pem") + " -pubout");
    const auto certified =
        test::run_command("openssl x509 -in " + path("opened.pem") + " -noout -pubkey");
    EXPECT_EQ(key.output, certified.output);
    const auto text =
        test::run_command("openssl x509 -noout -ext certificatePolicies -in " + path("opened.pem"));
    EXPECT_THAT(text.output, HasSubstr("2.16.886.101.0.3.2"));  // M 1.2: class 2
}

// M 3.1.8, M 4.1.1.4: number, name and applicant as reserved; nothing is kept of what is refused
// but that it was.
TEST_P(Formation, TheRaComparesWithTheReservation) {
    EXPECT_EQ(code_of_order(wish()), "formation.unknown");
    reserve(row());
    EXPECT_EQ(code_of_order(wish_with("reserved_name", "朝露茶業有限公司")), "formation.differs");
    EXPECT_EQ(code_of_order(wish_with("applicant_id", "B123456780")), "formation.differs");
    EXPECT_EQ(code_of_order(wish_with("applicant_id", "A123456788")), "formation.unreadable");
    EXPECT_EQ(code_of_order(wish_with("reservation_number", "115012346")), "formation.unknown");
    EXPECT_EQ(code_of_order(nlohmann::json{{"reservation_number", kReservation}}),
              "formation.unreadable");
    EXPECT_EQ(code_of_order(wish_with("terms_accepted", false)), "formation.not_confirmed");
    EXPECT_EQ(code_of_order(wish_with("content_accepted", "yes")), "formation.not_confirmed");
    EXPECT_EQ(code_of_order(wish(), "short"), "user_code.shape");
    EXPECT_EQ(code_of_order(wish(), "A123456789"), "user_code.guessable");
    EXPECT_EQ(audited("formation.refused"), 4);
    EXPECT_EQ(rows_in("certificate_application"), 0);
    EXPECT_EQ(rows_in("user_code"), 0);
    EXPECT_EQ(code_of_order(wish_with("applicant_id", " a123456789")), "ok");  // as the row is read
}

TEST_P(Formation, ANameThatIsNotReservedAnyMoreIsNotCertified) {  // M 4.4.1 (10)
    reserve(row(kReservedName, "115/11/20"));
    EXPECT_EQ(code_of_order(wish()), "ok");  // the last day counts
    EXPECT_EQ(revoke("Dew-1234"), "accepted");
    run_all();
    clock().advance(std::chrono::hours(24));
    EXPECT_EQ(code_of_order(wish()), "formation.lapsed");
}

TEST_P(Formation, TheNewestRowOfANumberCounts) {
    reserve(row());
    EXPECT_EQ(code_of_order(wish()), "ok");
    reserve(row("晨露茶葉有限公司"));
    EXPECT_EQ(code_of_order(wish()), "formation.differs");
    const auto renamed = wish_with("reserved_name", "晨露茶葉有限公司");
    EXPECT_EQ(code_of_order(renamed), "formation.in_force");
    EXPECT_EQ(revoke("Dew-1234"), "accepted");
    run_all();
    const auto made = order_on(db(), renamed, "Mist-4321");
    ASSERT_TRUE(made) << made.error().code;
    EXPECT_THAT(crypto::Certificate::parse(made->certificate)->subject(),
                HasSubstr("晨露茶葉有限公司"));
}

// The data of a reservation can be looked up: who asks for the file again knows the code, too.
TEST_P(Formation, WhoAsksAgainKnowsTheUserCode) {
    reserve(row());
    EXPECT_EQ(code_of_order(wish()), "ok");
    EXPECT_EQ(code_of_order(wish(), "Guess-12"), "user_code.wrong");
    EXPECT_EQ(code_of_order(wish(), "Guess-13"), "user_code.wrong");
    EXPECT_EQ(code_of_order(wish(), "Guess-14"), "user_code.locked");
    EXPECT_EQ(code_of_order(wish()), "user_code.locked");
    EXPECT_EQ(audited("user_code.strike"), 2);
    EXPECT_EQ(audited("user_code.locked"), 1);
    EXPECT_EQ(rows_in("ca_certificate"), 1);
}

// What the CA refused begins anew, with another code and another password.
TEST_P(Formation, WhatTheCaRefusedBeginsAnew) {
    reserve(row());
    FakeCa refusing;
    refusing.trouble = Error{ErrorKind::Refused, "ca.refused", "No.", {}, {}};
    const requests::Office office = office_on(db());
    const auto request = read_formation_request(office, wish().dump()).value();
    const Secret other(std::string_view("Another-98765"));
    const auto refused = order_formation({office, refusing, profiles_}, request,
                                         Secret(std::string_view("Mist-4321")), {other});
    EXPECT_EQ(refused.error().code, "ca.refused");
    const auto made = order_on(db(), wish());
    ASSERT_TRUE(made) << made.error().code;
    EXPECT_TRUE(crypto::open_pkcs12(made->pkcs12, password_));
    EXPECT_EQ(rows_in("key_file"), 1);
}

// A key is not erased while the CA may still certify it.
TEST_P(Formation, AKeyWaitsForTheAnswerOfTheCa) {
    reserve(row());
    FakeCa away;
    away.trouble = Error{ErrorKind::Unavailable, "ca.unreachable", "Away.", {}, {}};
    const requests::Office office = office_on(db());
    const auto request = read_formation_request(office, wish().dump()).value();
    const auto tried = order_formation({office, away, profiles_}, request,
                                       Secret(std::string_view("Dew-1234")), {password_});
    EXPECT_EQ(tried.error().code, "ca.unreachable");
    clock().advance(kKeyFileKept + std::chrono::hours(1));
    EXPECT_EQ(code_of_order(wish()), "ok");
    EXPECT_EQ(code_of_order(wish()), "key_file.gone");
}

// M 4.4.3: by number and user code; the CA answers first, then the subscriber is told.
TEST_P(Formation, ItIsRevokedByNumberAndUserCodeWhateverWriteFails) {
    reserve(row());
    EXPECT_EQ(revoke("Dew-1234", "115999999"), "formation.unknown");
    EXPECT_EQ(revoke("Dew-1234"), "certificate.none_alive");
    const auto made = order_on(db(), wish());
    ASSERT_TRUE(made);
    const auto mails = rows_in("mail_outbox");
    EXPECT_EQ(revoke("Guess-12"), "wrong");
    int write = 0;
    for (;; ++write) {
        ASSERT_LT(write, 30);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            const auto tried = revoke_with_code(office_on(broken), {{}, {}, kReservation},
                                                Secret(std::string_view("Dew-1234")));
            ASSERT_TRUE(tried && *tried == subscribers::CodeTry::Accepted);
            break;
        } catch (const Failure&) {
            EXPECT_EQ(audited("certificate.revoke-asked"), 0);
        }
    }
    EXPECT_GT(write, 3);
    EXPECT_EQ(certificate_of(kReservation), "issued");  // until the CA has said so
    run_all();
    EXPECT_EQ(certificate_of(kReservation), "revoked");
    EXPECT_THAT(ca_.asked, ElementsAre("revoke " + made->serial));
    EXPECT_EQ(rows_in("mail_outbox"), mails + 1);
    EXPECT_EQ(revoke("Dew-1234"), "certificate.none_alive");
    EXPECT_EQ(code_of_order(wish(), "Mist-4321"), "ok");  // and another one may be ordered
    EXPECT_EQ(rows_in("ca_certificate"), 2);
}

TEST_P(Formation, WithoutAnAddressNobodyIsWrittenTo) {
    reserve(row(kReservedName, "116/05/19", ""));
    EXPECT_EQ(code_of_order(wish()), "ok");
    const auto mails = rows_in("mail_outbox");
    const auto papers = rows_in("print_item");
    EXPECT_EQ(revoke("Dew-1234"), "accepted");
    run_all();
    EXPECT_EQ(certificate_of(kReservation), "revoked");
    EXPECT_EQ(rows_in("mail_outbox"), mails);
    EXPECT_EQ(rows_in("print_item"), papers);
}

// M 4.4.1 (10): the authority names the reservation on its own form.
TEST_P(Formation, TheAuthorityRevokesWhatIsNotEligibleAnyMore) {
    reserve(row());
    EXPECT_EQ(code_of_order(wish()), "ok");
    const auto fate = receive("moea/authority-revocation", {{"record_number", "AR-1"},
                                                            {"received_on", "115/11/20"},
                                                            {"applicant_name", kReservedName},
                                                            {"id_number", kReservation},
                                                            {"revocation_ground", "預查名稱失效"},
                                                            {"letter_number", "115-1"}});
    ASSERT_EQ(fate.kind, intake::FateKind::Accepted) << fate.reasons.front().message.en;
    EXPECT_EQ(examine_all(fate.request), "examined");
    EXPECT_EQ(decide(fate.request, requests::Verdict::Approve, "ben"), "approved");
    run_all();
    EXPECT_EQ(certificate_of(kReservation), "revoked");
    EXPECT_EQ(state_of(fate.request), "completed");
}

TEST_P(Formation, EachRowOfAFileEndsInOneWay) {
    const auto file =
        write("reserved.csv",
              {row(), "11501234,115/11/19,116/05/19,公司,甲有限公司,王小明,A123456789,",
               "115012346,115/11/19,116/05/19,公司,乙有限公司,王小明,A123456788,",
               "115012347,115/11/19,116/05/19,商業,丙商行,王小明,A123456789,",
               "115012348,115/11/19,,有限合夥,丁有限合夥,王小明,A123456789,", row()},
              kReservationHeadings);
    const auto summary = take_in(file);
    EXPECT_THAT(fates(), ElementsAre("2 proposal", "3 refused id.wrong_type in reservation_number",
                                     "4 refused id.check_digit in applicant_id",
                                     "5 refused choice.unknown in entity_kind",
                                     "6 refused field.missing in valid_until", "7 duplicate"));
    EXPECT_EQ(summary.rows, 6);
    EXPECT_TRUE(take_in(file).repeated);
    EXPECT_EQ(rows_in("request"), 2);  // with the desk's own
}

SEALDESK_ON_EVERY_BACKEND(Formation);

}  // namespace
}  // namespace sealdesk::effects
