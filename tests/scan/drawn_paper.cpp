#include "scan/drawn_paper.h"

#include <cmath>

#include <opencv2/imgproc.hpp>

#include "seal/drawn_seal.h"

namespace sealdesk::scan::drawn {

namespace {

using paper::FormPlace;
using paper::FormPlaceKind;

constexpr double kPx = kPaperDpi / 25.4;  ///< a millimetre
constexpr int kShiftBits = 4;

cv::Point at(double x_mm, double y_mm) {
    return {cvRound(x_mm * kPx * (1 << kShiftBits)), cvRound(y_mm * kPx * (1 << kShiftBits))};
}

void stroke(cv::Mat3b& sheet, cv::Point2d from, cv::Point2d to, double width_mm,
            const cv::Scalar& ink) {
    cv::line(sheet, at(from.x, from.y), at(to.x, to.y), ink, std::max(1, cvRound(width_mm * kPx)),
             cv::LINE_AA, kShiftBits);
}

cv::Scalar pen_of(Dice& dice) {
    return dice.between(0, 1) < 0.5 ? cv::Scalar(35, 45, 140) : cv::Scalar(40, 40, 45);
}

/// A tick as people make them: hook, cross, slash, blot.
void tick(cv::Mat3b& sheet, const paper::Area& box, Dice& dice) {
    const cv::Scalar ink = pen_of(dice);
    const double width = dice.between(0.3, 0.7);
    const double side = box.width;
    const cv::Point2d off(box.x + dice.between(-0.3, 0.3), box.y + dice.between(-0.3, 0.3));
    const auto place = [&](double u, double v) {
        return cv::Point2d(off.x + side * (u + dice.between(-0.06, 0.06)),
                           off.y + side * (v + dice.between(-0.06, 0.06)));
    };
    switch (int(dice.between(0, 3.99))) {
        case 0: {
            const cv::Point2d low = place(0.42, 0.8);
            stroke(sheet, place(0.15, 0.45), low, width, ink);
            stroke(sheet, low, place(dice.between(0.9, 1.4), dice.between(-0.4, 0.1)), width, ink);
            break;
        }
        case 1:
            stroke(sheet, place(0.12, 0.12), place(0.88, 0.88), width, ink);
            stroke(sheet, place(0.88, 0.12), place(0.12, 0.88), width, ink);
            break;
        case 2: stroke(sheet, place(0.1, 0.9), place(0.95, 0.05), width, ink); break;
        default:
            for (double v = 0.25; v < 0.8; v += 0.2) {
                stroke(sheet, place(0.2, v), place(0.8, v + 0.1), width, ink);
            }
    }
}

void write(cv::Mat3b& sheet, const paper::Area& area, Dice& dice) {
    const cv::Scalar ink = pen_of(dice);
    std::string text;
    const int letters = int(dice.between(3, 11));
    for (int i = 0; i < letters; ++i) {
        text += char('A' + int(dice.between(0, 25.99)));
    }
    cv::putText(sheet, text,
                {cvRound((area.x + dice.between(1, 6)) * kPx),
                 cvRound((area.y + area.height * dice.between(0.55, 0.8)) * kPx)},
                cv::FONT_HERSHEY_SCRIPT_SIMPLEX, area.height * kPx * 0.016 + 0.8, ink,
                cvRound(0.4 * kPx), cv::LINE_AA);
}

/// The impression's own paper is white: what it darkens, it darkens on the form.
void stamp(cv::Mat3b& sheet, const paper::Area& box, std::uint32_t die, double shift_mm,
           Dice& dice) {
    seal::drawn::Print print;
    print.dpi = kPaperDpi;
    print.turn_deg = dice.between(-8, 8);
    print.noise = std::uint32_t(dice.between(1, 1000));
    print.paper_mm = 25;
    const image::Picture seal = seal::drawn::scan_of(seal::drawn::die_of(die), print);
    const double room = std::min(shift_mm, box.width / 2 - 9.5);
    const double x = box.x + box.width / 2 - print.paper_mm / 2 + dice.between(-room, room);
    const double y = box.y + box.height / 2 - print.paper_mm / 2 + dice.between(-room, room);
    const cv::Mat3b ink(seal.height, seal.width,
                        reinterpret_cast<cv::Vec3b*>(const_cast<std::uint8_t*>(seal.rgb.data())));
    cv::Mat3b part = sheet(cv::Rect({cvRound(x * kPx), cvRound(y * kPx)}, ink.size()));
    cv::multiply(part, ink, part, 1.0 / 243);
}

void sign(cv::Mat3b& sheet, const paper::Area& box, Dice& dice) {
    cv::Point2d last(box.x + dice.between(0, 5), box.y + box.height * dice.between(0.3, 0.8));
    for (int i = 0; i < 7; ++i) {
        const cv::Point2d next = last + cv::Point2d(dice.between(1.5, 5), dice.between(-6, 6));
        stroke(sheet, last, next, 0.5, {40, 50, 150});
        last = next;
    }
}

/// The crumpled corner, px of the sheet.
cv::Point2d corner_of(const Scanner& scanner, cv::Size sheet) {
    return {scanner.crumpled_corner % 3 == 0 ? 0.0 : double(sheet.width),
            scanner.crumpled_corner < 2 ? 0.0 : double(sheet.height)};
}

constexpr double kCrumpleReachMm = 70;

cv::Point2d displacement(const cv::Point2d& place, const Scanner& scanner, cv::Size sheet) {
    const cv::Point2d corner = corner_of(scanner, sheet);
    const double far = cv::norm(place - corner) / kPx / kCrumpleReachMm;
    if (scanner.crumple_mm == 0 || far >= 1) {
        return {};
    }
    const double share = (1 - far) * (1 - far);
    const cv::Point2d inwards(corner.x > 0 ? -1 : 1, corner.y > 0 ? -1 : 1);
    return inwards * (scanner.crumple_mm * kPx * share / std::sqrt(2));
}

void crumple(cv::Mat3b& sheet, const Scanner& scanner) {
    const cv::Point2d corner = corner_of(scanner, sheet.size());
    const int reach = cvRound(kCrumpleReachMm * kPx);
    const cv::Rect window =
        cv::Rect(int(corner.x) - reach, int(corner.y) - reach, 2 * reach, 2 * reach) &
        cv::Rect({0, 0}, sheet.size());
    cv::Mat2f from(window.size());
    for (int y = 0; y < window.height; ++y) {
        for (int x = 0; x < window.width; ++x) {
            // Small displacements: the inverse is the negative.
            const cv::Point2d place(x + window.x, y + window.y);
            const cv::Point2d source = place - displacement(place, scanner, sheet.size());
            from(y, x) = {float(source.x), float(source.y)};
        }
    }
    cv::Mat3b moved;
    cv::remap(sheet, moved, from, cv::noArray(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
    moved.copyTo(sheet(window));
    // The fold throws a shadow.
    const double fold = 18;
    const cv::Point2d along(corner.x > 0 ? -1 : 1, corner.y > 0 ? -1 : 1);
    const cv::Point2d one(corner.x / kPx + along.x * fold, corner.y / kPx);
    const cv::Point2d two(corner.x / kPx, corner.y / kPx + along.y * fold);
    stroke(sheet, one, two, 0.4, {150, 150, 150});
}

void blot(cv::Mat3b& sheet, const paper::Area& area, std::uint32_t seed) {
    Dice dice(seed + 991);
    const cv::Point2d middle(area.x + area.width * dice.between(0.3, 0.7),
                             area.y + area.height * dice.between(0.3, 0.7));
    for (int i = 0; i < 6; ++i) {
        const cv::Point2d off(dice.between(-2.5, 2.5), dice.between(-2.5, 2.5));
        cv::circle(sheet, at(middle.x + off.x, middle.y + off.y),
                   cvRound(dice.between(1.2, 2.8) * kPx * (1 << kShiftBits)), {45, 40, 60},
                   cv::FILLED, cv::LINE_AA, kShiftBits);
    }
}

}  // namespace

void fill_in(cv::Mat3b& sheet, const std::vector<FormPlace>& places, const Filling& filling) {
    Dice dice(filling.seed * 7 + 1);
    for (const FormPlace& place : places) {
        const auto ticked = filling.ticks.find(place.key);
        const auto seal = filling.seals.find(place.key);
        if (place.kind == FormPlaceKind::Tick && ticked != filling.ticks.end() &&
            std::ranges::count(ticked->second, place.value) > 0) {
            tick(sheet, place.area, dice);
        } else if (place.kind == FormPlaceKind::Text && filling.writing) {
            write(sheet, place.area, dice);
        } else if (place.kind == FormPlaceKind::Seal && seal != filling.seals.end()) {
            stamp(sheet, place.area, seal->second, filling.seal_shift_mm, dice);
            if (filling.signature) {
                sign(sheet, place.area, dice);
            }
        }
    }
}

void mistreat(cv::Mat3b& sheet, const Scanner& scanner) {
    if (scanner.covered_mark >= 0) {
        const auto mark = paper::form_marks().at(std::size_t(scanner.covered_mark));
        cv::circle(sheet, at(mark.centre.x, mark.centre.y), cvRound(6 * kPx * (1 << kShiftBits)),
                   {225, 222, 205}, cv::FILLED, cv::LINE_AA, kShiftBits);
    }
    for (std::size_t code = 0; code < paper::form_code_areas().size(); ++code) {
        if (scanner.smudged_codes.contains(int(code))) {
            blot(sheet, paper::form_code_areas()[code], scanner.seed);
        }
    }
    if (scanner.staple) {
        Dice dice(scanner.seed + 5);
        const cv::Point2d from(dice.between(5, 16), dice.between(5, 16));
        const cv::Point2d to = from + cv::Point2d(8, -6);
        stroke(sheet, from + cv::Point2d(0.5, 0.8), to + cv::Point2d(0.5, 0.8), 1.2,
               {175, 175, 175});
        stroke(sheet, from, to, 0.5, {90, 90, 95});
    }
    if (scanner.crumple_mm > 0) {
        crumple(sheet, scanner);
    }
}

cv::Point2d crumpled_place(const cv::Point2d& flat, const Scanner& scanner, cv::Size sheet) {
    return flat + displacement(flat, scanner, sheet);
}

}  // namespace sealdesk::scan::drawn
