#include "cli/chosen_day.h"

#include "base/text.h"
#include "intake/field_rules.h"

namespace sealdesk::cli {

Result<std::chrono::year_month_day> chosen_day(const Desk& desk, const std::string& text) {
    if (text.empty()) {
        return day_in_taipei(desk.clock.now());
    }
    const intake::Reading reading = intake::read_date(text);
    if (reading.fault) {
        return Error{ErrorKind::Invalid, reading.fault->code, reading.fault->message.en, text, {}};
    }
    return intake::day_from_iso(reading.value);
}

Result<std::chrono::year_month> chosen_month(const Desk& desk, const std::string& text) {
    if (text.empty()) {
        const auto today = day_in_taipei(desk.clock.now());
        return today.year() / today.month();
    }
    constexpr int roc_before = 1911;
    const auto parts = split(text, text.find('/') == std::string::npos ? '-' : '/');
    const auto year = parts.size() == 2 ? parse_number(parts[0]) : std::nullopt;
    const auto month = parts.size() == 2 ? parse_number(parts[1]) : std::nullopt;
    if (!year || !month || *year < 1 || *year > 9999 || *month < 1 || *month > 12) {
        return Error{
            ErrorKind::Invalid, "report.month", "A month is written 2026-11 or 115/11.", text, {}};
    }
    const int western = static_cast<int>(*year < roc_before ? *year + roc_before : *year);
    return std::chrono::year{western} / std::chrono::month{static_cast<unsigned>(*month)};
}

}  // namespace sealdesk::cli
