#include <string_view>

#include "subscribers/certificate.h"
#include "subscribers/statistics.h"

namespace sealdesk::subscribers {
namespace {

constexpr std::string_view kIssuedIn = R"sql(
    SELECT profile, COUNT(*)
    FROM certificate
    WHERE scheme = ? AND issued_at >= ? AND issued_at < ?
    GROUP BY profile
)sql";

constexpr std::string_view kAcceptedIn = R"sql(
    SELECT c.scheme, c.profile, COUNT(*)
    FROM certificate_acceptance a
    JOIN certificate c ON c.id = a.certificate_id
    WHERE a.accepted_at >= ? AND a.accepted_at < ?
    GROUP BY c.scheme, c.profile
)sql";

constexpr std::string_view kChangedIn = R"sql(
    SELECT c.scheme, c.profile, x.state, x.reason, COUNT(*)
    FROM certificate_change x
    JOIN certificate c ON c.id = x.certificate_id
    WHERE x.changed_at >= ? AND x.changed_at < ?
    GROUP BY c.scheme, c.profile, x.state, x.reason
)sql";

constexpr std::string_view kExpiredIn = R"sql(
    SELECT c.scheme, c.profile, COUNT(*)
    FROM certificate c
    WHERE c.not_after >= ? AND c.not_after < ?
          AND NOT EXISTS (SELECT 1
                          FROM certificate_change x
                          WHERE x.certificate_id = c.id AND x.state = 'revoked'
                                AND x.changed_at <= c.not_after)
    GROUP BY c.scheme, c.profile
)sql";

constexpr std::string_view kAccountsOpenedIn = R"sql(
    SELECT s.scheme, COUNT(*)
    FROM account a
    JOIN subscriber s ON s.id = a.subscriber_id
    WHERE a.created_at >= ? AND a.created_at < ?
    GROUP BY s.scheme
)sql";

std::string figure_of(std::string_view state) {
    if (state == to_text(CertificateState::Issued)) {
        return "certificates.released";
    }
    return "certificates." + std::string(state);
}

std::vector<Tally> by_profile(store::Tx& tx, std::string_view sql, std::string_view figure,
                              const TimeSpan& span) {
    std::vector<Tally> tallies;
    for (const store::Row& row : tx.query(sql, span.from, span.until)) {
        tallies.push_back({std::string(figure), row.text(0), row.text(1), "", row.number(2)});
    }
    return tallies;
}

}  // namespace

std::vector<Tally> count_in(store::Tx& tx, const TimeSpan& span,
                            std::span<const std::string> schemes) {
    auto tallies = by_profile(tx, kAcceptedIn, "certificates.activated", span);
    for (const std::string& scheme : schemes) {
        for (const store::Row& row : tx.query(kIssuedIn, scheme, span.from, span.until)) {
            tallies.push_back({"certificates.issued", scheme, row.text(0), "", row.number(1)});
        }
    }
    for (const store::Row& row : tx.query(kChangedIn, span.from, span.until)) {
        tallies.push_back(
            {figure_of(row.text(2)), row.text(0), row.text(1), row.text(3), row.number(4)});
    }
    for (const store::Row& row : tx.query(kAccountsOpenedIn, span.from, span.until)) {
        tallies.push_back({"accounts.opened", row.text(0), "", "", row.number(1)});
    }
    return tallies;
}

std::vector<Tally> count_expired(store::Tx& tx, const TimeSpan& span) {
    return by_profile(tx, kExpiredIn, "certificates.expired", span);
}

}  // namespace sealdesk::subscribers
