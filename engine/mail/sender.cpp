#include "mail/sender.h"

#include <atomic>
#include <span>
#include <utility>

#include "base/crash.h"
#include "mail/delivery.h"
#include "mail/delivery_rules.h"
#include "mail/process_name.h"

namespace sealdesk::mail {
namespace {

// Two senders of one process (tests) must not take each other for dead.
std::string next_owner_name() {
    static std::atomic<int> count{0};
    return this_process() + "/" + std::to_string(++count);
}

Error host_refusal(const Handover& handover) {
    std::string detail = "The mail server refuses our mails at the step \"" +
                         std::string(to_text(handover.stage)) + "\"";
    if (handover.reply.code != 0) {
        detail += ": " + std::to_string(handover.reply.code) + " " + handover.reply.enhanced;
    }
    detail += ". Look at its log and at the mail settings; the mails wait.";
    return Error{ErrorKind::Unavailable, "mail.host_refuses", std::move(detail), {}, {}};
}

void count_state(State state, RunReport& report) {
    switch (state) {
        case State::Sent: ++report.sent; break;
        case State::Deferred: ++report.deferred; break;
        case State::Failed: ++report.failed; break;
        case State::InDoubt: ++report.in_doubt; break;
        case State::Superseded: ++report.superseded; break;
        case State::Queued:
        case State::Sending:
        case State::Dot: break;  // another sender's by now, or given back
    }
}

}  // namespace

// Ends the conversation when a run ends: politely, or, when a Failure flies, without a word, so
// that nothing half handed over is ever completed.
class Sender::Departure {
public:
    explicit Departure(SmtpSession& session) : session_(session) {}
    ~Departure() {
        if (polite_) {
            session_.close();
        } else {
            session_.abandon();
        }
    }
    Departure(const Departure&) = delete;
    Departure& operator=(const Departure&) = delete;
    void be_polite() { polite_ = true; }

private:
    SmtpSession& session_;
    bool polite_ = false;
};

Sender::Sender(store::Database& database, SmtpSettings smtp, SenderSettings settings)
    : database_(database), settings_(std::move(settings)), session_(std::move(smtp)) {
    SEALDESK_CHECK(settings_.block > 0 && settings_.block_bytes > 0);
    if (settings_.owner.empty()) {
        settings_.owner = next_owner_name();
    }
}

RunReport Sender::run_until_idle(std::int64_t count_max) {
    RunReport report;
    if (paused_until_ && database_.clock().now() < *paused_until_) {
        report.host_trouble = trouble_;
        report.paused_until = paused_until_;
        return report;
    }
    paused_until_.reset();
    Departure departure(session_);
    std::int64_t handled = 0;
    while (handled < count_max) {
        const int count =
            static_cast<int>(std::min<std::int64_t>(settings_.block, count_max - handled));
        const auto block = store::transact(database_, "mail.claim", [&](store::Tx& tx) {
            return claim(
                tx, ClaimOptions{settings_.owner, settings_.lease, count, settings_.block_bytes});
        });
        report.recovered += block.recovered;
        report.failed += block.failed;
        handled += static_cast<std::int64_t>(block.mails.size());
        if (!block.found_any || !work_on(block, report)) {
            break;
        }
    }
    departure.be_polite();
    return report;
}

// Hands a block over, mail by mail. False when the host is in trouble: what was not handed over
// goes back to the queue.
bool Sender::work_on(const ClaimedBlock& block, RunReport& report) {
    const auto& mails = block.mails;
    for (std::size_t i = 0; i < mails.size(); ++i) {
        const ClaimedMail* next = i + 1 < mails.size() ? &mails[i + 1] : nullptr;
        const auto delivered = deliver(mails[i], next, report);
        if (!delivered) {
            session_.abandon();
            const auto rest = std::span<const ClaimedMail>(mails).subspan(i);
            store::transact(database_, "mail.release", [&](store::Tx& tx) { release(tx, rest); });
            pause(delivered.error(), report);
            return false;
        }
    }
    return true;
}

Outcome Sender::ready_session() {
    if (session_.has_offer() || !session_.is_spent()) {
        return done();
    }
    session_.close();
    return session_.open();
}

void Sender::offer(const ClaimedMail& mail) {
    session_.offer(Envelope{mail.from, mail.to, mail.bytes.size()});
}

// Envelope and body. A session that has carried mails before may have been closed by the server
// meanwhile, which says nothing about this mail: once more on a new one. Errors: the host's.
Result<Handover> Sender::transfer(const ClaimedMail& mail) {
    for (bool again = false;; again = true) {
        const auto ready = ready_session();
        if (!ready) {
            return ready.error();
        }
        if (!session_.has_offer()) {
            offer(mail);
        }
        const bool was_used = session_.messages() > 1;
        Handover handover = session_.transfer(mail.bytes);
        const bool session_ended = handover.verdict == Verdict::Lost || handover.reply.code == 421;
        if (!session_ended || !was_used || again) {
            return handover;
        }
    }
}

// One mail from claim to settled row. Errors: the host's trouble; the mail is then still claimed,
// or queued again.
Outcome Sender::deliver(const ClaimedMail& mail, const ClaimedMail* next, RunReport& report) {
    auto handover = transfer(mail);
    if (!handover) {
        return handover.error();
    }
    if (handover->verdict == Verdict::Ok) {
        crash_point("mail.body-sent");
        const auto mark = store::transact(database_, "mail.dot", [&](store::Tx& tx) {
            return mark_dot(tx, mail, settings_.lease);
        });
        if (mark != DotMark::Marked) {
            session_.abandon();
            count_state(mark == DotMark::Withdrawn ? State::Superseded : State::Sending, report);
            return done();
        }
        handover = session_.finish();
        crash_point("mail.answer-read");
    }
    if (next != nullptr && !session_.is_spent()) {
        offer(*next);  // its envelope travels while this one's answer is written down
    }
    return record(mail, *handover, report);
}

Outcome Sender::record(const ClaimedMail& mail, const Handover& handover, RunReport& report) {
    const Ruling ruling =
        rule_on(handover, mail.standing, database_.clock().now(), database_.random());
    const State state = store::transact(database_, "mail.settle", [&](store::Tx& tx) {
        return settle(tx, mail, ruling, handover.reply);
    });
    count_state(state, report);
    if (ruling.next == State::Sent) {
        host_failures_ = 0;
    }
    host_doubts_ = ruling.host_suspect ? host_doubts_ + 1 : 0;
    if (ruling.blames_host || host_doubts_ >= kHostDoubtsMax) {
        return host_refusal(handover);
    }
    return done();
}

void Sender::pause(const Error& trouble, RunReport& report) {
    trouble_ = trouble;
    paused_until_ = database_.clock().now() + retry_pause(host_failures_++, database_.random());
    host_doubts_ = 0;
    report.host_trouble = trouble_;
    report.paused_until = paused_until_;
}

}  // namespace sealdesk::mail
