#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <sys/types.h>

#include "base/clock.h"

namespace sealdesk::test {

/// What a run of the program came to.
struct Ran {
    int status = 0;       ///< exit status; -1 when it was killed by a signal
    bool killed = false;  ///< by SIGKILL, as a crash point does
    std::string out;
    std::string err;

    /// One JSON object a line of `out`.
    [[nodiscard]] std::vector<nlohmann::json> lines() const;
};

/// A demo desk driven from outside, as its users do: every command is a process of the program
/// itself.
class ProgramDesk {
public:
    /// `environment`: for every run, beside that of the test. With a start the program believes
    /// that it is made then, and each run is some seconds later.
    ProgramDesk(std::filesystem::path desk, const std::string& store_url,
                const std::string& mail_settings,
                std::map<std::string, std::string> environment = {},
                std::optional<Instant> start = std::nullopt);

    /// What the program takes for now from here on (libfaketime).
    void move_to(Instant now) { now_ = now; }
    [[nodiscard]] Instant now() const;

    /// `sealdesk --desk DESK --json ARGUMENTS…` with further environment variables.
    Ran run(const std::vector<std::string>& arguments,
            const std::map<std::string, std::string>& environment = {}) const;
    Ran run_as(const std::string& officer, std::vector<std::string> arguments,
               const std::map<std::string, std::string>& environment = {}) const;

    /// Starts `sealdesk --desk DESK --json ARGUMENTS…` beside the test; what it prints goes to the
    /// file. Its process, which the caller ends.
    pid_t start(const std::vector<std::string>& arguments, const std::filesystem::path& out) const;

    /// From now on the program's clock is so many days ahead (libfaketime).
    void set_clock_ahead(int days);

    /// From now on the form asks that these fields be keyed twice; the desk has forms of its own
    /// then.
    void ask_double_keying(const std::string& form, const std::vector<std::string>& fields) const;

    [[nodiscard]] const std::filesystem::path& folder() const { return desk_; }

private:
    pid_t start_with(const std::vector<std::string>& arguments,
                     const std::map<std::string, std::string>& environment,
                     const std::filesystem::path& out, const std::filesystem::path& err) const;

    std::filesystem::path desk_;
    std::map<std::string, std::string> environment_;
    mutable std::optional<Instant> now_;  ///< none: the machine's clock
};

}  // namespace sealdesk::test
