#include "seal/ink.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace sealdesk::seal {

namespace {

using Planes = std::array<cv::Mat1f, 3>;

// Darkest reading a scanner gives: densities beyond it are noise.
constexpr int kInkDarkestLevel = 4;
// Density in red above what the ink itself has there: print or writing. A 30 % gray has 0.15.
constexpr float kInkDarkDensity = 0.16F;
// A pixel is red when red light passes it and green does not.
constexpr float kInkRednessNone = 0.20F;
constexpr float kInkRednessSure = 0.45F;
// Print bleeds this far into its surroundings in a JPEG with halved colour resolution, px at 300
// dpi.
constexpr int kInkHiddenMargin = 1;
// Solid ink below this density is not an impression but paper tint.
constexpr double kInkSolidDensityLeast = 0.15;
// Least area of a piece of ink that counts for the box, mm².
constexpr double kInkPieceLeastMm2 = 0.15;
// Cells over which the evenness of ink is judged, and what is too little to judge.
constexpr double kInkSolidAmount = 0.6;
constexpr double kInkCellMm = 0.8;
constexpr int kInkCellLeastPx = 6;
constexpr int kInkCoreLeastPx = 60;
// The box is found at a quarter of the resolution.
constexpr int kInkBoxStep = 4;
// A page of A3 at 300 dpi has 17.4 megapixels; what is larger is not a scan of a seal.
constexpr double kInkPixelsMost = 20e6;
constexpr float kInkAmountMost = 1.25F;

cv::Mat3b picture_at_300_dpi(const image::Picture& picture) {
    // Only borrows the picture's bytes; it is read, never written.
    cv::Mat3b whole(picture.height, picture.width,
                    reinterpret_cast<cv::Vec3b*>(const_cast<std::uint8_t*>(picture.rgb.data())));
    const double factor = kInkPxPerMm * 25.4 / picture.dpi;
    if (std::abs(factor - 1.0) < 0.01) {
        return whole;
    }
    cv::Mat3b resized;
    cv::resize(whole, resized, {}, factor, factor, factor < 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
    return resized;
}

using Histogram = std::array<int, 256>;

int level_at_share(const Histogram& histogram, double share) {
    std::int64_t all = 0;
    for (const int count : histogram) {
        all += count;
    }
    const auto wanted = static_cast<std::int64_t>(share * static_cast<double>(all));
    std::int64_t seen = 0;
    for (int level = 0; level < 256; ++level) {
        seen += histogram[static_cast<std::size_t>(level)];
        if (seen > wanted) {
            return level;
        }
    }
    return 255;
}

std::uint8_t darkest_channel(const cv::Vec3b& pixel) {
    return std::min(std::min(pixel[0], pixel[1]), pixel[2]);
}

// Colour of the bare paper: the median of each channel over the pixels that are nearly as
// bright, in their darkest channel, as the brightest ones.
std::array<int, 3> paper_colour(const cv::Mat3b& rgb) {
    Histogram darkest{};
    for (int y = 0; y < rgb.rows; ++y) {
        const cv::Vec3b* row = rgb[y];
        for (int x = 0; x < rgb.cols; ++x) {
            ++darkest[darkest_channel(row[x])];
        }
    }
    const int bright = level_at_share(darkest, 0.98);
    const int least = bright * 85 / 100;
    std::array<Histogram, 3> channels{};
    for (int y = 0; y < rgb.rows; ++y) {
        const cv::Vec3b* row = rgb[y];
        for (int x = 0; x < rgb.cols; ++x) {
            if (darkest_channel(row[x]) >= least) {
                ++channels[0][row[x][0]];
                ++channels[1][row[x][1]];
                ++channels[2][row[x][2]];
            }
        }
    }
    return {level_at_share(channels[0], 0.5), level_at_share(channels[1], 0.5),
            level_at_share(channels[2], 0.5)};
}

// Optical density per channel relative to the paper.
Planes densities(const cv::Mat3b& rgb) {
    const std::array<int, 3> paper = paper_colour(rgb);
    std::array<std::array<float, 256>, 3> table{};
    for (std::size_t c = 0; c < 3; ++c) {
        for (int level = 0; level < 256; ++level) {
            const double light = std::max(level, kInkDarkestLevel);
            const double white = std::max(paper[c], kInkDarkestLevel);
            table[c][static_cast<std::size_t>(level)] =
                static_cast<float>(std::log10(white / light));
        }
    }
    Planes planes{cv::Mat1f(rgb.size()), cv::Mat1f(rgb.size()), cv::Mat1f(rgb.size())};
    for (int y = 0; y < rgb.rows; ++y) {
        const cv::Vec3b* from = rgb[y];
        for (int c = 0; c < 3; ++c) {
            float* to = planes[static_cast<std::size_t>(c)][y];
            const auto& levels = table[static_cast<std::size_t>(c)];
            for (int x = 0; x < rgb.cols; ++x) {
                to[x] = levels[from[x][c]];
            }
        }
    }
    return planes;
}

double value_at_share(std::vector<float>& values, double share) {
    if (values.empty()) {
        return 0;
    }
    const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + at, values.end());
    return static_cast<double>(values[static_cast<std::size_t>(at)]);
}

// The ink's colour over clearly red pixels: the densest half of them is taken as solid.
InkColour solid_colour(const Planes& density) {
    std::array<std::vector<float>, 3> red_pixels;
    for (int y = 0; y < density[0].rows; ++y) {
        const float* r = density[0][y];
        const float* g = density[1][y];
        const float* b = density[2][y];
        for (int x = 0; x < density[0].cols; ++x) {
            if (g[x] > 0.2F && r[x] < 0.45F * g[x]) {
                red_pixels[0].push_back(r[x]);
                red_pixels[1].push_back(g[x]);
                red_pixels[2].push_back(b[x]);
            }
        }
    }
    return {value_at_share(red_pixels[0], 0.5), value_at_share(red_pixels[1], 0.7),
            value_at_share(red_pixels[2], 0.7)};
}

float smooth_step(float value, float low, float high) {
    const float t = std::clamp((value - low) / (high - low), 0.0F, 1.0F);
    return t * t * (3.0F - 2.0F * t);
}

// Fills amount and visible. Green and blue carry the ink's shape at the scan's full sharpness;
// the difference to red, which JPEG stores at half resolution, only says what is ink at all.
void unmix(const Planes& density, Ink& ink) {
    const cv::Size size = density[0].size();
    ink.amount.create(size);
    cv::Mat1b hidden(size);
    const auto red_share =
        static_cast<float>(ink.colour.red_density / std::max(ink.colour.green_density, 0.05));
    const auto solid =
        static_cast<float>(0.7 * ink.colour.green_density + 0.3 * ink.colour.blue_density);
    for (int y = 0; y < size.height; ++y) {
        const float* r = density[0][y];
        const float* g = density[1][y];
        const float* b = density[2][y];
        float* amount = ink.amount[y];
        std::uint8_t* dark = hidden[y];
        for (int x = 0; x < size.width; ++x) {
            const float mixed = 0.7F * g[x] + 0.3F * b[x];
            const float redness = (g[x] - r[x]) / (std::max(g[x], 0.0F) + 0.03F);
            const float gate = smooth_step(redness, kInkRednessNone, kInkRednessSure);
            amount[x] = std::clamp(gate * mixed / solid, 0.0F, kInkAmountMost);
            const float ink_red = red_share * std::min(g[x], 1.2F * solid);
            dark[x] = r[x] > ink_red + kInkDarkDensity ? 255 : 0;
        }
    }
    const int side = 2 * kInkHiddenMargin + 1;
    // A dark speck of one pixel is scanner noise inside solid ink, not print.
    cv::morphologyEx(hidden, hidden, cv::MORPH_OPEN,
                     cv::getStructuringElement(cv::MORPH_RECT, {2, 2}));
    cv::dilate(hidden, hidden, cv::getStructuringElement(cv::MORPH_ELLIPSE, {side, side}));
    ink.visible.create(size);
    for (int y = 0; y < size.height; ++y) {
        const std::uint8_t* dark = hidden[y];
        float* amount = ink.amount[y];
        float* visible = ink.visible[y];
        for (int x = 0; x < size.width; ++x) {
            visible[x] = dark[x] != 0 ? 0.0F : 1.0F;
            amount[x] *= visible[x];
        }
    }
}

// Relative spread of the mean green density of solid ink over cells of kInkCellMm.
double unevenness_of(const Planes& density, const Ink& ink) {
    cv::Mat1b solid;  // amount is 0 where hidden
    cv::compare(ink.amount, kInkSolidAmount, solid, cv::CMP_GT);
    cv::Mat1b core;
    cv::erode(solid, core, cv::getStructuringElement(cv::MORPH_ELLIPSE, {5, 5}));
    const cv::Mat1b& inside = cv::countNonZero(core) > kInkCoreLeastPx ? core : solid;
    const int side = std::max(cvRound(kInkCellMm * ink.px_per_mm), 2);
    double count = 0;
    double sum = 0;
    double squares = 0;
    for (int y = 0; y < inside.rows; y += side) {
        for (int x = 0; x < inside.cols; x += side) {
            const cv::Rect cell = cv::Rect(x, y, side, side) & cv::Rect({0, 0}, inside.size());
            const cv::Mat1b mask = inside(cell);
            const int pixels = cv::countNonZero(mask);
            if (pixels < kInkCellLeastPx) {
                continue;
            }
            const double mean = cv::mean(density[1](cell), mask)[0];
            count += pixels;
            sum += pixels * mean;
            squares += pixels * mean * mean;
        }
    }
    if (count <= 0) {
        return 0;
    }
    const double mean = sum / count;
    return std::sqrt(std::max(squares / count - mean * mean, 0.0)) / std::max(mean, 0.05);
}

// Box around the pieces of ink, found at a quarter of the resolution, where strokes of one
// character run together and specks vanish.
cv::Rect box_of(const Ink& ink) {
    cv::Mat1f small;
    cv::resize(ink.amount, small, {}, 1.0 / kInkBoxStep, 1.0 / kInkBoxStep, cv::INTER_AREA);
    cv::Mat1b inked;
    cv::compare(small, 0.2, inked, cv::CMP_GT);
    cv::Mat1i labels;
    cv::Mat1i stats;
    cv::Mat1d centres;
    const int pieces = cv::connectedComponentsWithStats(inked, labels, stats, centres, 8);
    const double cell_mm2 = (kInkBoxStep / ink.px_per_mm) * (kInkBoxStep / ink.px_per_mm);
    cv::Rect box;
    for (int piece = 1; piece < pieces; ++piece) {
        if (stats(piece, cv::CC_STAT_AREA) * cell_mm2 < kInkPieceLeastMm2) {
            continue;
        }
        box |= cv::Rect(stats(piece, cv::CC_STAT_LEFT), stats(piece, cv::CC_STAT_TOP),
                        stats(piece, cv::CC_STAT_WIDTH), stats(piece, cv::CC_STAT_HEIGHT));
    }
    const int step = kInkBoxStep;
    box = cv::Rect(box.x * step, box.y * step, box.width * step, box.height * step);
    return box & cv::Rect({0, 0}, ink.amount.size());
}

// Bare paper.
Ink no_ink(cv::Size size) {
    Ink ink;
    ink.px_per_mm = kInkPxPerMm;
    ink.amount = cv::Mat1f(size, 0.0F);
    ink.visible = cv::Mat1f(size, 1.0F);
    return ink;
}

// Memory is 20 bytes a pixel at 300 dpi, whatever the scan's own resolution.
bool has_workable_size(const image::Picture& picture) {
    const double factor = image::kDpiDefault / picture.dpi;
    return picture.width * factor * (picture.height * factor) <= kInkPixelsMost;
}

}  // namespace

Ink isolate_ink(const image::Picture& picture) {
    if (!has_workable_size(picture)) {
        return no_ink({1, 1});
    }
    const Planes density = densities(picture_at_300_dpi(picture));
    Ink ink;
    ink.px_per_mm = kInkPxPerMm;
    ink.colour = solid_colour(density);
    if (ink.colour.green_density < kInkSolidDensityLeast) {
        return no_ink(density[0].size());
    }
    unmix(density, ink);
    ink.colour.unevenness = unevenness_of(density, ink);
    ink.box = box_of(ink);
    return ink;
}

Ink shrink(const Ink& ink, double factor) {
    Ink small;
    small.colour = ink.colour;
    small.px_per_mm = ink.px_per_mm * factor;
    if (factor > 0.999) {
        small.amount = ink.amount;
        small.visible = ink.visible;
        small.box = ink.box;
        return small;
    }
    cv::resize(ink.amount, small.amount, {}, factor, factor, cv::INTER_AREA);
    cv::resize(ink.visible, small.visible, {}, factor, factor, cv::INTER_AREA);
    const auto scaled = [factor](int value) { return cvRound(value * factor); };
    small.box = cv::Rect(scaled(ink.box.x), scaled(ink.box.y), scaled(ink.box.width),
                         scaled(ink.box.height)) &
                cv::Rect({0, 0}, small.amount.size());
    return small;
}

}  // namespace sealdesk::seal
