#include "requests/decision_store.h"

namespace sealdesk::requests {
namespace {

constexpr std::string_view kInsertDecision = R"sql(
    INSERT INTO decision (id, request_id, request_version, outcome, officer, reasons, document,
                          signature, decided_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kDecisionsOfRequest = R"sql(
    SELECT id, request_id, request_version, outcome, officer, reasons, document, signature,
           decided_at
    FROM decision
    WHERE request_id = ?
    ORDER BY request_version
)sql";

}  // namespace

void insert_decision(store::Tx& tx, const Decision& decision) {
    tx.execute(kInsertDecision, decision.id, decision.request.value(), decision.request_version,
               decision.outcome, decision.officer, decision.reasons, decision.document,
               store::Blob{decision.signature}, decision.decided_at);
}

std::vector<Decision> decisions_of(store::Tx& tx, RequestId id) {
    std::vector<Decision> decisions;
    for (const store::Row& row : tx.query(kDecisionsOfRequest, id.value())) {
        decisions.push_back({row.number(0), RequestId(row.number(1)), row.number(2), row.text(3),
                             row.text(4), row.text(5), row.text(6), row.bytes(7), row.instant(8)});
    }
    return decisions;
}

}  // namespace sealdesk::requests
