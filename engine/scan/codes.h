#pragma once

#include <string>
#include <vector>

#include "scan/marks.h"

// QR codes on a scan. Inside this room only.
namespace sealdesk::scan {

/// One QR code as read.
struct FoundCode {
    std::string text;
    cv::Point2d middle;  ///< px in the picture that was searched
};

/// Every QR code of the picture. Bytes of other symbols are not looked at.
[[nodiscard]] std::vector<FoundCode> find_codes(const cv::Mat1b& grey);

/// A QR code read at its place on the form.
struct ReadCode {
    std::string text;
    Anchor middle;
};

/// The QR codes where the form has them: straightened, enlarged, and tried again with more contrast
/// and more around them. Empty when none can be read; both copies when both can.
[[nodiscard]] std::vector<ReadCode> read_codes(const cv::Mat1b& grey, const PageMap& map);

}  // namespace sealdesk::scan
