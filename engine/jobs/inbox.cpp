#include "jobs/inbox.h"

#include <algorithm>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/descriptor.h"
#include "base/durable_file.h"
#include "base/text.h"
#include "officers/officer.h"
#include "requests/import.h"
#include "requests/scan_import.h"
#include "scan/pages.h"

namespace sealdesk::jobs {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTaken = ".taken";
constexpr std::string_view kDone = "done";
constexpr std::string_view kRefused = "refused";

/// Entries looked at in one dropped folder; a counter's day stays far below.
constexpr int kEntriesMax = 100'000;

/// Names in done/ that are tried before a file stays where it is.
constexpr int kCopiesMax = 10'000;

/// When a file was last changed, by the clock of the machine that keeps it. Unlike the time of
/// modification, nobody sets it back: every copy, write and rename moves it on.
std::int64_t changed_at_ns(const fs::path& path) {
    struct stat state {};
    if (::lstat(path.c_str(), &state) != 0) {
        throw fs::filesystem_error("stat", path, std::error_code(errno, std::generic_category()));
    }
    return std::int64_t(state.st_ctim.tv_sec) * 1'000'000'000 + state.st_ctim.tv_nsec;
}

/// The same clock now: that of a file which is made for it.
std::int64_t server_now_ns(const fs::path& folder) {
    const fs::path probe = folder / (".probe-" + std::to_string(::getpid()));
    const Descriptor made(::open(probe.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600));
    if (!made.is_open()) {
        throw fs::filesystem_error("open", probe, std::error_code(errno, std::generic_category()));
    }
    const std::int64_t now = changed_at_ns(probe);
    fs::remove(probe);
    return now;
}

bool is_programs_own(const std::string& name) {
    const std::string lower = to_lower_ascii(name);
    return lower.starts_with(".") || lower.starts_with("~$") || lower.ends_with(".part") ||
           lower.ends_with(".tmp") || lower.ends_with(".crdownload") ||
           lower.ends_with(".result.csv") || lower.ends_with(".result.xlsx") || lower == kDone ||
           lower == kRefused;
}

/// The lock files of spreadsheet programs lie beside the file they have open.
bool is_open_in_a_program(const fs::path& file) {
    const std::string name = file.filename();
    return fs::exists(file.parent_path() / ("~$" + name)) ||
           fs::exists(file.parent_path() / (".~lock." + name + "#"));
}

/// Nothing in it has changed for the inbox's time.
bool is_settled(const Inbox& inbox, const fs::path& path, std::int64_t now_ns) {
    const std::int64_t settled = now_ns - std::chrono::nanoseconds(inbox.settled_after).count();
    if (changed_at_ns(path) > settled) {
        return false;
    }
    if (!fs::is_directory(path)) {
        return true;
    }
    int looked_at = 0;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
        if (++looked_at > kEntriesMax || changed_at_ns(entry.path()) > settled) {
            return false;
        }
    }
    return true;
}

/// A file that is ours while the object lives.
class Claim {
public:
    /// Nothing when another program or worker has the file, or it is not there any more.
    static std::optional<Claim> lock(const fs::path& path) {
        Descriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
        if (!opened.is_open() || ::flock(opened.get(), LOCK_EX | LOCK_NB) != 0) {
            return std::nullopt;
        }
        struct flock range {};
        range.l_type = F_RDLCK;
        if (::fcntl(opened.get(), F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK) {
            return std::nullopt;  // a file server's client has it open for writing
        }
        struct stat held {};
        struct stat named {};
        const bool same = ::fstat(opened.get(), &held) == 0 && ::lstat(path.c_str(), &named) == 0 &&
                          held.st_ino == named.st_ino && held.st_dev == named.st_dev;
        return same ? std::optional(Claim(std::move(opened))) : std::nullopt;
    }

private:
    explicit Claim(Descriptor opened) : opened_(std::move(opened)) {}
    Descriptor opened_;
};

/// "form (2).xlsx": a name that is free in the folder.
fs::path free_name(const fs::path& folder, const std::string& name) {
    const fs::path plain(name);
    for (int copy = 1; copy <= kCopiesMax; ++copy) {
        fs::path tried = folder / (copy == 1 ? name
                                             : plain.stem().string() + " (" + std::to_string(copy) +
                                                   ")" + plain.extension().string());
        if (!fs::exists(tried)) {
            return tried;
        }
    }
    throw fs::filesystem_error("too many files of this name", folder / name,
                               std::make_error_code(std::errc::file_exists));
}

/// What people put into a folder, in order.
std::vector<fs::path> entries(const fs::path& folder) {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (!is_programs_own(entry.path().filename())) {
            paths.push_back(entry.path());
        }
    }
    std::ranges::sort(paths);
    return paths;
}

/// One counter's folder.
class CounterFolder {
public:
    CounterFolder(const Inbox& inbox, fs::path folder, std::string login, InboxReport& report)
        : inbox_(inbox), folder_(std::move(folder)), login_(std::move(login)), report_(report) {}

    void take() {
        for (const std::string_view name : {kTaken, kDone, kRefused}) {
            fs::create_directories(folder_ / name);
        }
        for (const fs::path& left : entries(folder_ / kTaken)) {
            take_up_again(left);
        }
        const std::int64_t now = server_now_ns(folder_);
        for (const fs::path& fresh : entries(folder_)) {
            take_fresh(fresh, now);
        }
    }

private:
    void take_fresh(const fs::path& file, std::int64_t now) {
        if (fs::is_symlink(file)) {
            return;  // nothing outside the inbox is ever read
        }
        if (is_open_in_a_program(file) || !is_settled(inbox_, file, now)) {
            ++report_.waiting;
            return;
        }
        const auto claim = Claim::lock(file);
        if (!claim) {
            ++report_.waiting;
            return;
        }
        const fs::path place = folder_ / kTaken / file.filename();
        fs::create_directories(place);
        if (fs::exists(place / file.filename())) {
            ++report_.waiting;  // an earlier one of this name is still in work
            return;
        }
        rename_durably(file, place / file.filename());
        work(place);
    }

    /// Left behind by a worker that died; without a file in it, that one had all but finished.
    void take_up_again(const fs::path& place) {
        const fs::path file = place / place.filename();
        if (!fs::exists(file)) {
            std::error_code busy;
            fs::remove(place, busy);
            return;
        }
        if (const auto claim = Claim::lock(file)) {
            work(place);
        }
    }

    void work(const fs::path& place) {
        const fs::path file = place / place.filename();
        const bool came_in = scan::is_page_file(file.filename().string()) && !fs::is_directory(file)
                                 ? take_pages(file)
                                 : take_forms(file);
        ++(came_in ? report_.done : report_.refused);
        put_away(place, folder_ / (came_in ? kDone : kRefused));
    }

    /// What a scanner sends: its pages are filed, or wait in `scan list`.
    bool take_pages(const fs::path& file) {
        const std::string name = file.filename();
        int pages = 0;
        requests::ScanOptions options;
        options.by = login_;
        options.on_page = [&](const requests::PageFate&) {
            inbox_.progress(name + "  " + std::to_string(++pages));
        };
        options.on_refused = [](const std::string&, const Error&) {};
        const auto summary = requests::import_pages(inbox_.office, std::span(&file, 1), options);
        return summary.files_refused == 0;
    }

    bool take_forms(const fs::path& file) {
        const std::string name = file.filename();
        requests::ImportOptions options;
        options.by = login_;
        options.scratch = inbox_.scratch;
        options.results_fallback = inbox_.results_fallback;
        options.language = Language::Chinese;
        options.workbook = true;
        options.on_fate = [](const intake::Fate&) {};
        options.on_note = [](const std::string&) {};
        options.watch.tell = [&](std::int64_t rows, std::int64_t) {
            inbox_.progress(name + "  " + std::to_string(rows));
        };
        const auto summary = requests::import_paths(inbox_.office, std::span(&file, 1), options);
        return summary.accepted + summary.duplicate > 0;
    }

    /// The results first: when the file itself has arrived, all is done.
    static void put_away(const fs::path& place, const fs::path& target) {
        const std::string name = place.filename();
        const fs::path kept = free_name(target, name);
        for (const auto& entry : fs::directory_iterator(place)) {
            const std::string beside = entry.path().filename();
            if (beside != name && beside.starts_with(name)) {
                rename_durably(entry.path(),
                               target / (kept.filename().string() + beside.substr(name.size())));
            }
        }
        rename_durably(place / name, kept);
        fs::remove(place);
    }

    const Inbox& inbox_;
    fs::path folder_;
    std::string login_;
    InboxReport& report_;
};

Outcome take_counter(const Inbox& inbox, const fs::path& folder, InboxReport& report) {
    const std::string counter = folder.filename();
    const auto login = inbox.counters.find(counter);
    if (login == inbox.counters.end()) {
        return Error{ErrorKind::Refused, "inbox.no_such_counter",
                     "No officer is set for this folder of the inbox; name one in the section "
                     "'inbox' of sealdesk.yaml.",
                     "inbox/" + counter, "M 5.2"};
    }
    const auto officer =
        store::transact(inbox.office.database, "inbox.authorise", [&](store::Tx& tx) {
            return officers::authorise(tx, login->second, officers::Action::ReceiveForms);
        });
    if (!officer) {
        return officer.error();
    }
    try {
        CounterFolder(inbox, folder, login->second, report).take();
    } catch (const fs::filesystem_error& e) {
        return Error{ErrorKind::Unavailable,
                     "inbox.unreadable",
                     "This folder cannot be read or written (" + e.code().message() +
                         "); check the network folder and its rights. Its files stay where they "
                         "are.",
                     "inbox/" + counter,
                     {}};
    }
    return done();
}

std::vector<fs::path> counter_folders(const Inbox& inbox) {
    std::error_code missing;
    std::vector<fs::path> folders;
    for (const auto& entry : fs::directory_iterator(inbox.folder, missing)) {
        if (entry.is_directory() && !entry.path().filename().string().starts_with(".")) {
            folders.push_back(entry.path());
        }
    }
    std::ranges::sort(folders);
    return folders;
}

}  // namespace

std::int64_t files_dropped(const Inbox& inbox) {
    std::int64_t dropped = 0;
    for (const fs::path& folder : counter_folders(inbox)) {
        dropped += std::int64_t(entries(folder).size());
    }
    return dropped;
}

InboxReport take_inbox(const Inbox& inbox) {
    InboxReport report;
    for (const fs::path& folder : counter_folders(inbox)) {
        const Outcome taken = take_counter(inbox, folder, report);
        if (!taken) {
            report.trouble = taken.error();
        }
    }
    return report;
}

}  // namespace sealdesk::jobs
