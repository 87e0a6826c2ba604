#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "effects/works.h"
#include "jobs/crls.h"
#include "jobs/inbox.h"
#include "mail/sender.h"

namespace sealdesk::jobs {

struct CycleTools;
struct CycleReport;

/// One thing that a pass does when it is due; its cost grows with what is due.
struct DueJob {
    std::string_view name;
    void (*run)(const CycleTools&, CycleReport&);
};

/// The jobs there are, in the order in which one pass does them: files dropped into the inbox, what
/// time brings to certificates, keys and requests, effects of decisions, notices to relying
/// agencies, CRLs issued, CRLs into the repository, print batches of what waits for paper, mails of
/// the outbox, requests that have come to their end, last month's
/// announced numbers, yesterday's book.
[[nodiscard]] std::span<const DueJob> due_jobs();

/// What one worker works with.
struct CycleTools {
    const effects::Works& works;
    mail::Sender& sender;
    const Inbox& inbox;
    std::span<const CrlSource> crls;  ///< the CAs whose CRLs this process can issue
    std::vector<std::string> jobs;    ///< names of those wanted; empty: all
    const std::atomic<bool>* stop = nullptr;
    std::function<void(const std::string& line)> progress;
    /// Closes the day book of yesterday when it is open; whether it did. None: nobody can.
    std::function<Result<bool>()> close_day = {};
};

/// What was done, for the operator.
struct CycleReport {
    std::int64_t inbox_done = 0;     ///< dropped files that came in
    std::int64_t inbox_refused = 0;  ///< dropped files of which nothing came in
    std::int64_t inbox_waiting = 0;  ///< at the last look: still being copied, or open
    std::int64_t unaccepted = 0;     ///< certificates put on hold
    std::int64_t erased_keys = 0;    ///< of key files whose time to be fetched again was over
    std::int64_t reminded = 0;       ///< of corrections whose last days have begun
    std::int64_t lapsed = 0;         ///< requests whose time for correction was over
    std::int64_t effects = 0;
    std::int64_t deferred = 0;
    std::int64_t failed = 0;
    std::int64_t notices = 0;  ///< of certificates, to relying agencies
    std::vector<IssuedCrl> issued_crls;
    std::int64_t crls = 0;  ///< files of CAs brought into the repository
    std::int64_t batches = 0;
    std::int64_t mails = 0;
    std::int64_t mails_failed = 0;
    std::int64_t completed = 0;
    std::int64_t days_closed = 0;
    std::int64_t statistics = 0;  ///< months whose announcement was made
    std::optional<Error>
        trouble;  ///< a machine did not answer; what is left waits for the next run

    [[nodiscard]] std::int64_t moved() const {
        return inbox_done + inbox_refused + unaccepted + erased_keys + reminded + lapsed + effects +
               notices + crls + std::int64_t(issued_crls.size()) + batches + mails + completed +
               days_closed + statistics;
    }
    void add(const CycleReport& other);
};

/// One pass over all wanted jobs. Several processes may run passes at once; no effect happens
/// twice.
[[nodiscard]] CycleReport run_pass(const CycleTools& tools);

/// Passes until one moves nothing.
[[nodiscard]] CycleReport run_until_idle(const CycleTools& tools);

}  // namespace sealdesk::jobs
