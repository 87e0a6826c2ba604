#pragma once

#include <optional>

#include "base/calendar.h"
#include "base/text.h"
#include "scheme/scheme.h"

/// The counter's time, pure: what is promised, how the promise stands while a form is with the
/// applicant, and until when it may stay there.
namespace sealdesk::requests {

/// What the office promises for these values (T 5.1.5: by the delivery the applicant chose); null
/// when the form promises nothing.
[[nodiscard]] const scheme::Deadline* promise_of(const scheme::Form& form,
                                                 const scheme::Values& values);

/// When a promise given at `from` ends. Working days end at the scheme's closing time. Hours are
/// counted while the counter is open where the scheme states its hours; else they run on.
[[nodiscard]] Instant end_of_promise(const Calendar& calendar, const scheme::Scheme& scheme,
                                     const scheme::Deadline& promise, Instant from);

/// end_of_promise() of promise_of(); nothing when the form promises nothing.
[[nodiscard]] std::optional<Instant> promised_end(const Calendar& calendar,
                                                  const scheme::Scheme& scheme,
                                                  const scheme::Form& form,
                                                  const scheme::Values& values, Instant from);

/// The end of a promise whose clock stood while the form was with the applicant, from `returned`
/// to `resubmitted`. T and M are silent; fair to both: what was left goes on, counted as the
/// promise is, and the office, which must examine everything again, has at least one working day
/// or one hour. `due` is the end as it was before.
[[nodiscard]] Instant resumed_end(const Calendar& calendar, const scheme::Scheme& scheme,
                                  const scheme::Deadline& promise, Instant due, Instant returned,
                                  Instant resubmitted);

/// The days of a returned form.
struct CorrectionDays {
    std::chrono::year_month_day last_day;  ///< handed in on it counts
    std::optional<Instant> remind_at;      ///< none: no reminder
    /// When the office closes the request: the closing time of the first working day after the last
    /// day, so that what came in on the last day can still be keyed.
    Instant close_at;
};
[[nodiscard]] CorrectionDays correction_of(const Calendar& calendar, const scheme::Scheme& scheme,
                                           const scheme::ReturnPeriod& period, Instant returned);

/// What a clerk reads: 今日 17:30 前, 明日 17:30 前, 尚餘 3 個工作日 (115/11/25), 逾期 2 個工作日.
[[nodiscard]] Bilingual time_left(const Calendar& calendar, Instant due, Instant now);

}  // namespace sealdesk::requests
