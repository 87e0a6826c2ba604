#include "store/bulk.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace sealdesk::store {

namespace {

constexpr std::size_t kRowsOfOneInsertMax = 512;

/// The largest power of two of rows that fits: few different statements, prepared once each.
std::size_t rows_of_next_insert(std::size_t rows_left, std::size_t columns) {
    std::size_t rows = kRowsOfOneInsertMax;
    while (rows > 1 && (rows > rows_left || rows * columns > kPlaceholdersMax)) {
        rows /= 2;
    }
    return rows;
}

}  // namespace

std::string placeholders(std::size_t count) {
    SEALDESK_CHECK(count >= 1 && count <= kPlaceholdersMax);
    std::string list = "(?";
    list.reserve(3 * count + 1);
    for (std::size_t added = 1; added < count; ++added) {
        list += ", ?";
    }
    return list + ")";
}

void insert_rows(Tx& tx, std::string_view insert, std::size_t columns,
                 std::span<const Value> values) {
    SEALDESK_CHECK(columns >= 1 && values.size() % columns == 0);
    const std::string one_row = placeholders(columns);
    while (!values.empty()) {
        const std::size_t rows = rows_of_next_insert(values.size() / columns, columns);
        std::string statement(insert);
        statement.reserve(statement.size() + rows * (one_row.size() + 2));
        for (std::size_t row = 0; row < rows; ++row) {
            statement += row == 0 ? " " : ", ";
            statement += one_row;
        }
        tx.execute_list(statement, values.first(rows * columns));
        values = values.subspan(rows * columns);
    }
}

}  // namespace sealdesk::store
