#pragma once

#include <memory>
#include <vector>

#include "base/calendar.h"
#include "cli/program.h"
#include "cli/settings.h"
#include "effects/works.h"
#include "requests/office.h"
#include "store/files.h"
#include "store/tx.h"

namespace sealdesk::cli {

/// An open desk: everything a command works with, owned in one place (the wiring). Opening one
/// checks that the database has this program's version of the schema.
class Desk {
public:
    /// Errors: those of read_settings() and scheme::load_all(). Throws Failure when the database
    /// does not answer or is of another version.
    [[nodiscard]] static Result<std::unique_ptr<Desk>> open(const Program& program);

    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    const std::filesystem::path folder;
    const Settings settings;
    const std::vector<scheme::Scheme> schemes;
    SystemClock clock;
    SystemRandom random;
    std::unique_ptr<store::Connection> connection;
    store::Database database;
    store::FileStore files;
    Calendar calendar;  ///< every year that was imported
    requests::Office office;

    [[nodiscard]] std::filesystem::path scratch() const { return folder / "scratch"; }
    [[nodiscard]] std::filesystem::path results() const { return folder / "results"; }
    [[nodiscard]] std::filesystem::path print_folder() const { return folder / "print"; }
    [[nodiscard]] std::filesystem::path repository() const { return folder / "repository"; }

private:
    Desk(std::filesystem::path where, Settings read, std::vector<scheme::Scheme> loaded);
};

/// Runs `body` with the desk of the program open, and reports what it returns or throws.
void with_desk(Program& program, const std::function<Outcome(Desk&)>& body);

/// The first line of a password file, or what a person types at a terminal (not echoed).
/// Errors: password.file_open_to_others, password.empty, password.no_terminal.
[[nodiscard]] Result<Secret> read_password(const std::filesystem::path& file,
                                           std::string_view prompt);

}  // namespace sealdesk::cli
