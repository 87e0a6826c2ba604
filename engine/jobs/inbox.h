#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "requests/office.h"

namespace sealdesk::jobs {

/// The hot folder: whoever puts a file (a spreadsheet, a ZIP, a folder with scans, scanned pages)
/// into
/// `<folder>/<counter>/` has it imported without seeing a terminal. It comes back in `done/`, or in
/// `refused/` when none of its rows came in, with `<file>.result.xlsx` beside it.
struct Inbox {
    const requests::Office& office;
    std::filesystem::path folder;                 ///< `<desk>/inbox`
    std::map<std::string, std::string> counters;  ///< sub-folder → login of who keys forms there
    std::filesystem::path scratch;                ///< where a ZIP may be unpacked
    std::filesystem::path results_fallback;
    /// A file that nobody has changed for so long, by the file server's own clock, is whole: copies
    /// over a network pause for a second or two, not for five.
    std::chrono::milliseconds settled_after = std::chrono::seconds(5);
    std::function<void(const std::string& line)> progress = [](const std::string&) {};
};

/// What one look into the hot folder did.
struct InboxReport {
    std::int64_t done = 0;     ///< files moved to done/
    std::int64_t refused = 0;  ///< files moved to refused/
    std::int64_t waiting = 0;  ///< still being copied, or open in another program: the next look
    std::optional<Error> trouble;  ///< a folder that cannot be read, a counter without an officer
};

/// Takes every file that is whole. Several workers may look at once: a file is claimed by a lock
/// and by moving it into `.taken/`, and one whose worker died is taken up again; its rows are
/// imported once whatever happens. Files of programs (`~$…`, `.~lock…`, `*.part`, `*.tmp`, hidden
/// ones) are left alone. Trouble with one counter or file does not stop the others:
/// inbox.unreadable (Unavailable), inbox.no_such_counter (Refused: the settings name no officer for
/// the folder), and what officers::authorise refuses.
[[nodiscard]] InboxReport take_inbox(const Inbox& inbox);

/// Files and folders that were dropped and not taken yet, in all counters' folders.
[[nodiscard]] std::int64_t files_dropped(const Inbox& inbox);

}  // namespace sealdesk::jobs
