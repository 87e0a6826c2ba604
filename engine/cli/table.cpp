#include "cli/table.h"

#include <algorithm>
#include <ostream>

#include "base/error.h"
#include "base/text.h"

namespace sealdesk::cli {

Table::Table(const Program& program,
             std::initializer_list<std::pair<std::string_view, std::string_view>> headings) {
    std::vector<std::string> cells;
    for (const auto& [zh, en] : headings) {
        cells.emplace_back(program.pick(zh, en));
    }
    add(std::move(cells));
}

void Table::add(std::vector<std::string> cells) {
    SEALDESK_CHECK(rows_.empty() || cells.size() == rows_.front().size());
    rows_.push_back(std::move(cells));
}

void Table::print(std::ostream& out, int column_max) const {
    std::vector<int> widths(rows_.front().size(), 0);
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], std::min(display_width(row[i]), column_max));
        }
    }
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += fit_to_columns(row[i], widths[i]);
            line += i + 1 < row.size() ? "  " : "";
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out << line << '\n';
    }
}

}  // namespace sealdesk::cli
