#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "crypto/certificate.h"
#include "requests/office.h"

namespace sealdesk::requests {

/// A decision as a file that needs nothing else (M 4.5): the document that was signed (form hash,
/// fields, scans, checks with their seal figures and the hash of the comparison picture, decision),
/// the officer's signature over it, the officer's certificate and those above it. One CMS, DER;
/// also for `openssl cms -verify`. `version`: of the request, when not the last signed decision is
/// meant. `authorities`: where the certificates above are looked for. Verified before it is given.
/// Errors: request.not_found; (NotFound) decision.none; what verify_decisions() refuses.
[[nodiscard]] Result<std::string> export_decision(const Office& office, std::string_view number,
                                                  std::optional<std::int64_t> version,
                                                  std::span<const crypto::Certificate> authorities);

/// What such a file proves.
struct ExportedDecision {
    std::string number;
    std::int64_t version;
    std::string outcome;
    std::string officer;
    crypto::Certificate certificate;  ///< who signed
    Instant signed_at;
    /// Subject of the trusted certificate that vouches for the signer's; empty: none was given, and
    /// the certificate's fingerprint is to be compared with the officer's.
    std::string trusted_by;
    std::string document;
};

/// Verifies a file of export_decision() without a database. `trusted`: officers' certificates, or
/// their CAs'. Errors: those of crypto::open_signed_file(); (Invalid) decision.not_in_file when it
/// holds something else, or a decision signed with another certificate than the document names;
/// (Refused) decision.untrusted when certificates are given and none vouches for the signer.
[[nodiscard]] Result<ExportedDecision> read_exported(std::string_view file,
                                                     std::span<const crypto::Certificate> trusted);

}  // namespace sealdesk::requests
