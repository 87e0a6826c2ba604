#include "scan/scanned_page.h"

#include <cmath>
#include <sstream>

#include <opencv2/imgproc.hpp>

#include "scan/drawn_paper.h"
#include "scan/pages.h"
#include "scan/pdf_pages.h"
#include "seal/drawn_seal.h"

namespace sealdesk::scan::drawn {

namespace {

using paper::FormPlace;
using paper::FormPlaceKind;

constexpr double kSheetPxPerMm = kPaperDpi / 25.4;
constexpr double kRightMm = 1.0;  ///< a frame found nearer than this to the truth is cut out right

cv::Mat3b mat_of(const image::Picture& picture) {
    return cv::Mat3b(picture.height, picture.width,
                     reinterpret_cast<cv::Vec3b*>(const_cast<std::uint8_t*>(picture.rgb.data())));
}

image::Picture picture_of(const cv::Mat3b& mat, double dpi) {
    const cv::Mat3b whole = mat.clone();
    image::Picture picture{whole.cols, whole.rows, {}, dpi};
    picture.rgb.assign(whole.data, whole.data + whole.total() * 3);
    return picture;
}

/// Where the paper comes to lie in the scan.
cv::Matx33d sheet_to_scan(const Scanner& scanner, cv::Size sheet) {
    const double w = sheet.width;
    const double h = sheet.height;
    const double factor = scanner.dpi / kPaperDpi * scanner.scale;
    const double turn = (scanner.turn_deg + (scanner.upside_down ? 180 : 0)) * CV_PI / 180;
    const double px = scanner.dpi / 25.4;
    Dice dice(scanner.seed + 77);
    const std::array<cv::Point2d, 4> from{cv::Point2d(0, 0), {w, 0}, {w, h}, {0, h}};
    std::array<cv::Point2f, 4> source;
    std::array<cv::Point2f, 4> target;
    const int bent = int(dice.between(0, 3.99));
    for (int i = 0; i < 4; ++i) {
        const cv::Point2d p = from[std::size_t(i)] - cv::Point2d(w / 2, h / 2);
        cv::Point2d q(std::cos(turn) * p.x - std::sin(turn) * p.y,
                      std::sin(turn) * p.x + std::cos(turn) * p.y);
        q *= factor;
        q += cv::Point2d(w / 2 * scanner.dpi / kPaperDpi + scanner.right_mm * px,
                         h / 2 * scanner.dpi / kPaperDpi + scanner.down_mm * px);
        if (i == bent) {
            q -= cv::Point2d(p.x > 0 ? 1 : -1, p.y > 0 ? 1 : -1) * scanner.perspective_mm * px;
        }
        source[std::size_t(i)] = from[std::size_t(i)];
        target[std::size_t(i)] = q;
    }
    return cv::getPerspectiveTransform(source.data(), target.data());
}

cv::Mat3b scanned(const cv::Mat3b& sheet, const Scanner& scanner, const cv::Matx33d& map) {
    const double factor = scanner.dpi / kPaperDpi;
    cv::Mat3b soft;
    cv::GaussianBlur(sheet, soft, {0, 0}, std::max(0.6, 0.55 / factor));
    const cv::Size size(int(sheet.cols * factor), int(sheet.rows * factor));
    cv::Mat3b out;
    const double lid = scanner.dark_lid ? 35 : 246;
    cv::warpPerspective(soft, out, map, size, cv::INTER_LINEAR, cv::BORDER_CONSTANT,
                        cv::Scalar::all(lid));
    cv::Mat3s grain(out.size());
    cv::RNG rng(scanner.seed * 7919ULL + 17);
    rng.fill(grain, cv::RNG::NORMAL, 0, scanner.noise);
    cv::Mat3s sum;
    out.convertTo(sum, CV_16S);
    sum += grain;
    sum.convertTo(out, CV_8U);
    if (scanner.grey) {
        cv::Mat1b grey;
        cv::cvtColor(out, grey, cv::COLOR_RGB2GRAY);
        cv::cvtColor(grey, out, cv::COLOR_GRAY2RGB);
    }
    return out;
}

Outline outline_in_scan(const cv::Matx33d& map, const paper::Area& area, const Scanner& scanner,
                        cv::Size sheet) {
    Outline outline;
    const std::array<std::pair<double, double>, 4> corners{
        std::pair(area.x, area.y),
        {area.x + area.width, area.y},
        {area.x + area.width, area.y + area.height},
        {area.x, area.y + area.height}};
    for (std::size_t i = 0; i < 4; ++i) {
        const cv::Point2d crumpled = crumpled_place(
            {corners[i].first * kSheetPxPerMm, corners[i].second * kSheetPxPerMm}, scanner, sheet);
        const cv::Vec3d v = map * cv::Vec3d(crumpled.x, crumpled.y, 1);
        outline[i] = {v[0] / v[2], v[1] / v[2]};
    }
    return outline;
}

}  // namespace

Filling filling_of(const FormLayout& layout, const scheme::Form& form, std::uint32_t seed) {
    Filling filling;
    filling.seed = seed;
    Dice dice(seed * 31 + 5);
    filling.signature = dice.between(0, 1) < 0.3;
    std::map<std::string, std::vector<std::string>> choices;
    for (const auto& page : layout.pages) {
        for (const FormPlace& place : page) {
            if (place.kind == FormPlaceKind::Tick) {
                choices[place.key].push_back(place.value);
            } else if (place.kind == FormPlaceKind::Seal && dice.between(0, 1) < 0.9) {
                filling.seals[place.key] = std::uint32_t(dice.between(1, 500));
            }
        }
    }
    for (const auto& [field, values] : choices) {
        if (field == form.roles.documents) {
            for (const std::string& value : values) {
                if (dice.between(0, 1) < 0.3) {
                    filling.ticks[field].push_back(value);
                }
            }
        } else if (dice.between(0, 1) < 0.93) {
            const auto chosen = std::size_t(dice.between(0, double(values.size()) - 0.01));
            filling.ticks[field] = {values[chosen]};
        }
    }
    return filling;
}

Scanner scanner_of(std::uint32_t seed) {
    Dice dice(seed * 101 + 3);
    const auto chance = [&](double share) { return dice.between(0, 1) < share; };
    Scanner scanner;
    scanner.seed = seed;
    constexpr std::array<double, 3> resolutions{200, 300, 400};
    scanner.dpi = resolutions[std::size_t(dice.between(0, 2.99))];
    scanner.turn_deg = dice.between(-5, 5);
    scanner.upside_down = chance(0.3);
    scanner.scale = dice.between(0.99, 1.01);
    scanner.right_mm = dice.between(-2, 2);
    scanner.down_mm = dice.between(-2, 2);
    scanner.perspective_mm = chance(0.3) ? dice.between(0, 1.5) : 0;
    scanner.noise = dice.between(1, 6);
    scanner.grey = chance(0.15);
    scanner.dark_lid = chance(0.2);
    scanner.staple = chance(0.25);
    scanner.crumple_mm = chance(0.15) ? dice.between(0.3, 2.0) : 0;
    scanner.crumpled_corner = int(dice.between(0, 3.99));
    scanner.covered_mark = chance(0.15) ? int(dice.between(0, 3.99)) : -1;
    if (chance(0.15)) {
        scanner.smudged_codes.insert(int(dice.between(0, 1.99)));
    }
    scanner.jpeg_quality = int(dice.between(70, 95));
    scanner.dpi_is_told = chance(0.85);
    return scanner;
}

PaperForm::PaperForm(const scheme::Scheme& scheme, const scheme::Form& form,
                     const std::string& record)
    : layout_(lay_out(scheme, form)) {
    const std::string pdf = print_blank_forms(scheme, form, std::span(&record, 1), from_stored(0));
    for (int page = 1; page <= pages(); ++page) {
        sheets_.push_back(draw_page(pdf, page, kPaperDpi, {}).value());
    }
}

ScannedPage PaperForm::scan(int page, const Filling& filling, const Scanner& scanner) const {
    const image::Picture& blank = sheets_.at(std::size_t(page) - 1);
    cv::Mat3b sheet = mat_of(blank).clone();
    ScannedPage result;
    const auto& places = layout_.pages.at(std::size_t(page) - 1);
    fill_in(sheet, places, filling);
    mistreat(sheet, scanner);
    const cv::Matx33d map = sheet_to_scan(scanner, sheet.size());
    for (const FormPlace& place : places) {
        if (place.kind == FormPlaceKind::Tick) {
            const auto ticked = filling.ticks.find(place.key);
            result.ticks[place.key + "=" + place.value] =
                ticked != filling.ticks.end() &&
                std::ranges::count(ticked->second, place.value) > 0;
        } else if (place.kind != FormPlaceKind::Text) {
            result.frames[place.key] = outline_in_scan(map, place.area, scanner, sheet.size());
        }
        const auto seal = filling.seals.find(place.key);
        if (place.kind == FormPlaceKind::Seal && seal != filling.seals.end()) {
            result.seals[place.key] = seal->second;
        }
    }
    result.picture = picture_of(scanned(sheet, scanner, map),
                                scanner.dpi_is_told ? scanner.dpi : image::kDpiDefault);
    if (scanner.jpeg_quality > 0) {
        result.jpeg =
            to_jpeg(result.picture, scanner.jpeg_quality, scanner.dpi_is_told ? scanner.dpi : 0);
        result.picture = image::decode(result.jpeg).value();
    }
    return result;
}

void Score::add(const ScannedPage& page, const PageReading& reading, const PageCode& truth,
                const std::string& name) {
    ++pages;
    filed += reading.doubts.empty() ? 1 : 0;
    straightened += reading.dpi > 0 ? 1 : 0;
    if (reading.code) {
        const bool right = to_text(*reading.code) == to_text(truth);
        identified += right && reading.identified ? 1 : 0;
        wrongly_identified += right ? 0 : 1;
    }
    std::ostringstream remark;
    for (const Doubt doubt : reading.doubts) {
        remark << ' ' << name_of(doubt);
    }
    for (const Cutting& cutting : reading.cuttings) {
        const Outline& frame = page.frames.at(cutting.field);
        double off = 0;
        for (std::size_t i = 0; i < frame.size(); ++i) {
            off = std::max(off, std::hypot(cutting.outline[i].first - frame[i].first,
                                           cutting.outline[i].second - frame[i].second));
        }
        off *= 25.4 / reading.dpi;
        const bool right = off <= kRightMm && (!page.seals.contains(cutting.field) ||
                                               cutting.doubtful || !cutting.empty);
        frames_flagged += cutting.doubtful ? 1 : 0;
        frames_right += right && !cutting.doubtful ? 1 : 0;
        frames_wrong += !right && !cutting.doubtful ? 1 : 0;
        if (!right || cutting.doubtful) {
            remark << ' ' << cutting.field << (right ? "" : " WRONG") << " off " << off
                   << " mm, lines off " << cutting.off_mm;
        }
    }
    for (const Tick& tick : reading.ticks) {
        const bool ticked = page.ticks.at(tick.field + "=" + tick.value);
        if (tick.mark == Mark::Unsure) {
            ++ticks_unsure;
            remark << ' ' << tick.field << '=' << tick.value << " unsure " << tick.ink;
        } else if ((tick.mark == Mark::Ticked) == ticked) {
            ++ticks_right;
        } else {
            ++ticks_wrong;
            remark << ' ' << tick.field << '=' << tick.value << " WRONG " << tick.ink;
        }
    }
    if (!remark.str().empty()) {
        remarks.push_back(name + ":" + remark.str());
    }
}

}  // namespace sealdesk::scan::drawn
