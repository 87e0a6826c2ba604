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

/// The texts of the QR codes where the form has them: straightened, enlarged and tried again
/// with more contrast. Empty when none can be read; both copies when both can.
[[nodiscard]] std::vector<std::string> read_codes(const cv::Mat1b& grey, const PageMap& map);

}  // namespace sealdesk::scan
