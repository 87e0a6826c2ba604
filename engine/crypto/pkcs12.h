#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

namespace sealdesk::crypto {

/// What a PKCS#12 file (RFC 7292) holds: one key, its certificate, and the certificates above it.
struct Pkcs12 {
    KeyPair key;
    Certificate certificate;
    std::vector<Certificate> chain;
};

/// PBKDF2 iterations that protect a PKCS#12, for key, certificates and MAC each.
/// Source: OWASP Password Storage Cheat Sheet, PBKDF2-HMAC-SHA256, minimum 600,000.
inline constexpr int kPkcs12Iterations = 600'000;
/// For a password that a machine made, with 100 random bits or more: iterations slow down the
/// guessing of what people choose, and here there is nothing to guess.
inline constexpr int kPkcs12IterationsRandomPassword = 2'048;

/// Key and certificates under a password: PBES2 with AES-256-CBC and HMAC-SHA-256. The key must
/// belong to the certificate (SEALDESK_CHECK).
[[nodiscard]] std::string make_pkcs12(const Pkcs12& content, std::string_view friendly_name,
                                      const Secret& password, int iterations = kPkcs12Iterations);

/// The same for what reads nothing newer (Windows before 10 version 1709 and Server 2019, old
/// Java): 3DES, SHA-1, and 2,048 iterations (the most that such readers bear well). Only for who
/// asks for it: a guess costs next to nothing.
[[nodiscard]] std::string make_legacy_pkcs12(const Pkcs12& content, std::string_view friendly_name,
                                             const Secret& password);
inline constexpr int kLegacyPkcs12Iterations = 2'048;

/// Errors (Invalid): pkcs12.unreadable for damaged bytes, pkcs12.wrong_password,
/// pkcs12.incomplete without key or certificate, pkcs12.key_mismatch.
[[nodiscard]] Result<Pkcs12> open_pkcs12(std::string_view bytes, const Secret& password);

}  // namespace sealdesk::crypto
