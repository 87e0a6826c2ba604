#include "requests/service_end_store.h"

#include <array>

#include "intake/field_rules.h"
#include "requests/request_store.h"

namespace sealdesk::requests {
namespace {

constexpr std::string_view kFindEnd = R"sql(
    SELECT scheme, end_day, ordered_by, document, seconded_by, told_after, revoked_after,
           revoke_round, revoked_at
    FROM service_end
    WHERE scheme = ?
)sql";

constexpr std::string_view kInsertEnd = R"sql(
    INSERT INTO service_end (scheme, end_day, ordered_by, ordered_at, document, signature,
                             told_after, revoked_after, revoke_round)
    VALUES (?, ?, ?, ?, ?, ?, 0, 0, 1)
)sql";

constexpr std::string_view kReplaceEnd = R"sql(
    UPDATE service_end
    SET end_day = ?, ordered_by = ?, ordered_at = ?, document = ?, signature = ?
    WHERE scheme = ? AND seconded_by IS NULL
)sql";

constexpr std::string_view kSecondEnd = R"sql(
    UPDATE service_end
    SET seconded_by = ?, seconded_at = ?, second_signature = ?
    WHERE scheme = ? AND seconded_by IS NULL AND document = ?
)sql";

constexpr std::string_view kMoveTold = R"sql(
    UPDATE service_end
    SET told_after = ?
    WHERE scheme = ? AND told_after = ?
)sql";

constexpr std::string_view kMoveRevoked = R"sql(
    UPDATE service_end
    SET revoked_after = ?, revoke_round = ?, revoked_at = COALESCE(revoked_at, ?)
    WHERE scheme = ? AND revoked_after = ? AND revoke_round = ?
)sql";

constexpr std::string_view kWasTold = R"sql(
    SELECT way
    FROM service_end_notice
    WHERE scheme = ? AND subscriber_id = ?
)sql";

constexpr std::string_view kNoteTold = R"sql(
    INSERT INTO service_end_notice (scheme, subscriber_id, way, told_at)
    VALUES (?, ?, ?, ?)
)sql";

constexpr std::string_view kHasEndRefund = R"sql(
    SELECT request_id
    FROM service_end_refund
    WHERE request_id = ?
)sql";

constexpr std::string_view kAddEndRefund = R"sql(
    INSERT INTO service_end_refund (request_id, scheme, paid_twd, refund_twd, state, settled_at,
                                    settled_by, reference)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kSettleEndRefund = R"sql(
    UPDATE service_end_refund
    SET state = 'paid', settled_at = ?, settled_by = ?, reference = ?
    WHERE request_id = ? AND state = 'due'
)sql";

constexpr std::string_view kEndRefundPage = R"sql(
    SELECT request_id, paid_twd, refund_twd, state, settled_by, reference
    FROM service_end_refund
    WHERE scheme = ? AND state = ? AND request_id > ?
    ORDER BY request_id
    LIMIT ?
)sql";

constexpr std::string_view kCountTold = R"sql(
    SELECT way, COUNT(*)
    FROM service_end_notice
    WHERE scheme = ?
    GROUP BY way
)sql";

constexpr std::string_view kCountRefunds = R"sql(
    SELECT state, COUNT(*), SUM(refund_twd)
    FROM service_end_refund
    WHERE scheme = ? AND refund_twd > 0
    GROUP BY state
)sql";

constexpr std::string_view kSumRefunds = R"sql(
    SELECT state, SUM(refund_twd)
    FROM service_end_refund
    GROUP BY state
)sql";

constexpr std::array<std::string_view, 3> kWays{"mail", "letter", "none"};

}  // namespace

std::string_view to_text(ToldBy way) { return kWays.at(std::size_t(way)); }

std::optional<ServiceEnd> find_service_end(store::Tx& tx, std::string_view scheme) {
    const auto rows = tx.query(kFindEnd, scheme);
    if (rows.empty()) {
        return std::nullopt;
    }
    const store::Row& row = rows.front();
    return ServiceEnd{row.text(0),
                      intake::day_from_iso(row.text(1)),
                      row.text(2),
                      row.text(3),
                      row.text_or_null(4).value_or(""),
                      row.number(5),
                      row.number(6),
                      row.number(7),
                      row.instant_or_null(8)};
}

void keep_order(store::Tx& tx, const ServiceEnd& fresh, const std::string& signature,
                bool replaces) {
    const std::string day = to_iso_text(fresh.end);
    if (replaces) {
        tx.execute(kReplaceEnd, day, fresh.ordered_by, tx.now(), fresh.document,
                   store::Blob{signature}, fresh.scheme);
    } else {
        tx.execute(kInsertEnd, fresh.scheme, day, fresh.ordered_by, tx.now(), fresh.document,
                   store::Blob{signature});
    }
}

bool keep_second(store::Tx& tx, const ServiceEnd& seen, const std::string& officer,
                 const std::string& signature) {
    return tx.execute(kSecondEnd, officer, tx.now(), store::Blob{signature}, seen.scheme,
                      seen.document) > 0;
}

bool was_told(store::Tx& tx, std::string_view scheme, SubscriberId holder) {
    return !tx.query(kWasTold, scheme, holder.value()).empty();
}

void note_told(store::Tx& tx, std::string_view scheme, SubscriberId holder, ToldBy way) {
    tx.execute(kNoteTold, scheme, holder.value(), to_text(way), tx.now());
}

bool move_told(store::Tx& tx, const ServiceEnd& seen, std::int64_t last) {
    return tx.execute(kMoveTold, last, seen.scheme, seen.told_after) > 0;
}

bool move_revoked(store::Tx& tx, const ServiceEnd& seen, std::int64_t last) {
    return tx.execute(kMoveRevoked, last, seen.revoke_round + (last == 0 ? 1 : 0), tx.now(),
                      seen.scheme, seen.revoked_after, seen.revoke_round) > 0;
}

bool has_end_refund(store::Tx& tx, RequestId request) {
    return !tx.query(kHasEndRefund, request.value()).empty();
}

void add_end_refund(store::Tx& tx, std::string_view scheme, RequestId request,
                    std::int64_t paid_twd, std::int64_t refund_twd) {
    const bool due = refund_twd > 0;
    tx.execute(kAddEndRefund, request.value(), scheme, paid_twd, refund_twd, due ? "due" : "paid",
               due ? std::nullopt : std::optional(tx.now()),
               due ? std::nullopt : std::optional<std::string>("system"),
               due ? std::nullopt : std::optional<std::string>("-"));
}

bool settle_end_refund(store::Tx& tx, RequestId request, const std::string& reference,
                       const std::string& by) {
    return tx.execute(kSettleEndRefund, tx.now(), by, reference, request.value()) > 0;
}

std::vector<EndPayment> list_end_refunds(store::Tx& tx, std::string_view scheme, bool paid,
                                         std::int64_t after, int count_max) {
    std::vector<EndPayment> page;
    for (const store::Row& row :
         tx.query(kEndRefundPage, scheme, paid ? "paid" : "due", after, count_max)) {
        const RequestId request{row.number(0)};
        page.push_back({request, get_request(tx, request).number, row.number(1), row.number(2),
                        row.text(3) == "paid", row.text_or_null(4).value_or(""),
                        row.text_or_null(5).value_or("")});
    }
    return page;
}

EndRefundSums sum_end_refunds(store::Tx& tx) {
    EndRefundSums sums;
    for (const store::Row& row : tx.query(kSumRefunds)) {
        (row.text(0) == "paid" ? sums.paid_twd : sums.due_twd) = row.number(1);
    }
    return sums;
}

EndCounts count_service_end(store::Tx& tx, std::string_view scheme) {
    EndCounts counts;
    for (const store::Row& row : tx.query(kCountTold, scheme)) {
        std::int64_t& count = row.text(0) == kWays[0]   ? counts.told_by_mail
                              : row.text(0) == kWays[1] ? counts.told_by_letter
                                                        : counts.not_reachable;
        count = row.number(1);
    }
    for (const store::Row& row : tx.query(kCountRefunds, scheme)) {
        const bool paid = row.text(0) == "paid";
        (paid ? counts.refunds_paid : counts.refunds_due) = row.number(1);
        (paid ? counts.paid_twd : counts.due_twd) = row.number(2);
    }
    return counts;
}

}  // namespace sealdesk::requests
