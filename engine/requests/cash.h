#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "officers/officer_key.h"
#include "requests/fee_store.h"

/// The cash box of a desk: one box, counted at the end of each day that moved it.
namespace sealdesk::requests {

/// A day's cash list. expected = opening + taken − refunded.
struct CashDay {
    std::chrono::year_month_day day;
    std::int64_t opening_twd = 0;  ///< what was left in the box when it was last counted
    std::int64_t taken_twd = 0;
    std::int64_t refunded_twd = 0;
    std::optional<std::int64_t> counted_twd = std::nullopt;  ///< none: not counted yet
    std::int64_t deposited_twd = 0;                          ///< carried to the bank after counting
    std::string note = {};
    std::string closed_by = {};
    std::string signed_by = {};  ///< empty: not signed off
    std::vector<CashMove> moves = {};

    [[nodiscard]] std::int64_t expected_twd() const {
        return opening_twd + taken_twd - refunded_twd;
    }
    /// More (+) or less (−) in the box than expected; 0 while it was not counted.
    [[nodiscard]] std::int64_t difference_twd() const {
        return counted_twd ? *counted_twd - expected_twd() : 0;
    }
};

/// The list of a day, as it was counted or as it stands now.
[[nodiscard]] CashDay cash_day(store::Tx& tx, std::chrono::year_month_day day);

/// What a cashier counts at the end of a day.
struct CashCount {
    std::int64_t counted_twd;
    std::int64_t deposited_twd = 0;
    std::optional<std::int64_t> opening_twd = std::nullopt;  ///< of the very first day only
    std::string note = {};
};

/// Closes a day: nothing can be paid or refunded on it any more. Refused: cash.day_closed,
/// cash.not_yet (the day is in the future), cash.later_day_closed, cash.earlier_day_open,
/// cash.opening (only the first day has one of its own), cash.deposit (more than was counted),
/// cash.no_note (a difference needs one), cash.amount (below 0).
[[nodiscard]] Result<CashDay> close_cash_day(const Office& office, std::chrono::year_month_day day,
                                             const CashCount& count, const std::string& by);

/// A second person signs the list off. Refused: cash.not_closed, cash.signed, cash.same_person,
/// cash.changed (its movements are not those that were counted), and what the key refuses.
[[nodiscard]] Result<CashDay> sign_cash_day(const Office& office, std::chrono::year_month_day day,
                                            const std::string& officer, officers::OfficerKey& key);

/// Cash that moved since the first day, counted twice: by payments and refunds, and by the lists of
/// the days that were counted. in == out + open, or a list or a payment was changed afterwards.
struct CashLedger {
    std::int64_t in_twd = 0;    ///< taken, less what was given back
    std::int64_t out_twd = 0;   ///< the same on the lists of counted days
    std::int64_t open_twd = 0;  ///< the same since the last day that was counted
};
[[nodiscard]] CashLedger cash_ledger(store::Tx& tx, Instant until);

/// Refused: cash.day_closed.
[[nodiscard]] Outcome is_box_open(store::Tx& tx, std::chrono::year_month_day day);

/// The list as CSV for a spreadsheet: UTF-8 with BOM, CRLF, every cell safe.
[[nodiscard]] std::string to_csv(const CashDay& day);

}  // namespace sealdesk::requests
