#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/text.h"

namespace sealdesk {

/// Who watches long work: it tells how far it has come after each chunk, and asks whether somebody
/// wants it to end. Empty: nobody watches, and it is never stopped.
struct Watch {
    std::function<void(std::int64_t done, std::int64_t total)> tell = {};  ///< total 0: not known
    const std::atomic<bool>* stop = nullptr;  ///< set by Ctrl-C: the chunk in hand is the last

    void at(std::int64_t done, std::int64_t total = 0) const {
        if (tell) {
            tell(done, total);
        }
    }
    [[nodiscard]] bool stopped() const {
        return stop != nullptr && stop->load(std::memory_order_relaxed);
    }
};

/// Asked between two pieces of work: whether it goes on, or leaves the rest to the next run.
using GoOn = std::function<bool()>;
inline bool go_on_always() { return true; }

/// Where and how often a line of progress is shown.
struct ProgressPlace {
    Language language;
    std::chrono::microseconds interval;  ///< between two lines, and before the first
    std::function<void(const std::string&)> show;
};

/// Makes lines such as "12,000 of 200,000 (6 %), 5,400/s, 0:35 left" of what it is told.
class ProgressLine {
public:
    /// `clock` outlives the object.
    ProgressLine(const Clock& clock, ProgressPlace place);

    /// Shows a line when it is time for one. `what` stands before the numbers.
    void at(std::int64_t done, std::int64_t total = 0, std::string_view what = {});

    /// The line itself.
    [[nodiscard]] std::string line(std::int64_t done, std::int64_t total,
                                   std::string_view what) const;

private:
    const Clock& clock_;
    ProgressPlace place_;
    Instant began_;
    Instant shown_;
};

}  // namespace sealdesk
