#include "base/calendar.h"

#include <algorithm>

namespace sealdesk {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::weekday;
using std::chrono::year_month_day;

constexpr int kDaysAheadMax = 3660;  ///< ten years: more than any promise of an office

bool is_weekend(year_month_day day) {
    const weekday of_day{sys_days{day}};
    return of_day == std::chrono::Saturday || of_day == std::chrono::Sunday;
}

/// When the counter is open on a day.
struct Opening {
    Instant from;
    Instant until;
};

Opening opening_on(year_month_day day, const OfficeHours& hours) {
    const Instant midnight = start_of_day_in_taipei(day);
    return {midnight + hours.open, midnight + hours.close};
}

}  // namespace

bool CalendarDay::is_make_up() const { return working && is_weekend(day); }
bool CalendarDay::is_holiday() const { return !working && !is_weekend(day); }

void Calendar::add(const CalendarYear& year) {
    for (const CalendarDay& one : year.days) {
        known_.insert_or_assign(sys_days{one.day}, one);
    }
}

bool Calendar::knows(int year) const {
    return known_.contains(sys_days{std::chrono::year{year} / std::chrono::January / 1});
}

CalendarDay Calendar::day(year_month_day day) const {
    const auto known = known_.find(sys_days{day});
    return known != known_.end() ? known->second : CalendarDay{day, !is_weekend(day), ""};
}

bool Calendar::is_working_day(year_month_day day) const {
    const auto known = known_.find(sys_days{day});
    return known != known_.end() ? known->second.working : !is_weekend(day);
}

year_month_day Calendar::working_day_from(year_month_day day) const {
    sys_days date{day};
    for (int ahead = 0; !is_working_day(date) && ahead < kDaysAheadMax; ++ahead) {
        date += days{1};
    }
    return date;
}

int Calendar::working_days_between(year_month_day from, year_month_day until) const {
    int count = 0;
    const sys_days last = std::min(sys_days{until}, sys_days{from} + days{kDaysAheadMax});
    for (sys_days date = sys_days{from} + days{1}; date <= last; date += days{1}) {
        count += is_working_day(date) ? 1 : 0;
    }
    return count;
}

Instant Calendar::after_working_days(Instant from, int count, std::chrono::minutes closing) const {
    sys_days date{day_in_taipei(from)};
    for (int ahead = 0; count > 0 && ahead < kDaysAheadMax; ++ahead) {
        date += days{1};
        count -= is_working_day(date) ? 1 : 0;
    }
    return start_of_day_in_taipei(date) + closing;
}

Instant Calendar::after_office_time(Instant from, std::chrono::microseconds work,
                                    const OfficeHours& hours) const {
    sys_days date{day_in_taipei(from)};
    for (int ahead = 0; ahead < kDaysAheadMax; ++ahead, date += days{1}) {
        const Opening opening = opening_on(date, hours);
        const Instant start = std::max(from, opening.from);
        if (!is_working_day(date) || start >= opening.until) {
            continue;
        }
        if (start + work <= opening.until) {
            return start + work;
        }
        work -= opening.until - start;
    }
    return from + work;
}

std::chrono::microseconds Calendar::office_time_between(Instant from, Instant until,
                                                        const OfficeHours& hours) const {
    std::chrono::microseconds open{0};
    sys_days date{day_in_taipei(from)};
    for (int ahead = 0; ahead < kDaysAheadMax && start_of_day_in_taipei(date) < until;
         ++ahead, date += days{1}) {
        const Opening opening = opening_on(date, hours);
        const Instant start = std::max(from, opening.from);
        const Instant end = std::min(until, opening.until);
        if (is_working_day(date) && start < end) {
            open += end - start;
        }
    }
    return open;
}

}  // namespace sealdesk
