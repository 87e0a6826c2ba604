#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sealdesk::test {

/// A number to be judged, and by which rule.
struct Number {
    std::string kind;  ///< "national", "resident", "ubn"
    std::string text;
};

/// Valid numbers and near misses (a wrong digit, neighbours exchanged, one character too many or
/// too few, another second character, small letters). The same seed gives the same numbers.
[[nodiscard]] std::vector<Number> make_numbers(std::uint64_t seed, int count);

/// What this program says.
[[nodiscard]] bool is_right(const Number& number);

}  // namespace sealdesk::test
