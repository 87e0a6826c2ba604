#include "cards/card_stock.h"

#include <array>

namespace sealdesk::cards {
namespace {

constexpr std::string_view kInsertStock = R"sql(
    INSERT INTO card_stock (id, kind, quantity, expected, actor, note, at_us)
    VALUES (?, ?, ?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kStockSums = R"sql(
    SELECT kind, SUM(quantity)
    FROM card_stock
    WHERE kind <> 'counted'
    GROUP BY kind
)sql";

constexpr std::string_view kLastCount = R"sql(
    SELECT quantity - expected
    FROM card_stock
    WHERE kind = 'counted'
    ORDER BY id DESC
    LIMIT 1
)sql";

constexpr std::string_view kCardCounts = R"sql(
    SELECT state, COUNT(*)
    FROM card
    GROUP BY state
)sql";

constexpr std::array<std::string_view, 3> kStockMoves{"received", "discarded", "counted"};
constexpr std::int64_t kQuantityMax = 1'000'000;
constexpr std::size_t kNoteMax = 200;

Error stock_error(std::string code, std::string detail, std::int64_t quantity) {
    return {ErrorKind::Invalid, std::move(code), std::move(detail), std::to_string(quantity),
            "M 2.1.3"};
}

}  // namespace

std::string_view to_text(StockMove move) { return kStockMoves.at(std::size_t(move)); }

CardStock count_card_stock(store::Tx& tx) {
    CardStock stock;
    for (const store::Row& row : tx.query(kStockSums)) {
        (row.text(0) == to_text(StockMove::Received) ? stock.received : stock.discarded) =
            row.number(1);
    }
    for (const store::Row& row : tx.query(kCardCounts)) {
        const std::string state = row.text(0);
        (state == "in_work"    ? stock.in_work
         : state == "complete" ? stock.complete
                               : stock.spoiled) = row.number(1);
    }
    for (const store::Row& row : tx.query(kLastCount)) {
        stock.counted_difference = row.number(0);
    }
    return stock;
}

Outcome enter_stock(store::Tx& tx, const StockEntry& entry) {
    const bool counts = entry.move == StockMove::Counted;
    if (entry.quantity < (counts ? 0 : 1) || entry.quantity > kQuantityMax) {
        return stock_error("card.bad_quantity", "A number of cards is from 1 to a million.",
                           entry.quantity);
    }
    if (entry.note.size() > kNoteMax ||
        (entry.move == StockMove::Discarded && entry.note.empty())) {
        return stock_error("card.note_missing",
                           "Say why the cards are thrown away, in at most 200 bytes.",
                           entry.quantity);
    }
    const std::int64_t blank = count_card_stock(tx).blank();
    if (entry.move == StockMove::Discarded && entry.quantity > blank) {
        return stock_error("card.stock_short", "There are not so many blank cards; count them.",
                           entry.quantity);
    }
    tx.execute(kInsertStock, tx.new_id(), to_text(entry.move), entry.quantity,
               counts ? blank : std::int64_t{0}, entry.actor, entry.note, tx.now());
    return done();
}

}  // namespace sealdesk::cards
