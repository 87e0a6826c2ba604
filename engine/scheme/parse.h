#pragma once

#include <vector>

#include "base/result.h"
#include "scheme/scheme.h"
#include "scheme/yaml_document.h"

namespace sealdesk::scheme {

/// What scheme.yaml says, beside the Scheme itself: kinds and deliveries that forms choose from.
struct SchemeParts {
    Scheme scheme;                        ///< without forms
    std::vector<std::string> form_names;  ///< in their order
    std::vector<ApplicantKind> kinds;
    std::vector<Delivery> deliveries;
};

/// Turns documents whose shape was checked into structs. Errors: scheme.reference (`where` names
/// the line) for a word that stands for nothing: an unknown type, kind, delivery.
[[nodiscard]] Result<SchemeParts> parse_scheme(const YamlDocument& document);
[[nodiscard]] Result<Form> parse_form(const YamlDocument& document, const SchemeParts& parts);

/// Checks every name a form uses for something it defines: fields in conditions, roles, rules and
/// seals, values in conditions, documents in the checklist, profiles; and that no heading, choice
/// or document has a name twice. Errors: scheme.reference, scheme.repeated_name.
[[nodiscard]] Outcome check_references(const YamlDocument& document, const SchemeParts& parts,
                                       const Form& form);

/// The same for what scheme.yaml defines: names of kinds, deliveries and forms.
[[nodiscard]] Outcome check_scheme_references(const YamlDocument& document,
                                              const SchemeParts& parts);

}  // namespace sealdesk::scheme
