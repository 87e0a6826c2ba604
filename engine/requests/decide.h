#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "officers/officer.h"
#include "officers/officer_key.h"
#include "requests/office.h"

namespace sealdesk::requests {

/// What an officer can decide. Stored as text.
enum class Verdict { Approve, Reject, Return, Withdraw };
[[nodiscard]] std::string_view to_text(Verdict verdict);

/// A decision before it is signed.
struct Ruling {
    Verdict verdict;
    std::vector<std::string> reasons;            ///< for the applicant; needed for all but Approve
    std::string officer;                         ///< login of who decides
    std::vector<std::string> deficiencies = {};  ///< keys of grounds the scheme has words for
};

/// A decision as kept: the exact bytes and the signature over them.
struct Decision {
    std::int64_t id;
    RequestId request;
    std::int64_t request_version;  ///< the version it decided on
    std::string outcome;
    std::string officer;
    std::string reasons;    ///< JSON list
    std::string document;   ///< canonical JSON (keys sorted, no blanks, UTF-8), as signed
    std::string signature;  ///< CMS, detached, CAdES-BES, DER
    Instant decided_at;
};

/// Decides on a request. The document says what is decided on: form hash, payload, scans, checks
/// with their seal figures; the officer's key signs it with no transaction open; then state,
/// decision, effects and audit event are one commit. Refused: the refusals of decide_transition(),
/// decision.no_reason, decision.unknown_deficiency, decision.changed_meanwhile (look again), and
/// what the key refuses. A return stops the promise's clock; deadlines.h says how it goes on.
[[nodiscard]] Result<State> decide(const Office& office, std::string_view number,
                                   const Ruling& ruling, officers::OfficerKey& key);

/// The exact bytes that a decision would be signed over now, for a key that another program holds.
/// Nothing is kept. Refused as by decide().
[[nodiscard]] Result<std::string> document_to_sign(const Office& office, std::string_view number,
                                                   const Ruling& ruling,
                                                   const crypto::Certificate& certificate);

/// How far the signing time may lie from now: time to read a document and to type a PIN.
inline constexpr std::chrono::minutes kSigningTimeMax{15};

/// decide() with a signature that was made elsewhere: `signed_file` is a CMS of the officer's with
/// the bytes of document_to_sign() inside (crypto/signed_file.h). The officer is signed in and may
/// decide. Refused besides: decision.stale; decision.other_document (Conflict) when it is not what
/// would be signed now.
[[nodiscard]] Result<State> decide_signed(const Office& office, std::string_view number,
                                          const officers::Officer& officer,
                                          std::string_view signed_file);

/// The decisions on a request, oldest first.
[[nodiscard]] std::vector<Decision> decisions_of(store::Tx& tx, RequestId id);

/// The decision that an effect's job comes from; `key` is the job's, "<request number>@<version>".
/// There may be later ones: a form is returned, corrected and approved before the letter is made.
[[nodiscard]] Decision decision_behind(store::Tx& tx, RequestId id, std::string_view key);

/// Ends an approved request whose effects are all done and acknowledged.
Outcome settle(store::Tx& tx, RequestId id);

/// What `request verify` found, one line a decision.
struct Verification {
    std::string outcome;
    std::string officer;
    std::string signed_by;  ///< subject of the certificate; empty: by rule, not by a person
    Instant signed_at;
    bool current;  ///< the request's payload is still what was decided on
};

/// Checks every signature of a request against the officers' registered certificates, and that
/// what was signed is what is stored. Refused: decision.none, decision.altered, and what
/// crypto::verify_detached refuses.
[[nodiscard]] Result<std::vector<Verification>> verify_decisions(const Office& office,
                                                                 std::string_view number);

}  // namespace sealdesk::requests
