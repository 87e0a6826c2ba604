#include "scan/marks.h"

#include <algorithm>
#include <complex>

#include <opencv2/imgproc.hpp>

#include "paper/form_sheet.h"

namespace sealdesk::scan {
namespace {

using Complex = std::complex<double>;

/// Resolution at which marks are looked for: a mark is 20 px wide there.
constexpr double kSearchPxPerMm = 4.0;  ///< about: the picture is reduced by a whole number
constexpr double kSideLeastMm = 3.7;
constexpr double kSideMostMm = 6.4;
constexpr std::size_t kCandidatesMax = 48;
constexpr double kScaleTolerance = 0.12;  ///< of the resolution against what the file says
constexpr double kReachMm = 4.5;          ///< how far from its place a mark may be found
constexpr double kBentMaxMm = 4.0;        ///< more is no sheet of paper on a scanner
constexpr double kSideTolerance = 0.18;   ///< of a mark's side at full resolution

constexpr double kRedInkGain = 0.35;

/// A dark square as found at search resolution.
struct Candidate {
    cv::Point2d at;  ///< px at search resolution
    bool hollow;
    double misfit;  ///< 0 = exactly as printed
};

Complex complex_of(const cv::Point2d& point) { return {point.x, point.y}; }

/// Area of the largest hole of a contour.
double hole_of(const std::vector<std::vector<cv::Point>>& contours,
               const std::vector<cv::Vec4i>& tree, int contour) {
    double largest = 0;
    for (int hole = tree[std::size_t(contour)][2]; hole >= 0; hole = tree[std::size_t(hole)][0]) {
        largest = std::max(largest, cv::contourArea(contours[std::size_t(hole)]));
    }
    return largest;
}

std::vector<Candidate> find_candidates(const cv::Mat1b& small, double px_per_mm) {
    cv::Mat1b dark;
    const int window = std::max(int(15 * px_per_mm) | 1, 3);  // of a picture of a few pixels, too
    cv::adaptiveThreshold(small, dark, 255, cv::ADAPTIVE_THRESH_MEAN_C, cv::THRESH_BINARY_INV,
                          window, 40);
    std::vector<std::vector<cv::Point>> contours;
    std::vector<cv::Vec4i> tree;
    cv::findContours(dark, contours, tree, cv::RETR_CCOMP, cv::CHAIN_APPROX_NONE);
    const double least = kSideLeastMm * px_per_mm;
    const double most = kSideMostMm * px_per_mm;
    std::vector<Candidate> found;
    for (std::size_t i = 0; i < contours.size(); ++i) {
        if (tree[i][3] >= 0 || double(contours[i].size()) < 3 * least) {
            continue;
        }
        const cv::RotatedRect box = cv::minAreaRect(contours[i]);
        const double shorter = std::min(box.size.width, box.size.height) + 1.0;
        const double longer = std::max(box.size.width, box.size.height) + 1.0;
        if (shorter < least || longer > most || longer > 1.3 * shorter) {
            continue;
        }
        const double full = cv::contourArea(contours[i]) / ((shorter - 1) * (longer - 1));
        if (full < 0.84) {
            continue;
        }
        const double hole = hole_of(contours, tree, int(i)) / (shorter * longer);
        const double side = paper::kFormMarkSide * px_per_mm;
        found.push_back({box.center, hole > 0.03,
                         std::abs(shorter / side - 1) + std::abs(longer / side - 1) + 1 - full});
    }
    std::ranges::sort(found, {}, &Candidate::misfit);
    if (found.size() > kCandidatesMax) {
        found.resize(kCandidatesMax);
    }
    return found;
}

/// A guess where the page lies: pixel = turn × millimetres + shift.
struct Pose {
    Complex turn;
    Complex shift;
    std::array<int, 4> marks{-1, -1, -1, -1};  ///< candidate at each mark, or none
    int count = 0;
    double misfit = 0;
};

/// Which candidates stand where this pose expects marks.
void count_marks(Pose& pose, const std::vector<Candidate>& candidates, double reach) {
    const auto marks = paper::form_marks();
    for (std::size_t m = 0; m < marks.size(); ++m) {
        const Complex place =
            pose.turn * Complex(marks[m].centre.x, marks[m].centre.y) + pose.shift;
        double nearest = reach;
        for (std::size_t c = 0; c < candidates.size(); ++c) {
            const double far = std::abs(complex_of(candidates[c].at) - place);
            if (candidates[c].hollow == marks[m].hollow && far < nearest) {
                nearest = far;
                pose.marks[m] = int(c);
            }
        }
        if (pose.marks[m] >= 0) {
            ++pose.count;
            pose.misfit += nearest + candidates[std::size_t(pose.marks[m])].misfit;
        }
    }
}

bool is_better(const Pose& one, const Pose& other) {
    return one.count != other.count ? one.count > other.count : one.misfit < other.misfit;
}

/// The pose by which two candidates are these two marks; nothing when they cannot be.
std::optional<Pose> pose_by(const paper::FormMark& first, const paper::FormMark& second,
                            const Candidate& one, const Candidate& two, double px_per_mm) {
    if (&one == &two || one.hollow != first.hollow || two.hollow != second.hollow) {
        return std::nullopt;
    }
    const Complex from(first.centre.x, first.centre.y);
    const Complex to(second.centre.x, second.centre.y);
    Pose pose;
    pose.turn = (complex_of(two.at) - complex_of(one.at)) / (to - from);
    pose.shift = complex_of(one.at) - pose.turn * from;
    const bool fits = std::abs(std::abs(pose.turn) / px_per_mm - 1) <= kScaleTolerance;
    return fits ? std::optional(pose) : std::nullopt;
}

/// The best pose so far, and the best that lies otherwise.
struct BestPose {
    std::optional<Pose> pose;
    std::optional<Pose> rival;

    void take(const Pose& next, double px_per_mm) {
        if (pose && std::abs(next.turn - pose->turn) > 0.1 * px_per_mm) {
            const bool better = is_better(next, *pose);
            rival = better ? *pose : next;
            pose = better ? next : *pose;
        } else if (!pose || is_better(next, *pose)) {
            pose = next;
        }
    }
    [[nodiscard]] bool is_ambiguous() const {
        return pose && rival && rival->count == pose->count && pose->count > 2;
    }
};

/// The best pose that two candidates and the rest agree on; nothing when two different ones are
/// as good.
std::optional<Pose> find_pose(const std::vector<Candidate>& candidates, double px_per_mm) {
    const auto marks = paper::form_marks();
    BestPose best;
    for (std::size_t a = 0; a < marks.size(); ++a) {
        for (std::size_t b = a + 1; b < marks.size(); ++b) {
            for (const Candidate& one : candidates) {
                for (const Candidate& two : candidates) {
                    auto pose = pose_by(marks[a], marks[b], one, two, px_per_mm);
                    if (pose) {
                        count_marks(*pose, candidates, kReachMm * px_per_mm);
                        best.take(*pose, px_per_mm);
                    }
                }
            }
        }
    }
    return best.is_ambiguous() ? std::nullopt : best.pose;
}

/// The middle of a mark at full resolution; nothing when there is no such square.
std::optional<cv::Point2d> settle(const cv::Mat1b& grey, const cv::Point2d& near, double px_per_mm,
                                  bool hollow) {
    const int reach = int(std::lround(paper::kFormMarkSide * px_per_mm));
    const cv::Rect window =
        cv::Rect(int(near.x) - reach, int(near.y) - reach, 2 * reach + 1, 2 * reach + 1) &
        cv::Rect({0, 0}, grey.size());
    if (window.width < reach || window.height < reach) {
        return std::nullopt;
    }
    cv::Mat1b dark;
    cv::threshold(grey(window), dark, 0, 255, cv::THRESH_BINARY_INV | cv::THRESH_OTSU);
    std::vector<std::vector<cv::Point>> contours;
    cv::findContours(dark, contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
    const cv::Point2d middle = near - cv::Point2d(window.tl());
    const double side = paper::kFormMarkSide * px_per_mm;
    for (const auto& contour : contours) {
        const cv::RotatedRect box = cv::minAreaRect(contour);
        const bool fits = std::abs((box.size.width + 1) / side - 1) < kSideTolerance &&
                          std::abs((box.size.height + 1) / side - 1) < kSideTolerance;
        if (!fits || cv::norm(cv::Point2d(box.center) - middle) > 0.4 * side) {
            continue;
        }
        const cv::Moments moments = cv::moments(contour);
        const cv::Point2d centre(moments.m10 / moments.m00, moments.m01 / moments.m00);
        const bool white = dark(cv::Point(cvRound(centre.x), cvRound(centre.y))) == 0;
        if (white != hollow) {
            continue;
        }
        return centre + cv::Point2d(window.tl());
    }
    return std::nullopt;
}

/// Least squares: pixel = A × (x, y, 1).
cv::Matx33d fit_affine(const std::vector<Anchor>& points) {
    cv::Mat1d left(int(points.size()), 3);
    cv::Mat1d right(int(points.size()), 2);
    for (int i = 0; i < int(points.size()); ++i) {
        const Anchor& point = points[std::size_t(i)];
        left(i, 0) = point.paper_mm.x;
        left(i, 1) = point.paper_mm.y;
        left(i, 2) = 1;
        right(i, 0) = point.pixel.x;
        right(i, 1) = point.pixel.y;
    }
    cv::Mat1d solution;
    cv::solve(left, right, solution, cv::DECOMP_SVD);
    return {solution(0, 0),
            solution(1, 0),
            solution(2, 0),
            solution(0, 1),
            solution(1, 1),
            solution(2, 1),
            0,
            0,
            1};
}

/// Shift, turn and scale only: for points that do not span the page.
cv::Matx33d fit_similarity(const std::vector<Anchor>& points) {
    Complex middle_mm;
    Complex middle_px;
    for (const Anchor& point : points) {
        middle_mm += complex_of(point.paper_mm) / double(points.size());
        middle_px += complex_of(point.pixel) / double(points.size());
    }
    Complex across;
    double spread = 0;
    for (const Anchor& point : points) {
        const Complex mm = complex_of(point.paper_mm) - middle_mm;
        across += (complex_of(point.pixel) - middle_px) * std::conj(mm);
        spread += std::norm(mm);
    }
    const Complex turn = across / std::max(spread, 1e-9);
    const Complex shift = middle_px - turn * middle_mm;
    return {
        turn.real(), -turn.imag(), shift.real(), turn.imag(), turn.real(), shift.imag(), 0, 0, 1};
}

cv::Point2d mapped(const cv::Matx33d& map, const cv::Point2d& point) {
    const cv::Vec3d v = map * cv::Vec3d(point.x, point.y, 1);
    return {v[0] / v[2], v[1] / v[2]};
}

/// The map through the marks that were found, with what it says about the page.
std::optional<PageMap> map_of(const std::vector<Anchor>& marks,
                              const std::vector<Anchor>& anchors) {
    std::vector<Anchor> points = marks;
    points.insert(points.end(), anchors.begin(), anchors.end());
    PageMap map;
    map.marks = int(marks.size());
    map.found = marks;
    const cv::Matx33d affine = points.size() >= 3 ? fit_affine(points) : fit_similarity(points);
    map.to_pixels = affine;
    if (marks.size() == 4) {
        std::array<cv::Point2f, 4> paper;
        std::array<cv::Point2f, 4> pixel;
        for (std::size_t i = 0; i < 4; ++i) {
            paper[i] = marks[i].paper_mm;
            pixel[i] = marks[i].pixel;
        }
        map.to_pixels = cv::getPerspectiveTransform(paper.data(), pixel.data());
    }
    const double area = affine(0, 0) * affine(1, 1) - affine(0, 1) * affine(1, 0);
    if (area <= 0) {
        return std::nullopt;  // mirrored: no scan of our paper
    }
    map.px_per_mm = std::sqrt(area);
    map.turn_deg = std::atan2(affine(1, 0), affine(0, 0)) * 180 / CV_PI;
    // What an even stretch and turn do not explain: fold, perspective, a wrong mark.
    const cv::Matx33d even = fit_similarity(points);
    for (const Anchor& point : points) {
        map.bent_mm = std::max(
            map.bent_mm, cv::norm(mapped(even, point.paper_mm) - point.pixel) / map.px_per_mm);
    }
    return map.bent_mm <= kBentMaxMm ? std::optional(map) : std::nullopt;
}

std::vector<Anchor> settle_all(const cv::Mat1b& grey, const std::array<cv::Point2d, 4>& near,
                               double px_per_mm) {
    const auto marks = paper::form_marks();
    std::vector<Anchor> found;
    for (std::size_t m = 0; m < marks.size(); ++m) {
        const auto centre = settle(grey, near[m], px_per_mm, marks[m].hollow);
        if (centre) {
            found.push_back({{marks[m].centre.x, marks[m].centre.y}, *centre});
        }
    }
    return found;
}

std::optional<PageMap> find_at(const cv::Mat1b& grey, double px_per_mm) {
    const int reduced = std::max(1, int(std::lround(px_per_mm / kSearchPxPerMm)));
    const double factor = 1.0 / reduced;
    cv::Mat1b small;
    cv::resize(grey, small, {grey.cols / reduced, grey.rows / reduced}, 0, 0, cv::INTER_AREA);
    const auto candidates = find_candidates(small, px_per_mm * factor);
    const auto pose = find_pose(candidates, px_per_mm * factor);
    if (!pose) {
        return std::nullopt;
    }
    std::array<cv::Point2d, 4> near;
    const auto marks = paper::form_marks();
    for (std::size_t m = 0; m < near.size(); ++m) {
        const Complex place =
            pose->turn * Complex(marks[m].centre.x, marks[m].centre.y) + pose->shift;
        near[m] = pose->marks[m] >= 0 ? candidates[std::size_t(pose->marks[m])].at
                                      : cv::Point2d(place.real(), place.imag());
        near[m] = (near[m] + cv::Point2d(0.5, 0.5)) / factor - cv::Point2d(0.5, 0.5);
    }
    const auto found = settle_all(grey, near, std::abs(pose->turn) / factor);
    return found.size() >= 2 ? map_of(found, {}) : std::nullopt;
}

}  // namespace

cv::Mat1b without_red_ink(const image::Picture& picture) {
    const cv::Mat rgb(picture.height, picture.width, CV_8UC3,
                      const_cast<std::uint8_t*>(picture.rgb.data()));  // only read
    cv::Mat1b red;
    cv::Mat1b green;
    cv::extractChannel(rgb, red, 0);
    cv::extractChannel(rgb, green, 1);
    // Stamp ink still darkens the red channel a little; where green is much darker, it is ink.
    cv::Mat1b cleaned;
    cv::addWeighted(red, 1 + kRedInkGain, green, -kRedInkGain, 0, cleaned);
    return cleaned;
}

cv::Point2d PageMap::pixel(double x_mm, double y_mm) const {
    return mapped(to_pixels, {x_mm, y_mm});
}

std::optional<PageMap> find_page(const cv::Mat1b& grey, double dpi_told) {
    std::vector<double> scales{std::max(grey.rows, grey.cols) / paper::kPageHeight};
    const double told = dpi_told / 25.4;
    if (dpi_told > 0 && std::abs(told / scales.front() - 1) > 0.02) {
        scales.push_back(told);
    }
    std::optional<PageMap> guess;
    for (const double px_per_mm : scales) {
        auto map = find_at(grey, px_per_mm);
        if (map && map->marks >= 3) {
            return map;
        }
        guess = guess ? guess : map;
    }
    return guess;
}

std::optional<PageMap> confirmed(const PageMap& guess, const std::vector<Anchor>& codes) {
    return codes.empty() ? std::nullopt : map_of(guess.found, codes);
}

std::optional<PageMap> find_page_by(const cv::Mat1b& grey, const std::vector<Anchor>& anchors) {
    if (anchors.size() < 2) {
        return std::nullopt;
    }
    const cv::Matx33d rough = fit_similarity(anchors);
    const double px_per_mm = std::hypot(rough(0, 0), rough(1, 0));
    if (px_per_mm <= 0) {
        return std::nullopt;
    }
    std::array<cv::Point2d, 4> near;
    const auto marks = paper::form_marks();
    for (std::size_t m = 0; m < near.size(); ++m) {
        near[m] = mapped(rough, {marks[m].centre.x, marks[m].centre.y});
    }
    const auto found = settle_all(grey, near, px_per_mm);
    return found.empty() ? std::nullopt : map_of(found, anchors);
}

}  // namespace sealdesk::scan
