#pragma once

#include "seal/ink.h"

// Inside this room only.
namespace sealdesk::seal {

/// Both seals at one working resolution, cropped with a margin.
struct Pair {
    Ink specimen;
    Ink impression;
    cv::Rect specimen_window;    ///< the crop, px at 300 dpi
    cv::Rect impression_window;  ///< the crop, px at 300 dpi
    double factor = 1;           ///< working resolution / 300 dpi
};

/// Seals longer than this are looked at more coarsely, px: 24 mm at 300 dpi. Larger seals have
/// larger strokes and larger absolute deviations, so nothing is lost, and time stays bounded.
inline constexpr double kWorkingSidePx = 280.0;

[[nodiscard]] Pair bring_together(const Ink& specimen, const Ink& impression);

/// A map between working pixels as one between pixels of the scans at 300 dpi.
[[nodiscard]] cv::Matx23d scan_map(const Pair& pair, const cv::Matx23d& working);

}  // namespace sealdesk::seal
