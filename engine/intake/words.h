#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "intake/field_rules.h"
#include "scheme/scheme.h"

namespace sealdesk::intake {

/// The names of a list of choices, ready to be looked up: as written first, folded second.
class ChoiceNames {
public:
    explicit ChoiceNames(const std::vector<scheme::Choice>& choices);

    /// The value the text names, or null.
    [[nodiscard]] const std::string* find(const std::string& text) const;

private:
    std::unordered_map<std::string, std::string> written_;
    std::unordered_map<std::string, std::string> folded_;
};

}  // namespace sealdesk::intake
