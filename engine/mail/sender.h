#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/progress.h"
#include "base/result.h"
#include "mail/domain_limits.h"
#include "mail/smtp_session.h"
#include "store/tx.h"

namespace sealdesk::mail {

struct ClaimedBlock;
struct ClaimedMail;
struct Ruling;

struct SenderSettings {
    /// How long a claim lasts without a sign of life; at least SmtpSettings::dot_wait and five
    /// minutes, for the clocks of two hosts may differ.
    std::chrono::milliseconds lease = std::chrono::minutes(15);
    int block = 32;  ///< mails claimed in one transaction
    /// Sessions abreast at most. Their mails share the two commits, and the server's work overlaps;
    /// a death in the dot window puts as many mails in doubt. Opened only as blocks are worth it.
    int sessions = 4;
    std::int64_t block_bytes = 16'000'000;  ///< and their size, so that memory stays flat
    DomainLimits domains = {};              ///< how fast single domains are written to
    Watch watch = {};        ///< told of the mails sent; may end the run between two waves
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
/// and on MariaDB: a mail belongs to who changed its row by compare-and-set. Mails go out in waves,
/// one on each session; a wave has two commits, "mail.dot" between bodies and final dots and
/// "mail.settle" after the answers; claims come in blocks ("mail.claim"). A killed process leaves
/// Sending (the dot never left: queued again) or Dot (in doubt: sent once more, same bytes); its
/// rows are taken over at once on the same host, else when the lease has run out. Crash points
/// besides the commits: mail.body-sent, mail.answer-read (after each answer).
class Sender {
public:
    Sender(store::Database& database, const SmtpSettings& smtp, SenderSettings settings = {});
    ~Sender();
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    /// Works until nothing is due now, the host is in trouble, or `count_max` mails were handed
    /// over. What is deferred to later is not waited for. Throws Failure when the database is gone;
    /// what was under way is then put right by the next run.
    [[nodiscard]] RunReport run_until_idle(std::int64_t count_max = INT64_MAX);

private:
    struct Lane;  // a session and the mail it carries in this wave
    class Departure;
    using Mails = std::span<const ClaimedMail>;

    [[nodiscard]] bool work_on(const ClaimedBlock& block, RunReport& report);
    [[nodiscard]] std::size_t wave_of(Mails mails, std::size_t lanes) const;
    [[nodiscard]] Result<std::size_t> ready_lanes(std::size_t wanted);
    [[nodiscard]] Outcome carry(Mails wave, Mails rest, RunReport& report);
    [[nodiscard]] Outcome transfer(Lane& lane);
    void mark_dots(std::size_t count, RunReport& report);
    void finish(std::size_t count);
    void offer_ahead(Mails next);
    [[nodiscard]] Outcome record(std::size_t count, RunReport& report);
    void abandon_all();
    void pause(const Error& trouble, RunReport& report);

    store::Database& database_;
    SenderSettings settings_;
    std::vector<std::unique_ptr<Lane>> lanes_;
    std::size_t lanes_max_;  ///< fewer than settings_.sessions when the server allows no more
    std::optional<Instant> paused_until_;
    std::optional<Error> trouble_;
    int host_failures_ = 0;  ///< in a row; sets the length of the pause
    int host_doubts_ = 0;    ///< see kHostDoubtsMax
};

}  // namespace sealdesk::mail
