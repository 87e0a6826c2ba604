#include "paper/canvas.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"
#include "paper/pdf_text.h"

namespace sealdesk::paper {
namespace {

/// Of the em box of CJK fonts, how much stands above the baseline (TW-Sung and Noto CJK: 0.88).
constexpr double kBaselineInEm = 0.88;
constexpr double kLineSpacing = 1.45;
constexpr double kVeilStep = 2.2;    ///< millimetres between strokes: denser than printed text
constexpr double kVeilStroke = 2.6;  ///< about the height of a capital letter
constexpr int kVeilColumns = 20;     ///< strokes of the pattern that is repeated
constexpr int kVeilRows = 14;
constexpr int kBestCompression = 9;  ///< of what is stored once and shown often

double to_points(double mm) { return mm * kPointsPerMm; }

double line_points(const TextStyle& style) {
    return style.line > 0 ? to_points(style.line) : style.size * kLineSpacing;
}

/// How many of the laid out lines fit, and where the first that does not begins.
struct FittingLines {
    std::size_t count;
    std::size_t bytes;
};

FittingLines fitting_lines(const LaidOut& laid, const Area& area, const TextStyle& style,
                           std::size_t whole) {
    if (area.height <= 0) {
        return {laid.lines.size(), whole};
    }
    // A hundredth of a point forgives rounding of an area made exactly n lines tall.
    const auto room = std::size_t(std::floor((to_points(area.height) + 0.01) / line_points(style)));
    return laid.lines.size() <= room ? FittingLines{laid.lines.size(), whole}
                                     : FittingLines{room, laid.lines[room].begin};
}

double line_start(const TextLine& line, const Area& area, const TextStyle& style) {
    if (style.align == Align::Left) {
        return to_points(area.x);
    }
    // The space after the last character is not part of what is seen.
    const double free = to_points(area.width) - line.width + style.tracking;
    return to_points(area.x) + (style.align == Align::Right ? free : free / 2);
}

/// Strokes in a fixed sequence (Numerical Recipes' LCG), so that the same page gives the same
/// bytes.
Tile veil_tile() {
    std::uint32_t state = 115;
    const auto draw = [&state] {
        state = state * 1664525U + 1013904223U;
        return double(state >> 8U) / double(1U << 24U);
    };
    Operators strokes;
    for (int i = 0; i < kVeilColumns * kVeilRows; ++i) {
        const double angle = draw() * 3.14159265358979;
        const double mid_x = (i % kVeilColumns + draw()) * kVeilStep;
        const double mid_y = (std::floor(double(i) / kVeilColumns) + draw()) * kVeilStep;
        const double reach_x = std::cos(angle) * kVeilStroke / 2;
        const double reach_y = std::sin(angle) * kVeilStroke / 2;
        strokes << to_points(mid_x - reach_x) << to_points(mid_y - reach_y) << "m "
                << to_points(mid_x + reach_x) << to_points(mid_y + reach_y) << "l\n";
    }
    strokes << "S";
    return {strokes.bytes(), to_points(kVeilColumns * kVeilStep), to_points(kVeilRows * kVeilStep),
            to_points(kVeilStroke)};
}

}  // namespace

Operators& Operators::operator<<(double number) {
    char digits[32];
    const double rounded = std::round(number * 100) / 100;
    const auto end =
        std::to_chars(digits, digits + sizeof digits, rounded == 0 ? 0.0 : rounded,
                      std::chars_format::fixed, rounded == std::floor(rounded) ? 0 : 2);
    bytes_.append(digits, end.ptr);
    bytes_ += ' ';
    return *this;
}

Operators& Operators::at(double x_mm, double y_mm) {
    return *this << to_points(x_mm) << height_ - to_points(y_mm);
}

unsigned Canvas::Impl::number_of_tile(Tile tile) {
    const auto known = std::ranges::find(shared.tiles, tile.strokes, &Tile::strokes);
    if (known != shared.tiles.end()) {
        return unsigned(known - shared.tiles.begin());
    }
    SEALDESK_CHECK(!shared.ready);
    shared.tiles.push_back(std::move(tile));
    return unsigned(shared.tiles.size() - 1);
}

Canvas::Impl::~Impl() { wipe({content.bytes().data(), content.bytes().size()}); }

void Canvas::Impl::set_colour(Colour colour) {
    content << colour.red << colour.green << colour.blue << "rg\n";
}

void Canvas::Impl::set_pen(const Pen& pen) {
    content << pen.colour.red << pen.colour.green << pen.colour.blue << "RG "
            << to_points(pen.width) << "w ";
    if (pen.dash > 0) {
        content << "[" << to_points(pen.dash) << "] 0 d\n";
    } else {
        content << "[] 0 d\n";
    }
}

void Canvas::Impl::add_rectangle(const Area& area) {
    content.at(area.x, area.y + area.height)
        << to_points(area.width) << to_points(area.height) << "re ";
}

void Canvas::Impl::add_line(const TextLine& line, std::string_view text, double size,
                            LinePlace place) {
    const FontFile* current = nullptr;
    double pen = 0;  // where the next glyph would stand, in points from the line's start
    for (const PlacedGlyph& glyph : line.glyphs) {
        const FontUse::Shown shown =
            shared.fonts.show(*glyph.font, glyph.glyph, text.substr(glyph.begin, glyph.bytes));
        if (glyph.font != current) {
            content << (current == nullptr ? "BT " : ">] TJ ") << "/F" << std::to_string(shown.font)
                    << " " << size << "Tf 1 0 0 1 " << place.x + glyph.x
                    << content.height() - place.baseline << "Tm [<";
            current = glyph.font;
            pen = glyph.x;
        }
        const double adjustment = (pen - glyph.x) * 1000 / size;
        if (std::abs(adjustment) > 1) {
            content << ">" << adjustment << "<";
            pen -= std::round(adjustment * 100) / 100 * size / 1000;
        }
        put_hex16(content.bytes(), shown.code);
        pen += double(std::lround(glyph.font->advance(glyph.glyph))) * size / 1000;
    }
    if (current != nullptr) {
        content << ">] TJ ET\n";
    }
}

Canvas::Canvas(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Canvas::~Canvas() = default;

TextFit Canvas::text(const Area& area, const TextStyle& style, std::string_view utf8) {
    if (utf8.empty()) {
        return {0, 0, 0, 0};
    }
    const LaidOut laid = TextLayout::of_this_thread().lay_out(style, to_points(area.width), utf8);
    const FittingLines fitting = fitting_lines(laid, area, style, utf8.size());
    const double line_height = line_points(style);
    const double baseline =
        to_points(area.y) + (line_height - style.size) / 2 + style.size * kBaselineInEm;
    impl_->set_colour(style.colour);
    for (std::size_t i = 0; i < fitting.count; ++i) {
        const TextLine& line = laid.lines[i];
        impl_->add_line(line, utf8, style.size,
                        {line_start(line, area, style), baseline + double(i) * line_height});
    }
    return {double(fitting.count) * line_height / kPointsPerMm, fitting.bytes, laid.missing, 0};
}

TextFit Canvas::measure(const Area& area, const TextStyle& style, std::string_view utf8) {
    if (utf8.empty()) {
        return {0, 0, 0, 0};
    }
    const LaidOut laid = TextLayout::of_this_thread().lay_out(style, to_points(area.width), utf8);
    const FittingLines fitting = fitting_lines(laid, area, style, utf8.size());
    double width = 0;
    for (const TextLine& line : laid.lines) {
        width = std::max(width, line.width);
    }
    return {double(fitting.count) * line_points(style) / kPointsPerMm, fitting.bytes, laid.missing,
            width / kPointsPerMm};
}

void Canvas::rule(Point from, Point to, const Pen& pen) {
    impl_->set_pen(pen);
    impl_->content.at(from.x, from.y) << "m ";
    impl_->content.at(to.x, to.y) << "l S\n";
}

void Canvas::box(const Area& area, const Pen& pen) {
    impl_->set_pen(pen);
    impl_->add_rectangle(area);
    impl_->content << "S\n";
}

void Canvas::fill(const Area& area, Colour colour) {
    impl_->set_colour(colour);
    impl_->add_rectangle(area);
    impl_->content << "f\n";
}

void Canvas::Impl::add_mask(const Area& area, const Modules& modules) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    content << "q ";
    set_colour(kBlack);
    content << to_points(area.width) << "0 0 " << to_points(area.height);
    content.at(area.x, area.y + area.height)
        << "cm BI /W " << std::to_string(modules.width) << " /H " << std::to_string(modules.height)
        << " /BPC 1 /IM true /D [1 0] /F /AHx ID ";
    for (int y = 0; y < modules.height; ++y) {
        for (int x = 0; x < (modules.width + 7) / 8 * 8; x += 4) {
            unsigned nibble = 0;
            for (int i = 0; i < 4; ++i) {
                nibble = nibble << 1U | unsigned(x + i < modules.width && modules.at(x + i, y));
            }
            content.bytes() += digits[nibble];
        }
    }
    content << ">\nEI Q\n";
}

void Canvas::code128(const Area& area, std::string_view ascii) {
    impl_->add_mask(area, code128_modules(ascii));
}

void Canvas::qr(const Area& area, std::string_view text) {
    impl_->add_mask(area, qr_modules(text));
}

void Canvas::veil(const Area& area, Colour colour) {
    static const Tile tile = veil_tile();
    impl_->content << "q ";
    impl_->add_rectangle(area);
    impl_->content << "W n ";
    impl_->set_pen({0.35, 0, colour});
    const std::string name = "/T" + std::to_string(impl_->number_of_tile(tile)) + " Do\n";
    const double top = impl_->content.height() - to_points(area.y);
    const int columns = int(std::ceil(to_points(area.width) / tile.width));
    const int rows = int(std::ceil(to_points(area.height) / tile.height));
    for (int i = 0; i < rows * columns; ++i) {
        const int row = i / columns;
        impl_->content << "q 1 0 0 1 " << to_points(area.x) + i % columns * tile.width
                       << top - (row + 1) * tile.height << "cm " << name << "Q ";
    }
    impl_->content << "Q\n";
}

void Canvas::show(const Drawing& drawing) {
    SEALDESK_CHECK(impl_->number_of != nullptr);  // a page; a drawing shows no other
    impl_->content << "/X" << std::to_string(impl_->number_of(drawing)) << " Do\n";
}

void Canvas::begin_part(const Area& area) {
    SEALDESK_CHECK(impl_->content.height() == to_points(impl_->sheet.height));
    const double rise = impl_->sheet.height - area.y - area.height;
    impl_->content << "q 1 0 0 1 " << to_points(area.x) << to_points(rise) << "cm\n";
    impl_->content.set_height(to_points(area.height));
}

void Canvas::end_part() {
    impl_->content << "Q\n";
    impl_->content.set_height(to_points(impl_->sheet.height));
}

Drawing::Drawing(SheetSize size) : Drawing(std::make_shared<SharedParts>(), size) {}
Drawing Drawing::beside(const Drawing& other) { return {other.parts_->shared, other.parts_->size}; }
Drawing::Drawing(std::shared_ptr<SharedParts> shared, SheetSize size)
    : parts_(std::make_unique<DrawingParts>()) {
    parts_->shared = std::move(shared);
    parts_->size = size;
    SEALDESK_CHECK(!parts_->shared->ready);
    canvas_ = std::make_unique<Canvas>(std::make_unique<Canvas::Impl>(*parts_->shared, size));
}
Drawing::~Drawing() = default;
Drawing::Drawing(Drawing&&) noexcept = default;
Drawing& Drawing::operator=(Drawing&&) noexcept = default;

const DrawingParts& Drawing::parts() const {
    if (parts_->content.empty()) {
        parts_->content = deflated(canvas_->impl_->content.bytes(), kBestCompression);
    }
    SharedParts& shared = *parts_->shared;
    for (std::size_t i = 0; !shared.ready && i < shared.fonts.count(); ++i) {
        shared.embedded.push_back(shared.fonts.embed(i, kBestCompression));
    }
    shared.ready = true;
    return *parts_;
}

}  // namespace sealdesk::paper
