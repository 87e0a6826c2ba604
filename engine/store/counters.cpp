#include "store/counters.h"

#include "base/error.h"
#include "base/numbering.h"

namespace sealdesk::store {

namespace {

constexpr std::string_view kAdvanceCounter = R"(
    UPDATE counter SET next_value = next_value + ? WHERE name = ?)";

constexpr std::string_view kAddCounter = R"(
    INSERT INTO counter (name, next_value) VALUES (?, ?))";

// After the UPDATE the row is ours until the transaction ends: this reads what we wrote.
constexpr std::string_view kReadCounter = R"(
    SELECT next_value FROM counter WHERE name = ?)";

}  // namespace

std::int64_t take_numbers(Tx& tx, std::string_view name, std::int64_t count) {
    SEALDESK_CHECK(count >= 1);
    if (tx.execute(kAdvanceCounter, count, name) == 0) {
        // A second worker doing the same meets the PRIMARY KEY and repeats its unit of work.
        tx.execute(kAddCounter, name, 1 + count);
        return 1;
    }
    const auto rows = tx.query(kReadCounter, name);
    SEALDESK_CHECK(rows.size() == 1);
    return rows[0].number(0) - count;
}

std::string number_of_year(const Tx& tx, char prefix, std::int64_t sequence) {
    constexpr int roc_year_zero = 1911;  // 民國 1 is 1912
    return make_number(prefix, int(day_in_taipei(tx.now()).year()) - roc_year_zero, sequence);
}

std::string take_number(Tx& tx, char prefix, std::string_view series) {
    return number_of_year(tx, prefix, take_numbers(tx, series, 1));
}

std::int64_t numbers_taken(Tx& tx, std::string_view name) {
    const auto rows = tx.query(kReadCounter, name);
    return rows.empty() ? 0 : rows[0].number(0) - 1;
}

}  // namespace sealdesk::store
