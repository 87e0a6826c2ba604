#include "requests/fee_store.h"

#include <algorithm>
#include <array>

#include "store/counters.h"

namespace sealdesk::requests {
namespace {

constexpr std::array<std::string_view, 3> kChargeKinds{"form", "sale", "prepaid"};
constexpr std::array<std::string_view, 4> kChargeStates{"due", "paid", "refunded", "void"};
constexpr std::string_view kReceiptSeries = "receipt";
constexpr std::string_view kCashSeries = "cash";

constexpr std::string_view kChargesOfRequest = R"sql(
    SELECT id, receipt_number, scheme, item, kind, unit_twd, pieces, amount_twd, request_id, state,
           charged_by, charged_at
    FROM fee_charge
    WHERE request_id = ? AND alive = 1
    ORDER BY id
)sql";

constexpr std::string_view kChargesUnder = R"sql(
    SELECT id, receipt_number, scheme, item, kind, unit_twd, pieces, amount_twd, request_id, state,
           charged_by, charged_at
    FROM fee_charge
    WHERE receipt_number = ?
    ORDER BY id
)sql";

constexpr std::string_view kChargesInState = R"sql(
    SELECT id, receipt_number, scheme, item, kind, unit_twd, pieces, amount_twd, request_id, state,
           charged_by, charged_at
    FROM fee_charge
    WHERE state = ? AND id > ?
    ORDER BY id
    LIMIT ?
)sql";

constexpr std::string_view kInsertCharge = R"sql(
    INSERT INTO fee_charge (id, receipt_number, scheme, item, kind, unit_twd, pieces, amount_twd,
                            request_id, state, alive, charged_by, charged_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)
)sql";

constexpr std::string_view kSameSaleSince = R"sql(
    SELECT receipt_number
    FROM fee_charge
    WHERE charged_at >= ? AND charged_by = ? AND scheme = ? AND item = ? AND kind = ?
      AND pieces = ? AND request_id IS NULL AND alive = 1
    ORDER BY id DESC
    LIMIT 1
)sql";

constexpr std::string_view kSaveState = R"sql(
    UPDATE fee_charge
    SET state = ?, alive = ?
    WHERE id = ? AND state = ?
)sql";

constexpr std::string_view kSaveRequest = R"sql(
    UPDATE fee_charge
    SET request_id = ?
    WHERE id = ? AND state = ? AND request_id IS NULL
)sql";

constexpr std::string_view kInsertPayment = R"sql(
    INSERT INTO fee_payment (id, charge_id, amount_twd, received_by, paid_at)
    VALUES (?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kInsertRefund = R"sql(
    INSERT INTO fee_refund (id, charge_id, amount_twd, reason, state, alive, asked_by, asked_at)
    VALUES (?, ?, ?, ?, 'asked', 1, ?, ?)
)sql";

constexpr std::string_view kAskedRefund = R"sql(
    SELECT id, charge_id, amount_twd, asked_by
    FROM fee_refund
    WHERE charge_id = ? AND alive = 1 AND state = 'asked'
)sql";

constexpr std::string_view kSaveRefund = R"sql(
    UPDATE fee_refund
    SET state = ?, alive = ?, settled_by = ?, settled_at = ?
    WHERE id = ? AND state = 'asked'
)sql";

constexpr std::string_view kCharged = R"sql(
    SELECT COUNT(*), COALESCE(SUM(amount_twd), 0)
    FROM fee_charge
    WHERE charged_at >= ? AND charged_at < ?
)sql";

constexpr std::string_view kTaken = R"sql(
    SELECT COUNT(*), COALESCE(SUM(amount_twd), 0)
    FROM fee_payment
    WHERE paid_at >= ? AND paid_at < ?
)sql";

constexpr std::string_view kGivenBack = R"sql(
    SELECT COUNT(*), COALESCE(SUM(amount_twd), 0)
    FROM fee_refund
    WHERE state = 'paid' AND settled_at >= ? AND settled_at < ?
)sql";

constexpr std::string_view kInState = R"sql(
    SELECT COUNT(*), COALESCE(SUM(amount_twd), 0)
    FROM fee_charge
    WHERE state = ?
)sql";

constexpr std::string_view kMovesIn = R"sql(
    SELECT p.paid_at, c.receipt_number, c.scheme, c.item, c.pieces, p.amount_twd, p.received_by
    FROM fee_payment p
    JOIN fee_charge c ON c.id = p.charge_id
    WHERE p.paid_at >= ? AND p.paid_at < ?
    ORDER BY p.paid_at, p.id
)sql";

constexpr std::string_view kMovesOut = R"sql(
    SELECT r.settled_at, c.receipt_number, c.scheme, c.item, c.pieces, -r.amount_twd, r.settled_by
    FROM fee_refund r
    JOIN fee_charge c ON c.id = r.charge_id
    WHERE r.state = 'paid' AND r.settled_at >= ? AND r.settled_at < ?
    ORDER BY r.settled_at, r.id
)sql";

template <class Enumeration, std::size_t Count>
Enumeration word_of(const std::array<std::string_view, Count>& words, const std::string& text) {
    const auto* const found = std::ranges::find(words, text);
    if (found == words.end()) {
        throw_internal("fee.unknown_word", "A stored charge has a state this program lacks.");
    }
    return static_cast<Enumeration>(found - words.begin());
}

std::vector<Charge> read_charges(const std::vector<store::Row>& rows) {
    std::vector<Charge> charges;
    for (const store::Row& row : rows) {
        const auto request = row.number_or_null(8);
        charges.push_back(
            {row.number(0), row.text(1), row.text(2), row.text(3),
             word_of<ChargeKind>(kChargeKinds, row.text(4)), row.number(5), row.number(6),
             row.number(7), request ? std::optional(RequestId(*request)) : std::nullopt,
             word_of<ChargeState>(kChargeStates, row.text(9)), row.text(10), row.instant(11)});
    }
    return charges;
}

FeeTotal total_of(const std::vector<store::Row>& rows) {
    return {rows.at(0).number(0), rows.at(0).number(1)};
}

std::optional<int> alive_if(bool alive) { return alive ? std::optional(1) : std::nullopt; }

void add_moves(const std::vector<store::Row>& rows, std::vector<CashMove>& moves) {
    for (const store::Row& row : rows) {
        moves.push_back({row.instant(0), row.text(1), row.text(2), row.text(3), row.number(4),
                         row.number(5), row.text(6)});
    }
}

}  // namespace

std::string_view to_text(ChargeKind kind) {
    return kChargeKinds.at(static_cast<std::size_t>(kind));
}
std::string_view to_text(ChargeState state) {
    return kChargeStates.at(static_cast<std::size_t>(state));
}

std::string take_receipt_number(store::Tx& tx) {
    return store::take_number(tx, 'F', kReceiptSeries);
}

void lock_cash(store::Tx& tx) { static_cast<void>(store::take_numbers(tx, kCashSeries, 1)); }

void insert_charge(store::Tx& tx, const Charge& charge) {
    tx.execute(kInsertCharge, charge.id, charge.receipt_number, charge.scheme, charge.item,
               to_text(charge.kind), charge.unit_twd, charge.pieces, charge.amount_twd,
               charge.request ? std::optional(charge.request->value()) : std::nullopt,
               to_text(charge.state), charge.charged_by, charge.charged_at);
}

std::string same_sale_since(store::Tx& tx, const Charge& charge, Instant from) {
    const auto rows = tx.query(kSameSaleSince, from, charge.charged_by, charge.scheme, charge.item,
                               to_text(charge.kind), charge.pieces);
    return rows.empty() ? "" : rows.front().text(0);
}

bool save_charge_state(store::Tx& tx, const Charge& seen, ChargeState next) {
    const bool alive = next == ChargeState::Due || next == ChargeState::Paid;
    return tx.execute(kSaveState, to_text(next), alive_if(alive), seen.id, to_text(seen.state)) ==
           1;
}

bool save_charge_request(store::Tx& tx, const Charge& seen, RequestId request) {
    return tx.execute(kSaveRequest, request.value(), seen.id, to_text(seen.state)) == 1;
}

void insert_payment(store::Tx& tx, const Charge& charge, const std::string& by) {
    tx.execute(kInsertPayment, tx.new_id(), charge.id, charge.amount_twd, by, tx.now());
}

void insert_refund(store::Tx& tx, const Charge& charge, const std::string& reason,
                   const std::string& by) {
    tx.execute(kInsertRefund, tx.new_id(), charge.id, charge.amount_twd, reason, by, tx.now());
}

std::optional<Refund> asked_refund(store::Tx& tx, std::int64_t charge) {
    const auto rows = tx.query(kAskedRefund, charge);
    if (rows.empty()) {
        return std::nullopt;
    }
    const store::Row& row = rows.front();
    return Refund{row.number(0), row.number(1), row.number(2), row.text(3)};
}

bool save_refund(store::Tx& tx, const Refund& seen, bool given, const std::string& by) {
    return tx.execute(kSaveRefund, given ? "paid" : "declined", alive_if(given), by, tx.now(),
                      seen.id) == 1;
}

std::vector<Charge> fees_of(store::Tx& tx, RequestId id) {
    return read_charges(tx.query(kChargesOfRequest, id.value()));
}

Result<std::vector<Charge>> charges_under(store::Tx& tx, std::string_view receipt_number) {
    auto charges = read_charges(tx.query(kChargesUnder, receipt_number));
    if (charges.empty()) {
        return Error{ErrorKind::NotFound,
                     "fee.not_found",
                     "Nothing was charged under this receipt number; check each digit.",
                     std::string(receipt_number),
                     {}};
    }
    return charges;
}

std::vector<Charge> list_charges(store::Tx& tx, ChargeState state, std::int64_t after_id,
                                 int limit) {
    return read_charges(tx.query(kChargesInState, to_text(state), after_id, limit));
}

FeeTotal fees_charged(store::Tx& tx, Instant from, Instant until) {
    return total_of(tx.query(kCharged, from, until));
}
FeeTotal fees_taken(store::Tx& tx, Instant from, Instant until) {
    return total_of(tx.query(kTaken, from, until));
}
FeeTotal fees_given_back(store::Tx& tx, Instant from, Instant until) {
    return total_of(tx.query(kGivenBack, from, until));
}
FeeTotal charges_in(store::Tx& tx, ChargeState state) {
    return total_of(tx.query(kInState, to_text(state)));
}

std::vector<CashMove> cash_moves(store::Tx& tx, Instant from, Instant until) {
    std::vector<CashMove> moves;
    add_moves(tx.query(kMovesIn, from, until), moves);
    add_moves(tx.query(kMovesOut, from, until), moves);
    std::ranges::stable_sort(moves, {}, &CashMove::at);
    return moves;
}

}  // namespace sealdesk::requests
