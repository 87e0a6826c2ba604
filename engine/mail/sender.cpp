#include "mail/sender.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <span>
#include <utility>

#include "base/crash.h"
#include "base/process_name.h"
#include "mail/delivery.h"
#include "mail/delivery_rules.h"

namespace sealdesk::mail {
namespace {

/// A session costs a TLS handshake and a login, a handful of mails' worth: so many mails of a block
/// are worth one more.
constexpr std::size_t kMailsPerSession = 8;

/// By how much the clocks of two hosts may differ without one taking the other's mails over.
constexpr std::chrono::minutes kClockMargin{5};

// Two senders of one process (tests) must not take each other for dead.
std::string next_owner_name() {
    static std::atomic<int> count{0};
    return this_process() + "/" + std::to_string(++count);
}

/// Mails in an order in which each domain's come as far apart as its sessions need.
void spread_over_domains(const DomainLimits& limits, std::vector<ClaimedMail>& mails) {
    std::map<std::string, int> seen;
    std::map<MailId, int> turn_of;
    for (const ClaimedMail& mail : mails) {
        const std::string domain = domain_of(mail.to);
        const int sessions = limit_of(limits, domain).sessions;
        turn_of[mail.id] = sessions > 0 ? seen[domain]++ / sessions : 0;
    }
    std::ranges::stable_sort(mails, {}, [&](const ClaimedMail& mail) { return turn_of[mail.id]; });
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
        case State::Bounced:
        case State::Queued:
        case State::Sending:
        case State::Dot: break;  // another sender's by now, or given back
    }
}

}  // namespace

struct Sender::Lane {
    explicit Lane(const SmtpSettings& settings) : session(settings) {}

    SmtpSession session;
    const ClaimedMail* mail = nullptr;
    Handover handover;        ///< the last step of this wave's mail
    bool is_dropped = false;  ///< withdrawn, or another sender's: its dot does not leave

    void offer(const ClaimedMail& to_send) {
        session.offer(Envelope{to_send.from, to_send.to, to_send.bytes.size(),
                               std::string(bounce_token(to_send.from))});
    }
    [[nodiscard]] bool has_body_out() const {
        return handover.verdict == Verdict::Ok && !is_dropped;
    }
};

// Ends the conversations when a run ends: politely, or, when a Failure flies, without a word, so
// that nothing half handed over is ever completed.
class Sender::Departure {
public:
    explicit Departure(Sender& sender) : sender_(sender) {}
    ~Departure() {
        if (!polite_) {
            sender_.abandon_all();
        }
        for (auto& lane : sender_.lanes_) {
            lane->session.close();
        }
    }
    Departure(const Departure&) = delete;
    Departure& operator=(const Departure&) = delete;
    void be_polite() { polite_ = true; }

private:
    Sender& sender_;
    bool polite_ = false;
};

Sender::Sender(store::Database& database, const SmtpSettings& smtp, SenderSettings settings)
    : database_(database), settings_(std::move(settings)) {
    SEALDESK_CHECK(settings_.block > 0 && settings_.block_bytes > 0 && settings_.sessions > 0);
    settings_.lease = std::max(settings_.lease, smtp.dot_wait + kClockMargin);
    lanes_max_ = static_cast<std::size_t>(settings_.sessions);
    for (std::size_t i = 0; i < lanes_max_; ++i) {
        lanes_.push_back(std::make_unique<Lane>(smtp));
    }
    if (settings_.owner.empty()) {
        settings_.owner = next_owner_name();
    }
}

Sender::~Sender() = default;

RunReport Sender::run_until_idle(std::int64_t count_max) {
    RunReport report;
    if (paused_until_ && database_.clock().now() < *paused_until_) {
        report.host_trouble = trouble_;
        report.paused_until = paused_until_;
        return report;
    }
    paused_until_.reset();
    lanes_max_ = lanes_.size();
    Departure departure(*this);
    std::int64_t handled = 0;
    while (handled < count_max && !settings_.watch.stopped()) {
        const auto count = std::min<std::int64_t>(settings_.block, count_max - handled);
        const ClaimOptions options{settings_.owner, settings_.lease, static_cast<int>(count),
                                   settings_.block_bytes, &settings_.domains};
        auto block = store::transact(database_, "mail.claim",
                                     [&](store::Tx& tx) { return claim(tx, options); });
        report.recovered += block.recovered;
        report.failed += block.failed;
        handled += static_cast<std::int64_t>(block.mails.size());
        if (!settings_.domains.empty()) {
            spread_over_domains(settings_.domains, block.mails);
        }
        if (!block.found_any || !work_on(block, report)) {
            break;
        }
    }
    departure.be_polite();
    return report;
}

// Hands a block over, wave by wave. False when the host is in trouble: what was not handed over
// goes back to the queue.
bool Sender::work_on(const ClaimedBlock& block, RunReport& report) {
    Mails left(block.mails);
    while (!left.empty()) {
        if (settings_.watch.stopped()) {
            abandon_all();
            store::transact(database_, "mail.release", [&](store::Tx& tx) { release(tx, left); });
            return false;
        }
        const std::size_t worth = (block.mails.size() + kMailsPerSession - 1) / kMailsPerSession;
        const auto lanes = ready_lanes(wave_of(left, std::min(worth, lanes_max_)));
        Outcome carried = lanes ? done() : Outcome(lanes.error());
        if (lanes) {
            carried = carry(left.first(*lanes), left.subspan(*lanes), report);
        }
        if (!carried) {
            abandon_all();
            store::transact(database_, "mail.release", [&](store::Tx& tx) { release(tx, left); });
            pause(carried.error(), report);
            return false;
        }
        left = left.subspan(*lanes);
        settings_.watch.at(report.sent);
    }
    return true;
}

// How many of the next mails go together: as many as there are lanes, but of no domain more than
// it takes at once.
std::size_t Sender::wave_of(Mails mails, std::size_t lanes) const {
    std::map<std::string, int> together;
    std::size_t count = 0;
    while (count < std::min(mails.size(), lanes)) {
        if (!settings_.domains.empty()) {
            const std::string domain = domain_of(mails[count].to);
            const int sessions = limit_of(settings_.domains, domain).sessions;
            if (sessions > 0 && ++together[domain] > sessions) {
                break;
            }
        }
        ++count;
    }
    return count;
}

// Makes that many sessions ready, or as many as the server allows, but one at least. The error is
// the host's.
Result<std::size_t> Sender::ready_lanes(std::size_t wanted) {
    std::size_t ready = 0;
    for (; ready < wanted; ++ready) {
        SmtpSession& session = lanes_[ready]->session;
        if (session.has_offer() || !session.is_spent()) {
            continue;
        }
        session.close();
        const auto opened = session.open();
        if (!opened && ready == 0) {
            return opened.error();
        }
        if (!opened) {
            lanes_max_ = ready;  // a limit on connections is not trouble
            break;
        }
    }
    for (std::size_t i = ready; i < lanes_.size(); ++i) {
        if (lanes_[i]->session.has_offer()) {
            lanes_[i]->session.abandon();
        }
    }
    return ready;
}

// One mail on each of the first lanes, from envelope to settled row. Errors are the host's; rows
// that are not settled then are still claimed.
Outcome Sender::carry(Mails wave, Mails rest, RunReport& report) {
    for (std::size_t i = 0; i < wave.size(); ++i) {
        Lane& lane = *lanes_[i];
        lane.mail = &wave[i];
        lane.is_dropped = false;
        if (!lane.session.has_offer()) {
            lane.offer(wave[i]);
        }
    }
    for (std::size_t i = 0; i < wave.size(); ++i) {
        const auto transferred = transfer(*lanes_[i]);
        if (!transferred) {
            return transferred.error();
        }
    }
    mark_dots(wave.size(), report);
    finish(wave.size());
    // Envelopes travel while the answers are written down.
    offer_ahead(rest.first(wave_of(rest, wave.size())));
    return record(wave.size(), report);
}

// Envelope and body. A session that has carried mails before may have been ended by the server
// meanwhile, which says nothing about this mail: once more on a new one.
Outcome Sender::transfer(Lane& lane) {
    const bool was_used = lane.session.messages() > 1;
    lane.handover = lane.session.transfer(lane.mail->bytes);
    const bool session_ended =
        lane.handover.verdict == Verdict::Lost || lane.handover.reply.code == 421;
    if (!session_ended || !was_used) {
        return done();
    }
    const auto opened = lane.session.open();
    if (!opened) {
        return opened.error();
    }
    lane.offer(*lane.mail);
    lane.handover = lane.session.transfer(lane.mail->bytes);
    return done();
}

void Sender::mark_dots(std::size_t count, RunReport& report) {
    const auto has_body_out = [](const auto& lane) { return lane->has_body_out(); };
    const auto end = lanes_.begin() + static_cast<std::ptrdiff_t>(count);
    if (std::none_of(lanes_.begin(), end, has_body_out)) {
        return;
    }
    crash_point("mail.body-sent");
    const auto marks = store::transact(database_, "mail.dot", [&](store::Tx& tx) {
        std::vector<DotMark> made;
        for (auto lane = lanes_.begin(); lane != end; ++lane) {
            made.push_back(has_body_out(*lane) ? mark_dot(tx, *(*lane)->mail, settings_.lease)
                                               : DotMark::Marked);
        }
        return made;
    });
    for (std::size_t i = 0; i < count; ++i) {
        if (marks[i] != DotMark::Marked) {
            lanes_[i]->is_dropped = true;
            lanes_[i]->session.abandon();
            report.superseded += marks[i] == DotMark::Withdrawn ? 1 : 0;
        }
    }
}

// All dots leave before any answer is awaited: the server works on them abreast.
void Sender::finish(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        if (lanes_[i]->has_body_out()) {
            lanes_[i]->session.send_dot();
        }
    }
    for (std::size_t i = 0; i < count; ++i) {
        if (lanes_[i]->has_body_out()) {
            lanes_[i]->handover = lanes_[i]->session.answer();
            crash_point("mail.answer-read");
        }
    }
}

void Sender::offer_ahead(Mails next) {
    for (std::size_t i = 0; i < next.size(); ++i) {
        if (!lanes_[i]->session.is_spent()) {
            lanes_[i]->offer(next[i]);
        }
    }
}

Outcome Sender::record(std::size_t count, RunReport& report) {
    std::vector<Settlement> settlements;
    std::vector<const Handover*> handovers;
    for (std::size_t i = 0; i < count; ++i) {
        const Lane& lane = *lanes_[i];
        if (!lane.is_dropped) {
            const Ruling ruling = rule_on(lane.handover, lane.mail->standing,
                                          database_.clock().now(), database_.random());
            settlements.push_back(Settlement{lane.mail, ruling, lane.handover.reply});
            handovers.push_back(&lane.handover);
        }
    }
    const auto states = store::transact(database_, "mail.settle",
                                        [&](store::Tx& tx) { return settle(tx, settlements); });
    std::optional<Error> trouble;
    for (std::size_t i = 0; i < settlements.size(); ++i) {
        const Ruling& ruling = settlements[i].ruling;
        count_state(states[i], report);
        host_failures_ = ruling.next == State::Sent ? 0 : host_failures_;
        host_doubts_ = ruling.host_suspect ? host_doubts_ + 1 : 0;
        if (ruling.blames_host || host_doubts_ >= kHostDoubtsMax) {
            trouble = host_refusal(*handovers[i]);
        }
    }
    return trouble ? Outcome(*trouble) : done();
}

void Sender::abandon_all() {
    for (auto& lane : lanes_) {
        lane->session.abandon();
    }
}

void Sender::pause(const Error& trouble, RunReport& report) {
    trouble_ = trouble;
    paused_until_ = database_.clock().now() + retry_pause(host_failures_++, database_.random());
    host_doubts_ = 0;
    report.host_trouble = trouble_;
    report.paused_until = paused_until_;
}

}  // namespace sealdesk::mail
