#include "mail/bounces.h"

#include <fstream>
#include <map>
#include <vector>

#include "base/crash.h"

namespace sealdesk::mail {
namespace {

namespace fs = std::filesystem;

/// Messages judged in one pass; the next one goes on.
constexpr std::int64_t kBouncePage = 1'000;

bool is_for_a_person(ReportFate fate) {
    return fate == ReportFate::Unmatched || fate == ReportFate::Other;
}

/// Where a mail server and mail readers put messages.
std::vector<fs::path> files_of(const BounceMailbox& mailbox) {
    std::vector<fs::path> files;
    for (const char* part : {"new", "cur"}) {
        for (const auto& entry : fs::directory_iterator(mailbox.folder / part)) {
            if (entry.is_regular_file() && !entry.path().filename().string().starts_with('.')) {
                files.push_back(entry.path());
            }
        }
    }
    return files;
}

/// The beginning of a file, as much of it as is looked at.
std::optional<std::string> beginning_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
        return std::nullopt;
    }
    std::string bytes(kIncomingBytesMax, '\0');
    stream.read(bytes.data(), std::streamsize(bytes.size()));
    bytes.resize(std::size_t(stream.gcount()));
    return bytes;
}

/// Into the folder ".done", which mail readers show beside the inbox (Maildir++), as seen.
void move_to_done(const BounceMailbox& mailbox, const fs::path& file) {
    const fs::path done = mailbox.folder / ".done";
    for (const char* part : {"cur", "new", "tmp"}) {
        fs::create_directories(done / part);
    }
    const std::string name = file.filename().string();
    std::error_code trouble;
    fs::rename(file, done / "cur" / (name.substr(0, name.find(':')) + ":2,S"), trouble);
    if (trouble && fs::exists(file)) {  // else another worker was faster
        throw fs::filesystem_error("rename", file, trouble);
    }
}

void count_fate(const std::optional<ReportFate>& fate, BounceCount& count) {
    count.bounced += fate == ReportFate::Bounced ? 1 : 0;
    count.noted += fate == ReportFate::Delayed || fate == ReportFate::Delivered ? 1 : 0;
    count.left += fate && is_for_a_person(*fate) ? 1 : 0;
}

using Fates = std::map<fs::path, std::optional<ReportFate>>;

/// The files of the mailbox with what was made of them before.
Fates fates_of(store::Tx& tx, const BounceMailbox& mailbox) {
    Fates fates;
    for (const fs::path& file : files_of(mailbox)) {
        fates[file] = known_report(tx, file_key_of(file.filename().string()));
    }
    return fates;
}

/// A message that is new. Nothing when it cannot be judged yet, or is gone: taken away meanwhile by
/// another worker or by a person.
std::optional<ReportFate> judge(store::Database& database, const BounceMailbox& mailbox,
                                const fs::path& file) {
    const auto bytes = beginning_of(file);
    if (!bytes) {
        return std::nullopt;
    }
    const IncomingMail incoming = read_incoming(*bytes);
    const std::string key = file_key_of(file.filename().string());
    const auto fate = store::transact(database, "mail.report", [&](store::Tx& tx) {
        return file_report(tx, key, incoming, mailbox);
    });
    crash_point("mail.report-filed");
    return fate;
}

Error unreadable(const BounceMailbox& mailbox, const fs::filesystem_error& trouble) {
    return {ErrorKind::Unavailable,
            "mail.bounces_unreadable",
            "The bounce mailbox cannot be read, or reports cannot be put away: " +
                trouble.code().message() + ". It is a Maildir (setting mail.bounces) of this user.",
            mailbox.folder.string(),
            {}};
}

}  // namespace

BounceCount take_bounces(store::Database& database, const BounceMailbox& mailbox) {
    BounceCount count;
    if (mailbox.folder.empty()) {
        return count;
    }
    try {
        const Fates fates = store::transact(database, "mail.report-known",
                                            [&](store::Tx& tx) { return fates_of(tx, mailbox); });
        for (auto [file, fate] : fates) {
            if (!fate) {
                fate = judge(database, mailbox, file);
                count_fate(fate, count);
            }
            if (fate && !is_for_a_person(*fate)) {
                move_to_done(mailbox, file);
            }
            if (count.moved() >= kBouncePage) {
                break;
            }
        }
    } catch (const fs::filesystem_error& trouble) {
        count.trouble = unreadable(mailbox, trouble);
    }
    return count;
}

Result<MailboxCount> messages_in(store::Tx& tx, const BounceMailbox& mailbox) {
    MailboxCount count;
    if (mailbox.folder.empty()) {
        return count;
    }
    try {
        for (const auto& [file, fate] : fates_of(tx, mailbox)) {
            count.fresh += fate ? 0 : 1;
            count.left += fate && is_for_a_person(*fate) ? 1 : 0;
        }
    } catch (const fs::filesystem_error& trouble) {
        return unreadable(mailbox, trouble);
    }
    return count;
}

}  // namespace sealdesk::mail
