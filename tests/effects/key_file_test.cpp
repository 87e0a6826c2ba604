// Key and certificate as PKCS#12 under the applicant's password (M 4.2.2), ordered with the primary
// card's signature, on both databases. OpenSSL and Java open the files.
#include "effects/key_file.h"

#include "crypto/pkcs12.h"
#include "effects/card_desk.h"
#include "support/failing_connection.h"

namespace sealdesk::effects {
namespace {

const Secret kFilePassword(std::string_view("Lantern-2468"));

class KeyFiles : public CardDesk {
protected:
    std::string wish(const std::string& name = "one_stop", const std::string& number = kNumber) {
        return signed_by("card",
                         R"({"certificate": ")" + name + R"(", "id_number": ")" + number + R"("})");
    }

    Result<KeyFile> order_on(store::Database& database, const std::string& cms,
                             const Secret& password, bool legacy = false) {
        const auto signer = ca::open_quickly(database, entity_ca_files(profiles_), profiles_);
        signer->recover();
        const requests::Office office = office_on(database);
        const auto request = read_card_request(office, cms);
        if (!request) {
            return request.error();
        }
        return order_key_file({office, *signer, profiles_}, *request,
                              {password, legacy, {signer->certificate()}});
    }
    Result<KeyFile> order(const std::string& cms, const Secret& password = kFilePassword) {
        return order_on(db(), cms, password);
    }
    std::string code(const std::string& cms, const Secret& password = kFilePassword) {
        const auto made = order(cms, password);
        return made ? "ok" : made.error().code;
    }

    /// Writes file and password for other programs.
    void write(const KeyFile& made) {
        write_file_durably(path("one-stop.p12"), made.pkcs12, FileAccess::Owner);
        write_file_durably(path("password"), std::string(kFilePassword.reveal()) + "\n",
                           FileAccess::Owner);
    }
    std::string openssl_says(const std::string& more) {
        return test::run_command("openssl pkcs12 -in " + path("one-stop.p12") +
                                 " -passin file:" + path("password") + " " + more)
            .output;
    }
    /// Both decrypt the key as well. Once is enough: the file does not depend on the database.
    void opens_in_java_and_nss() {
        if (on_mysql()) {
            return;
        }
        const std::string password = ":file " + path("password");
        const auto java = test::run_command(
            "keytool -J-Duser.language=en -importkeystore -srcstoretype PKCS12 -srckeystore " +
            path("one-stop.p12") + " -srcstorepass" + password + " -destkeystore " +
            path("java.p12") + " -deststorepass" + password);
        EXPECT_THAT(java.output, ::testing::HasSubstr("1 entries successfully imported"));
        const auto nss = test::run_command(
            "cd " + folder().string() +
            " && rm -rf nss && mkdir nss && certutil -N -d sql:nss "
            "--empty-password && pk12util -d sql:nss -i one-stop.p12 -w password && "
            "certutil -K -d sql:nss");
        EXPECT_THAT(nss.output, ::testing::HasSubstr("< 0> rsa"));
    }
};

TEST_P(KeyFiles, OneKeyAndOneCertificateWhateverWriteFails) {  // M 4.2.2
    const std::string cms = wish();
    std::optional<KeyFile> made;
    int write = 0;
    for (; !made; ++write) {
        ASSERT_LT(write, 60);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            auto ordered = order_on(broken, cms, kFilePassword);
            ASSERT_TRUE(ordered) << ordered.error().code;
            made = *std::move(ordered);
        } catch (const Failure&) {
            EXPECT_LE(rows_in("ca_certificate"), rows_in("key_file"));
        }
    }
    EXPECT_GT(write, 8);
    EXPECT_EQ(rows_in("ca_certificate"), 1);
    EXPECT_EQ(rows_in("certificate"), 4);
    const auto opened = crypto::open_pkcs12(made->pkcs12, kFilePassword).value();
    EXPECT_EQ(opened.certificate.serial(), made->serial);
    EXPECT_EQ(opened.chain.size(), 1U);
    EXPECT_EQ(opened.certificate.not_after() - opened.certificate.not_before(),
              std::chrono::days(365));  // M 6.3.2.2: a year
    const auto again = order(cms);      // handed out again: the same key
    ASSERT_TRUE(again);
    EXPECT_EQ(again->certificate, made->certificate);
    EXPECT_EQ(crypto::open_pkcs12(again->pkcs12, kFilePassword)->key.public_key(),
              opened.key.public_key());
    const auto kept = in_tx([&](store::Tx& tx) {
        const auto one = subscribers::find_certificate(tx, made->serial).value();
        EXPECT_FALSE(subscribers::token_holding(tx, one.id));
        return subscribers::accepted_at(tx, one.id).has_value();  // M 4.3.1 (3)
    });
    EXPECT_TRUE(kept);
}

TEST_P(KeyFiles, OpensslAndJavaOpenIt) {
    const auto made = order(wish());
    ASSERT_TRUE(made) << made.error().code;
    write(*made);
    const std::string info = openssl_says("-info -noout");
    EXPECT_THAT(info, ::testing::HasSubstr("AES-256-CBC"));
    EXPECT_THAT(info, ::testing::HasSubstr("hmacWithSHA256"));
    EXPECT_THAT(info, ::testing::HasSubstr("Iteration 600000"));
    EXPECT_THAT(info, ::testing::HasSubstr("MAC: sha256"));
    ASSERT_EQ(run_openssl("pkcs12 -in " + path("one-stop.p12") + " -passin file:" +
                          path("password") + " -noenc -out " + path("opened.pem")),
              "");
    EXPECT_EQ(run_openssl("verify -x509_strict -attime 1795200000 -CAfile " +
                          entity_ca_files(profiles_).certificate.string() + " " +
                          path("opened.pem") + " > " + path("verified")),
              "");
    const auto key = test::run_command("openssl pkey -in " + path("opened.pem") + " -pubout");
    const auto certified =
        test::run_command("openssl x509 -in " + path("opened.pem") + " -noout -pubkey");
    EXPECT_EQ(key.output, certified.output);
    opens_in_java_and_nss();
}

TEST_P(KeyFiles, TheOldFormIsForWhoAsksForIt) {
    const auto made = order_on(db(), wish(), kFilePassword, true);
    ASSERT_TRUE(made) << made.error().code;
    write(*made);
    const std::string info = openssl_says("-info -noout");
    EXPECT_THAT(info, ::testing::HasSubstr("pbeWithSHA1And3-KeyTripleDES-CBC"));
    EXPECT_THAT(info, ::testing::HasSubstr("MAC: sha1"));
    opens_in_java_and_nss();
}

TEST_P(KeyFiles, OnlyTheApplicantsPasswordOpensItAndOnlyForAWeek) {
    const std::string cms = wish();
    EXPECT_EQ(code(cms, Secret(std::string_view("short-1"))), "key_file.weak_password");
    EXPECT_EQ(code(cms, Secret(std::string_view("onlyletters"))), "key_file.weak_password");
    EXPECT_EQ(code(cms), "ok");
    EXPECT_EQ(code(cms, Secret(std::string_view("another-Pass-1"))), "key_file.wrong_password");
    EXPECT_EQ(code(cms), "ok");
    const auto sealed = connection().query("SELECT sealed_key FROM key_file", {}).front().bytes(0);
    EXPECT_TRUE(sealed.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    clock().advance(kKeyFileKept);
    EXPECT_EQ(erase_old_keys(db()), 0);
    clock().advance(std::chrono::seconds(1));
    EXPECT_EQ(store::transact(db(), "test.due", old_keys_due), 1);
    EXPECT_EQ(erase_old_keys(db()), 1);
    EXPECT_EQ(erase_old_keys(db()), 0);
    EXPECT_EQ(rows_in("key_file"), 0);
    EXPECT_EQ(code(cms), "key_file.gone");
    EXPECT_EQ(rows_in("ca_certificate"), 1);
}

// M 4.1.1.3: by the primary card in force, for the entity's own number, what its kind is offered.
TEST_P(KeyFiles, WhoMayOrderWhat) {
    EXPECT_EQ(code(wish("formation")), "key_file.not_offered");
    EXPECT_EQ(code(wish("one_stop", "04595257")), "key_file.unreadable");
    EXPECT_EQ(code(signed_by("card", "one_stop")), "key_file.unreadable");
    EXPECT_EQ(code(signed_by("file", R"({"certificate": "one_stop", "id_number": "24608131"})")),
              "card.not_primary");
    move_hold(subscribers::open_hold, 1);
    EXPECT_EQ(code(wish()), "card.not_in_force");
    EXPECT_EQ(rows_in("certificate_application"), 0);
    EXPECT_EQ(rows_in("key_file"), 0);
}

SEALDESK_ON_EVERY_BACKEND(KeyFiles);

}  // namespace
}  // namespace sealdesk::effects
