#include "crypto/key.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <sys/stat.h>

#include "base/durable_file.h"
#include "crypto/openssl_handles.h"

namespace sealdesk::crypto {
namespace {

using Pkcs8Handle = Handle<PKCS8_PRIV_KEY_INFO, &PKCS8_PRIV_KEY_INFO_free>;
using SealedPkcs8 = Handle<X509_SIG, &X509_SIG_free>;

constexpr std::string_view kEncryptedLabel = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
constexpr std::string_view kClearLabels[] = {"-----BEGIN PRIVATE KEY-----",
                                             "-----BEGIN RSA PRIVATE KEY-----",
                                             "-----BEGIN EC PRIVATE KEY-----"};

// scrypt for keys at rest. N=2^14, r=8, p=5 is one of OWASP's five equal minima; a larger N would
// pass the 32 MiB at which OpenSSL's own reader stops.
constexpr std::uint64_t kKeyScryptN = 1U << 14U;
constexpr std::uint64_t kKeyScryptR = 8;
constexpr std::uint64_t kKeyScryptP = 5;
constexpr int kKeySaltLength = 16;

KeyPair generate(const char* type, auto... parameter) {
    EVP_PKEY* const key = EVP_PKEY_Q_keygen(nullptr, nullptr, type, parameter...);
    require(key != nullptr, "key generation");
    return KeyPair(key);
}

int give_passphrase(char* buffer, int size, int /*writing*/, void* passphrase) {
    const std::string_view text = static_cast<const Secret*>(passphrase)->reveal();
    if (text.size() > static_cast<std::size_t>(size)) {
        return -1;
    }
    std::memcpy(buffer, text.data(), text.size());
    return static_cast<int>(text.size());
}

std::string sign_with(EVP_PKEY* key, std::string_view bytes) {
    const DigestContext context(EVP_MD_CTX_new());
    require(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1,
            "EVP_DigestSignInit");
    std::size_t length = 0;
    require(EVP_DigestSign(context.get(), nullptr, &length, octets(bytes), bytes.size()) == 1,
            "EVP_DigestSign");
    std::string signature(length, '\0');
    require(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                           &length, octets(bytes), bytes.size()) == 1,
            "EVP_DigestSign");
    signature.resize(length);
    return signature;
}

/// A context for an operation on a ready SHA-256 digest.
PkeyContext digest_context(EVP_PKEY* key, int (*start)(EVP_PKEY_CTX*)) {
    PkeyContext context(EVP_PKEY_CTX_new(key, nullptr));
    require(context != nullptr && start(context.get()) == 1, "EVP_PKEY operation");
    if (EVP_PKEY_is_a(key, "RSA") == 1) {
        require(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1, "padding");
    }
    require(EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1, "signature digest");
    return context;
}

Outcome check_key_file_mode(const std::filesystem::path& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) == 0 && (status.st_mode & 077U) != 0) {
        return Error{ErrorKind::Refused,
                     "key.file_open_to_others",
                     "The key file can be read by others; chmod 600 it, and think about "
                     "whether the key is still safe.",
                     file.string(),
                     {}};
    }
    return done();
}

}  // namespace

void free_key(evp_pkey_st* key) noexcept { EVP_PKEY_free(key); }

KeyPair KeyPair::generate_rsa(int bits) {
    SEALDESK_CHECK(bits >= kRsaBitsMin && bits <= 8192);
    return generate("RSA", static_cast<std::size_t>(bits));
}

KeyPair KeyPair::generate_p256() { return generate("EC", "P-256"); }

Result<KeyPair> KeyPair::from_pem(std::string_view pem, const Secret& passphrase) {
    const auto holds = [&](std::string_view label) {
        return pem.find(label) != std::string_view::npos;
    };
    if (std::ranges::any_of(kClearLabels, holds)) {
        return Error{ErrorKind::Invalid,
                     "key.not_encrypted",
                     "The private key lies in clear; only encrypted PKCS#8 is accepted.",
                     {},
                     {}};
    }
    PkeyHandle key;
    if (holds(kEncryptedLabel)) {
        const BioHandle bio = reading_from(pem);
        // PEM's callback takes a pointer to something it may change; ours does not.
        void* const given = const_cast<Secret*>(&passphrase);  // NOLINT
        key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, &give_passphrase, given));
    }
    if (key == nullptr) {
        forget_errors();
        return Error{ErrorKind::Invalid,
                     "key.unreadable",
                     "The private key cannot be opened: wrong passphrase, or a damaged file.",
                     {},
                     {}};
    }
    return KeyPair(key.release());
}

Result<KeyPair> KeyPair::load(const std::filesystem::path& file, const Secret& passphrase) {
    const Outcome allowed = check_key_file_mode(file);
    if (!allowed) {
        return allowed.error();
    }
    auto key = from_pem(read_file(file), passphrase);
    if (!key) {
        Error error = key.error();
        error.where = file.string();
        return error;
    }
    return key;
}

std::string KeyPair::to_pem(const Secret& passphrase) const {
    SEALDESK_CHECK(passphrase.size() > 0);
    const Pkcs8Handle clear(EVP_PKEY2PKCS8(key_.get()));
    require(clear != nullptr, "EVP_PKEY2PKCS8");
    std::string salt(kKeySaltLength, '\0');
    auto* const salt_bytes = reinterpret_cast<unsigned char*>(salt.data());
    require(RAND_bytes(salt_bytes, kKeySaltLength) == 1, "RAND_bytes");
    Handle<X509_ALGOR, &X509_ALGOR_free> algorithm(
        PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt_bytes, kKeySaltLength, nullptr, kKeyScryptN,
                              kKeyScryptR, kKeyScryptP));
    require(algorithm != nullptr, "PKCS5_pbe2_set_scrypt");
    const std::string_view text = passphrase.reveal();
    const SealedPkcs8 sealed(
        PKCS8_set0_pbe(text.data(), static_cast<int>(text.size()), clear.get(), algorithm.get()));
    require(sealed != nullptr, "PKCS8_set0_pbe");
    // PKCS8_set0_pbe took the algorithm over.
    static_cast<void>(algorithm.release());
    const BioHandle out = memory_bio();
    require(PEM_write_bio_PKCS8(out.get(), sealed.get()) == 1, "PEM_write_bio_PKCS8");
    return written_to(out.get());
}

void KeyPair::save(const std::filesystem::path& file, const Secret& passphrase) const {
    write_file_durably(file, to_pem(passphrase), FileAccess::Owner);
}

std::string KeyPair::public_key() const { return to_der<EVP_PKEY>(key_.get(), &i2d_PUBKEY); }

std::string KeyPair::sign(std::string_view bytes) const { return sign_with(key_.get(), bytes); }

std::string KeyPair::sign_digest(std::string_view digest) const {
    SEALDESK_CHECK(digest.size() == 32);
    const PkeyContext context = digest_context(key_.get(), &EVP_PKEY_sign_init);
    std::size_t length = static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
    std::string signature(length, '\0');
    require(EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                          &length, octets(digest), digest.size()) == 1,
            "EVP_PKEY_sign");
    signature.resize(length);
    return signature;
}

bool KeyPair::is_rsa() const { return EVP_PKEY_is_a(key_.get(), "RSA") == 1; }
int KeyPair::bits() const { return EVP_PKEY_get_bits(key_.get()); }

Result<PublicKey> PublicKey::from_der(std::string_view spki) {
    const unsigned char* at = octets(spki);
    PkeyHandle key(d2i_PUBKEY(nullptr, &at, static_cast<long>(spki.size())));
    if (key == nullptr || at != octets(spki) + spki.size()) {
        forget_errors();
        return Error{
            ErrorKind::Invalid, "key.unreadable", "The public key cannot be read.", {}, {}};
    }
    return PublicKey(key.release());
}

bool PublicKey::verifies(std::string_view bytes, std::string_view signature) const {
    const DigestContext context(EVP_MD_CTX_new());
    require(EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1,
            "EVP_DigestVerifyInit");
    const int verdict = EVP_DigestVerify(context.get(), octets(signature), signature.size(),
                                         octets(bytes), bytes.size());
    forget_errors();
    return verdict == 1;
}

bool PublicKey::verifies_digest(std::string_view digest, std::string_view signature) const {
    const PkeyContext context = digest_context(key_.get(), &EVP_PKEY_verify_init);
    const int verdict = EVP_PKEY_verify(context.get(), octets(signature), signature.size(),
                                        octets(digest), digest.size());
    forget_errors();
    return verdict == 1;
}

bool PublicKey::is_rsa() const { return EVP_PKEY_is_a(key_.get(), "RSA") == 1; }
int PublicKey::bits() const { return EVP_PKEY_get_bits(key_.get()); }

}  // namespace sealdesk::crypto
