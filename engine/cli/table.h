#pragma once

#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/program.h"

namespace sealdesk::cli {

/// Lists for a terminal: columns aligned by display width, headings first, cut to the screen.
class Table {
public:
    /// Headings in Chinese and English.
    Table(const Program& program,
          std::initializer_list<std::pair<std::string_view, std::string_view>> headings);
    void add(std::vector<std::string> cells);
    [[nodiscard]] bool empty() const { return rows_.size() <= 1; }
    /// A column takes at most `column_max` terminal columns; longer text is cut.
    void print(std::ostream& out, int column_max = 40) const;

private:
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace sealdesk::cli
