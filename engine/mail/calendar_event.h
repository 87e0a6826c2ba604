#pragma once

#include <chrono>
#include <span>
#include <string>

#include "base/clock.h"

namespace sealdesk::mail {

/// A day that a reader may put into its calendar.
struct CalendarEvent {
    std::string uid;  ///< the same for every mail about the same thing: a calendar keeps one
    std::chrono::year_month_day day;
    std::string summary;
    std::string description;
    int alarm_days;  ///< the calendar reminds so many days before; 0: it does not
};

/// The events as a file (RFC 5545): UTF-8, CRLF, lines folded at 75 bytes between characters, texts
/// escaped. `stamp` is when the mail was written.
[[nodiscard]] std::string calendar_file(std::span<const CalendarEvent> events, Instant stamp);

}  // namespace sealdesk::mail
