#include "scan/places.h"

#include <algorithm>

#include <opencv2/imgproc.hpp>

namespace sealdesk::scan {
namespace {

// ---- Frames ----------------------------------------------------------------------------------

constexpr double kFramePxPerMm = 8;
constexpr double kFrameReachMm = 2.6;    ///< how far from its place a line is looked for
constexpr double kShoulderMm = 0.65;     ///< beside a thin line there is paper
constexpr double kLineContrastMin = 12;  ///< grey levels, mean along a dashed line
constexpr double kOffMaxMm = 1.2;        ///< a line farther from its place is not believed
constexpr double kStretchMaxMm = 0.8;    ///< nor a frame that is so much wider or narrower
constexpr double kAlongShare = 0.08;     ///< left out at both ends of a line

/// The place and what is around it, straightened, darkness instead of light.
cv::Mat1b straightened(const cv::Mat1b& grey, const PageMap& map, const paper::Area& area,
                       double reach_mm, double px_per_mm) {
    const cv::Matx33d to_paper(1 / px_per_mm, 0, area.x - reach_mm, 0, 1 / px_per_mm,
                               area.y - reach_mm, 0, 0, 1);
    const cv::Size size(int((area.width + 2 * reach_mm) * px_per_mm),
                        int((area.height + 2 * reach_mm) * px_per_mm));
    cv::Mat1b upright;
    cv::warpPerspective(grey, upright, map.to_pixels * to_paper, size,
                        cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_REPLICATE);
    cv::bitwise_not(upright, upright);
    return upright;
}

/// Where a thin line crosses the profile, mm from where it should be; nothing when there is none.
std::optional<double> line_in(const std::vector<double>& profile, double expected) {
    const int shoulder = int(std::lround(kShoulderMm * kFramePxPerMm));
    double best = kLineContrastMin;
    std::optional<double> off;
    for (int i = shoulder; i + shoulder < int(profile.size()); ++i) {
        const auto at = [&](int k) { return profile[std::size_t(k)]; };
        const double contrast = at(i) - std::max(at(i - shoulder), at(i + shoulder));
        const double off_mm = (i + 0.5 - expected) / kFramePxPerMm;
        const double score = contrast - 5 * std::abs(off_mm);  // the nearer of two equal lines
        if (std::abs(off_mm) <= kFrameReachMm - kShoulderMm && score > best) {
            best = score;
            off = off_mm;
        }
    }
    return off;
}

/// Mean darkness of each column of the part (of each row, when `across`).
std::vector<double> profile_of(const cv::Mat1b& part, bool across) {
    cv::Mat1d sums;
    cv::reduce(part, sums, across ? 1 : 0, cv::REDUCE_AVG, CV_64F);
    return {sums.begin(), sums.end()};
}

/// The lines of a frame: left, right, top, bottom; each how far off, mm.
std::array<std::optional<double>, 4> lines_of(const cv::Mat1b& dark, const paper::Area& area) {
    const double reach = kFrameReachMm * kFramePxPerMm;
    const double width = area.width * kFramePxPerMm;
    const double height = area.height * kFramePxPerMm;
    const cv::Rect all({0, 0}, dark.size());
    const auto part = [&](double x, double y, double w, double h) {
        return dark(cv::Rect(int(x), int(y), int(w), int(h)) & all);
    };
    const double skip_x = kAlongShare * width;
    const double skip_y = kAlongShare * height;
    const auto column = [&](double x) {
        return line_in(profile_of(part(x, reach + skip_y, 2 * reach, height - 2 * skip_y), false),
                       reach);
    };
    const auto row = [&](double y) {
        return line_in(profile_of(part(reach + skip_x, y, width - 2 * skip_x, 2 * reach), true),
                       reach);
    };
    return {column(0), column(width), row(0), row(height)};
}

/// Both lines of a pair: how far each is off. A missing one goes with the other.
struct PairOfLines {
    double first = 0;
    double second = 0;
    bool agrees = true;
};

PairOfLines pair_of(const std::optional<double>& first, const std::optional<double>& second) {
    PairOfLines pair;
    pair.first = first ? *first : second.value_or(0);
    pair.second = second ? *second : pair.first;
    pair.agrees = std::abs(pair.first - pair.second) <= kStretchMaxMm;
    return pair;
}

/// The quadrilateral, each side moved outwards by some pixels.
std::array<cv::Point, 4> widened(const FoundFrame& frame, double px) {
    const cv::Point2d along = frame.corners[1] - frame.corners[0];
    const cv::Point2d down = frame.corners[3] - frame.corners[0];
    const cv::Point2d right = along * (px / cv::norm(along));
    const cv::Point2d below = down * (px / cv::norm(down));
    std::array<cv::Point, 4> wide;
    for (std::size_t i = 0; i < wide.size(); ++i) {
        const cv::Point2d moved =
            frame.corners[i] + (i == 1 || i == 2 ? right : -right) + (i >= 2 ? below : -below);
        wide[i] = {cvRound(moved.x), cvRound(moved.y)};
    }
    return wide;
}

cv::Rect window_of(const image::Picture& page, const PageMap& map, const FoundFrame& frame) {
    const auto wide = widened(frame, kCropMarginMm * map.px_per_mm);
    return cv::boundingRect(std::vector<cv::Point>(wide.begin(), wide.end())) &
           cv::Rect(0, 0, page.width, page.height);
}

cv::Mat3b pixels_of(const image::Picture& page) {
    return cv::Mat3b(page.height, page.width,
                     reinterpret_cast<cv::Vec3b*>(const_cast<std::uint8_t*>(page.rgb.data())));
}

// ---- Content ---------------------------------------------------------------------------------

constexpr int kRedOverGreen = 45;
constexpr int kRedOverBlue = 15;
constexpr int kDarkerThanPaper = 60;
constexpr double kInsideMm = 1.2;     ///< the frame's own line is no content
constexpr double kRingMm = 0.7;       ///< of the margin's outer edge
constexpr int kGreyMost = 4;          ///< channels of a grey scan differ by no more
constexpr double kRingInkMax = 0.02;  ///< share of red there

cv::Mat1b mask_of(cv::Size size, const std::array<cv::Point, 4>& corners, const cv::Point& origin) {
    cv::Mat1b mask(size, std::uint8_t{0});
    std::vector<cv::Point> moved;
    moved.reserve(corners.size());
    for (const cv::Point& corner : corners) {
        moved.push_back(corner - origin);
    }
    cv::fillConvexPoly(mask, moved, cv::Scalar(255));
    return mask;
}

cv::Mat1b above(const cv::Mat1b& level, int least) {
    cv::Mat1b mask;
    cv::threshold(level, mask, least, 255, cv::THRESH_BINARY);
    return mask;
}

cv::Mat1b both(const cv::Mat1b& one, const cv::Mat1b& other) {
    cv::Mat1b mask;
    cv::bitwise_and(one, other, mask);
    return mask;
}

cv::Mat1b without(const cv::Mat1b& one, const cv::Mat1b& other) {
    cv::Mat1b mask;
    cv::bitwise_not(other, mask);
    return both(one, mask);
}

double share(const cv::Mat1b& what, const cv::Mat1b& where) {
    return double(cv::countNonZero(both(what, where))) / std::max(1, cv::countNonZero(where));
}

// ---- Ticks -----------------------------------------------------------------------------------

constexpr double kTickPxPerMm = 12;
constexpr double kTickReachMm = 2.0;
constexpr double kTickFrameMm = 0.5;     ///< of paper around the square in the template
constexpr double kTickLineMm = 0.16;     ///< half the width of its line, and a little
constexpr double kTickInsideMm = 0.5;    ///< from the line to what counts as inside
constexpr double kTickContrastMin = 35;  ///< grey levels
constexpr double kTickFaint = 0.3;       ///< of the border's darkness: paler is paper
constexpr double kTickBesideMm = 0.9;    ///< to its left, where a careless mark may stand

/// Distance in mm from the square's line, negative inside, for a pixel of the template.
double from_line(int x, int y, double side) {
    const double u = (x + 0.5) / kTickPxPerMm - kTickFrameMm;
    const double v = (y + 0.5) / kTickPxPerMm - kTickFrameMm;
    return std::max(std::max(-u, u - side), std::max(-v, v - side));
}

/// +1 on the line, -1 on the paper along both sides of it, sum 0; and the two apart, as weights.
struct TickTemplate {
    cv::Mat1f pattern;
    cv::Mat1b line;
    cv::Mat1b beside;
};

TickTemplate template_of(double side_mm) {
    const int side = int((side_mm + 2 * kTickFrameMm) * kTickPxPerMm);
    TickTemplate t{cv::Mat1f(side, side), cv::Mat1b(side, side, std::uint8_t{0}),
                   cv::Mat1b(side, side, std::uint8_t{0})};
    for (int y = 0; y < side; ++y) {
        for (int x = 0; x < side; ++x) {
            const double far = std::abs(from_line(x, y, side_mm));
            t.line(y, x) = far < kTickLineMm ? 255 : 0;
            t.beside(y, x) = far > 0.28 && far < kTickFrameMm ? 255 : 0;
        }
    }
    const double lines = cv::countNonZero(t.line);
    const double besides = cv::countNonZero(t.beside);
    t.pattern = 0;
    t.pattern.setTo(1 / lines, t.line);
    t.pattern.setTo(-1 / besides, t.beside);
    return t;
}

/// The darkest of the three channels around a place: any ink counts.
struct Darkest {
    cv::Mat1b grey;
    PageMap map;  ///< millimetres → pixels of `grey`
};

Darkest darkest_around(const image::Picture& page, const PageMap& map, const paper::Area& area) {
    const cv::Point2d middle = map.pixel(area.x + area.width / 2, area.y + area.height / 2);
    const int reach = int((area.width / 2 + kTickReachMm) * 1.5 * map.px_per_mm) + 2;
    const cv::Rect window =
        cv::Rect(int(middle.x) - reach, int(middle.y) - reach, 2 * reach, 2 * reach) &
        cv::Rect(0, 0, page.width, page.height);
    if (window.empty()) {
        return {cv::Mat1b(1, 1, std::uint8_t{255}), map};
    }
    std::array<cv::Mat1b, 3> rgb;
    cv::split(pixels_of(page)(window), rgb.data());
    cv::Mat darkest;
    cv::min(cv::InputArray(rgb[0]), cv::InputArray(rgb[1]), cv::OutputArray(darkest));
    cv::min(cv::InputArray(darkest), cv::InputArray(rgb[2]), cv::OutputArray(darkest));
    PageMap moved = map;
    moved.to_pixels = cv::Matx33d(1, 0, -window.x, 0, 1, -window.y, 0, 0, 1) * map.to_pixels;
    return {darkest, moved};
}

/// Mean darkness beyond the faint, beside the border's: 0 = paper, 1 = as dark as the border.
double ink_of(const cv::Mat1f& dark, const cv::Rect& where, double border) {
    const cv::Rect inside = where & cv::Rect({0, 0}, dark.size());
    if (inside.empty()) {
        return 0;
    }
    cv::Mat1f ratio;
    dark(inside).convertTo(ratio, CV_32F, 1 / border);
    cv::threshold(ratio, ratio, kTickFaint, 0, cv::THRESH_TOZERO);
    cv::min(ratio, 1.0F, ratio);
    return cv::mean(ratio)[0];
}

/// The darkness of bare paper in a small picture: most of it is paper.
float paper_of(const cv::Mat1b& dark) {
    std::vector<std::uint8_t> all(dark.begin(), dark.end());
    const auto quarter = all.begin() + std::ptrdiff_t(all.size() / 4);
    std::nth_element(all.begin(), quarter, all.end());
    return float(*quarter);
}

}  // namespace

FoundFrame find_frame(const cv::Mat1b& grey, const PageMap& map, const paper::Area& area) {
    const cv::Mat1b dark = straightened(grey, map, area, kFrameReachMm, kFramePxPerMm);
    const auto lines = lines_of(dark, area);
    FoundFrame frame;
    for (const auto& line : lines) {
        frame.lines += line ? 1 : 0;
        frame.off_mm = std::max(frame.off_mm, std::abs(line.value_or(0)));
    }
    const PairOfLines x = pair_of(lines[0], lines[1]);
    const PairOfLines y = pair_of(lines[2], lines[3]);
    const double left = area.x + x.first;
    const double right = area.x + area.width + x.second;
    const double top = area.y + y.first;
    const double bottom = area.y + area.height + y.second;
    frame.corners = {map.pixel(left, top), map.pixel(right, top), map.pixel(right, bottom),
                     map.pixel(left, bottom)};
    const cv::Rect2d page(0, 0, grey.cols, grey.rows);
    const bool on_page = std::ranges::all_of(
        frame.corners, [&](const cv::Point2d& corner) { return page.contains(corner); });
    frame.agrees = on_page && frame.lines >= 3 && frame.off_mm <= kOffMaxMm && x.agrees && y.agrees;
    return frame;
}

image::Picture cut_out(const image::Picture& page, const PageMap& map, const FoundFrame& frame) {
    const cv::Rect window = window_of(page, map, frame);
    if (window.empty()) {
        return {};
    }
    cv::Mat3b part = pixels_of(page)(window).clone();
    const int quarters = (int(std::lround(map.turn_deg / 90)) + 4) % 4;
    if (quarters != 0) {
        constexpr std::array<int, 4> back{0, cv::ROTATE_90_COUNTERCLOCKWISE, cv::ROTATE_180,
                                          cv::ROTATE_90_CLOCKWISE};
        cv::Mat turned;
        cv::rotate(part, turned, back[std::size_t(quarters)]);
        part = turned;
    }
    image::Picture picture{part.cols, part.rows, {}, map.px_per_mm * 25.4};
    picture.rgb.assign(part.data, part.data + part.total() * 3);
    return picture;
}

FrameContent content_of(const image::Picture& page, const PageMap& map, const FoundFrame& frame) {
    const cv::Rect window = window_of(page, map, frame);
    if (window.empty()) {
        return {};
    }
    std::array<cv::Mat1b, 3> rgb;
    cv::split(pixels_of(page)(window), rgb.data());
    cv::Mat1b over_green;
    cv::Mat1b over_blue;
    cv::subtract(rgb[0], rgb[1], over_green);
    cv::subtract(rgb[0], rgb[2], over_blue);
    const cv::Mat1b red = both(above(over_green, kRedOverGreen), above(over_blue, kRedOverBlue));
    cv::Mat darkness;
    cv::max(cv::InputArray(rgb[0]), cv::InputArray(rgb[1]), cv::OutputArray(darkness));
    cv::bitwise_not(darkness, darkness);
    const int paper = int(paper_of(darkness));
    const cv::Mat1b dark = without(above(darkness, paper + kDarkerThanPaper), red);

    const double px = map.px_per_mm;
    const cv::Mat1b inside = mask_of(window.size(), widened(frame, -kInsideMm * px), window.tl());
    const cv::Mat1b whole = mask_of(window.size(), widened(frame, kCropMarginMm * px), window.tl());
    const cv::Mat1b core =
        mask_of(window.size(), widened(frame, (kCropMarginMm - kRingMm) * px), window.tl());
    return {share(red, inside), share(dark, inside),
            share(red, without(whole, core)) > kRingInkMax};
}

FoundTick look_at_tick(const image::Picture& page, const PageMap& map, const paper::Area& area) {
    const Darkest around = darkest_around(page, map, area);
    const cv::Mat1b dark = straightened(around.grey, around.map, area, kTickReachMm, kTickPxPerMm);
    const TickTemplate form = template_of(area.width);
    cv::Mat1f level;
    dark.convertTo(level, CV_32F);
    cv::Mat1f fit;
    cv::matchTemplate(level, form.pattern, fit, cv::TM_CCORR);
    double contrast = 0;
    cv::Point at;
    cv::minMaxLoc(fit, nullptr, &contrast, nullptr, &at);

    const float paper = paper_of(dark);
    level -= paper;
    const cv::Mat1f here = level(cv::Rect(at, form.pattern.size()));
    const double border = std::max(cv::mean(here, form.line)[0], kTickContrastMin);
    const int inset = int((kTickFrameMm + kTickInsideMm) * kTickPxPerMm);
    const int inside = form.pattern.cols - 2 * inset;
    const int beside = int(kTickBesideMm * kTickPxPerMm);
    const int line = int((kTickFrameMm - 0.35) * kTickPxPerMm);
    FoundTick tick;
    tick.border_found = contrast >= kTickContrastMin;
    tick.ink = ink_of(level, {at.x + inset, at.y + inset, inside, inside}, border);
    tick.beside = ink_of(level, {at.x + line - beside, at.y, beside, form.pattern.rows}, border);
    return tick;
}

bool is_coloured(const image::Picture& picture) {
    constexpr std::size_t step = 21;  // every seventh pixel
    for (std::size_t i = 0; i + 2 < picture.rgb.size(); i += step) {
        const auto [least, most] =
            std::minmax({picture.rgb[i], picture.rgb[i + 1], picture.rgb[i + 2]});
        if (most - least > kGreyMost) {
            return true;
        }
    }
    return false;
}

}  // namespace sealdesk::scan
