#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sealdesk {

/// Numbers that others have printed and that run on: of pre-numbered forms, of the post's labels.
class NumberSeries {
public:
    /// How the sign `*` of a pattern is reckoned.
    enum class Check {
        None,
        S10,   ///< Universal Postal Union, S10: weights 8 6 4 2 3 5 9 7 over the running digits
        Luhn,  ///< ISO/IEC 7812: over all digits before it
    };
    /// "none", "s10", "luhn".
    [[nodiscard]] static std::optional<Check> check_from(std::string_view text);
    [[nodiscard]] static std::string_view to_text(Check check);

    /// The series in which this number is one: the digits at its end run on. Nothing when it does
    /// not end in 1 to 18 digits.
    [[nodiscard]] static std::optional<NumberSeries> of(std::string_view number);

    /// By its pattern: `#` for each digit of the running number, side by side; `*` for the check
    /// digit; 0-9 A-Z - as they are. "RR########*TW". Nothing when it is no pattern, has a `*`
    /// without a check or the other way round, or is longer than 40 characters.
    [[nodiscard]] static std::optional<NumberSeries> parse(std::string_view pattern, Check check);

    /// The running number in a number; nothing when it is none of the series.
    [[nodiscard]] std::optional<std::int64_t> value_of(std::string_view number) const;
    /// Whether the running number has room.
    [[nodiscard]] bool holds(std::int64_t value) const;
    [[nodiscard]] std::string number(std::int64_t value) const;

    [[nodiscard]] const std::string& pattern() const { return pattern_; }
    [[nodiscard]] Check check() const { return check_; }

private:
    NumberSeries(std::string_view pattern, Check check);
    [[nodiscard]] char check_of(const std::string& number) const;

    std::string pattern_;
    Check check_;
    std::size_t first_;  ///< of the running digits
    std::size_t digits_;
};

}  // namespace sealdesk
