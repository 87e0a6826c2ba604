#include <chrono>
#include <ostream>
#include <thread>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/audit_keeper.h"
#include "cli/crls_of.h"
#include "cli/day_keeper.h"
#include "cli/key_shares.h"
#include "cli/stop_signal.h"
#include "cli/watching.h"
#include "cli/works_of.h"
#include "jobs/cycle.h"

namespace sealdesk::cli {
namespace {

struct RunArguments {
    std::vector<std::string> jobs;
    bool until_idle = false;
    int workers = 1;
};

constexpr int kWorkersMax = 64;

nlohmann::json to_json(const std::vector<jobs::IssuedCrl>& crls) {
    nlohmann::json list = nlohmann::json::array();
    for (const jobs::IssuedCrl& one : crls) {
        list.push_back({{"authority", one.authority},
                        {"number", one.crl.number},
                        {"entries", one.crl.entries},
                        {"next_update", to_utc_text(one.crl.next_update)}});
    }
    return list;
}

void print_crls(Program& program, const std::vector<jobs::IssuedCrl>& crls) {
    for (const jobs::IssuedCrl& one : crls) {
        program.out << program.pick("已簽發並公布廢止清冊 ", "CRL issued and published ")
                    << one.authority << ' ' << one.crl.number
                    << program.pick("，筆數 ", ", entries ") << one.crl.entries
                    << program.pick("，下次更新 ", ", next update ")
                    << to_taipei_text(one.crl.next_update) << '\n';
    }
}

void print_cycle(Program& program, const jobs::CycleReport& report) {
    end_progress(program);
    if (program.json) {
        program.out << nlohmann::json{{"inbox_done", report.inbox_done},
                                      {"inbox_refused", report.inbox_refused},
                                      {"inbox_waiting", report.inbox_waiting},
                                      {"unaccepted", report.unaccepted},
                                      {"erased_keys", report.erased_keys},
                                      {"reminded", report.reminded},
                                      {"lapsed", report.lapsed},
                                      {"effects", report.effects},
                                      {"deferred", report.deferred},
                                      {"failed", report.failed},
                                      {"notices", report.notices},
                                      {"crls", report.crls},
                                      {"crls_issued", to_json(report.issued_crls)},
                                      {"print_batches", report.batches},
                                      {"mails_sent", report.mails},
                                      {"mails_failed", report.mails_failed},
                                      {"completed", report.completed},
                                      {"statistics", report.statistics},
                                      {"days_closed", report.days_closed}}
                           .dump()
                    << '\n';
        return;
    }
    if (report.inbox_done + report.inbox_refused + report.inbox_waiting > 0) {
        program.out << program.pick("收件夾：已匯入 ", "inbox: taken in ") << report.inbox_done
                    << program.pick("，退回 ", ", refused ") << report.inbox_refused
                    << program.pick("，等待中 ", ", waiting ") << report.inbox_waiting << '\n';
    }
    if (report.unaccepted > 0) {
        program.out << program.pick("逾期未接受而停用 ", "held as not accepted in time ")
                    << report.unaccepted << '\n';
    }
    if (report.erased_keys > 0) {
        program.out << program.pick("已刪除逾一週之金鑰檔金鑰 ",
                                    "keys of key files erased, a week old ")
                    << report.erased_keys << '\n';
    }
    if (report.reminded + report.lapsed > 0) {
        program.out << program.pick("補正提醒 ", "reminded of corrections ") << report.reminded
                    << program.pick("，逾期結案 ", ", closed as not corrected ") << report.lapsed
                    << '\n';
    }
    if (report.notices + report.crls > 0) {
        program.out << program.pick("信賴機關通知 ", "notices to relying agencies ")
                    << report.notices
                    << program.pick("，公布廢止清冊與 CA 憑證檔 ", ", files of CAs published ")
                    << report.crls << '\n';
    }
    if (report.days_closed + report.statistics > 0) {
        program.out << program.pick("日結 ", "days closed ") << report.days_closed
                    << program.pick("，公告月統計 ", ", months announced ") << report.statistics
                    << '\n';
    }
    print_crls(program, report.issued_crls);
    program.out << program.pick("執行事項 ", "effects ") << report.effects
                << program.pick("，延後 ", ", deferred ") << report.deferred
                << program.pick("，失敗 ", ", failed ") << report.failed
                << program.pick("；列印批次 ", "; print batches ") << report.batches
                << program.pick("；寄出郵件 ", "; mails sent ") << report.mails
                << program.pick("；結案 ", "; completed ") << report.completed << '\n';
}

/// Works until idle, or until stopped with a look every second.
jobs::CycleReport work(const jobs::CycleTools& tools, bool until_idle) {
    jobs::CycleReport whole = jobs::run_until_idle(tools);
    while (!until_idle && !stop_asked().load()) {
        std::this_thread::sleep_for(std::chrono::seconds(1));
        whole.add(jobs::run_until_idle(tools));
    }
    return whole;
}

Outcome run_worker(Program& program, Desk& desk, const RunArguments& arguments) {
    auto works = WorksOfDesk::open(program, desk);
    if (!works) {
        return works.error();
    }
    Watching watching(program);
    mail::SenderSettings sending;
    sending.watch = watching.watch(program.text("郵件", "mails"));
    mail::Sender sender(desk.database, desk.settings.smtp, sending);
    std::int64_t steps = 0;
    const auto show = [&, watch = watching.watch(program.text("工作", "jobs"))](
                          const std::string&) { watch.at(++steps); };
    const jobs::Inbox inbox{desk.office,
                            desk.settings.inbox,
                            desk.settings.counters,
                            desk.scratch(),
                            desk.results(),
                            desk.settings.inbox_settled,
                            show};
    CrlsOfDesk crls(program, desk);
    const jobs::CycleTools tools{
        (*works)->works, sender,        inbox, crls.sources(),
        arguments.jobs,  &stop_asked(), show,  [&] { return close_yesterday(program, desk); }};
    const auto report = work(tools, arguments.until_idle || !arguments.jobs.empty());
    print_cycle(program, report);
    if (watching.stopped() && arguments.until_idle) {
        return watching.stopped_error(program.text("執行事項 ", "effects ") +
                                      std::to_string(report.effects));
    }
    if (report.trouble) {
        return *report.trouble;
    }
    if (report.failed > 0 || report.mails_failed > 0) {
        program.exit = Exit::Refused;  // a person must look: `mail list --state failed`, `doctor`
    }
    return done();
}

/// Starts the other workers as processes of their own; each opens its own connection.
std::vector<pid_t> fork_workers(int count) {
    std::vector<pid_t> children;
    for (int i = 1; i < count; ++i) {
        const pid_t child = ::fork();
        if (child == 0) {
            return {};  // a worker: goes on as one
        }
        children.push_back(child);
    }
    return children;
}

/// The worst exit status of the workers is the command's.
void await_workers(Program& program, const std::vector<pid_t>& children) {
    for (const pid_t child : children) {
        int status = 0;
        ::waitpid(child, &status, 0);
        const int code = WIFEXITED(status) ? WEXITSTATUS(status) : static_cast<int>(Exit::Defect);
        if (code > static_cast<int>(program.exit)) {
            program.exit = static_cast<Exit>(code);
        }
    }
}

}  // namespace

void add_run_command(CLI::App& app, Program& program) {
    auto arguments = std::make_shared<RunArguments>();
    auto* run = app.add_subcommand(
        "run", program.text("執行到期工作：核定後的事項、廢止清冊、列印批次、郵件、結案",
                            "due jobs: effects of decisions, CRLs, print batches, mails"));
    run->footer(program.text(
        "例： sealdesk run --until-idle     sealdesk run mail     sealdesk run --workers 2",
        "Examples: sealdesk run --until-idle    sealdesk run mail    sealdesk run --workers 2\n"
        "Without --until-idle it goes on until SIGTERM or Ctrl-C; the job in hand is finished."));
    std::vector<std::string> names;
    std::string list;
    for (const jobs::DueJob& job : jobs::due_jobs()) {
        names.emplace_back(job.name);
        list += (list.empty() ? "" : ", ") + names.back();
    }
    run->add_option("JOB", arguments->jobs, list)->check(CLI::IsMember(names));
    run->add_flag("--until-idle", arguments->until_idle,
                  program.text("無事可做即結束", "end when nothing is due"));
    run->add_option("--workers", arguments->workers,
                    program.text("同時執行的程序數", "processes at once"))
        ->check(CLI::Range(1, kWorkersMax));
    add_share_options(*run, program);
    run->callback([&program, arguments] {
        // Before there are several: the holders type once.
        run_guarded(program, [&] { return program.shares->unlock(program); });
        if (program.exit != Exit::Done) {
            return;
        }
        listen_for_stop();  // before there are several
        const auto children = fork_workers(arguments->workers);
        with_desk(program, [&](Desk& desk) { return run_worker(program, desk, *arguments); });
        await_workers(program, children);
    });
}

}  // namespace sealdesk::cli
