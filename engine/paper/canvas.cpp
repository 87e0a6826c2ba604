#include "paper/canvas.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"
#include "paper/barcode.h"

namespace sealdesk::paper {
namespace {

/// Of the em box of CJK fonts, how much stands above the baseline (TW-Sung and Noto CJK: 0.88).
constexpr double kBaselineInEm = 0.88;
constexpr double kLineSpacing = 1.45;
constexpr double kVeilStep = 2.2;    ///< millimetres between strokes: denser than printed text
constexpr double kVeilStroke = 2.6;  ///< about the height of a capital letter

double to_points(double mm) { return mm * kPointsPerMm; }

/// The same in whole quarters of a point: short numbers, where thousands of them are written.
double to_quarters(double mm) { return std::round(to_points(mm) * 4) / 4; }

double line_points(const TextStyle& style) {
    return style.line > 0 ? to_points(style.line) : style.size * kLineSpacing;
}

void set_colour(cairo_t* cairo, Colour colour) {
    cairo_set_source_rgb(cairo, colour.red, colour.green, colour.blue);
}

void set_pen(cairo_t* cairo, const Pen& pen) {
    set_colour(cairo, pen.colour);
    cairo_set_line_width(cairo, to_points(pen.width));
    const double dash = to_points(pen.dash);
    cairo_set_dash(cairo, &dash, pen.dash > 0 ? 1 : 0, 0);
}

void add_rectangle(cairo_t* cairo, const Area& area) {
    cairo_rectangle(cairo, to_points(area.x), to_points(area.y), to_points(area.width),
                    to_points(area.height));
}

/// How many of the laid out lines fit, and where the first that does not begins.
struct FittingLines {
    int count;
    std::size_t bytes;
};

FittingLines fitting_lines(PangoLayout* layout, const Area& area, const TextStyle& style) {
    const int lines = pango_layout_get_line_count(layout);
    const auto whole = std::size_t(std::strlen(pango_layout_get_text(layout)));
    if (area.height <= 0) {
        return {lines, whole};
    }
    // A hundredth of a point forgives rounding of an area made exactly n lines tall.
    const int room = int(std::floor((to_points(area.height) + 0.01) / line_points(style)));
    if (lines <= room) {
        return {lines, whole};
    }
    const PangoLayoutLine* const next = pango_layout_get_line_readonly(layout, room);
    return {room, std::size_t(next->start_index)};
}

double line_start(PangoLayoutLine* line, const Area& area, const TextStyle& style) {
    if (style.align == Align::Left) {
        return to_points(area.x);
    }
    PangoRectangle logical;
    pango_layout_line_get_extents(line, nullptr, &logical);
    // The space after the last character is not part of what is seen.
    const double free =
        to_points(area.width) - double(logical.width) / PANGO_SCALE + style.tracking;
    return to_points(area.x) + (style.align == Align::Right ? free : free / 2);
}

void draw_lines(cairo_t* cairo, PangoLayout* layout, const Area& area, const TextStyle& style,
                int count) {
    const double line_height = line_points(style);
    const double baseline =
        to_points(area.y) + (line_height - style.size) / 2 + style.size * kBaselineInEm;
    set_colour(cairo, style.colour);
    for (int i = 0; i < count; ++i) {
        PangoLayoutLine* const line = pango_layout_get_line_readonly(layout, i);
        cairo_move_to(cairo, line_start(line, area, style), baseline + i * line_height);
        pango_cairo_show_layout_line(cairo, line);
    }
    cairo_new_path(cairo);
}

}  // namespace

Canvas::Impl::Impl(SurfaceHandle target)
    : surface(std::move(target)),
      cairo(cairo_create(surface.get())),
      context(pango_font_map_create_context(pango_cairo_font_map_get_default())),
      layout(nullptr) {
    const Handle<cairo_font_options_t, &cairo_font_options_destroy> options(
        cairo_font_options_create());
    cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
    pango_cairo_context_set_font_options(context.get(), options.get());
    pango_cairo_context_set_resolution(context.get(), 72);
    pango_context_set_language(context.get(), pango_language_from_string("zh-TW"));
    layout.reset(pango_layout_new(context.get()));
    pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
    pango_layout_set_auto_dir(layout.get(), FALSE);
    require_success();
}

void Canvas::Impl::require_success() const {
    const cairo_status_t status = cairo_status(cairo.get());
    if (status != CAIRO_STATUS_SUCCESS) {
        throw_internal("paper.failed", std::string("Drawing the page failed: ") +
                                           cairo_status_to_string(status) + ".");
    }
}

void Canvas::Impl::lay_out(const Area& area, const TextStyle& style, std::string_view utf8) {
    SEALDESK_CHECK(is_utf8(utf8));
    const Handle<PangoFontDescription, &pango_font_description_free> font(
        pango_font_description_new());
    pango_font_description_set_family_static(font.get(), families_of(style.face));
    pango_font_description_set_absolute_size(font.get(), style.size * PANGO_SCALE);
    if (style.face == Face::SansBold || style.face == Face::Code) {
        pango_font_description_set_weight(font.get(), PANGO_WEIGHT_BOLD);
    }
    pango_layout_set_font_description(layout.get(), font.get());
    pango_layout_set_width(layout.get(), int(std::lround(to_points(area.width) * PANGO_SCALE)));
    const Handle<PangoAttrList, &pango_attr_list_unref> attributes(pango_attr_list_new());
    // A hyphen at the end of a line would become part of a number or a password.
    pango_attr_list_insert(attributes.get(), pango_attr_insert_hyphens_new(FALSE));
    if (style.tracking != 0) {
        pango_attr_list_insert(
            attributes.get(),
            pango_attr_letter_spacing_new(int(std::lround(style.tracking * PANGO_SCALE))));
    }
    pango_layout_set_attributes(layout.get(), attributes.get());
    pango_layout_set_text(layout.get(), utf8.data(), int(utf8.size()));
}

void Canvas::Impl::forget_text() {
    // The library frees its copy without wiping it. The copy is its own heap block, so writing
    // into it is sound; the layout is given a new text at once.
    char* const held = const_cast<char*>(pango_layout_get_text(layout.get()));
    wipe({held, std::strlen(held)});
    pango_layout_set_text(layout.get(), "", 0);
}

Canvas::Canvas(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Canvas::~Canvas() = default;

TextFit Canvas::text(const Area& area, const TextStyle& style, std::string_view utf8) {
    if (utf8.empty()) {
        return {0, 0, 0, 0};
    }
    impl_->lay_out(area, style, utf8);
    PangoLayout* const layout = impl_->layout.get();
    const FittingLines fitting = fitting_lines(layout, area, style);
    const int missing = pango_layout_get_unknown_glyphs_count(layout);
    draw_lines(impl_->cairo.get(), layout, area, style, fitting.count);
    impl_->forget_text();
    impl_->require_success();
    return {fitting.count * line_points(style) / kPointsPerMm, fitting.bytes, missing, 0};
}

TextFit Canvas::measure(const Area& area, const TextStyle& style, std::string_view utf8) {
    if (utf8.empty()) {
        return {0, 0, 0, 0};
    }
    impl_->lay_out(area, style, utf8);
    PangoLayout* const layout = impl_->layout.get();
    const FittingLines fitting = fitting_lines(layout, area, style);
    const int missing = pango_layout_get_unknown_glyphs_count(layout);
    int width = 0;
    pango_layout_get_size(layout, &width, nullptr);
    impl_->forget_text();
    return {fitting.count * line_points(style) / kPointsPerMm, fitting.bytes, missing,
            double(width) / PANGO_SCALE / kPointsPerMm};
}

void Canvas::rule(Point from, Point to, const Pen& pen) {
    cairo_t* const cairo = impl_->cairo.get();
    set_pen(cairo, pen);
    cairo_move_to(cairo, to_points(from.x), to_points(from.y));
    cairo_line_to(cairo, to_points(to.x), to_points(to.y));
    cairo_stroke(cairo);
}

void Canvas::box(const Area& area, const Pen& pen) {
    cairo_t* const cairo = impl_->cairo.get();
    set_pen(cairo, pen);
    add_rectangle(cairo, area);
    cairo_stroke(cairo);
}

void Canvas::fill(const Area& area, Colour colour) {
    cairo_t* const cairo = impl_->cairo.get();
    set_colour(cairo, colour);
    add_rectangle(cairo, area);
    cairo_fill(cairo);
}

void Canvas::code128(const Area& area, std::string_view ascii) {
    const Modules modules = code128_modules(ascii);
    cairo_t* const cairo = impl_->cairo.get();
    set_colour(cairo, kBlack);
    const double module = area.width / modules.width;
    for (int x = 0; x < modules.width;) {
        int end = x;
        while (end < modules.width && modules.at(end, 0)) {
            ++end;
        }
        if (end > x) {
            add_rectangle(cairo, {area.x + x * module, area.y, (end - x) * module, area.height});
        }
        x = end + 1;
    }
    cairo_fill(cairo);
}

void Canvas::qr(const Area& area, std::string_view text) {
    const Modules modules = qr_modules(text);
    const int stride = cairo_format_stride_for_width(CAIRO_FORMAT_A1, modules.width);
    const SurfaceHandle mask(
        cairo_image_surface_create(CAIRO_FORMAT_A1, modules.width, modules.height));
    cairo_surface_flush(mask.get());
    unsigned char* const rows = cairo_image_surface_get_data(mask.get());
    SEALDESK_CHECK(rows != nullptr);
    for (int y = 0; y < modules.height; ++y) {
        for (int x = 0; x < modules.width; ++x) {
            if (modules.at(x, y)) {
                // A1 on a little-endian machine: the first pixel is the lowest bit.
                auto& byte = rows[std::ptrdiff_t(y) * stride + x / 8];
                byte = static_cast<unsigned char>(byte | (1U << (unsigned(x) % 8U)));
            }
        }
    }
    cairo_surface_mark_dirty(mask.get());
    cairo_t* const cairo = impl_->cairo.get();
    cairo_save(cairo);
    cairo_translate(cairo, to_points(area.x), to_points(area.y));
    cairo_scale(cairo, to_points(area.width) / modules.width,
                to_points(area.height) / modules.height);
    const Handle<cairo_pattern_t, &cairo_pattern_destroy> pattern(
        cairo_pattern_create_for_surface(mask.get()));
    cairo_pattern_set_filter(pattern.get(), CAIRO_FILTER_NEAREST);
    set_colour(cairo, kBlack);
    cairo_mask(cairo, pattern.get());
    cairo_restore(cairo);
    impl_->require_success();
}

void Canvas::veil(const Area& area, Colour colour) {
    // A fixed sequence (Numerical Recipes' LCG), so that the same page gives the same bytes.
    std::uint32_t state = 115;
    const auto draw = [&state] {
        state = state * 1664525U + 1013904223U;
        return double(state >> 8U) / double(1U << 24U);
    };
    cairo_t* const cairo = impl_->cairo.get();
    cairo_save(cairo);
    add_rectangle(cairo, area);
    cairo_clip(cairo);
    set_pen(cairo, {0.35, 0, colour});
    const int columns = int(std::ceil(area.width / kVeilStep));
    const int rows = int(std::ceil(area.height / kVeilStep));
    for (int i = 0; i < rows * columns; ++i) {
        const double angle = draw() * 3.14159265358979;
        const double mid_x = area.x + (i % columns + draw()) * kVeilStep;
        const double mid_y = area.y + (std::floor(double(i) / columns) + draw()) * kVeilStep;
        const double reach_x = std::cos(angle) * kVeilStroke / 2;
        const double reach_y = std::sin(angle) * kVeilStroke / 2;
        cairo_move_to(cairo, to_quarters(mid_x - reach_x), to_quarters(mid_y - reach_y));
        cairo_line_to(cairo, to_quarters(mid_x + reach_x), to_quarters(mid_y + reach_y));
    }
    cairo_stroke(cairo);
    cairo_restore(cairo);
}

void Canvas::show(const Drawing& drawing) {
    cairo_t* const cairo = impl_->cairo.get();
    cairo_set_source_surface(cairo, drawing.canvas_->impl_->surface.get(), 0, 0);
    cairo_paint(cairo);
    impl_->require_success();
}

}  // namespace sealdesk::paper
