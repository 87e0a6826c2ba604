#include "scan/page_picture.h"

#include <array>
#include <cmath>

#include <opencv2/imgproc.hpp>

namespace sealdesk::scan {
namespace {

constexpr double kShownHeight = 1600;  ///< px
constexpr int kLine = 2;               ///< px

const cv::Scalar kTickedColour(20, 150, 60);
const cv::Scalar kEmptyColour(120, 120, 120);
const cv::Scalar kUnsureColour(235, 120, 0);
const cv::Scalar kCertainColour(20, 90, 220);
const cv::Scalar kDoubtfulColour(220, 20, 30);

void outline(cv::Mat3b& picture, const Outline& corners, double factor, const cv::Scalar& colour) {
    std::vector<cv::Point> points;
    for (const auto& [x, y] : corners) {
        points.emplace_back(cvRound(x * factor), cvRound(y * factor));
    }
    cv::polylines(picture, points, true, colour, kLine, cv::LINE_AA);
}

const cv::Scalar& colour_of(Mark mark) {
    return mark == Mark::Ticked  ? kTickedColour
           : mark == Mark::Empty ? kEmptyColour
                                 : kUnsureColour;
}

}  // namespace

std::string draw_reading(const image::Picture& page, const KeptReading& reading) {
    const cv::Mat3b whole(
        page.height, page.width,
        reinterpret_cast<cv::Vec3b*>(const_cast<std::uint8_t*>(page.rgb.data())));  // only read
    const double factor = std::min(1.0, kShownHeight / std::max(page.height, 1));
    cv::Mat3b shown;
    cv::resize(whole, shown, {}, factor, factor, cv::INTER_AREA);
    for (const Tick& tick : reading.ticks) {
        outline(shown, tick.outline, factor, colour_of(tick.mark));
    }
    for (const KeptCutting& cutting : reading.cuttings) {
        outline(shown, cutting.outline, factor,
                cutting.doubtful ? kDoubtfulColour
                : cutting.empty  ? kEmptyColour
                                 : kCertainColour);
    }
    const int quarters = (int(std::lround(reading.turn_deg / 90)) + 4) % 4;
    cv::Mat upright = shown;
    if (quarters != 0) {
        constexpr std::array<int, 4> back{0, cv::ROTATE_90_COUNTERCLOCKWISE, cv::ROTATE_180,
                                          cv::ROTATE_90_CLOCKWISE};
        cv::rotate(shown, upright, back[std::size_t(quarters)]);
    }
    image::Picture picture{upright.cols, upright.rows, {}, page.dpi * factor};
    picture.rgb.assign(upright.data, upright.data + upright.total() * 3);
    return image::encode_png(picture);
}

}  // namespace sealdesk::scan
