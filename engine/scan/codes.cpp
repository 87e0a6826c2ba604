#include "scan/codes.h"

#include <opencv2/imgproc.hpp>
#include <zbar.h>

#include "paper/form_sheet.h"

namespace sealdesk::scan {
namespace {

constexpr double kQuietMm = 2.5;      ///< of white around a code, and what the map may be off
constexpr double kCodeSidePx = 420;   ///< a straightened code: some 10 px a module
constexpr int kTextBytesMax = 1'000;  ///< more is no code of ours

zbar::ImageScanner qr_scanner() {
    zbar::ImageScanner scanner;
    scanner.set_config(zbar::ZBAR_NONE, zbar::ZBAR_CFG_ENABLE, 0);
    scanner.set_config(zbar::ZBAR_QRCODE, zbar::ZBAR_CFG_ENABLE, 1);
    return scanner;
}

/// The place of the paper, upright, `side` pixels wide.
cv::Mat1b straightened(const cv::Mat1b& grey, const PageMap& map, const paper::Area& area) {
    const double scale = kCodeSidePx / area.width;
    const cv::Matx33d to_paper(1 / scale, 0, area.x - kQuietMm, 0, 1 / scale, area.y - kQuietMm, 0,
                               0, 1);
    const int side = int(kCodeSidePx + 2 * kQuietMm * scale);
    cv::Mat1b upright;
    cv::warpPerspective(grey, upright, map.to_pixels * to_paper, {side, side},
                        cv::INTER_CUBIC | cv::WARP_INVERSE_MAP, cv::BORDER_REPLICATE);
    return upright;
}

/// As it is, then in black and white: by the whole, by the neighbourhood.
std::string read_with_effort(const cv::Mat1b& upright) {
    cv::Mat1b tried = upright;
    for (int attempt = 0; attempt < 4; ++attempt) {
        if (attempt == 1) {
            cv::GaussianBlur(upright, tried, {0, 0}, 2.0);
            cv::threshold(tried, tried, 0, 255, cv::THRESH_BINARY | cv::THRESH_OTSU);
        } else if (attempt == 2) {
            cv::GaussianBlur(upright, tried, {0, 0}, 3.0);
            cv::adaptiveThreshold(tried, tried, 255, cv::ADAPTIVE_THRESH_MEAN_C, cv::THRESH_BINARY,
                                  101, 5);
        } else if (attempt == 3) {
            cv::resize(upright, tried, {}, 0.6, 0.6, cv::INTER_AREA);
        }
        const auto found = find_codes(tried);
        if (!found.empty()) {
            return found.front().text;
        }
    }
    return {};
}

}  // namespace

std::vector<FoundCode> find_codes(const cv::Mat1b& grey) {
    const cv::Mat1b whole = grey.isContinuous() ? grey : grey.clone();
    zbar::ImageScanner scanner = qr_scanner();
    zbar::Image image(unsigned(whole.cols), unsigned(whole.rows), "Y800", whole.data,
                      static_cast<unsigned long>(whole.total()));
    std::vector<FoundCode> found;
    if (scanner.scan(image) <= 0) {
        return found;
    }
    for (auto symbol = image.symbol_begin(); symbol != image.symbol_end(); ++symbol) {
        const std::string text = symbol->get_data();
        if (text.empty() || text.size() > kTextBytesMax) {
            continue;
        }
        FoundCode code{text, {}};
        const int corners = symbol->get_location_size();
        for (int i = 0; i < corners; ++i) {
            code.middle += cv::Point2d(symbol->get_location_x(unsigned(i)),
                                       symbol->get_location_y(unsigned(i))) /
                           double(corners);
        }
        found.push_back(std::move(code));
    }
    image.set_data(nullptr, 0);
    return found;
}

std::vector<std::string> read_codes(const cv::Mat1b& grey, const PageMap& map) {
    std::vector<std::string> texts;
    for (const paper::Area& area : paper::form_code_areas()) {
        const std::string text = read_with_effort(straightened(grey, map, area));
        if (!text.empty()) {
            texts.push_back(text);
        }
    }
    return texts;
}

}  // namespace sealdesk::scan
