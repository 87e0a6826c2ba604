#pragma once

#include <array>

#include <opencv2/core.hpp>

#include "image/image.h"

// Red ink out of a colour scan. Inside this room only.
namespace sealdesk::seal {

/// Colour of the ink, from the optical densities of its solid parts.
struct InkColour {
    double red_density = 0;    ///< median density in the red channel
    double green_density = 0;  ///< the same in the green channel
    double blue_density = 0;   ///< the same in the blue channel
    /// How unequal the green density of solid ink is over the seal, relative: stamp ink pools
    /// and starves, a printer's toner is even.
    double unevenness = 0;
};

/// What a scan shows of a seal: two maps of equal size.
struct Ink {
    cv::Mat1f amount;   ///< 0 = bare paper, 1 = solid ink of this impression (at most 1.25)
    cv::Mat1f visible;  ///< 1 = the paper's surface can be seen, 0 = hidden by print or writing
    cv::Rect box;       ///< around the ink, without stray specks; empty when there is no seal
    double px_per_mm = 0;
    InkColour colour;
};

/// Working resolution of full-size ink maps: 300 dpi.
inline constexpr double kInkPxPerMm = 300.0 / 25.4;

/// Separates red ink from printed lines, writing and paper. Scans of another resolution are
/// brought to 300 dpi first; a picture larger than a page of A3 holds no seal for us.
[[nodiscard]] Ink isolate_ink(const image::Picture& picture);

/// The maps at a smaller scale (factor <= 1).
[[nodiscard]] Ink shrink(const Ink& ink, double factor);

}  // namespace sealdesk::seal
