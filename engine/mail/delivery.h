#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mail/delivery_rules.h"
#include "mail/domain_limits.h"
#include "mail/outbox.h"
#include "mail/smtp_session.h"
#include "store/tx.h"

namespace sealdesk::mail {

// What a sender does to rows of the outbox. Every change names the state and the token it expects;
// a row that changed hands is left alone.

/// A mail that this sender holds until its lease runs out.
struct ClaimedMail {
    MailId id;
    std::int64_t token;
    Standing standing;
    std::string from;
    std::string to;
    std::string bytes;
};

struct ClaimOptions {
    std::string owner;
    std::chrono::milliseconds lease;
    int count;
    std::int64_t bytes;  ///< together at most, except that one mail is always taken
    const DomainLimits* limits = nullptr;  ///< what is over a domain's pace waits; null: none
};

struct ClaimedBlock {
    std::vector<ClaimedMail> mails;
    std::int64_t recovered = 0;  ///< rows of dead senders put back
    std::int64_t failed = 0;     ///< settled without a try: suppressed, expired, damaged
    bool found_any = false;      ///< false: nothing was due
};

/// Puts back what dead senders left (and what `options.owner` itself left: it holds nothing when
/// it claims), then takes a block of due mails, the longest due first. Senders that claim at the
/// same moment start at random places, so that they seldom meet, and never share a row.
[[nodiscard]] ClaimedBlock claim(store::Tx& tx, const ClaimOptions& options);

enum class DotMark {
    Marked,     ///< durable after the commit: from now on the server may have taken the mail
    Withdrawn,  ///< superseded meanwhile: the dot must not leave; settled as such
    Overtaken,  ///< the lease ran out and another sender holds it: the dot must not leave
};

/// Sending → Dot, and a fresh lease for the wait. May be repeated after an unknown COMMIT.
[[nodiscard]] DotMark mark_dot(store::Tx& tx, const ClaimedMail& mail,
                               std::chrono::milliseconds lease);

/// How one handover ended.
struct Settlement {
    const ClaimedMail* mail;
    Ruling ruling;
    Reply reply;
};

/// Writes down how handovers ended and lets the rows go. Returns where each mail stands now:
/// Superseded instead of another try when it was withdrawn meanwhile; the state found when another
/// sender had taken the row over. Audit: mail.sent, mail.failed, mail.deferred, mail.in_doubt,
/// mail.superseded.
std::vector<State> settle(store::Tx& tx, std::span<const Settlement> settlements);

/// Gives mails back untouched: queued, due now.
void release(store::Tx& tx, std::span<const ClaimedMail> mails);

}  // namespace sealdesk::mail
