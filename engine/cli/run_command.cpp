#include <algorithm>
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
#include "cli/job_views.h"
#include "cli/key_shares.h"
#include "cli/stop_signal.h"
#include "cli/table.h"
#include "cli/watching.h"
#include "cli/words.h"
#include "cli/works_of.h"
#include "jobs/cycle.h"

namespace sealdesk::cli {
namespace {

struct RunArguments {
    std::vector<std::string> jobs;
    bool until_idle = false;
    bool list = false;
    bool dry_run = false;
    int workers = 1;
};

constexpr int kWorkersMax = 64;

nlohmann::ordered_json to_json(const std::vector<jobs::IssuedCrl>& crls) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
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

void print_cycle(Program& program, std::span<const jobs::JobPlan> plans,
                 const jobs::CycleReport& report) {
    end_progress(program);
    if (program.json) {
        auto totals = nlohmann::ordered_json::array();
        for (const jobs::JobTotal& one : report.totals) {
            totals.push_back(job_json(one.job, one.count));
        }
        program.out << nlohmann::ordered_json{{"jobs", totals},
                                              {"inbox_waiting", report.news.inbox_waiting},
                                              {"mails_bounced", report.news.bounced},
                                              {"crls_issued", to_json(report.news.issued_crls)}}
                           .dump()
                    << '\n';
        return;
    }
    Table table(program, {{"工作", "job"},
                          {"", ""},
                          {"到期", "due"},
                          {"完成", "done"},
                          {"延後", "deferred"},
                          {"失敗", "failed"}});
    for (const jobs::JobTotal& one : report.totals) {
        table.add({std::string(one.job),
                   program.text(jobs::plan_of(plans, one.job).title.zh,
                                jobs::plan_of(plans, one.job).title.en),
                   std::to_string(one.count.due), std::to_string(one.count.done),
                   std::to_string(one.count.deferred), std::to_string(one.count.failed)});
    }
    if (table.empty()) {
        program.out << program.pick("目前無到期工作。\n", "Nothing is due.\n");
    } else {
        table.print(program.out);
    }
    if (report.news.inbox_waiting > 0) {
        program.out << program.pick("收件夾中尚待處理之檔案 ", "files of the inbox that wait ")
                    << report.news.inbox_waiting << '\n';
    }
    if (report.news.bounced > 0) {
        program.out << program.pick("退回之郵件（mail list --waiting） ",
                                    "mails that came back (mail list --waiting) ")
                    << report.news.bounced << '\n';
    }
    print_crls(program, report.news.issued_crls);
}

/// Works until idle, or until stopped with a look every second.
jobs::CycleReport work(const jobs::Cycle& cycle, bool until_idle) {
    jobs::CycleReport whole = jobs::run_until_idle(cycle);
    while (!until_idle && !stop_asked().load()) {
        std::this_thread::sleep_for(std::chrono::seconds(1));
        whole.add(jobs::run_until_idle(cycle));
    }
    return whole;
}

/// A job, and what it would do now.
struct JobOutlook {
    jobs::JobStanding job;
    std::vector<jobs::Preview> previews;
};

std::vector<JobOutlook> outlook(store::Tx& tx, Desk& desk, const jobs::JobTools& tools,
                                std::span<const jobs::JobPlan> plans,
                                const std::vector<std::string>& wanted) {
    std::vector<JobOutlook> outlooks;
    for (const jobs::JobStanding& one : jobs::job_standings(tx, plans, desk.calendar)) {
        const jobs::DueJob& job =
            *std::ranges::find(jobs::due_jobs(), one.plan->job, &jobs::DueJob::name);
        if (job.preview != nullptr &&
            (wanted.empty() || std::ranges::count(wanted, job.name) > 0)) {
            outlooks.push_back({one, job.preview(tx, tools)});
        }
    }
    return outlooks;
}

Outcome preview(Program& program, Desk& desk, const jobs::JobTools& tools,
                std::span<const jobs::JobPlan> plans, const std::vector<std::string>& wanted) {
    const auto outlooks = store::transact(desk.database, "run.preview", [&](store::Tx& tx) {
        return outlook(tx, desk, tools, plans, wanted);
    });
    Table table(program, {{"工作", "job"}, {"下次", "next"}, {"內容", "what"}, {"數量", "count"}});
    for (const auto& [job, previews] : outlooks) {
        const std::string next =
            job.next ? to_taipei_text(*job.next) : program.text("隨時", "always");
        for (const jobs::Preview& one : previews) {
            if (program.json) {
                program.out << nlohmann::ordered_json{{"job", job.plan->job},
                                                      {"what", one.what.en},
                                                      {"count", one.count}}
                            << '\n';
            }
            table.add({job.plan->job, next, program.text(one.what.zh, one.what.en),
                       std::to_string(one.count)});
        }
    }
    if (program.json) {
        return done();
    }
    if (table.empty()) {
        program.out << program.pick("目前無到期工作。\n", "Nothing is due.\n");
    } else {
        table.print(program.out);
    }
    return done();
}

Outcome list_jobs(Program& program, Desk& desk) {
    const auto plans = jobs::load_plans(desk.settings.jobs, jobs::job_names());
    if (!plans) {
        return plans.error();
    }
    const auto standings = store::transact(desk.database, "run.list", [&](store::Tx& tx) {
        return jobs::job_standings(tx, *plans, desk.calendar);
    });
    Table table(program, {{"工作", "job"},
                          {"下次執行", "next"},
                          {"上次執行", "last"},
                          {"結果", "state"},
                          {"完成", "done"}});
    for (const jobs::JobStanding& one : standings) {
        if (program.json) {
            nlohmann::ordered_json line{{"job", one.plan->job}, {"title", one.plan->title.en}};
            line["next"] = one.next ? to_utc_text(*one.next) : "always";
            line["last"] = one.last ? run_json(*one.last) : nlohmann::ordered_json();
            program.out << line.dump() << '\n';
        }
        table.add({one.plan->job,
                   one.next ? to_taipei_text(*one.next) : program.text("隨時", "always"),
                   one.last ? to_taipei_text(one.last->started_at) : "",
                   one.last ? shown(program, jobs::to_text(one.last->state)) : "",
                   one.last ? std::to_string(one.last->count.done) : ""});
    }
    if (!program.json) {
        table.print(program.out);
    }
    return done();
}

mail::MailIdentity alarm_sender(const Settings& settings) {
    return {{"Sealdesk", settings.alarm_from}, settings.alarm_from, settings.message_id_domain};
}

Outcome run_worker(Program& program, Desk& desk, const RunArguments& arguments) {
    const auto plans = jobs::load_plans(desk.settings.jobs, jobs::job_names());
    if (!plans) {
        return plans.error();
    }
    auto works = WorksOfDesk::open(program, desk);
    if (!works) {
        return works.error();
    }
    Watching watching(program);
    mail::SenderSettings sending;
    sending.domains = desk.settings.mail_domains;
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
    const jobs::JobTools tools{(*works)->works,
                               sender,
                               inbox,
                               crls.sources(),
                               &stop_asked(),
                               show,
                               desk.settings.mail_kept,
                               desk.settings.bounces,
                               [&] { return close_yesterday(program, desk); }};
    if (arguments.dry_run) {
        return preview(program, desk, tools, *plans, arguments.jobs);
    }
    const jobs::Cycle cycle{
        tools, *plans, arguments.jobs, {desk.settings.alarm_to, alarm_sender(desk.settings)}};
    const auto report = work(cycle, arguments.until_idle || !arguments.jobs.empty());
    print_cycle(program, *plans, report);
    if (watching.stopped() && arguments.until_idle) {
        return watching.stopped_error(program.text("已完成 ", "things done ") +
                                      std::to_string(report.moved()));
    }
    if (report.trouble) {
        return *report.trouble;
    }
    if (report.failed() + report.news.bounced > 0) {
        program.exit = Exit::Refused;  // a person must look: `mail list --waiting`, `doctor`
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
        "例： sealdesk run --until-idle     sealdesk run mail     sealdesk run --workers 2\n"
        "     sealdesk run --list           sealdesk run --dry-run expiry-notices\n"
        "各工作之執行時間訂於 jobs/*.yaml；指名之工作立即執行。",
        "Examples: sealdesk run --until-idle    sealdesk run mail    sealdesk run --workers 2\n"
        "          sealdesk run --list          sealdesk run --dry-run expiry-notices\n"
        "When each job runs is written in jobs/*.yaml; one that is named runs at once.\n"
        "Without --until-idle it goes on until SIGTERM or Ctrl-C; the job in hand is finished."));
    std::vector<std::string> names;
    std::string list;
    for (const std::string_view job : jobs::job_names()) {
        names.emplace_back(job);
        list += (list.empty() ? "" : ", ") + names.back();
    }
    run->add_option("JOB", arguments->jobs, list)->check(CLI::IsMember(names));
    run->add_flag("--until-idle", arguments->until_idle,
                  program.text("無事可做即結束", "end when nothing is due"));
    run->add_flag("--list", arguments->list,
                  program.text("列出各工作之預定與上次執行", "when each job runs, and ran last"));
    run->add_flag("--dry-run", arguments->dry_run,
                  program.text("僅列出將執行之數量，不執行", "say what would be done, do nothing"));
    run->add_option("--workers", arguments->workers,
                    program.text("同時執行的程序數", "processes at once"))
        ->check(CLI::Range(1, kWorkersMax));
    add_share_options(*run, program);
    run->callback([&program, arguments] {
        if (arguments->list) {
            with_desk(program, [&](Desk& desk) { return list_jobs(program, desk); });
            return;
        }
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
