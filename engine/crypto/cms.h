#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "crypto/outside_key.h"

namespace sealdesk::crypto {

/// Who signed, and when by their own clock (a claim: the audit log's time is what counts).
struct SignerInfo {
    Certificate certificate;
    Instant signed_at;
};

/// Signs the bytes as they are: CMS SignedData (RFC 5652), detached, CAdES-BES (ETSI EN 319 122-1)
/// with signed attributes contentType, messageDigest, signingTime and signingCertificateV2,
/// SHA-256; the signer's certificate is included. DER. `at` is kept to whole seconds.
/// Error (Invalid) cms.key_mismatch when the key does not belong to the certificate;
/// (Refused) cms.certificate_not_valid when the certificate does not cover `at`; those of
/// OutsideKey::sign().
[[nodiscard]] Result<std::string> sign_detached(std::string_view bytes, const OutsideKey& key,
                                                const Certificate& certificate, Instant at);
[[nodiscard]] Result<std::string> sign_detached(std::string_view bytes, const KeyPair& key,
                                                const Certificate& certificate, Instant at);

/// Checks a detached signature made by exactly one of the given certificates: trust is by pinning,
/// certificates inside the signature are not believed. What the caller still decides: revocation,
/// the signer's role, and whether signed_at is plausible.
/// Errors (Invalid): cms.unreadable, cms.not_one_signer, cms.unknown_signer,
/// cms.weak_digest (not SHA-256), cms.not_cades (no signing-certificate attribute for this very
/// certificate, or no signing time), cms.bad_signature; (Refused) cms.certificate_not_valid when
/// the certificate did not cover the signing time.
[[nodiscard]] Result<SignerInfo> verify_detached(std::string_view signature, std::string_view bytes,
                                                 std::span<const Certificate> trusted);

/// The serial number (as Certificate::serial()) that the one signer of a CMS with content inside
/// claims; nothing is verified. DER or PEM. Errors (Invalid): cms.unreadable, cms.not_one_signer,
/// cms.unknown_signer when the signer is not named by issuer and serial number.
[[nodiscard]] Result<std::string> claimed_signer(std::string_view cms);

/// The content of a CMS SignedData (RFC 5652) that carries it, DER or PEM, when exactly this
/// certificate signed it; pinned as in verify_detached(). Without a signing time: what a subscriber
/// signs is good by its content. Validity and revocation are the caller's. Errors (Invalid):
/// cms.unreadable, cms.not_one_signer, cms.unknown_signer, cms.weak_digest (not SHA-256),
/// cms.bad_signature.
[[nodiscard]] Result<std::string> verify_attached(std::string_view cms, const Certificate& signer);

/// CMS EnvelopedData (DER): AES-256-CBC, content key under RSA-OAEP with SHA-256. EnvelopedData is
/// not authenticated: keep the SHA-256 of the result (store::FileStore does) and check it before
/// decrypting. The recipient's key must be RSA (SEALDESK_CHECK).
[[nodiscard]] std::string encrypt_to(const Certificate& recipient, std::string_view bytes);

/// CMS EnvelopedData (DER) as mail clients open it (RFC 8551): AES-256-CBC, the content key under
/// RSA PKCS #1 v1.5. RFC 8551 would rather have AuthEnvelopedData with AES-GCM and RSA-OAEP, but
/// mail clients in the field do not all open the former, nor card drivers the latter. CBC does not
/// show that a mail was changed on its way: current clients therefore load nothing from outside out
/// of an encrypted mail. The recipient's certificate takes_keys() (SEALDESK_CHECK).
[[nodiscard]] std::string enclose_for_mail(const Certificate& recipient, std::string_view entity);

/// Error (Invalid): cms.unreadable; cms.not_for_this_key when the key cannot open it or the
/// content is damaged (the two are not told apart on purpose).
[[nodiscard]] Result<Secret> decrypt(std::string_view enveloped, const KeyPair& key,
                                     const Certificate& certificate);

/// PBKDF2 iterations behind a passphrase that a person chose. OpenSSL's CMS leaves only their
/// number to us; the function stays HMAC-SHA-1.
inline constexpr int kPassphraseIterations = 600'000;

/// CMS EnvelopedData under a passphrase (PasswordRecipientInfo, RFC 3211 with PBKDF2; AES-256-CBC
/// for content and content key), PEM: opens with `openssl cms -decrypt -inform PEM -pwri_password`.
/// Not authenticated, as above: the content must carry a check of its own.
[[nodiscard]] std::string encrypt_under(const Secret& passphrase, std::string_view bytes,
                                        int iterations = kPassphraseIterations);

/// The content; text around the PEM is passed over. Errors (Invalid): cms.unreadable;
/// cms.wrong_passphrase for a wrong passphrase or damaged content.
[[nodiscard]] Result<Secret> decrypt_under(const Secret& passphrase, std::string_view pem);

}  // namespace sealdesk::crypto
