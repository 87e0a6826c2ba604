#include "seal/overlay.h"

#include <algorithm>

#include <opencv2/imgproc.hpp>

namespace sealdesk::seal {

namespace {

constexpr int kPanelGap = 8;  // px between panels
// Panels of small seals are enlarged to about this side, so that strokes can be judged by eye.
constexpr double kPanelSide = 480.0;
constexpr float kArrowFactor = 8.0F;
constexpr float kArrowLeast = 0.25F;  // px of the working grid: below it is noise

const cv::Vec3b kPaperColour(255, 255, 255);
const cv::Vec3b kGapColour(120, 120, 120);
const cv::Vec3b kHiddenColour(255, 226, 110);
const cv::Scalar kArrowColour(0, 140, 60);

// The colour of one place of the difference panel.
cv::Vec3b difference_colour(float specimen, float impression, bool seen) {
    if (!seen) {
        return kHiddenColour;
    }
    const float s = std::clamp(specimen, 0.0F, 1.0F);
    const float i = std::clamp(impression, 0.0F, 1.0F);
    const float shared = std::min(s, i);
    const float missing = s - shared;
    const float extra = i - shared;
    const float gray = 1.0F - 0.55F * shared;
    const auto level = [](float v) { return cv::saturate_cast<std::uint8_t>(255.0F * v); };
    return {level(gray - missing), level(gray - missing * 0.75F - extra), level(gray - extra)};
}

cv::Mat3b difference_panel(const Aligned& both) {
    cv::Mat3b panel(both.specimen.size());
    for (int y = 0; y < panel.rows; ++y) {
        for (int x = 0; x < panel.cols; ++x) {
            panel(y, x) = difference_colour(both.specimen(y, x), both.impression(y, x),
                                            both.visible(y, x) > 0.5F);
        }
    }
    return panel;
}

void draw_arrows(cv::Mat3b& panel, const std::vector<Arrow>& arrows, float zoom) {
    for (const Arrow& arrow : arrows) {
        if (std::hypot(arrow.off.x, arrow.off.y) < kArrowLeast) {
            continue;
        }
        const cv::Point2f from = arrow.at * zoom;
        const cv::Point2f to = from + arrow.off * (zoom * kArrowFactor);
        cv::arrowedLine(panel, from, to, kArrowColour, 1, cv::LINE_AA, 0, 0.3);
    }
}

// Only borrows the picture's bytes; it is read, never written.
cv::Mat3b scan_of(const image::Picture& picture) {
    return {picture.height, picture.width,
            reinterpret_cast<cv::Vec3b*>(const_cast<std::uint8_t*>(picture.rgb.data()))};
}

// Part of a scan seen through a map from the panel's pixels to pixels at 300 dpi.
cv::Mat3b panel_of(const image::Picture& picture, const cv::Matx23d& panel_to_300, cv::Size size) {
    const double to_scan = picture.dpi / image::kDpiDefault;
    const cv::Matx23d map(panel_to_300 * to_scan);
    cv::Mat3b panel;
    cv::warpAffine(scan_of(picture), panel, map, size, cv::INTER_LINEAR | cv::WARP_INVERSE_MAP,
                   cv::BORDER_CONSTANT, cv::Scalar(255, 255, 255));
    return panel;
}

}  // namespace

image::Picture draw_overlay(const OverlaySource& source) {
    const cv::Size window = source.window.size();
    const double zoom = kPanelSide / std::max({window.width, window.height, 1});
    const cv::Size side(cvRound(window.width * zoom), cvRound(window.height * zoom));
    const cv::Matx23d to_window(1 / zoom, 0, source.window.x, 0, 1 / zoom, source.window.y);
    const cv::Matx33d to_window_square(1 / zoom, 0, source.window.x, 0, 1 / zoom, source.window.y,
                                       0, 0, 1);
    cv::Mat3b out(side.height, 3 * side.width + 2 * kPanelGap, kGapColour);
    panel_of(source.specimen, to_window, side).copyTo(out({0, 0, side.width, side.height}));
    panel_of(source.impression, source.map * to_window_square, side)
        .copyTo(out({side.width + kPanelGap, 0, side.width, side.height}));
    cv::Mat3b difference;
    cv::resize(difference_panel(source.both), difference, side, 0, 0, cv::INTER_LINEAR);
    const auto arrow_zoom =
        static_cast<float>(side.width) / static_cast<float>(source.both.specimen.cols);
    draw_arrows(difference, source.arrows, arrow_zoom);
    difference.copyTo(out({2 * (side.width + kPanelGap), 0, side.width, side.height}));
    image::Picture picture{out.cols, out.rows, {}, image::kDpiDefault * zoom};
    picture.rgb.assign(out.datastart, out.dataend);
    return picture;
}

}  // namespace sealdesk::seal
