#include "base/clock.h"

#include <array>
#include <cstdio>

namespace sealdesk {
namespace {

constexpr std::chrono::hours kTaipeiOffset{8};  // no daylight saving since 1979

struct Broken {
    std::chrono::year_month_day day;
    std::chrono::hh_mm_ss<std::chrono::seconds> time;
};

Broken break_down(Instant instant, std::chrono::hours offset) {
    const auto shifted = std::chrono::floor<std::chrono::seconds>(instant + offset);
    const auto day = std::chrono::floor<std::chrono::days>(shifted);
    return {std::chrono::year_month_day{day},
            std::chrono::hh_mm_ss<std::chrono::seconds>{shifted - day}};
}

template <class... Parts>
std::string print(const char* format, Parts... parts) {
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), format, parts...);
    return text.data();
}

}  // namespace

Instant SystemClock::now() const {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::chrono::year_month_day day_in_taipei(Instant instant) {
    return break_down(instant, kTaipeiOffset).day;
}

Instant start_of_day_in_taipei(std::chrono::year_month_day day) {
    return Instant{std::chrono::sys_days{day}} - kTaipeiOffset;
}

TimeSpan month_in_taipei(std::chrono::year_month month) {
    const std::chrono::day first{1};
    return {start_of_day_in_taipei(month / first),
            start_of_day_in_taipei((month + std::chrono::months(1)) / first)};
}

std::string to_utc_text(Instant instant) {
    const Broken at = break_down(instant, std::chrono::hours{0});
    return print("%04d-%02u-%02uT%02d:%02d:%02dZ", int(at.day.year()), unsigned(at.day.month()),
                 unsigned(at.day.day()), int(at.time.hours().count()),
                 int(at.time.minutes().count()), int(at.time.seconds().count()));
}

std::string to_taipei_text(Instant instant) {
    const Broken at = break_down(instant, kTaipeiOffset);
    return print("%04d-%02u-%02u %02d:%02d", int(at.day.year()), unsigned(at.day.month()),
                 unsigned(at.day.day()), int(at.time.hours().count()),
                 int(at.time.minutes().count()));
}

std::string to_roc_text(std::chrono::year_month_day day) {
    return print("%03d/%02u/%02u", int(day.year()) - 1911, unsigned(day.month()),
                 unsigned(day.day()));
}

std::string to_iso_text(std::chrono::year_month_day day) {
    return print("%04d-%02u-%02u", int(day.year()), unsigned(day.month()), unsigned(day.day()));
}

std::string to_iso_text(std::chrono::year_month month) {
    return print("%04d-%02u", int(month.year()), unsigned(month.month()));
}

}  // namespace sealdesk
