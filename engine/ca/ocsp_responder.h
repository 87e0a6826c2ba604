#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ca/ocsp_message.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "store/tx.h"

namespace sealdesk::ca {

/// How long an answer may be kept by whoever asked. A change of a certificate's standing reaches
/// everybody who asks at once, and everybody else within this time.
inline constexpr std::chrono::hours kOcspLife{12};

/// Answers are signed anew when less than this is left of them.
inline constexpr std::chrono::hours kOcspRenewal{6};

/// An HTTP answer's body and what a cache may do with it.
struct OcspAnswer {
    std::string der;         ///< OCSPResponse
    bool cacheable = false;  ///< signed, about one certificate, without nonce
    Instant this_update;
    Instant next_update;
};

/// Answers RFC 6960 requests about the certificates of one CA, with a key of its own whose
/// certificate the CA signed (M 4.4.12). What was asked once, or signed in advance, is answered
/// from the database as long as the certificate's standing is the same: an answer can never be
/// older than the standing it speaks of. One object serves one thread.
class OcspResponder {
public:
    /// Errors (Invalid): ca.ocsp_key_mismatch, ca.ocsp_not_responder (not issued by this CA, or
    /// without the usage OCSPSigning); (Refused) ca.ocsp_expired.
    [[nodiscard]] static Result<OcspResponder> open(store::Database& database,
                                                    const crypto::Certificate& authority,
                                                    crypto::KeyPair key,
                                                    const crypto::Certificate& certificate);

    /// What came in never makes it throw; a database that fails does (Failure), which whoever
    /// serves answers as tryLater or internalError.
    [[nodiscard]] OcspAnswer answer(std::string_view request);

    /// Signs answers (by SHA-1, as RFC 5019 clients ask) for every certificate that has not run
    /// out and has none good for kOcspRenewal; commits a page at a time; forgets those of
    /// certificates that ran out. Returns how many were signed.
    std::int64_t sign_ahead(const std::function<void(std::int64_t)>& progress);

private:
    struct IssuerName {
        std::string name_sha1;
        std::string key_sha1;
        std::string name_sha256;
        std::string key_sha256;
    };
    OcspResponder(store::Database& database, std::string issuer, IssuerName name,
                  crypto::KeyPair key, const crypto::Certificate& certificate);

    [[nodiscard]] bool is_ours(const CertId& id) const;
    [[nodiscard]] OcspAnswer answer_stored(const CertId& id);
    [[nodiscard]] OcspAnswer answer_all(const OcspRequest& request);
    [[nodiscard]] std::string sign(OcspStatement statement);

    store::Database& database_;
    std::string issuer_;  ///< as rows name the CA
    IssuerName name_;
    crypto::KeyPair key_;
    crypto::PublicKey public_key_;
    std::string certificate_;
    std::string key_hash_;
    Instant not_after_;
};

}  // namespace sealdesk::ca
