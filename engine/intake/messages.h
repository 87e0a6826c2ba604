#pragma once

#include <string>
#include <string_view>

#include "base/text.h"
#include "intake/evaluate.h"

// Sentences that the files of this room share; nothing outside it includes this.
namespace sealdesk::intake {

/// The field is empty and must not be.
[[nodiscard]] Reason missing_reason(const scheme::Field& field);

/// The impression of a role is not there.
[[nodiscard]] Reason missing_seal_reason(const scheme::Form& form, const scheme::SealBox& seal,
                                         const scheme::ApplicantKind& kind);

/// A rule of the form is broken.
[[nodiscard]] Reason rule_reason(const scheme::Rule& rule);

/// The kind of check a finding belongs to: `wanted` if the form has it, else its first check.
[[nodiscard]] std::string check_or_first(const scheme::Form& form, std::string_view wanted);

/// Both languages as the detail of an error about a file, "Chinese / English", and back again: an
/// Error has one text, a fate two.
[[nodiscard]] std::string in_both(const Bilingual& what);
[[nodiscard]] Bilingual from_both(const std::string& detail);

/// Canonical JSON of an accepted draft: keys sorted, no blanks, documents as a list.
[[nodiscard]] std::string payload_of(const Draft& draft);

}  // namespace sealdesk::intake
