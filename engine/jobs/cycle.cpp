#include "jobs/cycle.h"

#include <algorithm>

#include "effects/agency_notice.h"
#include "effects/key_file.h"
#include "effects/publish.h"
#include "jobs/statistics.h"
#include "jobs/unaccepted.h"
#include "queue/runner.h"
#include "requests/lapse.h"

namespace sealdesk::jobs {
namespace {

/// Passes in one run at most: each moves something, and a request moves at most a few times.
constexpr int kPassesMax = 1000;

bool wanted(const CycleTools& tools, std::string_view job) {
    return tools.jobs.empty() || std::ranges::count(tools.jobs, job) > 0;
}

void run_inbox(const CycleTools& tools, CycleReport& report) {
    const InboxReport looked = take_inbox(tools.inbox);
    report.inbox_done = looked.done;
    report.inbox_refused = looked.refused;
    report.inbox_waiting = looked.waiting;
    if (looked.trouble) {
        report.trouble = looked.trouble;
    }
}

void run_unaccepted(const CycleTools& tools, CycleReport& report) {
    report.unaccepted = hold_unaccepted(tools.works);
}

void run_key_files(const CycleTools& tools, CycleReport& report) {
    report.erased_keys = effects::erase_old_keys(tools.works.office.database);
}

void run_overdue(const CycleTools& tools, CycleReport& report) {
    report.reminded = requests::remind_of_corrections(tools.works.office);
    report.lapsed = requests::close_lapsed_requests(tools.works.office);
}

void run_effects(const CycleTools& tools, CycleReport& report) {
    queue::Runner runner(tools.works.office.database);
    effects::register_handlers(runner, tools.works);
    queue::RunOptions options;
    options.stop = tools.stop;
    options.progress = [&](const queue::Job& job, const queue::Statistics& statistics) {
        tools.progress(job.kind + "  " + std::to_string(statistics.done));
    };
    const auto statistics = runner.run(options);
    report.effects = statistics.done;
    report.deferred = statistics.deferred;
    report.failed = statistics.failed;
}

void run_crls(const CycleTools& tools, CycleReport& report) {
    for (const CrlSource& source : tools.crls) {
        const auto issued = issue_crl_if_due(tools.works.office.database, source);
        if (!issued) {
            report.trouble = issued.error();
        } else if (*issued) {
            report.issued_crls.push_back({source.authority, **issued});
            tools.progress("crl  " + source.authority + "  " + std::to_string((*issued)->number));
        }
    }
}

void run_notices(const CycleTools& tools, CycleReport& report) {
    const effects::Told told = effects::send_agency_notices(tools.works);
    report.notices = told.count;
    report.trouble = told.trouble ? told.trouble : report.trouble;
}

void run_repository(const CycleTools& tools, CycleReport& report) {
    report.crls = effects::publish_crls(tools.works);
}

void run_print(const CycleTools& tools, CycleReport& report) {
    const auto batches = effects::make_print_batches(tools.works);
    if (batches) {
        report.batches = *batches;
    } else if (batches.error().code != "slips.busy") {  // another worker is making them
        report.trouble = batches.error();
    }
}

void run_mail(const CycleTools& tools, CycleReport& report) {
    const auto sent = tools.sender.run_until_idle();
    report.mails = sent.sent;
    report.mails_failed = sent.failed;
    if (sent.host_trouble) {
        report.trouble = sent.host_trouble;
    }
}

void run_complete(const CycleTools& tools, CycleReport& report) {
    report.completed = effects::complete_requests(tools.works);
}

void run_statistics(const CycleTools& tools, CycleReport& report) {
    const auto published = publish_statistics(tools.works);
    if (published) {
        report.statistics = *published;
    } else {
        report.trouble = published.error();
    }
}

void run_day_book(const CycleTools& tools, CycleReport& report) {
    const Result<bool> closed = tools.close_day ? tools.close_day() : Result<bool>(false);
    if (closed) {
        report.days_closed = *closed ? 1 : 0;
    } else {
        report.trouble = closed.error();
    }
}

constexpr DueJob kDueJobs[] = {
    {"inbox", run_inbox},      {"unaccepted", run_unaccepted}, {"key-files", run_key_files},
    {"overdue", run_overdue},  {"effects", run_effects},       {"notices", run_notices},
    {"crl", run_crls},         {"repository", run_repository}, {"print", run_print},
    {"mail", run_mail},        {"complete", run_complete},     {"statistics", run_statistics},
    {"day-book", run_day_book}};

bool stopped(const CycleTools& tools) { return tools.stop != nullptr && tools.stop->load(); }

}  // namespace

std::span<const DueJob> due_jobs() { return kDueJobs; }

void CycleReport::add(const CycleReport& other) {
    inbox_done += other.inbox_done;
    inbox_refused += other.inbox_refused;
    inbox_waiting = other.inbox_waiting;
    unaccepted += other.unaccepted;
    erased_keys += other.erased_keys;
    reminded += other.reminded;
    lapsed += other.lapsed;
    effects += other.effects;
    deferred += other.deferred;
    failed += other.failed;
    notices += other.notices;
    crls += other.crls;
    issued_crls.insert(issued_crls.end(), other.issued_crls.begin(), other.issued_crls.end());
    batches += other.batches;
    mails += other.mails;
    mails_failed += other.mails_failed;
    completed += other.completed;
    statistics += other.statistics;
    days_closed += other.days_closed;
    trouble = other.trouble ? other.trouble : trouble;
}

CycleReport run_pass(const CycleTools& tools) {
    CycleReport report;
    for (const DueJob& job : due_jobs()) {
        if (wanted(tools, job.name) && !stopped(tools)) {
            job.run(tools, report);
        }
    }
    return report;
}

CycleReport run_until_idle(const CycleTools& tools) {
    CycleReport whole;
    for (int pass = 0; pass < kPassesMax && !stopped(tools); ++pass) {
        const CycleReport report = run_pass(tools);
        whole.add(report);
        if (report.moved() == 0) {
            break;
        }
    }
    return whole;
}

}  // namespace sealdesk::jobs
