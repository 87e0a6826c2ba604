#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <sys/statvfs.h>

#include "cli/audit_keeper.h"
#include "cli/works_of.h"
#include "jobs/day_report.h"
#include "mail/outbox.h"
#include "queue/queue.h"

namespace sealdesk::cli {
namespace {

namespace fs = std::filesystem;

/// One thing looked at: fine, or what is wrong and what to do.
struct Diagnosis {
    std::string subject;
    bool healthy;
    std::string note;
};

constexpr std::uintmax_t kFreeBytesMin = 1'000'000'000;  ///< a day of scans and print batches
constexpr int kFailedShown = 20;

Diagnosis look_at_disk(const Desk& desk) {
    struct statvfs status {};
    if (::statvfs(desk.folder.c_str(), &status) != 0) {
        return {"disk", false, "the desk's folder cannot be looked at"};
    }
    const std::uintmax_t free = std::uintmax_t{status.f_bavail} * status.f_frsize;
    return {"disk", free >= kFreeBytesMin,
            std::to_string(free / 1'000'000) + " MB free" +
                (free >= kFreeBytesMin ? "" : "; make room before the night's run")};
}

Diagnosis look_at_secrets(const Desk& desk) {
    for (const char* folder : {"secrets", "officers", "ca", "audit", "print"}) {
        for (const auto& entry : fs::recursive_directory_iterator(desk.folder / folder)) {
            const fs::path extension = entry.path().extension();
            const bool secret = extension == ".key" || extension == ".p12" ||
                                extension == ".password" || extension == ".passphrase";
            const auto others =
                entry.status().permissions() & (fs::perms::group_all | fs::perms::others_all);
            if (secret && others != fs::perms::none) {
                return {"secrets", false, entry.path().string() + " is open to others: chmod 600"};
            }
        }
    }
    return {"secrets", true, "only the owner reads them"};
}

Diagnosis look_at_jobs(Desk& desk) {
    const auto failed = store::transact(desk.database, "doctor.jobs", [](store::Tx& tx) {
        return queue::failed_jobs(tx, 0, kFailedShown);
    });
    if (failed.empty()) {
        return {"jobs", true, "none failed"};
    }
    std::string note;
    for (const queue::FailedJob& job : failed) {
        note += (note.empty() ? "" : "; ") + job.kind + " " + job.key + ": " + job.code;
    }
    return {"jobs", false, note + "; mend the cause, then `sealdesk doctor --retry-jobs`"};
}

Diagnosis look_at_mails(Desk& desk) {
    const auto counts = store::transact(desk.database, "doctor.mails",
                                        [](store::Tx& tx) { return mail::counts_by_state(tx); });
    std::int64_t waiting = 0;
    for (const mail::StateCount& count : counts) {
        const bool needs_person =
            count.state == mail::State::Failed || count.state == mail::State::InDoubt;
        waiting += needs_person ? count.count : 0;
    }
    return {"mails", waiting == 0,
            waiting == 0 ? "none waits for a person"
                         : std::to_string(waiting) + " failed or in doubt: `sealdesk mail list`"};
}

Diagnosis look_at_ledgers(Desk& desk) {
    const bool closes = store::transact(desk.database, "doctor.ledgers", [](store::Tx& tx) {
        return jobs::report_day(tx, day_in_taipei(tx.now())).closes();
    });
    return {"ledgers", closes,
            closes ? "all close" : "a sum does not close: `sealdesk report day`"};
}

Diagnosis look_at_print_room(Desk& desk) {
    const auto works = WorksOfDesk::open(desk);
    if (!works) {
        return {"print room", false, works.error().detail};
    }
    const bool valid = (*works)->print_room.is_valid_at(desk.clock.now());
    return {"print room", valid,
            valid ? "certificate valid" : "its certificate has run out: make another"};
}

Outcome examine_desk(Program& program, Desk& desk, bool retry_jobs) {
    if (retry_jobs) {
        store::transact(desk.database, "doctor.retry",
                        [](store::Tx& tx) { queue::retry(tx, "", ""); });
    }
    const Diagnosis diagnoses[] = {
        {"database", true, "schema is this program's"},
        {"forms", true, std::to_string(desk.schemes.size()) + " scheme(s) loaded"},
        look_at_disk(desk),
        look_at_secrets(desk),
        look_at_print_room(desk),
        look_at_jobs(desk),
        look_at_mails(desk),
        look_at_ledgers(desk)};
    for (const Diagnosis& one : diagnoses) {
        if (program.json) {
            program.out << nlohmann::json{{"subject", one.subject},
                                          {"healthy", one.healthy},
                                          {"note", one.note}}
                               .dump()
                        << '\n';
        } else {
            program.out << (one.healthy ? "  ok    " : "  LOOK  ")
                        << fit_to_columns(one.subject, 12) << ' ' << one.note << '\n';
        }
        if (!one.healthy) {
            program.exit = Exit::Refused;
        }
    }
    return done();
}

}  // namespace

void add_doctor_command(CLI::App& app, Program& program) {
    auto retry_jobs = std::make_shared<bool>(false);
    auto* doctor = app.add_subcommand(
        "doctor", std::string(program.pick("健檢：資料庫、磁碟、金鑰、工作、郵件、帳",
                                           "health: database, disk, keys, jobs, mails, ledgers")));
    doctor->add_flag("--retry-jobs", *retry_jobs,
                     std::string(program.pick("重新執行失敗的工作", "make failed jobs due again")));
    doctor->callback([&program, retry_jobs] {
        with_desk(program, [&](Desk& desk) { return examine_desk(program, desk, *retry_jobs); });
    });
}

}  // namespace sealdesk::cli
