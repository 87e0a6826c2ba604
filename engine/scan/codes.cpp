#include "scan/codes.h"

#include <optional>

#include <opencv2/imgproc.hpp>
#include <zbar.h>

#include "paper/form_sheet.h"

namespace sealdesk::scan {
namespace {

constexpr double kQuietMm = 2.5;      ///< of white around a code, and what the map may be off
constexpr double kFarMm = 7;          ///< around it, when it is not where it should be
constexpr double kCodeSidePx = 300;   ///< a straightened code: some 8 px a module
constexpr int kTextBytesMax = 1'000;  ///< more is no code of ours

zbar::ImageScanner qr_scanner() {
    zbar::ImageScanner scanner;
    scanner.set_config(zbar::ZBAR_NONE, zbar::ZBAR_CFG_ENABLE, 0);
    scanner.set_config(zbar::ZBAR_QRCODE, zbar::ZBAR_CFG_ENABLE, 1);
    return scanner;
}

/// The place of the paper, upright, with something around it.
struct UprightCode {
    cv::Mat1b picture;
    cv::Matx33d to_paper;  ///< pixels of the picture → millimetres
};

UprightCode straightened(const cv::Mat1b& grey, const PageMap& map, const paper::Area& area,
                         double around_mm) {
    const double scale = kCodeSidePx / area.width;
    UprightCode code;
    code.to_paper = {1 / scale, 0, area.x - around_mm, 0, 1 / scale, area.y - around_mm, 0, 0, 1};
    const int side = int(kCodeSidePx + 2 * around_mm * scale);
    cv::warpPerspective(grey, code.picture, map.to_pixels * code.to_paper, {side, side},
                        cv::INTER_CUBIC | cv::WARP_INVERSE_MAP, cv::BORDER_REPLICATE);
    return code;
}

/// As it is, then in black and white: by the whole, by the neighbourhood.
std::optional<FoundCode> read_with_effort(const cv::Mat1b& upright) {
    cv::Mat1b tried = upright;
    for (int attempt = 0; attempt < 3; ++attempt) {
        if (attempt == 1) {
            cv::GaussianBlur(upright, tried, {0, 0}, 1.5);
            cv::threshold(tried, tried, 0, 255, cv::THRESH_BINARY | cv::THRESH_OTSU);
        } else if (attempt == 2) {
            cv::GaussianBlur(upright, tried, {0, 0}, 2.0);
            cv::adaptiveThreshold(tried, tried, 255, cv::ADAPTIVE_THRESH_MEAN_C, cv::THRESH_BINARY,
                                  71, 5);
        }
        auto found = find_codes(tried);
        if (!found.empty()) {
            return std::move(found.front());
        }
    }
    return std::nullopt;
}

std::optional<ReadCode> read_code(const cv::Mat1b& grey, const PageMap& map,
                                  const paper::Area& area) {
    for (const double around : {kQuietMm, kFarMm}) {
        const UprightCode upright = straightened(grey, map, area, around);
        const auto found = read_with_effort(upright.picture);
        if (found) {
            const cv::Vec3d mm = upright.to_paper * cv::Vec3d(found->middle.x, found->middle.y, 1);
            return ReadCode{
                found->text,
                {{area.x + area.width / 2, area.y + area.height / 2}, map.pixel(mm[0], mm[1])}};
        }
    }
    return std::nullopt;
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

std::vector<ReadCode> read_codes(const cv::Mat1b& grey, const PageMap& map) {
    std::vector<ReadCode> codes;
    for (const paper::Area& area : paper::form_code_areas()) {
        if (auto code = read_code(grey, map, area)) {
            codes.push_back(std::move(*code));
        }
    }
    return codes;
}

}  // namespace sealdesk::scan
