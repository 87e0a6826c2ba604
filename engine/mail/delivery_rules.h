#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "mail/outbox.h"
#include "mail/smtp_session.h"

namespace sealdesk::mail {

/// Longest pause between two tries of one mail, and of one host.
inline constexpr std::chrono::minutes kRetryPauseMax{60};

/// Blind resends after the server may have taken a mail: one. Each can make a second copy in the
/// recipient's box (same Message-ID, same bytes); after it a person decides.
inline constexpr int kDoubtsMax = 1;

/// Troubles in a row that were not about a mailbox (policy, lost sessions, no answers): then it is
/// the host, and the run pauses before it hurts more mails.
inline constexpr int kHostDoubtsMax = 4;

/// What a mail has behind it when it is handed over.
struct Standing {
    int attempts;
    int doubts;
    Instant give_up_at;
};

/// What is to become of a mail after a handover.
struct Ruling {
    State next;
    std::string failure = {};             ///< our code, empty when sent
    std::optional<Instant> next_at = {};  ///< when it is tried again; none: not by itself
    bool counts = true;                   ///< an attempt of this mail, not the host's trouble
    bool is_doubt = false;                ///< one more time that it may have been taken
    bool suppress = false;                ///< the address is refused for good
    bool blames_host = false;             ///< the run must stop: it would hit every mail
    bool host_suspect = false;            ///< several of these in a row: the same
};

/// 1, 2, 4, 8, 16, 32, 60, 60 … minutes after the first, second, … failure, ±20 % so that mails
/// that failed together do not come back together. `failures_before` starts at 0.
[[nodiscard]] std::chrono::microseconds retry_pause(int failures_before, Random& random);

/// Pure but for the jitter. `handover` is the last step that was taken.
[[nodiscard]] Ruling rule_on(const Handover& handover, const Standing& standing, Instant now,
                             Random& random);

/// A mail whose sender died. Before the dot mark its dot never left: queued again. After it the
/// server may have it: one resend at once (the process that would have read the answer is gone, so
/// waiting teaches nothing), then parked.
[[nodiscard]] Ruling rule_on_dead_sender(bool dot_marked, const Standing& standing, Instant now);

/// Whether an enhanced status code (RFC 3463) of a permanent failure says that the address does not
/// exist or is switched off: x.1.* but for the sender's own x.1.7 and x.1.8, and x.2.1.
[[nodiscard]] bool is_dead_address(std::string_view status);

/// A mail that came to its turn too late.
[[nodiscard]] Ruling rule_on_expired(const Standing& standing);

}  // namespace sealdesk::mail
