#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "effects/works.h"
#include "jobs/crls.h"
#include "jobs/inbox.h"
#include "jobs/job_run.h"
#include "mail/bounces.h"
#include "mail/sender.h"

namespace sealdesk::jobs {

/// What the jobs of one worker work with.
struct JobTools {
    const effects::Works& works;
    mail::Sender& sender;
    const Inbox& inbox;
    std::span<const CrlSource> crls;  ///< the CAs whose CRLs this process can issue
    const std::atomic<bool>* stop = nullptr;
    std::function<void(const std::string& line)> progress;  ///< told of every piece of work
    std::chrono::days mail_kept{90};   ///< texts of mails, from when they were settled
    mail::BounceMailbox bounces = {};  ///< where reports about our mails arrive
    /// Closes yesterday's book where that is still to be done; whether it was. None: nobody does.
    std::function<Result<bool>()> close_day = {};
};

/// What a job has to say beside its count.
struct JobNews {
    std::int64_t bounced = 0;        ///< mails that came back
    std::int64_t inbox_waiting = 0;  ///< dropped files, at the last look: being copied, or open
    std::vector<IssuedCrl> issued_crls;
};

/// What one run came to.
struct JobResult {
    JobCount count;
    std::optional<Error> trouble = {};  ///< a machine did not answer; what is left waits
};

/// What a run would do now.
struct Preview {
    Bilingual what;
    std::int64_t count;
};

/// One thing that is done when it is due; its cost grows with what is due.
struct DueJob {
    std::string_view name;
    JobResult (*run)(const JobTools&, const GoOn&, JobNews&);
    /// Null: what it will find cannot be counted without doing it.
    std::vector<Preview> (*preview)(store::Tx&, const JobTools&);
};

/// The jobs there are, in the order in which one pass does them: files dropped into the inbox, what
/// time brings to certificates, keys and requests, effects of decisions, notices to relying
/// agencies, CRLs issued, CRLs into the repository, print batches of what waits for paper, mails of
/// the outbox, mails that came back, requests that have come to their end,
/// texts of old mails, last month's numbers, yesterday's book. When each runs:
/// jobs/NAME.yaml.
[[nodiscard]] std::span<const DueJob> due_jobs();
[[nodiscard]] std::vector<std::string_view> job_names();

}  // namespace sealdesk::jobs
