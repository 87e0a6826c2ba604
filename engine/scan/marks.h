#pragma once

#include <optional>
#include <vector>

#include <opencv2/core.hpp>

#include "image/image.h"

// Finds the corner marks of a form on a scan. Inside this room only.
namespace sealdesk::scan {

/// A scan in grey as if there were no red ink on it: the red channel, with what is red made white.
/// Black print and blue writing stay.
[[nodiscard]] cv::Mat1b without_red_ink(const image::Picture& picture);

/// A place of the paper that was found on the scan.
struct Anchor {
    cv::Point2d paper_mm;
    cv::Point2d pixel;
};

/// Where places of the paper are in the picture.
struct PageMap {
    cv::Matx33d to_pixels;  ///< millimetres on the paper → pixels of the scan
    int marks = 0;          ///< how many of the four corner marks were found
    double px_per_mm = 0;
    double turn_deg = 0;  ///< of the paper against the picture, clockwise, -180..180
    double bent_mm = 0;   ///< largest distance of a mark from where a flat page would have it
    std::vector<Anchor> found{};  ///< the marks

    [[nodiscard]] cv::Point2d pixel(double x_mm, double y_mm) const;
};

/// The map of a page whose marks are found: solid ones at its head, hollow ones at its foot. Three
/// say how the page lies; with two (`marks` tells) it is a guess that a QR code must confirm.
/// Nothing when there are fewer, or when they fit in two ways. `dpi_told`: what the file says, 0
/// for nothing; the picture's size is tried, too.
[[nodiscard]] std::optional<PageMap> find_page(const cv::Mat1b& grey, double dpi_told);

/// A guess from two marks, with the QR codes that confirmed it; nothing when they do not fit.
[[nodiscard]] std::optional<PageMap> confirmed(const PageMap& guess,
                                               const std::vector<Anchor>& codes);

/// The same as find_page() with the help of anchors (two at least, far apart): fewer marks are
/// enough then.
[[nodiscard]] std::optional<PageMap> find_page_by(const cv::Mat1b& grey,
                                                  const std::vector<Anchor>& anchors);

}  // namespace sealdesk::scan
