#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"

namespace sealdesk::intake {

/// A cell of a list: a text stays as it is, a number can be added up.
using TableCell = std::variant<std::string, std::int64_t>;

/// One sheet: headings, then rows.
struct TableSheet {
    std::string name;  ///< at most 31 characters
    std::vector<std::string> headings;
    std::vector<std::vector<TableCell>> rows;
};

/// Writes lists as an XLSX workbook. Throws Failure (file.not_written).
void write_tables(const std::filesystem::path& file, const std::string& title, Instant created,
                  std::span<const TableSheet> sheets);

}  // namespace sealdesk::intake
