#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "requests/fees.h"

namespace sealdesk::requests {

/// The next receipt number of the year. Like every movement of cash it takes the row that counts
/// receipts, so that movements and the counting of the box queue behind one another.
[[nodiscard]] std::string take_receipt_number(store::Tx& tx);

/// The same lock without a number.
void lock_cash(store::Tx& tx);

void insert_charge(store::Tx& tx, const Charge& charge);

/// The receipt number of a living sale like this one (clerk, item, pieces, kind, no request) made
/// at `from` or later; empty: there is none.
[[nodiscard]] std::string same_sale_since(store::Tx& tx, const Charge& charge, Instant from);

/// Moves a charge that was seen in its state; false when somebody else did first.
bool save_charge_state(store::Tx& tx, const Charge& seen, ChargeState next);
bool save_charge_request(store::Tx& tx, const Charge& seen, RequestId request);

void insert_payment(store::Tx& tx, const Charge& charge, const std::string& by);

/// A refund on its way.
struct Refund {
    std::int64_t id;
    std::int64_t charge;
    std::int64_t amount_twd;
    std::string asked_by;
};
void insert_refund(store::Tx& tx, const Charge& charge, const std::string& reason,
                   const std::string& by);
[[nodiscard]] std::optional<Refund> asked_refund(store::Tx& tx, std::int64_t charge);
bool save_refund(store::Tx& tx, const Refund& seen, bool given, const std::string& by);

/// Sums for the day report and the cash list, over [from, until).
struct FeeTotal {
    std::int64_t lines = 0;
    std::int64_t amount_twd = 0;
};
[[nodiscard]] FeeTotal fees_charged(store::Tx& tx, Instant from, Instant until);
[[nodiscard]] FeeTotal fees_taken(store::Tx& tx, Instant from, Instant until);
[[nodiscard]] FeeTotal fees_given_back(store::Tx& tx, Instant from, Instant until);

/// Sum of all charges in one state.
[[nodiscard]] FeeTotal charges_in(store::Tx& tx, ChargeState state);

/// One movement of cash, as the cash list shows it.
struct CashMove {
    Instant at;
    std::string receipt_number;
    std::string scheme;
    std::string item;
    std::int64_t pieces;
    std::int64_t amount_twd;  ///< negative: given back
    std::string by;
};
[[nodiscard]] std::vector<CashMove> cash_moves(store::Tx& tx, Instant from, Instant until);

}  // namespace sealdesk::requests
