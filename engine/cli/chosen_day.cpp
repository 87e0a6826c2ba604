#include "cli/chosen_day.h"

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

}  // namespace sealdesk::cli
