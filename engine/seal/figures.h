#pragma once

#include <array>

#include <opencv2/core.hpp>

#include "seal/align.h"

// What is measured on two aligned seals. Inside this room only.
namespace sealdesk::seal {

/// Figures of one pair. Lengths in mm on paper; shares 0..1. "Both inked": near the place, both
/// seals printed a similar amount; where one of them failed to print, nothing can be said.
struct Figures {
    double correlation = 0;    ///< of ink where both are visible, -1..1
    double local_p80 = 0;      ///< 1 - local correlation (0.6 mm around), 80th percentile
    double local_p95 = 0;      ///< the same, 95th percentile
    double wide_bad = 0;       ///< share of strokes with local correlation (1.2 mm) below 0.5
    double residual = 0;       ///< squared difference after ink gain, relative to all contours
    double fine_residual = 0;  ///< the same after the smooth bend below, robust, mm²
    double bend_rms = 0;       ///< smooth displacement beyond shift, turn and stretch, mm rms
    double bend_p95 = 0;       ///< its 95th percentile, mm
    double gain = 0;           ///< mean outward shift of contours, mm; negative = thinner
    double extra = 0;          ///< ink over 0.3 mm from any specimen ink, among its strokes
    double missing = 0;        ///< specimen ink over 0.2 mm from any ink, where inked
    double visible = 0;        ///< share of the specimen's ink that can be seen
    double inked = 0;          ///< share of that which the impression printed
    double half_inked = 0;     ///< share of all visible ink of both that both printed
};

/// A place on the specimen and how far the impression's ink is off there, px of the specimen.
struct Arrow {
    cv::Point2f at;
    cv::Point2f off;
};

struct Measured {
    Figures figures;
    std::vector<Arrow> arrows;  ///< about one each 2 mm, where there is ink
};

[[nodiscard]] Measured measure(const Aligned& both);

}  // namespace sealdesk::seal
