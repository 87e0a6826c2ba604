#pragma once

#include "image/image.h"
#include "seal/align.h"
#include "seal/figures.h"

// The picture that explains a comparison. Inside this room only.
namespace sealdesk::seal {

/// Three equal panels: specimen | impression laid over it | difference (see compare.h).
/// `specimen` and `impression` are the scans; `map` maps scan pixels of the specimen at 300 dpi
/// to scan pixels of the impression at 300 dpi.
struct OverlaySource {
    const image::Picture& specimen;
    const image::Picture& impression;
    cv::Rect window;      ///< part of the specimen shown, px at 300 dpi
    cv::Matx23d map;      ///< px at 300 dpi, specimen to impression
    const Aligned& both;  ///< working maps
    const std::vector<Arrow>& arrows;
};

[[nodiscard]] image::Picture draw_overlay(const OverlaySource& source);

}  // namespace sealdesk::seal
