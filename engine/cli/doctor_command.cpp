#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <sys/statvfs.h>

#include "ca/hsm_ca.h"
#include "cli/audit_keeper.h"
#include "cli/ca_of.h"
#include "cli/mail_key.h"
#include "cli/works_of.h"
#include "jobs/cycle.h"
#include "jobs/day_report.h"
#include "mail/bounces.h"
#include "mail/outbox.h"
#include "officers/officer.h"
#include "queue/queue.h"
#include "requests/calendar_years.h"

namespace sealdesk::cli {
namespace {

namespace fs = std::filesystem;

/// One thing looked at: fine, or what is wrong and what to do.
struct Diagnosis {
    Bilingual subject;
    bool healthy;
    Bilingual note;
};

constexpr std::uintmax_t kFreeBytesMin = 1'000'000'000;  ///< a day of scans and print batches
constexpr int kFailedShown = 20;
constexpr int kRenewalDays = 30;  ///< to make an officer another card

const Bilingual kCaKeys{"CA 金鑰", "CA keys"};
const Bilingual kHsm{"HSM", "HSM"};
const Bilingual kDisk{"磁碟", "disk"};
const Bilingual kSecrets{"金鑰與密碼", "secrets"};
const Bilingual kJobs{"工作", "jobs"};
const Bilingual kNight{"夜間作業", "night"};
const Bilingual kMails{"郵件", "mails"};
const Bilingual kBounces{"退信信箱", "bounces"};
const Bilingual kMailKey{"郵件簽章", "mail key"};
const Bilingual kLedgers{"帳", "ledgers"};
const Bilingual kInbox{"收件夾", "inbox"};
const Bilingual kCalendar{"辦公日曆", "calendar"};
const Bilingual kPrintRoom{"列印室", "print room"};
const Bilingual kOfficers{"人員憑證", "officers"};

Diagnosis look_at_disk(const Desk& desk) {
    struct statvfs status {};
    if (::statvfs(desk.folder.c_str(), &status) != 0) {
        return {kDisk, false, {"案場資料夾無法檢視", "the desk's folder cannot be looked at"}};
    }
    const std::uintmax_t free = std::uintmax_t{status.f_bavail} * status.f_frsize;
    const std::string megabytes = std::to_string(free / 1'000'000) + " MB";
    if (free < kFreeBytesMin) {
        return {kDisk,
                false,
                {"僅剩 " + megabytes + "，請於夜間作業前清出空間",
                 megabytes + " free; make room before the night's run"}};
    }
    return {kDisk, true, {"尚餘 " + megabytes, megabytes + " free"}};
}

Diagnosis look_at_secrets(const Desk& desk) {
    for (const char* folder : {"secrets", "officers", "ca", "audit", "print", "unblock"}) {
        for (const auto& entry : fs::recursive_directory_iterator(desk.folder / folder)) {
            const fs::path extension = entry.path().extension();
            const bool secret = extension == ".key" || extension == ".p12" ||
                                extension == ".password" || extension == ".passphrase";
            const auto others =
                entry.status().permissions() & (fs::perms::group_all | fs::perms::others_all);
            if (secret && others != fs::perms::none) {
                const std::string file = entry.path().string();
                return {kSecrets,
                        false,
                        {"其他使用者可讀取 " + file + "：請 chmod 600",
                         file + " is open to others: chmod 600"}};
            }
        }
    }
    return {kSecrets, true, {"僅擁有者可讀取", "only the owner reads them"}};
}

Diagnosis look_at_jobs(Desk& desk) {
    const auto failed = store::transact(desk.database, "doctor.jobs", [](store::Tx& tx) {
        return queue::failed_jobs(tx, 0, kFailedShown);
    });
    if (failed.empty()) {
        return {kJobs, true, {"無失敗", "none failed"}};
    }
    std::string note;
    for (const queue::FailedJob& job : failed) {
        note += (note.empty() ? "" : "; ") + job.kind + " " + job.key + ": " + job.code;
    }
    return {kJobs,
            false,
            {note + "；請排除原因後執行 sealdesk doctor --retry-jobs",
             note + "; mend the cause, then `sealdesk doctor --retry-jobs`"}};
}

/// "crl (ca.closed), mail": jobs whose last run failed.
std::string failed_jobs(store::Tx& tx, const std::vector<jobs::JobPlan>& plans) {
    std::string failed;
    for (const jobs::JobPlan& plan : plans) {
        const auto last = jobs::last_run(tx, plan.job);
        if (last && last->state == jobs::RunState::Failed) {
            failed += (failed.empty() ? "" : ", ") + plan.job +
                      (last->trouble.empty() ? "" : " (" + last->trouble + ")");
        }
    }
    return failed;
}

/// Jobs whose last run failed, and whether anybody is told of it.
Diagnosis look_at_night(Desk& desk) {
    const auto plans = jobs::load_plans(desk.settings.jobs, jobs::job_names());
    if (!plans) {
        return {kNight, false, {plans.error().detail, plans.error().detail}};
    }
    const std::string failed = store::transact(
        desk.database, "doctor.night", [&](store::Tx& tx) { return failed_jobs(tx, *plans); });
    if (!failed.empty()) {
        return {kNight,
                false,
                {"上次執行失敗：" + failed + "；sealdesk run --list",
                 "the last run failed: " + failed + "; `sealdesk run --list`"}};
    }
    if (desk.settings.alarm_to.empty() && !desk.settings.demo) {
        return {kNight,
                false,
                {"工作失敗時無人收到通知，請設定 alarm.to 與 alarm.from",
                 "nobody is told of a failed job: set alarm.to and alarm.from"}};
    }
    return {kNight, true, {"各工作上次執行正常", "the last run of each job was well"}};
}

Diagnosis look_at_mails(Desk& desk) {
    const auto waiting = store::transact(desk.database, "doctor.mails", [](store::Tx& tx) {
        return mail::count_waiting_for_person(tx);
    });
    if (waiting == 0) {
        return {kMails, true, {"無待人工處理者", "none waits for a person"}};
    }
    const std::string count = std::to_string(waiting);
    return {kMails,
            false,
            {count + " 封失敗、退回或未確認：sealdesk mail list --waiting",
             count + " failed, came back or are in doubt: `sealdesk mail list --waiting`"}};
}

/// Of what is no report about a mail of ours, a person makes something.
Diagnosis look_at_bounces(Desk& desk) {
    const mail::BounceMailbox& mailbox = desk.settings.bounces;
    if (mailbox.folder.empty()) {
        return {kBounces,
                true,
                {"未設定（mail.bounces）：無從得知郵件是否退回",
                 "none is set (mail.bounces): what comes back is not seen"}};
    }
    const auto found = store::transact(desk.database, "doctor.bounces", [&](store::Tx& tx) {
        return mail::messages_in(tx, mailbox);
    });
    if (!found) {
        return {kBounces, false, {found.error().detail, found.error().detail}};
    }
    const std::string count = std::to_string(found->left);
    return {kBounces, found->left == 0,
            found->left == 0 ? Bilingual{"無待人工查看者", "nothing waits for a person"}
                             : Bilingual{count + " 封非退信回報，請人工查看",
                                         count + " messages wait for a person"}};
}

/// Nothing to say when mails are not signed.
std::vector<Diagnosis> look_at_mail_key(Desk& desk) {
    const auto key = load_mail_key(desk.settings);
    if (!key) {
        return {{kMailKey, false, {key.error().detail, key.error().detail}}};
    }
    if (!*key) {
        return {};
    }
    const std::string limit = std::to_string(kRenewalDays);
    const auto soon = desk.clock.now() + std::chrono::days(kRenewalDays);
    if ((*key)->certificate.not_after() < soon) {
        return {{kMailKey,
                 false,
                 {limit + " 日內到期，請更換", "runs out within " + limit + " days: get another"}}};
    }
    for (const scheme::Scheme& scheme : desk.schemes) {
        if (!(*key)->certificate.names_mail_address(scheme.authority.mail_from)) {
            return {{kMailKey,
                     false,
                     {"憑證未載 " + scheme.authority.mail_from + "：" + scheme.id + " 之郵件未簽章",
                      "is not for " + scheme.authority.mail_from + ": mails of " + scheme.id +
                          " go unsigned"}}};
        }
    }
    return {{kMailKey, true, {"有效", "valid"}}};
}

Diagnosis look_at_ledgers(Desk& desk) {
    const bool closes = store::transact(desk.database, "doctor.ledgers", [](store::Tx& tx) {
        return jobs::report_day(tx, day_in_taipei(tx.now())).closes();
    });
    return {kLedgers, closes,
            closes ? Bilingual{"各帳相符", "all close"}
                   : Bilingual{"有帳不符：sealdesk report day",
                               "a sum does not close: `sealdesk report day`"}};
}

/// Every folder of the inbox needs somebody in whose name its forms are keyed.
Diagnosis look_at_inbox(const Desk& desk) {
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(desk.settings.inbox, missing)) {
        const std::string counter = entry.path().filename();
        if (entry.is_directory() && !desk.settings.counters.contains(counter)) {
            return {kInbox,
                    false,
                    {"inbox/" + counter + " 未指定承辦人（sealdesk.yaml 之 inbox）",
                     "no officer for inbox/" + counter + " (section inbox of sealdesk.yaml)"}};
        }
    }
    const std::string count = std::to_string(desk.settings.counters.size());
    return {kInbox, true, {count + " 個窗口", count + " counter(s)"}};
}

Diagnosis look_at_calendar(const Desk& desk) {
    const int year = requests::missing_year(desk.calendar, day_in_taipei(desk.clock.now()));
    if (year == 0) {
        return {kCalendar, true, {"已匯入", "imported"}};
    }
    const std::string western = std::to_string(year);
    return {kCalendar,
            false,
            {"缺 " + std::to_string(year - 1911) + " 年（" + western +
                 "）：期限暫以週一至週五計，請 sealdesk calendar import",
             western + " is missing, deadlines count Monday to Friday: `sealdesk calendar "
                       "import FILE.csv`"}};
}

/// Who cannot sign tomorrow, or in a month.
Diagnosis look_at_officers(Desk& desk) {
    const auto all = store::transact(desk.database, "doctor.officers",
                                     [](store::Tx& tx) { return officers::list(tx); });
    std::string ending;
    for (const officers::Officer& one : all) {
        const bool ends =
            one.certificate.not_after() < desk.clock.now() + std::chrono::days(kRenewalDays);
        if (one.state == officers::OfficerState::Active && ends) {
            ending += (ending.empty() ? "" : ", ") + one.login;
        }
    }
    const std::string limit = std::to_string(kRenewalDays);
    return {
        kOfficers, ending.empty(),
        ending.empty()
            ? Bilingual{"均有效逾 " + limit + " 日", "all valid for more than " + limit + " days"}
            : Bilingual{
                  limit + " 日內到期：" + ending + "，請 sealdesk officer renew",
                  "run out within " + limit + " days: " + ending + "; `sealdesk officer renew`"}};
}

Diagnosis look_at_print_room(const Program& program, Desk& desk) {
    const auto works = WorksOfDesk::open(program, desk);
    if (!works) {
        return {kPrintRoom, false, {works.error().detail, works.error().detail}};
    }
    const bool valid = (*works)->print_room.is_valid_at(desk.clock.now());
    return {kPrintRoom, valid,
            valid ? Bilingual{"憑證有效", "certificate valid"}
                  : Bilingual{"憑證已到期，請更換", "its certificate has run out: make another"}};
}

/// No PIN is tried: a wrong one in a nightly run would lock the token.
Diagnosis look_at_hsm_of(const ca::CaFiles& files, const std::string& label) {
    const auto state = crypto::look_at_hsm(files.hsm, label);
    if (!state) {
        return {kHsm,
                false,
                {state.error().code + ": " + state.error().detail,
                 state.error().code + ": " + state.error().detail}};
    }
    if (state->pin_locked || state->pin_tries_few) {
        return {kHsm, false,
                state->pin_locked
                    ? Bilingual{"PIN 已鎖住：" + files.hsm.token,
                                "the PIN is locked: " + files.hsm.token}
                    : Bilingual{"曾輸入錯誤之 PIN，請於鎖住前核對：" + files.hsm.token,
                                "a wrong PIN was tried, put it right before it locks: " +
                                    files.hsm.token}};
    }
    const auto certificate = crypto::Certificate::load(files.certificate);
    const bool is_there =
        certificate && std::ranges::count(state->public_keys, certificate->public_key()) == 1;
    return {kHsm, is_there,
            is_there ? Bilingual{"可連線，金鑰在內：" + label, "answers and has the key " + label}
                     : Bilingual{"沒有與憑證相符之公開金鑰：" + label,
                                 "has no public key " + label + " that is the certificate's"}};
}

/// Of every CA whose key lies in one.
std::vector<Diagnosis> look_at_hsms(const Desk& desk) {
    std::vector<Diagnosis> found;
    for (const scheme::Scheme& scheme : desk.schemes) {
        const ca::CaFiles files = ca_files(desk, scheme);
        const auto label = fs::exists(files.key) ? ca::hsm_label_of(files) : std::nullopt;
        if (label) {
            found.push_back(look_at_hsm_of(files, *label));
        }
    }
    return found;
}

/// M 4.7: a key is changed in the two months before it may sign no certificate more.
Diagnosis look_at_ca_keys(const Desk& desk) {
    const std::vector<KeyDue> due = ca_keys_due(desk);
    if (due.empty()) {
        return {kCaKeys, true, {"尚無須更換者", "none is to be changed yet"}};
    }
    Bilingual note{"請執行 sealdesk ca rekey，逾期即不能簽發憑證：",
                   "run `sealdesk ca rekey`; no certificate is signed after "};
    for (const KeyDue& one : due) {
        const std::string what = one.scheme + " " + to_iso_text(day_in_taipei(one.end)) + " ";
        note.zh += what;
        note.en += what;
    }
    return {kCaKeys, false, note};
}

Outcome examine_desk(Program& program, Desk& desk, bool retry_jobs) {
    if (retry_jobs) {
        store::transact(desk.database, "doctor.retry",
                        [](store::Tx& tx) { queue::retry(tx, "", ""); });
    }
    const std::string schemes = std::to_string(desk.schemes.size());
    std::vector<Diagnosis> diagnoses{
        {{"資料庫", "database"}, true, {"版本相符", "schema is this program's"}},
        {{"申請單", "forms"},
         true,
         {"已載入 " + schemes + " 種憑證", schemes + " scheme(s) loaded"}},
        look_at_disk(desk),
        look_at_secrets(desk),
        look_at_inbox(desk),
        look_at_officers(desk),
        look_at_print_room(program, desk),
        look_at_jobs(desk),
        look_at_night(desk),
        look_at_mails(desk),
        look_at_bounces(desk),
        look_at_ledgers(desk),
        look_at_calendar(desk),
        look_at_ca_keys(desk)};
    std::ranges::move(look_at_mail_key(desk), std::back_inserter(diagnoses));
    std::ranges::move(look_at_hsms(desk), std::back_inserter(diagnoses));
    for (const Diagnosis& one : diagnoses) {
        if (program.json) {
            program.out << nlohmann::json{{"subject", one.subject.en},
                                          {"healthy", one.healthy},
                                          {"note", one.note.in(program.language)}}
                               .dump()
                        << '\n';
        } else {
            program.out << (one.healthy ? program.pick("  正常  ", "  ok    ")
                                        : program.pick("  注意  ", "  LOOK  "))
                        << fit_to_columns(one.subject.in(program.language), 12) << ' '
                        << one.note.in(program.language) << '\n';
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
        "doctor", program.text("健檢：資料庫、磁碟、金鑰、工作、郵件、帳",
                               "health: database, disk, keys, jobs, mails, ledgers"));
    doctor->add_flag("--retry-jobs", *retry_jobs,
                     program.text("重新執行失敗的工作", "make failed jobs due again"));
    doctor->callback([&program, retry_jobs] {
        with_desk(program, [&](Desk& desk) { return examine_desk(program, desk, *retry_jobs); });
    });
}

}  // namespace sealdesk::cli
