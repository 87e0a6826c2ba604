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

class Picture {
public:
    explicit Picture(const BarChart& chart) : chart_(chart) {
        std::int64_t highest = 1;
        for (std::size_t bar = 0; bar < chart.bars.size(); ++bar) {
            highest = std::max(highest, chart.height_of(bar));
        }
        step_ = step_of(highest, kGridLines);
        scale_ = kPlotHeight / double(step_ * kGridLines);
        slot_ = (kChartWidth - kPlotLeft) / double(std::max<std::size_t>(chart.bars.size(), 1));
    }

    std::string draw() {
        const double height =
            kChartTop + kPlotHeight + 2 * kLegendLine + double(chart_.parts.size()) * kLegendLine;
        svg_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + number(kChartWidth) +
               " " + number(height) + "\" role=\"img\" aria-labelledby=\"" + chart_.id + "-t " +
               chart_.id + "-d\" font-size=\"13\" fill=\"#1a1a1a\"><title id=\"" + chart_.id +
               "-t\">" + both(chart_.title) + "</title><desc id=\"" + chart_.id + "-d\">" +
               both(chart_.description) + "</desc>";
        draw_grid();
        for (std::size_t bar = 0; bar < chart_.bars.size(); ++bar) {
            draw_bar(bar);
        }
        draw_legend();
        return svg_ + "</svg>";
    }

private:
    static std::string both(const Bilingual& text) { return to_html(text.zh + "　" + text.en); }

    [[nodiscard]] double y_of(std::int64_t value) const {
        return kChartTop + kPlotHeight - double(value) * scale_;
    }

    void draw_grid() {
        for (int line = 0; line <= kGridLines; ++line) {
            const double y = y_of(line * step_);
            svg_ +=
                "<path d=\"M" + number(kPlotLeft) + " " + number(y) + "H" + number(kChartWidth) +
                "\" stroke=\"" + (line == 0 ? "#1a1a1a" : "#cccccc") + "\"/>" +
                text_at(kPlotLeft - 6, y + 4, "text-anchor=\"end\"", std::to_string(line * step_));
        }
    }

    void draw_bar(std::size_t bar) {
        const double left = kPlotLeft + slot_ * double(bar) + slot_ * 0.15;
        const double width = slot_ * 0.7;
        const double middle = left + width / 2;
        std::int64_t below = 0;
        for (std::size_t part = 0; part < chart_.parts.size(); ++part) {
            const std::int64_t value = chart_.values[bar][part];
            if (value == 0) {
                continue;
            }
            const Paint& paint = kPaints[part % kPaints.size()];
            const double top = y_of(below + value);
            const double tall = double(value) * scale_;
            svg_ += "<rect x=\"" + number(left) + "\" y=\"" + number(top) + "\" width=\"" +
                    number(width) + "\" height=\"" + number(tall) + "\" fill=\"" + paint.fill +
                    "\" stroke=\"#ffffff\"/>";
            const bool is_whole = value == chart_.height_of(bar);
            if (tall > kPlotHeight * kSmall && !is_whole) {
                svg_ += text_at(middle, top + tall / 2 + 4,
                                std::string("text-anchor=\"middle\" fill=\"") + paint.ink + "\"",
                                std::to_string(value));
            }
            below += value;
        }
        svg_ += text_at(middle, y_of(below) - 5, "text-anchor=\"middle\" font-weight=\"bold\"",
                        std::to_string(below)) +
                text_at(middle, kChartTop + kPlotHeight + 16, "text-anchor=\"middle\"",
                        chart_.bars[bar]);
    }

    void draw_legend() {
        double y = kChartTop + kPlotHeight + 2 * kLegendLine;
        for (std::size_t part = 0; part < chart_.parts.size(); ++part, y += kLegendLine) {
            svg_ += "<rect x=\"" + number(kPlotLeft) + "\" y=\"" + number(y) +
                    "\" width=\"12\" height=\"12\" fill=\"" + kPaints[part % kPaints.size()].fill +
                    "\"/>" + text_at(kPlotLeft + 18, y + 11, "", chart_.parts[part]);
        }
    }

    const BarChart& chart_;
    std::int64_t step_ = 1;
    double scale_ = 1;
    double slot_ = 1;
    std::string svg_;
};

}  // namespace

std::int64_t BarChart::height_of(std::size_t bar) const {
    return std::accumulate(values[bar].begin(), values[bar].end(), std::int64_t{0});
}

std::string to_svg(const BarChart& chart) { return Picture(chart).draw(); }

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
