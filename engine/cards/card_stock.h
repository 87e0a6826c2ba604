#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/tx.h"

// Blank cards, which are worth money and must not go astray (M 2.1.3 (5)).
namespace sealdesk::cards {

enum class StockMove { Received, Discarded, Counted };
[[nodiscard]] std::string_view to_text(StockMove move);

/// Where all cards are that ever came.
struct CardStock {
    std::int64_t received = 0;
    std::int64_t discarded = 0;  ///< blank ones thrown away
    std::int64_t in_work = 0;
    std::int64_t complete = 0;
    std::int64_t spoiled = 0;
    std::int64_t counted_difference = 0;  ///< of the last count: found less expected

    [[nodiscard]] std::int64_t blank() const {
        return received - discarded - in_work - complete - spoiled;
    }
};
[[nodiscard]] CardStock count_card_stock(store::Tx& tx);

struct StockEntry {
    StockMove move;
    std::int64_t quantity;
    std::string actor;
    std::string note;  ///< delivery note, reason; at most 200 bytes
};

/// Enters a movement, or a count of the blank cards with what is expected now. Errors (Invalid):
/// card.bad_quantity for nothing or more than a million, card.note_missing for cards thrown away
/// without a reason, card.stock_short when more is thrown away than there is.
Outcome enter_stock(store::Tx& tx, const StockEntry& entry);

}  // namespace sealdesk::cards
