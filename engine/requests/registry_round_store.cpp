#include "requests/registry_round.h"

namespace sealdesk::requests {
namespace {

constexpr std::string_view kRoundOfRequest = R"sql(
    SELECT batch_id
    FROM registry_row
    WHERE request_id = ?
)sql";

constexpr std::string_view kLastIssueOfRound = R"sql(
    SELECT MAX(c.issued_at)
    FROM registry_row r JOIN certificate c ON c.request_id = r.request_id
    WHERE r.batch_id = ?
)sql";

constexpr std::string_view kUnacceptedOfRound = R"sql(
    SELECT c.id
    FROM registry_row r JOIN certificate c ON c.request_id = r.request_id
         LEFT JOIN certificate_acceptance a ON a.certificate_id = c.id
    WHERE r.batch_id = ? AND c.id > ? AND a.certificate_id IS NULL
    ORDER BY c.id
    LIMIT ?
)sql";

}  // namespace

std::optional<RegistryBatchId> round_of(store::Tx& tx, RequestId request) {
    const auto rows = tx.query(kRoundOfRequest, request.value());
    return rows.empty() ? std::nullopt : std::optional(RegistryBatchId(rows.front().number(0)));
}

std::optional<Instant> last_issue_of(store::Tx& tx, RegistryBatchId round) {
    return tx.query(kLastIssueOfRound, round.value()).front().instant_or_null(0);
}

std::vector<CertificateId> unaccepted_of(store::Tx& tx, RegistryBatchId round, std::int64_t after,
                                         int limit) {
    std::vector<CertificateId> page;
    for (const store::Row& row : tx.query(kUnacceptedOfRound, round.value(), after, limit)) {
        page.emplace_back(row.number(0));
    }
    return page;
}

}  // namespace sealdesk::requests
