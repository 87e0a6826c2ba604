#include "subscribers/unaccepted.h"

namespace sealdesk::subscribers {
namespace {

constexpr std::string_view kSweepMark = R"sql(
    SELECT issued_at, last_id
    FROM acceptance_sweep
    WHERE scheme = ?
)sql";

constexpr std::string_view kInsertSweepMark = R"sql(
    INSERT INTO acceptance_sweep (scheme, issued_at, last_id, swept_at)
    VALUES (?, ?, ?, ?)
)sql";

constexpr std::string_view kMoveSweepMark = R"sql(
    UPDATE acceptance_sweep
    SET issued_at = ?, last_id = ?, swept_at = ?
    WHERE scheme = ? AND issued_at = ? AND last_id = ?
)sql";

// Two ranges of one index, since neither database uses it for (a, b) > (?, ?) alike.
constexpr std::string_view kUnsweptOfMoment = R"sql(
    SELECT id, issued_at
    FROM certificate
    WHERE scheme = ? AND issued_at = ? AND id > ?
    ORDER BY id
    LIMIT ?
)sql";

constexpr std::string_view kUnsweptLater = R"sql(
    SELECT id, issued_at
    FROM certificate
    WHERE scheme = ? AND issued_at > ? AND issued_at < ?
    ORDER BY issued_at, id
    LIMIT ?
)sql";

constexpr Instant kBeforeAll{std::chrono::microseconds(-1)};

void take(store::Tx& tx, const std::vector<store::Row>& rows, std::vector<IssuedAt>& page) {
    for (const store::Row& row : rows) {
        page.push_back({*find_certificate_by_id(tx, CertificateId(row.number(0))), row.instant(1)});
    }
}

}  // namespace

std::optional<SweepMark> sweep_mark(store::Tx& tx, std::string_view scheme) {
    const auto rows = tx.query(kSweepMark, scheme);
    return rows.empty() ? std::nullopt
                        : std::optional(SweepMark{rows.front().instant(0), rows.front().number(1)});
}

std::vector<IssuedAt> unswept(store::Tx& tx, std::string_view scheme,
                              const std::optional<SweepMark>& mark, Instant until, int limit) {
    std::vector<IssuedAt> page;
    if (mark && mark->issued_at < until) {
        take(tx, tx.query(kUnsweptOfMoment, scheme, mark->issued_at, mark->last_id, limit), page);
    }
    const int left = limit - int(page.size());
    if (left > 0) {
        const Instant after = mark ? mark->issued_at : kBeforeAll;
        take(tx, tx.query(kUnsweptLater, scheme, after, until, left), page);
    }
    return page;
}

bool move_sweep_mark(store::Tx& tx, std::string_view scheme, const std::optional<SweepMark>& seen,
                     const SweepMark& next) {
    if (!seen) {
        tx.execute(kInsertSweepMark, scheme, next.issued_at, next.last_id, tx.now());
        return true;
    }
    return tx.execute(kMoveSweepMark, next.issued_at, next.last_id, tx.now(), scheme,
                      seen->issued_at, seen->last_id) == 1;
}

}  // namespace sealdesk::subscribers
