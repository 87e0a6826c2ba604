#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/handle.h"
#include "base/result.h"
#include "base/secret.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY; its headers stay inside crypto/ and ca/

namespace sealdesk::crypto {

void free_key(evp_pkey_st* key) noexcept;

/// RSA keys shorter than this are refused everywhere (M 6.1.5).
inline constexpr int kRsaBitsMin = 2048;

/// A private key with its public half, in this process's memory. Move-only; the memory is
/// overwritten by OpenSSL when the key goes.
class KeyPair {
public:
    /// A fresh RSA key with exponent 65537; 2048 to 8192 bits. A 2048-bit key takes 50–300 ms.
    [[nodiscard]] static KeyPair generate_rsa(int bits);

    /// A fresh key on curve P-256 (prime256v1).
    [[nodiscard]] static KeyPair generate_p256();

    /// Reads an encrypted PKCS#8 PEM ("BEGIN ENCRYPTED PRIVATE KEY"). Errors (Invalid):
    /// key.not_encrypted for a key lying in clear, key.unreadable for a wrong passphrase or
    /// damaged text (the two cannot be told apart).
    [[nodiscard]] static Result<KeyPair> from_pem(std::string_view pem, const Secret& passphrase);

    /// from_pem() of a file; also refuses (Refused, key.file_open_to_others) a file that group or
    /// others can read. Throws Failure when the file cannot be read.
    [[nodiscard]] static Result<KeyPair> load(const std::filesystem::path& file,
                                              const Secret& passphrase);

    /// Encrypted PKCS#8 (PBES2, AES-256-CBC, scrypt N=2^14 r=8 p=5, the memory limit of OpenSSL's
    /// own reader): opens with `openssl pkey`. About 0.2 s.
    [[nodiscard]] std::string to_pem(const Secret& passphrase) const;

    /// Writes to_pem() to a file of mode 0600, whole or not at all.
    void save(const std::filesystem::path& file, const Secret& passphrase) const;

    /// The public half: DER SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
    [[nodiscard]] std::string public_key() const;

    /// Signs with SHA-256: PKCS#1 v1.5 for RSA (the same bytes give the same signature, which the
    /// CA's crash recovery relies on), ECDSA for P-256 (they do not).
    [[nodiscard]] std::string sign(std::string_view bytes) const;

    /// Signs a SHA-256 digest of 32 bytes made elsewhere, as sign() would its content.
    [[nodiscard]] std::string sign_digest(std::string_view digest) const;

    [[nodiscard]] bool is_rsa() const;
    [[nodiscard]] int bits() const;

    /// For crypto/ and ca/ only.
    explicit KeyPair(evp_pkey_st* owned) : key_(owned) {}
    [[nodiscard]] evp_pkey_st* native() const { return key_.get(); }

private:
    Handle<evp_pkey_st, &free_key> key_;
};

/// A public key ready for many verifications: decoding one costs 0.2 ms in OpenSSL 3.0, a
/// verification 0.02 ms.
class PublicKey {
public:
    /// Reads DER SubjectPublicKeyInfo. Error (Invalid) key.unreadable.
    [[nodiscard]] static Result<PublicKey> from_der(std::string_view spki);

    /// True when `signature` is over `bytes`: SHA-256 with PKCS#1 v1.5, or ECDSA.
    [[nodiscard]] bool verifies(std::string_view bytes, std::string_view signature) const;

    /// The same for a SHA-256 digest of 32 bytes.
    [[nodiscard]] bool verifies_digest(std::string_view digest, std::string_view signature) const;

    [[nodiscard]] bool is_rsa() const;
    [[nodiscard]] int bits() const;

    explicit PublicKey(evp_pkey_st* owned) : key_(owned) {}
    [[nodiscard]] evp_pkey_st* native() const { return key_.get(); }

private:
    Handle<evp_pkey_st, &free_key> key_;
};

}  // namespace sealdesk::crypto
