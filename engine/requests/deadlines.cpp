#include "requests/deadlines.h"

#include <algorithm>

namespace sealdesk::requests {
namespace {

using scheme::Deadline;
using scheme::ReturnPeriod;
using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::chrono::minutes kReminderHour{9 *
                                             60};  ///< of the day: before people open their mail

std::chrono::minutes closing_time(const scheme::Scheme& scheme) {
    return scheme.office_hours ? scheme.office_hours->close : kClosingTime;
}

/// `count` of the period's days after a day, moved on to a working day.
year_month_day days_after(const Calendar& calendar, ReturnPeriod::Unit unit, year_month_day from,
                          std::int64_t count) {
    if (unit == ReturnPeriod::Unit::WorkingDays) {
        return day_in_taipei(
            calendar.after_working_days(start_of_day_in_taipei(from), static_cast<int>(count)));
    }
    return calendar.working_day_from(sys_days{from} + days{count});
}

/// `count` of the period's days before a day.
year_month_day days_before(const Calendar& calendar, ReturnPeriod::Unit unit, year_month_day from,
                           std::int64_t count) {
    sys_days date{from};
    if (unit == ReturnPeriod::Unit::Days) {
        return date - days{count};
    }
    for (std::int64_t left = count; left > 0;) {
        date -= days{1};
        left -= calendar.is_working_day(date) ? 1 : 0;
    }
    return date;
}

std::string clock_text(Instant at) { return to_taipei_text(at).substr(11); }

Bilingual overdue_text(const Calendar& calendar, Instant due, Instant now) {
    const int passed = calendar.working_days_between(day_in_taipei(due), day_in_taipei(now));
    if (passed == 0) {
        return {"已逾期（" + to_taipei_text(due).substr(5) + "）",
                "overdue since " + to_taipei_text(due).substr(5)};
    }
    const std::string count = std::to_string(passed);
    return {"逾期 " + count + " 個工作日",
            "overdue by " + count + (passed == 1 ? " working day" : " working days")};
}

}  // namespace

const Deadline* promise_of(const scheme::Form& form, const scheme::Values& values) {
    const auto chosen = values.find(form.roles.delivery);
    const scheme::Delivery* delivery =
        chosen == values.end() ? nullptr : form.find_delivery(chosen->second);
    if (delivery != nullptr) {
        return &delivery->deadline;
    }
    return form.deadline ? &*form.deadline : nullptr;
}

Instant end_of_promise(const Calendar& calendar, const scheme::Scheme& scheme,
                       const Deadline& promise, Instant from) {
    if (promise.unit == Deadline::Unit::WorkingDays) {
        return calendar.after_working_days(from, static_cast<int>(promise.count),
                                           closing_time(scheme));
    }
    // Counted in Taipei time, whatever the clock of the machine says (G 3).
    const std::chrono::hours hours(promise.count);
    return scheme.office_hours ? calendar.after_office_time(from, hours, *scheme.office_hours)
                               : from + hours;
}

std::optional<Instant> promised_end(const Calendar& calendar, const scheme::Scheme& scheme,
                                    const scheme::Form& form, const scheme::Values& values,
                                    Instant from) {
    const Deadline* promise = promise_of(form, values);
    return promise == nullptr ? std::nullopt
                              : std::optional(end_of_promise(calendar, scheme, *promise, from));
}

Instant resumed_end(const Calendar& calendar, const scheme::Scheme& scheme, const Deadline& promise,
                    Instant due, Instant returned, Instant resubmitted) {
    if (promise.unit == Deadline::Unit::WorkingDays) {
        const int left = calendar.working_days_between(day_in_taipei(returned), day_in_taipei(due));
        return calendar.after_working_days(resubmitted, std::max(left, 1), closing_time(scheme));
    }
    using std::chrono::microseconds;
    const microseconds least = std::chrono::hours(1);
    if (!scheme.office_hours) {
        return resubmitted + std::max<microseconds>(due - returned, least);
    }
    const auto left = calendar.office_time_between(returned, due, *scheme.office_hours);
    return calendar.after_office_time(resubmitted, std::max(left, least), *scheme.office_hours);
}

CorrectionDays correction_of(const Calendar& calendar, const scheme::Scheme& scheme,
                             const ReturnPeriod& period, Instant returned) {
    const year_month_day first = day_in_taipei(returned);
    const year_month_day last = days_after(calendar, period.unit, first, period.count);
    CorrectionDays correction{
        last, std::nullopt,
        calendar.after_working_days(start_of_day_in_taipei(last), 1, closing_time(scheme))};
    if (period.remind_before > 0) {
        const year_month_day day = days_before(calendar, period.unit, last, period.remind_before);
        if (sys_days{day} > sys_days{first}) {
            correction.remind_at = start_of_day_in_taipei(day) + kReminderHour;
        }
    }
    return correction;
}

Bilingual time_left(const Calendar& calendar, Instant due, Instant now) {
    if (now > due) {
        return overdue_text(calendar, due, now);
    }
    const year_month_day today = day_in_taipei(now);
    const year_month_day last = day_in_taipei(due);
    const std::string time = clock_text(due);
    if (last == today) {
        return {"今日 " + time + " 前", "today by " + time};
    }
    if (sys_days{last} == sys_days{today} + days{1}) {
        return {"明日 " + time + " 前", "tomorrow by " + time};
    }
    const int left = calendar.working_days_between(today, last);
    const std::string count = std::to_string(left);
    return {"尚餘 " + count + " 個工作日（" + to_roc_text(last) + "）",
            count + (left == 1 ? " working day (" : " working days (") + to_iso_text(last) + ")"};
}

}  // namespace sealdesk::requests
