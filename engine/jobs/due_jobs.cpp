#include "jobs/due_jobs.h"

#include "effects/agency_notice.h"
#include "effects/key_file.h"
#include "effects/publish.h"
#include "effects/unopened.h"
#include "jobs/expiry_notices.h"
#include "jobs/job_previews.h"
#include "jobs/statistics.h"
#include "jobs/unaccepted.h"
#include "jobs/unopened_slips.h"
#include "mail/outbox.h"
#include "queue/runner.h"
#include "requests/lapse.h"

namespace sealdesk::jobs {
namespace {

constexpr int kTextsPage = 500;

JobResult run_inbox(const JobTools& tools, const GoOn& /*go_on*/, JobNews& news) {
    const InboxReport looked = take_inbox(tools.inbox);
    news.inbox_waiting = looked.waiting;
    const std::int64_t settled = looked.done + looked.refused;
    return {{settled, looked.done, 0, 0}, looked.trouble};
}

JobResult run_unaccepted(const JobTools& tools, const GoOn& go_on, JobNews& /*news*/) {
    return {all_done(hold_unaccepted(tools.works, go_on))};
}

JobResult run_key_files(const JobTools& tools, const GoOn& /*go_on*/, JobNews& /*news*/) {
    return {all_done(effects::erase_old_keys(tools.works.office.database))};
}

JobResult run_overdue(const JobTools& tools, const GoOn& go_on, JobNews& /*news*/) {
    const int reminded = requests::remind_of_corrections(tools.works.office, go_on);
    return {all_done(reminded + requests::close_lapsed_requests(tools.works.office, go_on))};
}

JobResult run_slips(const JobTools& tools, const GoOn& go_on, JobNews& /*news*/) {
    const UnopenedSlips swept = sweep_unopened_slips(tools.works, go_on);
    return {all_done(swept.reminded + swept.voided)};
}

JobResult run_expiry_notices(const JobTools& tools, const GoOn& go_on, JobNews& /*news*/) {
    return {send_expiry_notices(tools.works, go_on)};
}

JobResult run_effects(const JobTools& tools, const GoOn& /*go_on*/, JobNews& /*news*/) {
    queue::Runner runner(tools.works.office.database);
    effects::register_handlers(runner, tools.works);
    queue::RunOptions options;
    options.stop = tools.stop;
    options.progress = [&](const queue::Job& job, const queue::Statistics& statistics) {
        tools.progress(job.kind + "  " + std::to_string(statistics.done));
    };
    const auto statistics = runner.run(options);
    return {{statistics.done + statistics.deferred + statistics.failed, statistics.done,
             statistics.failed, statistics.deferred}};
}

JobResult run_crls(const JobTools& tools, const GoOn& /*go_on*/, JobNews& news) {
    JobResult result;
    for (const CrlSource& source : tools.crls) {
        const auto issued = issue_crl_if_due(tools.works.office.database, source);
        if (!issued) {
            result.count.add({1, 0, 1, 0});
            result.trouble = issued.error();
        } else if (*issued) {
            result.count.add(all_done(1));
            news.issued_crls.push_back({source.authority, **issued});
            tools.progress("crl  " + source.authority + "  " + std::to_string((*issued)->number));
        }
    }
    return result;
}

JobResult run_notices(const JobTools& tools, const GoOn& /*go_on*/, JobNews& /*news*/) {
    const effects::Told told = effects::send_agency_notices(tools.works);
    return {all_done(told.count), told.trouble};
}

JobResult run_repository(const JobTools& tools, const GoOn& /*go_on*/, JobNews& /*news*/) {
    return {all_done(effects::publish_crls(tools.works))};
}

JobResult run_print(const JobTools& tools, const GoOn& go_on, JobNews& /*news*/) {
    const auto batches = effects::make_print_batches(tools.works, go_on);
    if (batches) {
        return {all_done(*batches)};
    }
    const bool elsewhere = batches.error().code == "slips.busy";  // another worker makes them
    return {{}, elsewhere ? std::nullopt : std::optional(batches.error())};
}

JobResult run_mail(const JobTools& tools, const GoOn& /*go_on*/, JobNews& /*news*/) {
    const auto report = tools.sender.run_until_idle();
    const std::int64_t settled = report.sent + report.superseded;
    const std::int64_t later = report.deferred + report.in_doubt;
    return {{settled + report.failed + later, settled, report.failed, later}, report.host_trouble};
}

JobResult run_bounces(const JobTools& tools, const GoOn& /*go_on*/, JobNews& news) {
    mail::BounceMailbox mailbox = tools.bounces;
    mailbox.on_bounce = effects::slip_mail_bounced;
    const mail::BounceCount count = mail::take_bounces(tools.works.office.database, mailbox);
    news.bounced = count.bounced;
    return {{count.moved(), count.bounced + count.noted, count.left, 0}, count.trouble};
}

JobResult run_mail_texts(const JobTools& tools, const GoOn& go_on, JobNews& /*news*/) {
    store::Database& database = tools.works.office.database;
    const Instant before = database.clock().now() - tools.mail_kept;
    std::int64_t erased = 0;
    for (bool more = true; more && go_on();) {
        const auto page = store::transact(database, "mail.purge", [&](store::Tx& tx) {
            return mail::purge_bodies(tx, before, kTextsPage);
        });
        erased += page;
        more = page == kTextsPage;
    }
    return {all_done(erased)};
}

JobResult run_complete(const JobTools& tools, const GoOn& go_on, JobNews& /*news*/) {
    return {all_done(effects::complete_requests(tools.works, go_on))};
}

JobResult run_statistics(const JobTools& tools, const GoOn& /*go_on*/, JobNews& /*news*/) {
    const auto published = publish_statistics(tools.works);
    return published ? JobResult{all_done(*published)} : JobResult{{}, published.error()};
}

JobResult run_day_book(const JobTools& tools, const GoOn& /*go_on*/, JobNews& /*news*/) {
    const Result<bool> closed = tools.close_day ? tools.close_day() : Result<bool>(false);
    return closed ? JobResult{all_done(*closed ? 1 : 0)} : JobResult{{1, 0, 1, 0}, closed.error()};
}

constexpr DueJob kDueJobs[] = {{"inbox", run_inbox, preview_inbox},
                               {"unaccepted", run_unaccepted, preview_unaccepted},
                               {"key-files", run_key_files, preview_key_files},
                               {"slips", run_slips, preview_slips},
                               {"overdue", run_overdue, preview_overdue},
                               {"expiry-notices", run_expiry_notices, preview_expiry_notices},
                               {"effects", run_effects, preview_effects},
                               {"notices", run_notices, preview_notices},
                               {"crl", run_crls, preview_crls},
                               {"repository", run_repository, nullptr},
                               {"print", run_print, preview_print},
                               {"mail", run_mail, preview_mail},
                               {"bounces", run_bounces, preview_bounces},
                               {"complete", run_complete, nullptr},
                               {"mail-texts", run_mail_texts, preview_mail_texts},
                               {"statistics", run_statistics, preview_statistics},
                               {"day-book", run_day_book, preview_day_book}};

}  // namespace

std::span<const DueJob> due_jobs() { return kDueJobs; }

std::vector<std::string_view> job_names() {
    std::vector<std::string_view> names;
    for (const DueJob& job : kDueJobs) {
        names.push_back(job.name);
    }
    return names;
}

}  // namespace sealdesk::jobs
