#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace sealdesk::test {

/// One line of a scenario: who does what, and what comes of it.
///
///     ann  approves S1   -> refused request.same_officer
///
/// The first word acts, the second is the verb; text in "…" is one word. What follows "->" is
/// what the step must come to, exactly.
struct Step {
    int line = 0;
    std::string actor;
    std::string verb;
    std::vector<std::string> words;
    std::string expected;
};

/// The steps of a file; lines that begin with # are comments. Throws std::runtime_error with the
/// line when it is not as above.
[[nodiscard]] std::vector<Step> read_script(const std::filesystem::path& file);

/// "2026-03-02 09:00", Taipei. Throws std::runtime_error when it is not so written.
[[nodiscard]] Instant read_time(const std::string& text);

/// When a script begins that plays on days of its own: its first step says `begins-at TIME`.
[[nodiscard]] std::optional<Instant> start_of(const std::vector<Step>& script);

}  // namespace sealdesk::test
