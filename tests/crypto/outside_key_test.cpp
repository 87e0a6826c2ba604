// Keys that this process does not hold: what a card signs is, byte for byte, what OpenSSL makes of
// a key in memory, and what other programs verify.
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/durable_file.h"
#include "crypto/cms.h"
#include "crypto/csr.h"
#include "support/command.h"
#include "support/temp_folder.h"

namespace sealdesk::crypto {
namespace {

using namespace std::chrono_literals;

const Instant kSigned{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 9h};

/// A key that is asked from outside, and the certificate for it.
struct Outside {
    explicit Outside(KeyPair made)
        : key(std::move(made)), certificate([&] {
              SystemRandom random;
              return make_self_signed(
                  key, {"card 卡片", SelfSignedUse::Signing, kSigned - 24h, kSigned + 24h}, random);
          }()) {}

    /// `wrong`: the card answers with a signature over something else.
    OutsideKey asked(bool wrong = false) {
        return {key.public_key(), [this, wrong](std::string_view digest) -> Result<std::string> {
                    EXPECT_EQ(digest.size(), 32U);
                    ++signatures;
                    return key.sign_digest(wrong ? sha256(digest) : std::string(digest));
                }};
    }

    KeyPair key;
    Certificate certificate;
    int signatures = 0;
};

class OutsideKeys : public ::testing::TestWithParam<bool> {
protected:
    Outside made_{GetParam() ? KeyPair::generate_rsa(2048) : KeyPair::generate_p256()};
    test::TempFolder folder_;
};

TEST_P(OutsideKeys, SignOnceWhatEverybodyVerifies) {
    const std::string decision = "{\"decision\":\"核准\"}\r\n";
    const auto signature = sign_detached(decision, made_.asked(), made_.certificate, kSigned + 7ms);
    ASSERT_TRUE(signature) << signature.error().code;
    EXPECT_EQ(made_.signatures, 1);

    const auto verified = verify_detached(*signature, decision, {&made_.certificate, 1});
    ASSERT_TRUE(verified) << verified.error().code;
    EXPECT_EQ(verified->signed_at, kSigned);  // whole seconds
    const auto file = [&](const char* name, std::string_view content) {
        write_file_durably(folder_.path() / name, content, FileAccess::Owner);
        return (folder_.path() / name).string();
    };
    const auto openssl = test::run_command(
        "openssl cms -verify -binary -inform DER -in " + file("s.p7s", *signature) + " -content " +
        file("s.json", decision) + " -CAfile " + file("ca.pem", made_.certificate.pem()) +
        " -purpose any -attime 1795165200 -cades -out /dev/null");
    EXPECT_TRUE(openssl.succeeded()) << openssl.output;
    // 20 November 2026 09:00, in the signature's own words.
    const auto printed = test::run_command("openssl cms -cmsout -print -inform DER -in " +
                                           (folder_.path() / "s.p7s").string());
    for (const char* attribute : {"contentType", "messageDigest",
                                  "id-smime-aa-signingCertificateV2", "Nov 20 09:00:00 2026 GMT"}) {
        EXPECT_NE(printed.output.find(attribute), std::string::npos) << attribute;
    }
    write_file_durably(folder_.path() / "s.json", "{\"decision\":\"駁回\"}\r\n", FileAccess::Owner);
    EXPECT_FALSE(test::run_command("openssl cms -verify -binary -inform DER -in " +
                                   (folder_.path() / "s.p7s").string() + " -content " +
                                   (folder_.path() / "s.json").string() +
                                   " -noverify -out /dev/null")
                     .succeeded());
}

TEST_P(OutsideKeys, AskForTheirCertificateWithAProofOfPossession) {  // M 3.1.7
    const std::vector<NamePart> subject{{"C", "TW"}, {"CN", "林核定"}, {"serialNumber", "ann"}};
    const auto csr = make_csr(subject, made_.asked());
    ASSERT_TRUE(csr) << csr.error().code;
    EXPECT_EQ(made_.signatures, 1);
    const auto path = folder_.path() / "r.csr";
    write_file_durably(path, *csr, FileAccess::Owner);
    const auto openssl = test::run_command(
        "openssl req -verify -inform DER -noout -subject -nameopt utf8,sep_comma_plus_space -in " +
        path.string());
    EXPECT_NE(openssl.output.find("verify OK"), std::string::npos) << openssl.output;
    EXPECT_NE(openssl.output.find("C=TW, CN=林核定, serialNumber=ann"), std::string::npos)
        << openssl.output;
    // An independent reader agrees.
    const auto certtool =
        test::run_command("certtool --crq-info --inder --infile " + path.string());
    EXPECT_TRUE(certtool.succeeded()) << certtool.output;
    EXPECT_NE(certtool.output.find("Self signature: verified"), std::string::npos)
        << certtool.output;
    EXPECT_EQ(make_csr({{{"nonsense", "x"}}}, made_.asked()).error().code, "csr.bad_subject");
    EXPECT_TRUE(make_csr({}, made_.asked()));
}

TEST_P(OutsideKeys, WhoseAnswerDoesNotVerifySignNothing) {
    EXPECT_EQ(sign_detached("x", made_.asked(true), made_.certificate, kSigned).error().code,
              "key.wrong_signature");
    EXPECT_EQ(make_csr({}, made_.asked(true)).error().code, "key.wrong_signature");
    const OutsideKey gone{made_.key.public_key(), [](std::string_view) -> Result<std::string> {
                              return Error{ErrorKind::Unavailable, "card.removed", "", "", ""};
                          }};
    EXPECT_EQ(sign_detached("x", gone, made_.certificate, kSigned).error().code, "card.removed");
    Outside other(KeyPair::generate_p256());
    EXPECT_EQ(sign_detached("x", other.asked(), made_.certificate, kSigned).error().code,
              "cms.key_mismatch");
    EXPECT_EQ(other.signatures, 0);  // nobody is asked for a PIN in vain
    EXPECT_EQ(make_csr({}, {"rubbish", other.asked().sign_digest}).error().code, "key.unreadable");
}

INSTANTIATE_TEST_SUITE_P(Rsa, OutsideKeys, ::testing::Values(true, false),
                         [](const auto& kind) { return kind.param ? "Rsa" : "P256"; });

}  // namespace
}  // namespace sealdesk::crypto
