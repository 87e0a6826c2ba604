#include "requests/statistics.h"

#include <algorithm>
#include <map>

#include "requests/statistics_store.h"

namespace sealdesk::requests {
namespace {

using std::chrono::minutes;

/// Office time where the scheme states its hours, else all time.
minutes time_between(const Calendar& calendar, const scheme::Scheme* scheme, Instant from,
                     Instant until) {
    if (until <= from) {
        return minutes{0};
    }
    const auto time = scheme != nullptr && scheme->office_hours
                          ? calendar.office_time_between(from, until, *scheme->office_hours)
                          : until - from;
    return std::chrono::floor<minutes>(time);
}

/// Of one scheme in one state, while it is read.
struct Waiting {
    std::int64_t overdue = 0;
    std::vector<int> days;
    std::vector<minutes> ages;
};

/// The lower one of the two in the middle.
template <class T>
T median_of(std::vector<T>& sorted) {
    return sorted[(sorted.size() - 1) / 2];
}

QueueAge age_of(const std::string& scheme, State state, Waiting& waiting) {
    std::ranges::sort(waiting.days);
    return {scheme,
            state,
            waiting.overdue,
            waiting.days.back(),
            median_of(waiting.days),
            durations_of(std::move(waiting.ages))};
}

/// Of one form, while it is read.
struct Served {
    ServiceTime times;
    std::vector<minutes> decision;
    std::vector<minutes> carried;
    std::vector<minutes> whole;
};

/// What all requests of a span are measured by.
struct Measure {
    const std::vector<scheme::Scheme>& schemes;
    const Calendar& calendar;
    std::multimap<std::int64_t, TimeSpan> away;
};

/// Without the time that the form was with its applicant.
minutes own_time(const Measure& measure, const EndedTimes& one, Instant until) {
    const scheme::Scheme* scheme = scheme::find_scheme(measure.schemes, one.scheme);
    minutes time = time_between(measure.calendar, scheme, one.received_at, until);
    const auto [first, last] = measure.away.equal_range(one.id.value());
    for (auto away = first; away != last; ++away) {
        time -= time_between(measure.calendar, scheme, away->second.from,
                             std::min(away->second.until, until));
    }
    return time;
}

void add(Served& served, const Measure& measure, const EndedTimes& one) {
    ServiceTime& times = served.times;
    if (!one.due_at || one.state == State::Withdrawn) {
        ++times.unpromised;
    } else {
        ++(one.closed_at <= *one.due_at ? times.kept : times.late);
    }
    served.whole.push_back(own_time(measure, one, one.closed_at));
    if (!one.decided_at) {
        return;
    }
    served.decision.push_back(own_time(measure, one, *one.decided_at));
    if (one.state == State::Completed) {
        const scheme::Scheme* scheme = scheme::find_scheme(measure.schemes, one.scheme);
        served.carried.push_back(
            time_between(measure.calendar, scheme, *one.decided_at, one.closed_at));
        const auto closing =
            scheme != nullptr && scheme->office_hours ? scheme->office_hours->close : kClosingTime;
        const bool in_time =
            one.closed_at <= measure.calendar.after_working_days(*one.decided_at, 1, closing);
        ++(in_time ? times.done_within_day : times.done_later);
    }
}

}  // namespace

Durations durations_of(std::vector<minutes> times) {
    if (times.empty()) {
        return {};
    }
    std::ranges::sort(times);
    constexpr std::size_t twentieth = 20;
    const std::size_t late = (times.size() * (twentieth - 1) + twentieth - 1) / twentieth;
    return {static_cast<std::int64_t>(times.size()), median_of(times), times[late - 1],
            times.back()};
}

std::vector<QueueAge> queue_ages(store::Tx& tx, const std::vector<scheme::Scheme>& schemes,
                                 const Calendar& calendar) {
    std::vector<QueueAge> ages;
    const auto today = day_in_taipei(tx.now());
    for (const State state : {State::Received, State::Examined, State::Returned, State::Approved}) {
        std::map<std::string, Waiting> by_scheme;
        for (const OpenTimes& one : open_times(tx, state)) {
            Waiting& waiting = by_scheme[one.scheme];
            waiting.overdue += one.due_at && *one.due_at < tx.now() ? 1 : 0;
            waiting.days.push_back(
                calendar.working_days_between(day_in_taipei(one.received_at), today));
            waiting.ages.push_back(time_between(calendar, scheme::find_scheme(schemes, one.scheme),
                                                one.received_at, tx.now()));
        }
        for (auto& [scheme, waiting] : by_scheme) {
            ages.push_back(age_of(scheme, state, waiting));
        }
    }
    return ages;
}

std::vector<ServiceTime> service_times(store::Tx& tx, const std::vector<scheme::Scheme>& schemes,
                                       const Calendar& calendar, const TimeSpan& span) {
    const Measure measure{schemes, calendar, times_away(tx, span)};
    std::map<std::pair<std::string, std::string>, Served> by_form;
    for (const EndedTimes& one : ended_times(tx, span)) {
        add(by_form[{one.scheme, one.form}], measure, one);
    }
    std::vector<ServiceTime> all;
    for (auto& [form, served] : by_form) {
        ServiceTime& times = served.times;
        times.scheme = form.first;
        times.form = form.second;
        times.decision = durations_of(std::move(served.decision));
        times.carried = durations_of(std::move(served.carried));
        times.whole = durations_of(std::move(served.whole));
        all.push_back(std::move(times));
    }
    return all;
}

}  // namespace sealdesk::requests
