#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "store/tx.h"

namespace sealdesk::store {

/// Inserts many rows with as few statements as the databases allow. `insert` is the statement up
/// to and including VALUES: "INSERT INTO mail (id, state) VALUES"; `values` holds the rows one
/// after another, `columns` values each (Tx::to_value makes them). Ten times the speed of single
/// inserts; cut the work into transactions of 100 to 1,000 rows.
void insert_rows(Tx& tx, std::string_view insert, std::size_t columns,
                 std::span<const Value> values);

/// "(?, ?, ?)" for `WHERE id IN …`; at least one, at most kPlaceholdersMax.
[[nodiscard]] std::string placeholders(std::size_t count);

/// SQLite takes 32,766 parameters in one statement, MySQL 65,535.
inline constexpr std::size_t kPlaceholdersMax = 32'000;

}  // namespace sealdesk::store
