#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/durable_file.h"
#include "crypto/certificate.h"
#include "crypto/cms.h"
#include "crypto/key.h"
#include "crypto/pkcs12.h"
#include "crypto/verifier.h"

namespace sealdesk::crypto {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr VerifierCost kTestCost{4, 8, 1};
const Instant kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 9h};

template <class T>
std::string code_of(const Result<T>& result) {
    return result ? "ok" : result.error().code;
}

struct Identity {
    KeyPair key;
    Certificate certificate;
};

Identity make_identity(const std::string& name, SelfSignedUse use = SelfSignedUse::Signing) {
    SystemRandom random;
    KeyPair key = KeyPair::generate_rsa(2048);
    Certificate certificate =
        make_self_signed(key, {name, use, kNow - 24h, kNow + 24h * 365}, random);
    return {std::move(key), std::move(certificate)};
}

const Identity& officer() {
    static const Identity made = make_identity("officer 核定員");
    return made;
}

const Identity& stranger() {
    static const Identity made = make_identity("officer 核定員");
    return made;
}

TEST(CryptoKey, AnEncryptedKeyOpensWithItsPassphraseOnly) {
    const auto key = KeyPair::generate_p256();
    const std::string pem = key.to_pem(Secret("correct horse"));

    EXPECT_THAT(pem, HasSubstr("BEGIN ENCRYPTED PRIVATE KEY"));
    const auto opened = KeyPair::from_pem(pem, Secret("correct horse"));
    ASSERT_EQ(code_of(opened), "ok");
    EXPECT_EQ(opened->public_key(), key.public_key());
    EXPECT_EQ(code_of(KeyPair::from_pem(pem, Secret("wrong"))), "key.unreadable");
    EXPECT_EQ(code_of(KeyPair::from_pem("rubbish", Secret("wrong"))), "key.unreadable");
}

TEST(CryptoKey, AKeyInClearIsRefused) {
    constexpr std::string_view clear =
        "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n";
    EXPECT_EQ(code_of(KeyPair::from_pem(clear, Secret("x"))), "key.not_encrypted");
}

TEST(CryptoKey, AKeyFileOpenToOthersIsRefused) {
    const auto file = std::filesystem::path(::testing::TempDir()) / "open_to_others.key";
    KeyPair::generate_p256().save(file, Secret("pass"));
    EXPECT_EQ(code_of(KeyPair::load(file, Secret("pass"))), "ok");

    std::filesystem::permissions(file, std::filesystem::perms::group_read,
                                 std::filesystem::perm_options::add);
    EXPECT_EQ(code_of(KeyPair::load(file, Secret("pass"))), "key.file_open_to_others");
}

TEST(CryptoKey, RsaSignaturesAreRepeatableAndADigestSignsLikeItsContent) {
    const KeyPair& key = officer().key;
    const std::string signature = key.sign("content");

    EXPECT_EQ(key.sign("content"), signature);
    EXPECT_EQ(key.sign_digest(sha256("content")), signature);
    const auto public_key = PublicKey::from_der(key.public_key());
    ASSERT_TRUE(public_key);
    EXPECT_TRUE(public_key->verifies("content", signature));
    EXPECT_TRUE(public_key->verifies_digest(sha256("content"), signature));
    EXPECT_FALSE(public_key->verifies("Content", signature));
    EXPECT_EQ(public_key->bits(), 2048);
}

TEST(CryptoCertificate, ReadsBackWhatItWasMadeOf) {
    const Certificate& certificate = officer().certificate;

    EXPECT_EQ(certificate.subject(), "CN=officer 核定員");
    EXPECT_EQ(certificate.serial().size(), 32U);
    EXPECT_EQ(certificate.not_before(), kNow - 24h);
    EXPECT_TRUE(certificate.is_valid_at(kNow));
    EXPECT_FALSE(certificate.is_valid_at(kNow - 25h));
    EXPECT_TRUE(certificate.belongs_to(officer().key));
    const auto from_der = Certificate::parse(certificate.der());
    const auto from_pem = Certificate::parse(certificate.pem());
    ASSERT_TRUE(from_der && from_pem);
    EXPECT_TRUE(*from_der == certificate && *from_pem == certificate);
    EXPECT_EQ(from_pem->fingerprint(), sha256_hex(certificate.der()));
}

TEST(CryptoCertificate, ReadWithoutItsKeyItSaysTheSame) {
    const Certificate& whole = officer().certificate;
    const auto keyless = Certificate::parse_keyless(whole.der());
    ASSERT_TRUE(keyless);
    EXPECT_EQ(keyless->der(), whole.der());
    EXPECT_EQ(keyless->subject(), whole.subject());
    EXPECT_EQ(keyless->public_key(), whole.public_key());
    EXPECT_TRUE(*keyless == whole && keyless->belongs_to(officer().key));
    EXPECT_EQ(code_of(Certificate::parse_keyless(whole.der() + "x")), "certificate.trailing_bytes");
    EXPECT_EQ(code_of(Certificate::parse_keyless(whole.der().substr(1))), "certificate.unreadable");
    EXPECT_EQ(code_of(Certificate::parse_keyless("")), "certificate.unreadable");
}

TEST(CryptoCertificate, RefusesRubbishAndTrailingBytes) {
    EXPECT_EQ(code_of(Certificate::parse("")), "certificate.unreadable");
    EXPECT_EQ(code_of(Certificate::parse("-----BEGIN CERTIFICATE-----")), "certificate.unreadable");
    EXPECT_EQ(code_of(Certificate::parse(officer().certificate.der() + "x")),
              "certificate.trailing_bytes");
    EXPECT_EQ(code_of(parse_all("nothing")), "certificate.unreadable");
    const auto both = parse_all(officer().certificate.pem() + stranger().certificate.pem());
    ASSERT_TRUE(both);
    EXPECT_EQ(both->size(), 2U);
}

TEST(CryptoPkcs12, OpensWithItsPasswordOnlyAndGivesBackTheChain) {
    Pkcs12 content{KeyPair::generate_p256(), officer().certificate, {stranger().certificate}};
    SystemRandom random;
    content.certificate =
        make_self_signed(content.key, {"p12", SelfSignedUse::Signing, kNow, kNow + 24h}, random);
    const std::string bytes = make_pkcs12(content, "名稱", Secret("Abcd1234"), 1000);

    const auto opened = open_pkcs12(bytes, Secret("Abcd1234"));
    ASSERT_EQ(code_of(opened), "ok");
    EXPECT_TRUE(opened->certificate == content.certificate);
    EXPECT_EQ(opened->key.public_key(), content.key.public_key());
    ASSERT_EQ(opened->chain.size(), 1U);
    EXPECT_EQ(code_of(open_pkcs12(bytes, Secret("abcd1234"))), "pkcs12.wrong_password");
    EXPECT_EQ(code_of(open_pkcs12("rubbish", Secret("x"))), "pkcs12.unreadable");
}

TEST(CryptoCms, ASignatureVerifiesWithThePinnedCertificateOnly) {
    const auto signature =
        sign_detached("decision\r\n", officer().key, officer().certificate, kNow);
    ASSERT_EQ(code_of(signature), "ok");

    const std::vector<Certificate> trusted{stranger().certificate, officer().certificate};
    const auto verified = verify_detached(*signature, "decision\r\n", trusted);
    ASSERT_EQ(code_of(verified), "ok");
    EXPECT_TRUE(verified->certificate == officer().certificate);
    EXPECT_EQ(verified->signed_at, kNow);
    // Not even line ends may change.
    EXPECT_EQ(code_of(verify_detached(*signature, "decision\n", trusted)), "cms.bad_signature");
    // Same name, another key: a certificate inside the signature is not believed.
    EXPECT_EQ(code_of(verify_detached(*signature, "decision\r\n", {&stranger().certificate, 1})),
              "cms.unknown_signer");
    EXPECT_EQ(code_of(verify_detached("rubbish", "decision\r\n", trusted)), "cms.unreadable");
}

TEST(CryptoCms, NoChangedByteOfASignatureChangesWhatWasSigned) {
    const auto signature = sign_detached("decision", officer().key, officer().certificate, kNow);
    ASSERT_TRUE(signature);
    const std::string certificate = officer().certificate.der();
    const auto inside = signature->find(certificate);
    ASSERT_NE(inside, std::string::npos);
    int passed = 0;
    for (std::size_t at = 0; at < signature->size(); ++at) {
        if (at >= inside && at < inside + certificate.size()) {
            continue;  // the enclosed certificate is a courtesy; the pinned one counts
        }
        std::string changed = *signature;
        changed[at] = static_cast<char>(changed[at] ^ 0x20);
        const auto verified = verify_detached(changed, "decision", {&officer().certificate, 1});
        // A few bytes of the wrapping mean nothing (RFC 5652 leaves the list of digest algorithms
        // unsigned); then what was verified must be what was signed.
        if (verified) {
            EXPECT_EQ(verified->signed_at, kNow) << "byte " << at;
        }
        passed += verified ? 1 : 0;
    }
    EXPECT_LE(passed, 40);
}

TEST(CryptoCms, AKeyOutsideItsValidityNeitherSignsNorVerifies) {
    EXPECT_EQ(code_of(sign_detached("x", officer().key, officer().certificate, kNow - 48h)),
              "cms.certificate_not_valid");
    EXPECT_EQ(code_of(sign_detached("x", stranger().key, officer().certificate, kNow)),
              "cms.key_mismatch");
}

TEST(CryptoCms, OnlyTheRecipientOpensAnEnvelope) {
    const Identity printer = make_identity("print room", SelfSignedUse::Encryption);
    const std::string slips(100'000, 's');
    const std::string sealed = encrypt_to(printer.certificate, slips);

    EXPECT_THAT(sealed, Not(HasSubstr("sssssss")));
    const auto opened = decrypt(sealed, printer.key, printer.certificate);
    ASSERT_EQ(code_of(opened), "ok");
    EXPECT_EQ(opened->reveal(), slips);
    EXPECT_EQ(code_of(decrypt(sealed, stranger().key, stranger().certificate)),
              "cms.not_for_this_key");
    EXPECT_EQ(code_of(decrypt("rubbish", printer.key, printer.certificate)), "cms.unreadable");
}

TEST(CryptoVerifier, VerifiesTheSecretItWasMadeOfAndNoOther) {
    SystemRandom random;
    const std::string verifier = make_verifier(Secret("7QX4-KM2P"), random, kTestCost);

    EXPECT_THAT(verifier, ::testing::StartsWith("$scrypt$ln=4,r=8,p=1$"));
    EXPECT_LE(verifier.size(), 100U);
    EXPECT_TRUE(verifies(verifier, Secret("7QX4-KM2P")));
    EXPECT_FALSE(verifies(verifier, Secret("7QX4-KM2Q")));
    EXPECT_FALSE(verifies(verifier, Secret("")));
    EXPECT_NE(make_verifier(Secret("7QX4-KM2P"), random, kTestCost), verifier);  // salted
}

// Computed with Python's hashlib.scrypt: pins the format and the function (RFC 7914).
TEST(CryptoVerifier, ReadsAVerifierMadeElsewhere) {
    constexpr std::string_view from_python =
        "$scrypt$ln=10,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$o3zBilPc86r0aNumivxDqGJbs1CVkVYyLfGzVSIFS0U";
    EXPECT_TRUE(verifies(from_python, Secret("pleaseletmein")));
}

TEST(CryptoVerifier, ADamagedVerifierVerifiesNothing) {
    SystemRandom random;
    const std::string good = make_verifier(Secret("secret"), random, kTestCost);
    EXPECT_FALSE(verifies("", Secret("")));
    EXPECT_FALSE(verifies("$scrypt$$$", Secret("")));
    EXPECT_FALSE(verifies(good + "A", Secret("secret")));
    EXPECT_FALSE(verifies(good.substr(0, good.size() - 1), Secret("secret")));
    // Asks for 1 TiB.
    EXPECT_FALSE(verifies("$scrypt$ln=30,r=8,p=1$" + good.substr(21), Secret("secret")));
}

TEST(DurableFile, ReplacesTheWholeFileAndLeavesNothingBeside) {
    const auto folder = std::filesystem::path(::testing::TempDir()) / "durable_file";
    std::filesystem::create_directories(folder);
    write_file_durably(folder / "a", "one", FileAccess::Owner);
    write_file_durably(folder / "a", "two", FileAccess::Everyone);
    append_line_durably(folder / "a", "three");

    EXPECT_EQ(read_file(folder / "a"), "twothree\n");
    const auto entries = std::distance(std::filesystem::directory_iterator(folder), {});
    EXPECT_EQ(entries, 1);
    EXPECT_THROW(write_file_durably(folder / "no" / "b", "x", FileAccess::Owner), Failure);
    EXPECT_THROW(static_cast<void>(read_file(folder / "absent")), Failure);
}

}  // namespace
}  // namespace sealdesk::crypto
