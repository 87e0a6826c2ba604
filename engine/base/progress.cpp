#include "base/progress.h"

#include <algorithm>

namespace sealdesk {
namespace {

/// "12,000".
std::string grouped(std::int64_t number) {
    std::string digits = std::to_string(number);
    for (int place = int(digits.size()) - 3; place > 0; place -= 3) {
        digits.insert(std::size_t(place), ",");
    }
    return digits;
}

/// "1:02:05", "0:35".
std::string duration(std::int64_t seconds) {
    const auto two = [](std::int64_t number) {
        return (number < 10 ? "0" : "") + std::to_string(number);
    };
    constexpr std::int64_t hour = 3600;
    return seconds >= hour ? std::to_string(seconds / hour) + ":" + two(seconds % hour / 60) + ":" +
                                 two(seconds % 60)
                           : std::to_string(seconds / 60) + ":" + two(seconds % 60);
}

/// "3.4", "5,400".
std::string short_rate(double rate) {
    const auto whole = std::int64_t(rate);
    return rate < 10 ? std::to_string(whole) + "." + std::to_string(std::int64_t(rate * 10) % 10)
                     : grouped(whole);
}

}  // namespace

ProgressLine::ProgressLine(const Clock& clock, ProgressPlace place)
    : clock_(clock), place_(std::move(place)), began_(clock.now()), shown_(began_) {}

void ProgressLine::at(std::int64_t done, std::int64_t total, std::string_view what) {
    const Instant now = clock_.now();
    if (now - shown_ < place_.interval) {
        return;
    }
    shown_ = now;
    place_.show(line(done, total, what));
}

std::string ProgressLine::line(std::int64_t done, std::int64_t total, std::string_view what) const {
    const bool chinese = place_.language == Language::Chinese;
    const double seconds = std::chrono::duration<double>(clock_.now() - began_).count();
    const double rate = seconds > 0 ? double(done) / seconds : 0;
    std::string text = std::string(what) + (what.empty() ? "" : "  ");
    text += chinese ? "已處理 " + grouped(done) : grouped(done) + (total > 0 ? "" : " done");
    if (total > 0) {
        text += (chinese ? " / " : " of ") + grouped(total) + " (" +
                std::to_string(std::min<std::int64_t>(done * 100 / total, 100)) + "%)";
    }
    if (rate > 0) {
        text += chinese ? "　每秒 " + short_rate(rate) : ", " + short_rate(rate) + "/s";
    }
    if (rate > 0 && total > done) {
        const std::string left = duration(std::int64_t(double(total - done) / rate) + 1);
        text += chinese ? "　尚需 " + left : ", " + left + " left";
    }
    return text;
}

}  // namespace sealdesk
