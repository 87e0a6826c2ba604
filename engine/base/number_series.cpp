#include "base/number_series.h"

#include <algorithm>
#include <array>

#include "base/error.h"

namespace sealdesk {
namespace {

constexpr std::size_t kPatternMax = 40;
constexpr std::size_t kRunningMax = 18;  // digits that a number of 64 bits holds
constexpr std::array<std::string_view, 3> kSeriesChecks{"none", "s10", "luhn"};
constexpr std::array<int, 8> kS10Weights{8, 6, 4, 2, 3, 5, 9, 7};

bool is_digit_sign(char c) { return c >= '0' && c <= '9'; }

char s10_digit(std::string_view digits) {
    int sum = 0;
    for (std::size_t i = 0; i < kS10Weights.size(); ++i) {
        sum += (digits[i] - '0') * kS10Weights.at(i);
    }
    const int check = 11 - sum % 11;
    return check == 10 ? '0' : check == 11 ? '5' : static_cast<char>('0' + check);
}

char luhn_digit(std::string_view text) {
    int sum = 0;
    bool twice = true;
    for (auto sign = text.rbegin(); sign != text.rend(); ++sign) {
        if (!is_digit_sign(*sign)) {
            continue;
        }
        const int weighed = (*sign - '0') * (twice ? 2 : 1);
        sum += weighed > 9 ? weighed - 9 : weighed;
        twice = !twice;
    }
    return static_cast<char>('0' + (10 - sum % 10) % 10);
}

}  // namespace

std::optional<NumberSeries::Check> NumberSeries::check_from(std::string_view text) {
    const auto* const found = std::ranges::find(kSeriesChecks, text);
    return found == kSeriesChecks.end()
               ? std::nullopt
               : std::optional(static_cast<Check>(found - kSeriesChecks.begin()));
}

std::string_view NumberSeries::to_text(Check check) { return kSeriesChecks.at(std::size_t(check)); }

NumberSeries::NumberSeries(std::string_view pattern, Check check)
    : pattern_(pattern),
      check_(check),
      first_(pattern.find('#')),
      digits_(std::size_t(std::ranges::count(pattern, '#'))) {}

std::optional<NumberSeries> NumberSeries::of(std::string_view number) {
    const std::size_t last = number.find_last_not_of("0123456789");
    const std::size_t first = last == std::string_view::npos ? 0 : last + 1;
    std::string pattern(number);
    std::fill(pattern.begin() + std::ptrdiff_t(first), pattern.end(), '#');
    return parse(pattern, Check::None);
}

std::optional<NumberSeries> NumberSeries::parse(std::string_view pattern, Check check) {
    const std::size_t first = pattern.find('#');
    const std::size_t last = pattern.rfind('#');
    const auto count = std::size_t(std::ranges::count(pattern, '#'));
    const bool side_by_side = count > 0 && count <= kRunningMax && last - first + 1 == count;
    const std::size_t star = pattern.find('*');
    const bool one_star = star == pattern.rfind('*');
    const bool as_checked = (check == Check::None) == (star == std::string_view::npos);
    const bool right =
        check == Check::None || (check == Check::S10 ? count == kS10Weights.size() : star > last);
    const bool plain = pattern.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-#*") ==
                       std::string_view::npos;
    if (!side_by_side || !one_star || !as_checked || !right || !plain ||
        pattern.size() > kPatternMax) {
        return std::nullopt;
    }
    return NumberSeries(pattern, check);
}

char NumberSeries::check_of(const std::string& number) const {
    return check_ == Check::S10
               ? s10_digit(std::string_view(number).substr(first_, digits_))
               : luhn_digit(std::string_view(number).substr(0, pattern_.find('*')));
}

bool NumberSeries::holds(std::int64_t value) const {
    return value >= 0 && std::to_string(value).size() <= digits_;
}

std::string NumberSeries::number(std::int64_t value) const {
    SEALDESK_CHECK(holds(value));
    const std::string digits = std::to_string(value);
    std::string number = pattern_;
    number.replace(first_, digits_, std::string(digits_ - digits.size(), '0') + digits);
    const std::size_t star = number.find('*');
    if (star != std::string::npos) {
        number[star] = check_of(number);
    }
    return number;
}

std::optional<std::int64_t> NumberSeries::value_of(std::string_view text) const {
    if (text.size() != pattern_.size()) {
        return std::nullopt;
    }
    std::int64_t value = 0;
    for (std::size_t i = first_; i < first_ + digits_; ++i) {
        if (!is_digit_sign(text[i])) {
            return std::nullopt;
        }
        value = value * 10 + (text[i] - '0');
    }
    return number(value) == text ? std::optional(value) : std::nullopt;
}

}  // namespace sealdesk
