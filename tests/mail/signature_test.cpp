// Signed mails (S/MIME, RFC 8551), verified by OpenSSL's own command.
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "crypto/cms.h"
#include "mail/mail_samples.h"
#include "mail/message.h"
#include "support/command.h"
#include "support/temp_folder.h"

namespace sealdesk::mail {
namespace {

using sealdesk::test::run_command;

class SignedMail : public ::testing::Test {
protected:
    void SetUp() override {
        const std::string made =
            run_command(
                "(cd " + folder_.path().string() +
                " && openssl req -x509 -newkey rsa:2048 -keyout key.pem -passout pass:secret1 "
                "-out cert.pem -days 400 -subj '/CN=RA mail' "
                "-addext subjectAltName=email:ra@example.test "
                "-addext extendedKeyUsage=emailProtection && chmod 600 key.pem) 2>&1")
                .output;
        certificate_ = crypto::Certificate::load(file("cert.pem")).value();
        key_.emplace(crypto::KeyPair::load(file("key.pem"), Secret("secret1")).value());
    }
    [[nodiscard]] std::filesystem::path file(const std::string& name) const {
        return folder_.path() / name;
    }
    [[nodiscard]] std::string signed_mail(const OutgoingMail& mail) const {
        const auto bytes = compose(Message{
            .from = {"憑證註冊中心", "ra@example.test"},
            .to = mail.to,
            .subject = mail.subject,
            .text = mail.text,
            .html = "<p>您好</p>",
            .attachments = mail.attachments,
            .message_id = "<1@ra.example.test>",
            .date = certificate_->not_before() + std::chrono::hours(1),
            .sign = [this](std::string_view content) {
                return crypto::sign_detached(content, *key_, *certificate_,
                                             certificate_->not_before() + std::chrono::hours(1));
            }});
        EXPECT_TRUE(bytes);
        return *bytes;
    }
    [[nodiscard]] bool verifies(const std::string& mail) const {
        std::ofstream(file("mail.eml"), std::ios::binary) << mail;
        return run_command("openssl cms -verify -in " + file("mail.eml").string() + " -CAfile " +
                           file("cert.pem").string() + " -out " + file("content").string())
            .succeeded();
    }

    sealdesk::test::TempFolder folder_;
    std::optional<crypto::Certificate> certificate_;
    std::optional<crypto::KeyPair> key_;
};

TEST_F(SignedMail, IsVerifiedByOpenSslAndNotWhenChanged) {
    const std::string mail = signed_mail(test::a_mail("slip:1"));
    EXPECT_TRUE(verifies(mail));
    EXPECT_NE(mail.find("micalg=sha-256"), std::string::npos);

    std::string changed = mail;
    const std::size_t at = changed.find("\r\n\r\n", changed.find("text/plain")) + 5;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(verifies(changed));
}

TEST_F(SignedMail, IsReadAsAnyOther) {
    std::ofstream(file("mail.eml"), std::ios::binary) << signed_mail(test::a_mail("slip:1"));
    const auto read =
        run_command("/usr/bin/python3 " SEALDESK_SOURCE_DIR "/tests/mail/read_mail.py " +
                    file("mail.eml").string());
    ASSERT_TRUE(read.succeeded());
    const auto seen = nlohmann::json::parse(read.output);
    EXPECT_EQ(seen["shape"],
              "multipart/signed(multipart/mixed(multipart/alternative(text/plain,"
              "text/html),application/pdf),application/pkcs7-signature)");
    EXPECT_EQ(seen["defects"], nlohmann::json::array());
    EXPECT_EQ(seen["from"], "憑證註冊中心");
}

TEST_F(SignedMail, TheCertificateSaysForWhichAddressItIs) {
    EXPECT_TRUE(certificate_->names_mail_address("ra@example.test"));
    EXPECT_FALSE(certificate_->names_mail_address("other@example.test"));
    EXPECT_FALSE(certificate_->names_mail_address(""));
}

}  // namespace
}  // namespace sealdesk::mail
