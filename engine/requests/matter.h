#pragma once

#include <string>
#include <vector>

#include "requests/decide.h"
#include "requests/transitions.h"
#include "store/tx.h"

namespace sealdesk::requests {

/// A request with everything a decision is about, read in one transaction.
struct Matter {
    Request request;
    std::vector<Check> checks;
    std::vector<Scan> scans;
    std::vector<Keying> keyings;

    /// What the transition table looks at when `actor` acts; `this` must outlive it.
    [[nodiscard]] Situation seen_by(const Office& office, std::string_view actor) const;
};

/// Refused: request.not_found.
[[nodiscard]] Result<Matter> read_matter(store::Tx& tx, std::string_view number);

/// Who decides when nobody does but the rule: such a decision carries no signature; the audit chain
/// holds the hash of its document.
inline constexpr std::string_view kByRule = "system";

/// What is signed: canonical JSON (keys sorted, no blanks, UTF-8).
[[nodiscard]] std::string document_of(const Matter& matter, const Ruling& ruling,
                                      const std::string& certificate_fingerprint, Instant at);

/// The key of the jobs that a decision on this version begins.
[[nodiscard]] std::string effect_key(const std::string& number, std::int64_t version);

/// The effects of an approval are the form's; an applicant is told of every other outcome, too. How
/// many there are: the decision's event says it.
[[nodiscard]] std::size_t enqueue_effects(store::Tx& tx, const scheme::Form& form,
                                          const Request& request, Verdict verdict);

}  // namespace sealdesk::requests
