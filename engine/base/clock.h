#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace sealdesk {

/// A point in time, UTC, microseconds: what storage holds as BIGINT.
using Instant = std::chrono::sys_time<std::chrono::microseconds>;

/// A span of time: its first moment, and the first after it.
struct TimeSpan {
    Instant from;
    Instant until;
};

/// Where "now" comes from. Everything that needs the time is given one, so that a test rules it.
class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Instant now() const = 0;
};

/// The machine's clock. The only place that reads it; made in cli/ and api/ only.
class SystemClock final : public Clock {
public:
    [[nodiscard]] Instant now() const override;
};

/// A clock that stands until it is moved; for tests and simulations.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Instant start) : now_(start) {}
    [[nodiscard]] Instant now() const override { return now_; }
    void advance(std::chrono::microseconds by) { now_ += by; }
    void set(Instant to) { now_ = to; }

private:
    Instant now_;
};

/// Microseconds since 1970, as stored.
[[nodiscard]] inline std::int64_t to_stored(Instant instant) {
    return instant.time_since_epoch().count();
}
[[nodiscard]] inline Instant from_stored(std::int64_t microseconds) {
    return Instant{std::chrono::microseconds{microseconds}};
}

/// The calendar day in Taiwan (UTC+8 all year), by which deadlines and ages are counted.
[[nodiscard]] std::chrono::year_month_day day_in_taipei(Instant instant);

/// Midnight in Taipei at the start of a day.
[[nodiscard]] Instant start_of_day_in_taipei(std::chrono::year_month_day day);

/// A whole month in Taipei.
[[nodiscard]] TimeSpan month_in_taipei(std::chrono::year_month month);

/// "2026-11-20T09:15:00Z", as canonical documents and --json show it (whole seconds).
[[nodiscard]] std::string to_utc_text(Instant instant);

/// "2026-11-20 17:15" in Taipei, as people read it.
[[nodiscard]] std::string to_taipei_text(Instant instant);

/// "115/11/20", the Republic of China's calendar (ROC year = year - 1911), as forms write it.
[[nodiscard]] std::string to_roc_text(std::chrono::year_month_day day);

/// "2026-11-20".
[[nodiscard]] std::string to_iso_text(std::chrono::year_month_day day);

/// "2026-11".
[[nodiscard]] std::string to_iso_text(std::chrono::year_month month);

}  // namespace sealdesk
