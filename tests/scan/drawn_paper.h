#pragma once

#include <opencv2/core.hpp>

#include "scan/scanned_page.h"

// Inside of tests/scan only: what happens to a sheet of paper before it is scanned.
namespace sealdesk::scan::drawn {

/// Resolution at which paper is drawn before it is scanned.
inline constexpr double kPaperDpi = 400;

/// A small generator of our own, so that the drawings are the same on every machine.
class Dice {
public:
    explicit Dice(std::uint32_t seed) : state_(seed * 2654435761U + 12345U) { (void)between(0, 1); }
    double between(double low, double high) {
        state_ = state_ * 1664525U + 1013904223U;
        return low + (high - low) * static_cast<double>(state_ >> 8U) / 16777216.0;
    }

private:
    std::uint32_t state_;
};

/// Writing, ticks, seals.
void fill_in(cv::Mat3b& sheet, const std::vector<paper::FormPlace>& places, const Filling& filling);

/// Covered marks, blots, staple, folds.
void mistreat(cv::Mat3b& sheet, const Scanner& scanner);

/// Where a pixel of the flat sheet lies once its corner is crumpled.
[[nodiscard]] cv::Point2d crumpled_place(const cv::Point2d& flat, const Scanner& scanner,
                                         cv::Size sheet);

}  // namespace sealdesk::scan::drawn
