#include "mail/delivery_rules.h"

#include <algorithm>

namespace sealdesk::mail {
namespace {

bool is_policy(const Reply& reply) { return reply.enhanced.rfind("5.7.", 0) == 0; }

// The server refuses us, not this mail: no login (RFC 4954 §6), or our sender address.
bool is_about_us(const Handover& handover) {
    const int code = handover.reply.code;
    const bool no_login = code == 530 || code == 534 || code == 535 || code == 538;
    const bool senders = handover.reply.enhanced == "5.1.7" || handover.reply.enhanced == "5.1.8";
    return no_login || senders || (handover.stage == Stage::Sender && is_policy(handover.reply));
}

Ruling parked() {
    return Ruling{.next = State::InDoubt, .failure = "mail.in_doubt", .is_doubt = true};
}

Ruling later(std::string failure, const Standing& standing, Instant now, Random& random) {
    const Instant next_at = now + retry_pause(standing.attempts, random);
    if (next_at <= standing.give_up_at) {
        return Ruling{.next = State::Deferred, .failure = std::move(failure), .next_at = next_at};
    }
    Ruling ruling = rule_on_expired(standing);
    ruling.counts = true;
    return ruling;
}

Ruling rule_on_doubt(const Standing& standing, Instant now, Random& random) {
    Ruling ruling = parked();
    const Instant next_at = now + retry_pause(standing.attempts, random);
    if (standing.doubts < kDoubtsMax && next_at <= standing.give_up_at) {
        ruling.next_at = next_at;
    }
    ruling.host_suspect = true;
    return ruling;
}

Ruling rule_on_refusal(const Handover& handover, Instant now) {
    if (is_about_us(handover)) {
        return Ruling{.next = State::Queued, .next_at = now, .counts = false, .blames_host = true};
    }
    if (is_policy(handover.reply)) {
        return Ruling{
            .next = State::Failed, .failure = "mail.refused_by_policy", .host_suspect = true};
    }
    if (is_dead_address(handover.reply.enhanced)) {
        return Ruling{.next = State::Failed, .failure = "mail.dead_mailbox", .suppress = true};
    }
    return Ruling{.next = State::Failed, .failure = "mail.refused"};
}

}  // namespace

bool is_dead_address(std::string_view status) {
    const bool is_senders = status == "5.1.7" || status == "5.1.8";
    return (status.starts_with("5.1.") && !is_senders) || status == "5.2.1";
}

std::chrono::microseconds retry_pause(int failures_before, Random& random) {
    constexpr int shift_max = 6;  // 64 minutes, cut to 60
    const int shift = std::clamp(failures_before, 0, shift_max);
    const std::chrono::minutes pause = std::min(std::chrono::minutes(1 << shift), kRetryPauseMax);
    const std::int64_t permille = 800 + random_number(random) % 401;
    return std::chrono::microseconds(pause) * permille / 1000;
}

Ruling rule_on(const Handover& handover, const Standing& standing, Instant now, Random& random) {
    switch (handover.verdict) {
        case Verdict::Ok: return Ruling{.next = State::Sent};
        case Verdict::Temporary: return later("mail.refused_for_now", standing, now, random);
        case Verdict::Permanent: return rule_on_refusal(handover, now);
        case Verdict::Unknown: return rule_on_doubt(standing, now, random);
        case Verdict::Lost: {
            Ruling ruling = later("mail.connection_lost", standing, now, random);
            ruling.host_suspect = true;
            return ruling;
        }
    }
    SEALDESK_CHECK(false);
}

Ruling rule_on_dead_sender(bool dot_marked, const Standing& standing, Instant now) {
    if (!dot_marked) {
        return Ruling{.next = State::Queued, .next_at = now};
    }
    Ruling ruling = parked();
    if (standing.doubts < kDoubtsMax) {
        ruling.next_at = now;
    }
    return ruling;
}

Ruling rule_on_expired(const Standing& standing) {
    if (standing.doubts > 0) {  // a copy may have arrived: only a person may call it failed
        return Ruling{.next = State::InDoubt, .failure = "mail.in_doubt", .counts = false};
    }
    return Ruling{.next = State::Failed, .failure = "mail.given_up", .counts = false};
}

}  // namespace sealdesk::mail
