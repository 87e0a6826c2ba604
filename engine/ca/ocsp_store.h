#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ca/ca_store.h"
#include "ca/ocsp_message.h"
#include "store/tx.h"

/// Table ca_ocsp_response; for this room only.
namespace sealdesk::ca {

/// An answer signed in advance.
struct SignedAnswer {
    std::int64_t version = 0;  ///< of the certificate it speaks of
    Instant this_update;
    Instant next_update;
    std::string der;
};

/// A certificate as OCSP sees it.
struct OcspSubject {
    StoredStatus stored;
    std::optional<SignedAnswer> answer;

    /// The answer, unless it speaks of an older standing or ends before `until`.
    [[nodiscard]] const SignedAnswer* fresh_answer(Instant until) const {
        const bool fresh =
            answer && answer->version == stored.version && until <= answer->next_update;
        return fresh ? &*answer : nullptr;
    }
};

/// A signed certificate of this CA, with its answer for this hash.
[[nodiscard]] std::optional<OcspSubject> find_ocsp_subject(store::Tx& tx, std::string_view issuer,
                                                           std::string_view serial,
                                                           IssuerHash hash);

/// Signed certificates whose validity has not ended, after an id; at most `limit`. Their answers
/// come without the bytes.
[[nodiscard]] std::vector<OcspSubject> ocsp_subjects_after(store::Tx& tx, std::string_view issuer,
                                                           IssuerHash hash, std::int64_t after,
                                                           std::int64_t limit);

/// Keeps it in the place of the certificate's former answer for this hash.
void save_answer(store::Tx& tx, std::int64_t certificate_id, IssuerHash hash,
                 const SignedAnswer& answer);

/// Removes answers of certificates that ran out; returns how many, at most `limit`.
std::int64_t forget_answers(store::Tx& tx, Instant before, std::int64_t limit);

}  // namespace sealdesk::ca
