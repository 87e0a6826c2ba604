#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/text.h"

namespace sealdesk::jobs {

/// Bars side by side, each a stack of parts; and the same as a table, for who cannot see it.
struct BarChart {
    std::string id;  ///< of its parts on the page: a–z 0–9 -
    Bilingual title;
    Bilingual description;  ///< what it shows, in one sentence
    Bilingual categories;   ///< what a bar stands for: 月份 month
    std::vector<std::string> bars;
    std::vector<std::string> parts;
    std::vector<std::vector<std::int64_t>> values;  ///< of each bar, of each part

    [[nodiscard]] std::int64_t height_of(std::size_t bar) const;
};

/// An SVG element by itself: no script, no font but the page's, nothing from elsewhere.
[[nodiscard]] std::string to_svg(const BarChart& chart);

/// An HTML table with the numbers.
[[nodiscard]] std::string to_html_table(const BarChart& chart);

}  // namespace sealdesk::jobs
