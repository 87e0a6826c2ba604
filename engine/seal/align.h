#pragma once

#include <opencv2/core.hpp>

#include "seal/ink.h"

// Laying an impression over a specimen. Inside this room only.
namespace sealdesk::seal {

/// Greatest difference in size that is taken for one seal: scanners and paper give ±2 %.
inline constexpr double kScaleTolerance = 0.04;

/// How an impression lies: maps pixels of the specimen to pixels of the impression.
struct Alignment {
    cv::Matx23d map = cv::Matx23d::eye();
    double rotation_deg = 0;  ///< counter-clockwise, as seen on the page, -180..180
    double scale = 1;         ///< impression / specimen
    double correlation = 0;   ///< of the ink where both are visible, -1..1
};

/// Both seals on the specimen's pixels.
struct Aligned {
    cv::Mat1f specimen;    ///< ink of the specimen, 0..1.25
    cv::Mat1f impression;  ///< ink of the impression, laid over it
    cv::Mat1f visible;     ///< 1 where both can be seen, 0 where either is hidden
    double px_per_mm = 0;
};

/// Finds turn, shift and size (within kScaleTolerance) that lay the impression best over the
/// specimen; shapes are not bent to fit, which would help a forger. Both at the same px_per_mm.
[[nodiscard]] Alignment align(const Ink& specimen, const Ink& impression);

/// The impression's maps resampled on the specimen's pixels.
[[nodiscard]] Aligned lay_over(const Ink& specimen, const Ink& impression,
                               const Alignment& alignment);

}  // namespace sealdesk::seal
