#pragma once

#include <optional>

#include <opencv2/core.hpp>

#include "image/image.h"

// Finds the corner marks of a form on a scan. Inside this room only.
namespace sealdesk::scan {

/// A scan in grey as if there were no red ink on it: the red channel, with what is red made white.
/// Black print and blue writing stay.
[[nodiscard]] cv::Mat1b without_red_ink(const image::Picture& picture);

/// Where places of the paper are in the picture.
struct PageMap {
    cv::Matx33d to_pixels;  ///< millimetres on the paper → pixels of the scan
    int marks = 0;          ///< how many of the four corner marks were found
    double px_per_mm = 0;
    double turn_deg = 0;  ///< of the paper against the picture, clockwise, -180..180
    double bent_mm = 0;   ///< largest distance of a mark from where a flat page would have it

    [[nodiscard]] cv::Point2d pixel(double x_mm, double y_mm) const;
};

/// A place of the paper that was found by other means, such as a QR code's middle.
struct Anchor {
    cv::Point2d paper_mm;
    cv::Point2d pixel;
};

/// The map of a page whose marks (three at least) are found: solid ones at its head, hollow ones
/// at its foot. Nothing when there are fewer, or when they fit in two ways. `dpi_told`: what the
/// file says, 0 for nothing; the picture's size is tried, too.
[[nodiscard]] std::optional<PageMap> find_page(const cv::Mat1b& grey, double dpi_told);

/// The same with the help of anchors (two at least, far apart): fewer marks are enough then.
[[nodiscard]] std::optional<PageMap> find_page_by(const cv::Mat1b& grey,
                                                  const std::vector<Anchor>& anchors);

}  // namespace sealdesk::scan
