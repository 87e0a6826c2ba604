#include "jobs/bar_chart.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>

namespace sealdesk::jobs {
namespace {

// Units of the drawing; it is scaled to the page.
constexpr double kChartWidth = 760;
constexpr double kChartTop = 20;
constexpr double kPlotHeight = 220;
constexpr double kPlotLeft = 56;
constexpr double kLegendLine = 18;
constexpr double kBarMax = 70;
constexpr int kGridLines = 4;
constexpr double kSmall = 0.05;  ///< of the plot: a part lower than this has no number in it

/// Told apart by people who see no red or green, too (after Okabe and Ito), and each dark or light
/// enough for the ink of the numbers on it.
struct Paint {
    const char* fill;
    const char* ink;
};
constexpr std::array<Paint, 8> kPaints{{{"#0b5394", "#ffffff"},
                                        {"#e69f00", "#1a1a1a"},
                                        {"#00785a", "#ffffff"},
                                        {"#b9dcf2", "#1a1a1a"},
                                        {"#a83f00", "#ffffff"},
                                        {"#d9a6c2", "#1a1a1a"},
                                        {"#4d4d4d", "#ffffff"},
                                        {"#f0e442", "#1a1a1a"}}};

std::string number(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f", value);
    return text.data();
}

std::string text_at(double x, double y, const std::string& attributes, const std::string& text) {
    return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" " + attributes + ">" +
           to_html(text) + "</text>";
}

/// The smallest of 1, 2, 5 times a power of ten of which `lines` reach `height`.
std::int64_t step_of(std::int64_t height, int lines) {
    for (std::int64_t power = 1;; power *= 10) {
        for (const std::int64_t times : {1, 2, 5}) {
            if (times * power * lines >= height) {
                return times * power;
            }
        }
    }
}

/// Units that a text of the page's size takes about.
double width_of(const std::string& text) { return 6.8 * display_width(text); }

/// The SVG around it, which tells its title and what it shows to who cannot see it.
std::string framed(const BarChart& chart, double height, const std::string& drawn) {
    const auto both = [](const Bilingual& text) { return to_html(text.zh + "　" + text.en); };
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + number(kChartWidth) + " " +
           number(height) + "\" role=\"img\" aria-labelledby=\"" + chart.id + "-t " + chart.id +
           "-d\" font-size=\"13\" fill=\"#1a1a1a\"><title id=\"" + chart.id + "-t\">" +
           both(chart.title) + "</title><desc id=\"" + chart.id + "-d\">" +
           both(chart.description) + "</desc>" + drawn + "</svg>";
}

std::string rectangle(double x, double y, double width, double height, const char* fill) {
    return "<rect x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(width) +
           "\" height=\"" + number(height) + "\" fill=\"" + fill + "\" stroke=\"#ffffff\"/>";
}

const Paint& paint_of(std::size_t part) { return kPaints[part % kPaints.size()]; }

/// A number in the middle of a part of a bar, where it has room.
std::string number_in(double x, double y, std::int64_t value, std::size_t part) {
    return text_at(x, y, std::string("text-anchor=\"middle\" fill=\"") + paint_of(part).ink + "\"",
                   std::to_string(value));
}

std::string legend(const BarChart& chart, double y) {
    std::string drawn;
    for (std::size_t part = 0; part < chart.parts.size(); ++part, y += kLegendLine) {
        drawn += rectangle(kPlotLeft, y, 12, 12, paint_of(part).fill) +
                 text_at(kPlotLeft + 18, y + 11, "", chart.parts[part]);
    }
    return drawn;
}

std::int64_t highest_of(const BarChart& chart) {
    std::int64_t highest = 1;
    for (std::size_t bar = 0; bar < chart.bars.size(); ++bar) {
        highest = std::max(highest, chart.height_of(bar));
    }
    return highest;
}

/// Bars that stand, for short names such as months.
class Standing {
public:
    Standing(const BarChart& chart, double slot)
        : chart_(chart),
          step_(step_of(highest_of(chart), kGridLines)),
          scale_(kPlotHeight / double(step_ * kGridLines)),
          slot_(slot) {}

    std::string draw() {
        std::string drawn = grid();
        for (std::size_t bar = 0; bar < chart_.bars.size(); ++bar) {
            drawn += draw_bar(bar);
        }
        const double below = kChartTop + kPlotHeight + 2 * kLegendLine;
        return framed(chart_, below + double(chart_.parts.size()) * kLegendLine,
                      drawn + legend(chart_, below));
    }

private:
    [[nodiscard]] double y_of(std::int64_t value) const {
        return kChartTop + kPlotHeight - double(value) * scale_;
    }

    [[nodiscard]] std::string grid() const {
        std::string drawn;
        for (int line = 0; line <= kGridLines; ++line) {
            const double y = y_of(line * step_);
            drawn +=
                "<path d=\"M" + number(kPlotLeft) + " " + number(y) + "H" + number(kChartWidth) +
                "\" stroke=\"" + (line == 0 ? "#1a1a1a" : "#cccccc") + "\"/>" +
                text_at(kPlotLeft - 6, y + 4, "text-anchor=\"end\"", std::to_string(line * step_));
        }
        return drawn;
    }

    [[nodiscard]] std::string draw_bar(std::size_t bar) const {
        const double width = std::min(slot_ * 0.7, kBarMax);
        const double middle = kPlotLeft + slot_ * (double(bar) + 0.5);
        std::string drawn;
        std::int64_t below = 0;
        for (std::size_t part = 0; part < chart_.parts.size(); ++part) {
            const std::int64_t value = chart_.values[bar][part];
            const double tall = double(value) * scale_;
            const double top = y_of(below + value);
            if (value > 0) {
                drawn += rectangle(middle - width / 2, top, width, tall, paint_of(part).fill);
            }
            if (tall > kPlotHeight * kSmall && value != chart_.height_of(bar)) {
                drawn += number_in(middle, top + tall / 2 + 4, value, part);
            }
            below += value;
        }
        return drawn +
               text_at(middle, y_of(below) - 5, "text-anchor=\"middle\" font-weight=\"bold\"",
                       std::to_string(below)) +
               text_at(middle, kChartTop + kPlotHeight + 16, "text-anchor=\"middle\"",
                       chart_.bars[bar]);
    }

    const BarChart& chart_;
    std::int64_t step_;
    double scale_;
    double slot_;
};

/// Bars that lie, for names that are longer than a standing bar is wide.
std::string draw_lying(const BarChart& chart) {
    constexpr double row = 26;
    constexpr double tall = 18;
    double left = 0;
    for (const std::string& bar : chart.bars) {
        left = std::max(left, width_of(bar));
    }
    left = std::min(left + 10, kChartWidth / 2);
    const double scale = (kChartWidth - left - 60) / double(highest_of(chart));
    std::string drawn;
    double y = kChartTop;
    for (std::size_t bar = 0; bar < chart.bars.size(); ++bar, y += row) {
        drawn += text_at(left - 8, y + 14, "text-anchor=\"end\"", chart.bars[bar]);
        double x = left;
        for (std::size_t part = 0; part < chart.parts.size(); ++part) {
            const std::int64_t value = chart.values[bar][part];
            const double wide = double(value) * scale;
            if (value > 0) {
                drawn += rectangle(x, y, wide, tall, paint_of(part).fill);
            }
            if (wide > width_of(std::to_string(value)) + 6 && value != chart.height_of(bar)) {
                drawn += number_in(x + wide / 2, y + 14, value, part);
            }
            x += wide;
        }
        drawn +=
            text_at(x + 6, y + 14, "font-weight=\"bold\"", std::to_string(chart.height_of(bar)));
    }
    y += kLegendLine;
    return framed(chart, y + double(chart.parts.size()) * kLegendLine, drawn + legend(chart, y));
}

}  // namespace

std::int64_t BarChart::height_of(std::size_t bar) const {
    return std::accumulate(values[bar].begin(), values[bar].end(), std::int64_t{0});
}

std::string to_svg(const BarChart& chart) {
    const double slot =
        (kChartWidth - kPlotLeft) / double(std::max<std::size_t>(chart.bars.size(), 1));
    const bool fits = std::ranges::all_of(
        chart.bars, [&](const std::string& bar) { return width_of(bar) < slot; });
    return fits ? Standing(chart, slot).draw() : draw_lying(chart);
}

std::string to_html_table(const BarChart& chart) {
    std::string html = "<table><caption>" + to_html(chart.title.zh) + " <span lang=\"en\">" +
                       to_html(chart.title.en) + "</span></caption><thead><tr><th scope=\"col\">" +
                       to_html(chart.categories.zh) + " " + to_html(chart.categories.en) + "</th>";
    for (const std::string& part : chart.parts) {
        html += "<th scope=\"col\">" + to_html(part) + "</th>";
    }
    const bool sums = chart.parts.size() > 1;
    html += sums ? "<th scope=\"col\">合計 Total</th></tr></thead><tbody>" : "</tr></thead><tbody>";
    for (std::size_t bar = 0; bar < chart.bars.size(); ++bar) {
        html += "<tr><th scope=\"row\">" + to_html(chart.bars[bar]) + "</th>";
        for (const std::int64_t value : chart.values[bar]) {
            html += "<td>" + std::to_string(value) + "</td>";
        }
        html += sums ? "<td>" + std::to_string(chart.height_of(bar)) + "</td></tr>" : "</tr>";
    }
    return html + "</tbody></table>";
}

}  // namespace sealdesk::jobs
