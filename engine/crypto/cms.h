#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

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
/// (Refused) cms.certificate_not_valid when the certificate does not cover `at`.
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

/// CMS EnvelopedData (DER): AES-256-CBC, content key under RSA-OAEP with SHA-256. EnvelopedData is
/// not authenticated: keep the SHA-256 of the result (store::FileStore does) and check it before
/// decrypting. The recipient's key must be RSA (SEALDESK_CHECK).
[[nodiscard]] std::string encrypt_to(const Certificate& recipient, std::string_view bytes);

/// Error (Invalid): cms.unreadable; cms.not_for_this_key when the key cannot open it or the
/// content is damaged (the two are not told apart on purpose).
[[nodiscard]] Result<Secret> decrypt(std::string_view enveloped, const KeyPair& key,
                                     const Certificate& certificate);

}  // namespace sealdesk::crypto
