#include "seal/prepare.h"

#include <algorithm>

namespace sealdesk::seal {

namespace {

// Paper kept around the seal, as a share of its size: ink beyond its edge counts as extra.
constexpr double kMarginShare = 0.08;

cv::Rect window_of(const Ink& ink) {
    const int margin = cvRound(kMarginShare * std::max(ink.box.width, ink.box.height)) + 2;
    return cv::Rect(ink.box.x - margin, ink.box.y - margin, ink.box.width + 2 * margin,
                    ink.box.height + 2 * margin) &
           cv::Rect({0, 0}, ink.amount.size());
}

Ink cropped(const Ink& ink, const cv::Rect& window) {
    Ink part = ink;
    // Copies: filters would look beyond the edge of a mere view.
    part.amount = ink.amount(window).clone();
    part.visible = ink.visible(window).clone();
    part.box = cv::Rect(ink.box.x - window.x, ink.box.y - window.y, ink.box.width, ink.box.height);
    return part;
}

cv::Matx33d square(const cv::Matx23d& m) {
    return {m(0, 0), m(0, 1), m(0, 2), m(1, 0), m(1, 1), m(1, 2), 0, 0, 1};
}

}  // namespace

Pair bring_together(const Ink& specimen, const Ink& impression) {
    const double longest = std::max(specimen.box.width, specimen.box.height);
    Pair pair;
    pair.factor = std::min(1.0, kWorkingSidePx / std::max(longest, 1.0));
    pair.specimen_window = window_of(specimen);
    pair.impression_window = window_of(impression);
    pair.specimen = shrink(cropped(specimen, pair.specimen_window), pair.factor);
    pair.impression = shrink(cropped(impression, pair.impression_window), pair.factor);
    return pair;
}

cv::Matx23d scan_map(const Pair& pair, const cv::Matx23d& working) {
    const double f = pair.factor;
    const double half = 0.5 * f - 0.5;  // pixel centres, not corners
    const cv::Matx23d down(f, 0, half - f * pair.specimen_window.x, 0, f,
                           half - f * pair.specimen_window.y);
    const cv::Matx23d up(1 / f, 0, pair.impression_window.x - half / f, 0, 1 / f,
                         pair.impression_window.y - half / f);
    return up * (square(working) * square(down));
}

}  // namespace sealdesk::seal
