#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "mail/smtp_session.h"
#include "store/tx.h"

namespace sealdesk::mail {

struct ClaimedBlock;
struct ClaimedMail;
struct Ruling;

struct SenderSettings {
    /// How long a claim lasts without a sign of life. Longer than SmtpSettings::dot_wait, by enough
    /// for the clocks of two hosts to differ.
    std::chrono::milliseconds lease = std::chrono::minutes(15);
    int block = 32;                         ///< mails claimed in one transaction
    std::int64_t block_bytes = 16'000'000;  ///< and their size, so that memory stays flat
    std::string owner = {};  ///< empty: this process (process_name.h); set by tests only
};

/// What one run did.
struct RunReport {
    std::int64_t sent = 0;
    std::int64_t deferred = 0;
    std::int64_t failed = 0;
    std::int64_t in_doubt = 0;
    std::int64_t superseded = 0;
    std::int64_t recovered = 0;  ///< taken over from dead senders
    /// The host, not a mail, is in trouble: the run stopped, no mail was blamed, and this Sender
    /// does nothing before `paused_until`.
    std::optional<Error> host_trouble = {};
    std::optional<Instant> paused_until = {};
};

/// Empties the outbox into the mail server. Any number of processes may run one each, on SQLite
/// and on MariaDB: a mail belongs to who changed its row by compare-and-set. Two commits a mail:
/// "mail.dot" between body and final dot, "mail.settle" after the answer; claims in blocks
/// ("mail.claim"). A killed process leaves Sending (the dot never left: queued again) or Dot (in
/// doubt: sent once more, same bytes); its rows are taken over at once on the same host, else when
/// the lease has run out. Crash points besides the commits: mail.body-sent, mail.answer-read.
class Sender {
public:
    Sender(store::Database& database, SmtpSettings smtp, SenderSettings settings = {});

    /// Works until nothing is due now, the host is in trouble, or `count_max` mails were handed
    /// over. What is deferred to later is not waited for. Throws Failure when the database is gone;
    /// what was under way is then put right by the next run.
    [[nodiscard]] RunReport run_until_idle(std::int64_t count_max = INT64_MAX);

private:
    class Departure;

    [[nodiscard]] bool work_on(const ClaimedBlock& block, RunReport& report);
    [[nodiscard]] Outcome ready_session();
    [[nodiscard]] Result<Handover> transfer(const ClaimedMail& mail);
    [[nodiscard]] Outcome deliver(const ClaimedMail& mail, const ClaimedMail* next,
                                  RunReport& report);
    [[nodiscard]] Outcome record(const ClaimedMail& mail, const Handover& handover,
                                 RunReport& report);
    void offer(const ClaimedMail& mail);
    void pause(const Error& trouble, RunReport& report);

    store::Database& database_;
    SenderSettings settings_;
    SmtpSession session_;
    std::optional<Instant> paused_until_;
    std::optional<Error> trouble_;
    int host_failures_ = 0;  ///< in a row; sets the length of the pause
    int host_doubts_ = 0;    ///< see kHostDoubtsMax
};

}  // namespace sealdesk::mail
