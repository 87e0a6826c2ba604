#include <algorithm>
#include <array>
#include <utility>

#include "subscribers/expiry_notice.h"

namespace sealdesk::subscribers {
namespace {

constexpr std::string_view kEndMark = R"sql(
    SELECT not_after, last_id
    FROM expiry_sweep
    WHERE scheme = ? AND stage = ?
)sql";

constexpr std::string_view kInsertEndMark = R"sql(
    INSERT INTO expiry_sweep (scheme, stage, not_after, last_id, swept_at)
    VALUES (?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kMoveEndMark = R"sql(
    UPDATE expiry_sweep
    SET not_after = ?, last_id = ?, swept_at = ?
    WHERE scheme = ? AND stage = ? AND not_after = ? AND last_id = ?
)sql";

// Two ranges of one index, since neither database uses it for (a, b) > (?, ?) alike.
constexpr std::string_view kEndingAtMoment = R"sql(
    SELECT id
    FROM certificate
    WHERE scheme = ? AND not_after = ? AND id > ?
    ORDER BY id
    LIMIT ?
)sql";

constexpr std::string_view kEndingLater = R"sql(
    SELECT id
    FROM certificate
    WHERE scheme = ? AND not_after >= ? AND not_after < ?
    ORDER BY not_after, id
    LIMIT ?
)sql";

constexpr std::string_view kFindingThere = R"sql(
    SELECT 1
    FROM expiry_notice
    WHERE certificate_id = ? AND stage = ?
)sql";

constexpr std::string_view kInsertFinding = R"sql(
    INSERT INTO expiry_notice (id, certificate_id, scheme, stage, state, reason, address_key,
                               found_at, settled_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kDue = R"sql(
    SELECT id, certificate_id, scheme, stage, address_key
    FROM expiry_notice
    WHERE state = 'due'
    ORDER BY address_key, id
    LIMIT ?
)sql";

constexpr std::string_view kSettle = R"sql(
    UPDATE expiry_notice
    SET state = ?, reason = ?, settled_at = ?
    WHERE id = ? AND state = 'due'
)sql";

constexpr std::string_view kStandings = R"sql(
    SELECT stage, state, reason, found_at
    FROM expiry_notice
    WHERE certificate_id = ?
    ORDER BY found_at, id
)sql";

constexpr std::array<std::pair<ExpirySkip, std::string_view>, 7> kSkips{
    {{ExpirySkip::Revoked, "revoked"},
     {ExpirySkip::Profile, "profile"},
     {ExpirySkip::OnHold, "on_hold"},
     {ExpirySkip::Replaced, "replaced"},
     {ExpirySkip::Applied, "applied"},
     {ExpirySkip::NoAddress, "no_address"},
     {ExpirySkip::Stale, "stale"}}};

/// A microsecond is the smallest step between two ends.
constexpr std::chrono::microseconds kStep{1};

/// From where the ends later than the mark begin.
Instant later_than(const EndSpan& span, const std::optional<EndMark>& mark) {
    return mark ? std::max(span.from, mark->not_after + kStep) : span.from;
}

void read_ending(store::Tx& tx, const std::vector<store::Row>& rows,
                 std::vector<Certificate>& page) {
    for (const store::Row& row : rows) {
        page.push_back(*find_certificate_by_id(tx, CertificateId(row.number(0))));
    }
}

}  // namespace

std::string_view to_text(ExpirySkip skip) {
    return std::ranges::find(kSkips, skip, &std::pair<ExpirySkip, std::string_view>::first)->second;
}

std::string_view to_text(ExpiryTold told) {
    return told == ExpiryTold::Mailed ? "mailed" : "printed";
}

std::optional<EndMark> end_mark(store::Tx& tx, const EndSpan& span) {
    const auto rows = tx.query(kEndMark, span.scheme, span.stage);
    return rows.empty() ? std::nullopt
                        : std::optional(EndMark{rows.front().instant(0), rows.front().number(1)});
}

std::vector<Certificate> ending_behind(store::Tx& tx, const EndSpan& span,
                                       const std::optional<EndMark>& mark, int limit) {
    std::vector<Certificate> page;
    if (mark && mark->not_after >= span.from && mark->not_after < span.until) {
        read_ending(tx,
                    tx.query(kEndingAtMoment, span.scheme, mark->not_after, mark->last_id, limit),
                    page);
    }
    const int left = limit - int(page.size());
    if (left > 0) {
        read_ending(tx,
                    tx.query(kEndingLater, span.scheme, later_than(span, mark), span.until, left),
                    page);
    }
    return page;
}

bool move_end_mark(store::Tx& tx, const EndSpan& span, const std::optional<EndMark>& seen,
                   const EndMark& next) {
    if (!seen) {
        tx.execute(kInsertEndMark, span.scheme, span.stage, next.not_after, next.last_id, tx.now());
        return true;
    }
    return tx.execute(kMoveEndMark, next.not_after, next.last_id, tx.now(), span.scheme, span.stage,
                      seen->not_after, seen->last_id) == 1;
}

bool add_expiry_finding(store::Tx& tx, const ExpiryFinding& finding) {
    if (!tx.query(kFindingThere, finding.certificate.value(), finding.stage).empty()) {
        return false;
    }
    tx.execute(kInsertFinding, tx.new_id(), finding.certificate.value(), finding.scheme,
               finding.stage, finding.skip ? "skipped" : "due",
               finding.skip ? to_text(*finding.skip) : "", finding.address_key, tx.now(),
               finding.skip ? std::optional(tx.now()) : std::nullopt);
    return true;
}

std::vector<ExpiryDue> expiry_due(store::Tx& tx, int limit) {
    std::vector<ExpiryDue> due;
    for (const store::Row& row : tx.query(kDue, limit)) {
        due.push_back(
            {row.number(0), CertificateId(row.number(1)), row.text(2), row.text(3), row.text(4)});
    }
    return due;
}

bool settle_expiry(store::Tx& tx, std::int64_t id, ExpiryTold told) {
    return tx.execute(kSettle, to_text(told), "", tx.now(), id) == 1;
}

bool settle_expiry(store::Tx& tx, std::int64_t id, ExpirySkip skip) {
    return tx.execute(kSettle, "skipped", to_text(skip), tx.now(), id) == 1;
}

std::vector<ExpiryStanding> expiry_standings(store::Tx& tx, CertificateId id) {
    std::vector<ExpiryStanding> standings;
    for (const store::Row& row : tx.query(kStandings, id.value())) {
        standings.push_back({row.text(0), row.text(1), row.text(2), row.instant(3)});
    }
    return standings;
}

}  // namespace sealdesk::subscribers
