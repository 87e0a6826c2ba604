#pragma once

#include <map>
#include <string>
#include <vector>

namespace sealdesk::scheme {

/// Normalised values of one form by field key: choices by their value, yes/no as "yes"/"no",
/// dates as ISO, numbers in digits, scans as SHA-256. Derived values have a dot in the key:
/// "id_number.type" ("national_id", "ubn" …), "contact_address.postal_code". A field that was
/// left empty has no entry.
using Values = std::map<std::string, std::string>;

/// One test of a condition on one field (or derived value).
struct FieldTest {
    enum class Kind {
        OneOf,   ///< the value is one of `values`
        NoneOf,  ///< the value is none of `values`; holds for an empty field
        Filled,  ///< the field has a value
        Empty,   ///< the field has none
    };
    std::string field;
    Kind kind;
    std::vector<std::string> values;
};

/// All tests must hold; without tests it always holds. In a definition: `{field: [a, b]}`,
/// `{field: {not: [a]}}`, `{field: filled}`, `{field: empty}`, several fields together.
struct Condition {
    std::vector<FieldTest> all;
};

[[nodiscard]] bool holds(const Condition& condition, const Values& values);

}  // namespace sealdesk::scheme
