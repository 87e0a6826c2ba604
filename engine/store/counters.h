#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "store/tx.h"

namespace sealdesk::store {

/// Takes `count` consecutive numbers from the named series and returns the first of them; a new
/// series begins at 1. The row stays locked until the transaction ends, so numbers are given out
/// without gaps (a rolled back transaction gives its numbers back) and workers queue behind one
/// another: take a block for a whole chunk of rows, late in the transaction.
/// `name`: at most 60 characters, such as "request.2026"; `count`: at least 1.
[[nodiscard]] std::int64_t take_numbers(Tx& tx, std::string_view name, std::int64_t count);

/// The sequence as a number that people write down, of the year in Taipei: see make_number().
[[nodiscard]] std::string number_of_year(const Tx& tx, char prefix, std::int64_t sequence);

/// Takes the next number of a series and writes it so.
[[nodiscard]] std::string take_number(Tx& tx, char prefix, std::string_view series);

/// How many numbers of the series were ever taken.
[[nodiscard]] std::int64_t numbers_taken(Tx& tx, std::string_view name);

}  // namespace sealdesk::store
