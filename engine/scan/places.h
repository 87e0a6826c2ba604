#pragma once

#include <string>
#include <vector>

#include "paper/form_sheet.h"
#include "scan/marks.h"

// What stands at the places of a form: seals and copies are cut out, ticks are judged. Inside this
// room only.
namespace sealdesk::scan {

/// A framed place, found by its printed frame.
struct FoundFrame {
    std::array<cv::Point2d, 4>
        corners;          ///< px in the scan: as on the paper from top left, clockwise
    bool agrees = false;  ///< the frame was found where the map expects it
    double off_mm = 0;    ///< largest distance of a found line from its place
    int lines = 0;        ///< how many of its four lines were found
};
[[nodiscard]] FoundFrame find_frame(const cv::Mat1b& grey, const PageMap& map,
                                    const paper::Area& area);

/// The picture of a framed place with kCropMarginMm around it: the scan's own pixels, turned by
/// quarter turns only, so that nothing is made up between them. Its dpi is measured, not told.
inline constexpr double kCropMarginMm = 2.5;
[[nodiscard]] image::Picture cut_out(const image::Picture& page, const PageMap& map,
                                     const FoundFrame& frame);

/// What is inside a frame.
struct FrameContent {
    double red = 0;        ///< share of pixels with red ink
    double other = 0;      ///< share of other pixels darker than paper
    bool at_edge = false;  ///< red ink runs out of what is cut out
};
[[nodiscard]] FrameContent content_of(const image::Picture& page, const PageMap& map,
                                      const FoundFrame& frame);

/// How much ink there is in a tick's square, beside its printed border: 0 = none, 1 = all black.
struct FoundTick {
    double ink = 0;
    double beside = 0;  ///< likewise just to the left of it, where a careless mark may stand
    bool border_found = false;
};
[[nodiscard]] FoundTick look_at_tick(const image::Picture& page, const PageMap& map,
                                     const paper::Area& area);

/// Whether the scan has colours at all: a seal on a grey one cannot be compared.
[[nodiscard]] bool is_coloured(const image::Picture& picture);

}  // namespace sealdesk::scan
