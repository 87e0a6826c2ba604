#include "mail/pace.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>

#include "base/text.h"

namespace sealdesk::mail {
namespace {

using std::chrono::microseconds;
using std::chrono::minutes;

constexpr std::string_view kFindPace = R"(
    SELECT minute_us, used, planned_us
    FROM mail_pace
    WHERE domain = ?)";

constexpr std::string_view kInsertPace = R"(
    INSERT INTO mail_pace (domain, minute_us, used, planned_us)
    VALUES (?, ?, ?, ?))";

constexpr std::string_view kUpdatePace = R"(
    UPDATE mail_pace
    SET minute_us = ?, used = ?, planned_us = ?
    WHERE domain = ? AND minute_us = ? AND used = ? AND planned_us = ?)";

constexpr std::string_view kPostpone = R"(
    UPDATE mail_outbox
    SET next_at = ?
    WHERE id = ? AND next_at <= ? AND state IN ('queued', 'deferred', 'indoubt'))";

struct Pace {
    Instant minute;
    std::int64_t used = 0;
    Instant planned;
};

/// Counts mails of one domain.
class PaceOfDomain {
public:
    PaceOfDomain(store::Tx& tx, const std::string& domain, int per_minute)
        : tx_(tx), domain_(domain), per_minute_(per_minute) {
        const auto rows = tx.query(kFindPace, domain);
        if (!rows.empty()) {
            before_ = Pace{rows[0].instant(0), rows[0].number(1), rows[0].instant(2)};
            now_ = *before_;
        }
        const Instant minute = std::chrono::floor<minutes>(tx.now());
        if (!before_ || now_.minute != minute) {
            now_ = Pace{minute, 0, before_ ? now_.planned : minute};
        }
        now_.planned = std::max(now_.planned, minute + minutes(1));
    }

    /// True when one more may go now.
    [[nodiscard]] bool take() {
        const bool free = now_.used < per_minute_;
        now_.used += free ? 1 : 0;
        return free;
    }

    /// When one that is too many is looked at again.
    [[nodiscard]] Instant plan() {
        const Instant at = std::chrono::floor<minutes>(now_.planned);
        now_.planned += microseconds(minutes(1)) / per_minute_;
        return at;
    }

    /// False when another worker counted meanwhile: nothing of this is true.
    [[nodiscard]] bool keep() {
        if (!before_) {
            tx_.execute(kInsertPace, domain_, now_.minute, now_.used, now_.planned);
            return true;
        }
        return tx_.execute(kUpdatePace, now_.minute, now_.used, now_.planned, domain_,
                           before_->minute, before_->used, before_->planned) != 0;
    }

private:
    store::Tx& tx_;
    std::string domain_;
    std::int64_t per_minute_;
    std::optional<Pace> before_;
    Pace now_;
};

}  // namespace

std::string domain_of(std::string_view address) {
    return to_lower_ascii(address.substr(address.rfind('@') + 1));
}

DomainLimit limit_of(const DomainLimits& limits, const std::string& domain) {
    const auto named = limits.find(domain);
    const auto found = named == limits.end() ? limits.find("*") : named;
    return found == limits.end() ? DomainLimit{} : found->second;
}

std::vector<std::int64_t> within_pace(store::Tx& tx, const DomainLimits& limits,
                                      std::span<const Candidate> candidates) {
    std::map<std::string, std::vector<std::int64_t>> limited;
    std::vector<std::int64_t> free;
    for (const Candidate& one : candidates) {
        const std::string domain = domain_of(one.recipient);
        const bool is_limited = limit_of(limits, domain).per_minute > 0;
        (is_limited ? limited[domain] : free).push_back(one.id);
    }
    for (const auto& [domain, ids] : limited) {
        PaceOfDomain pace(tx, domain, limit_of(limits, domain).per_minute);
        std::vector<std::int64_t> now;
        std::vector<std::pair<std::int64_t, Instant>> later;
        for (const std::int64_t id : ids) {
            if (pace.take()) {
                now.push_back(id);
            } else {
                later.emplace_back(id, pace.plan());
            }
        }
        if (!pace.keep()) {
            continue;
        }
        free.insert(free.end(), now.begin(), now.end());
        for (const auto& [id, at] : later) {
            tx.execute(kPostpone, at, id, tx.now());
        }
    }
    std::ranges::sort(free);
    return free;
}

}  // namespace sealdesk::mail
