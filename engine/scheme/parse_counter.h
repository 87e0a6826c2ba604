#pragma once

#include <nlohmann/json.hpp>

#include "scheme/scheme.h"
#include "scheme/yaml_document.h"

// What definitions say about the counter's time and money; for this room only. The JSON's shape was
// checked against the schema.
namespace sealdesk::scheme {

[[nodiscard]] Fee parse_fee(const nlohmann::json& node, Condition when);

/// Office hours, deficiencies, the time for 補正, what is sold without a form, refunds.
void parse_counter_rules(const nlohmann::json& root, Scheme& scheme);

/// The form's own deficiencies after the scheme's, its time for 補正 or the scheme's, and what is
/// keyed twice.
void parse_counter_rules(const nlohmann::json& root, const Scheme& scheme, Form& form);

/// Errors: scheme.repeated_name (a deficiency twice), scheme.reference (double_keyed names no field
/// that a person can key).
[[nodiscard]] Outcome check_counter_references(const YamlDocument& document, const Form& form);

}  // namespace sealdesk::scheme
