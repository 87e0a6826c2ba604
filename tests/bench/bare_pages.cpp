#include "bench/bare_pages.h"

#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include "base/handle.h"
#include "paper/barcode.h"
#include "paper/canvas.h"

namespace sealdesk::bench {
namespace {

using slips::Element;
using Fields = std::map<std::string, std::string>;
using Surface = Handle<cairo_surface_t, &cairo_surface_destroy>;
using Cairo = Handle<cairo_t, &cairo_destroy>;
using Layout = Handle<PangoLayout, &g_object_unref>;

constexpr double kPoint = 72 / 25.4;
constexpr double kWidth = 210 * kPoint;
constexpr double kHeight = 297 * kPoint;

std::string content_of(const Element& element, const Fields& fields) {
    std::string text;
    for (const slips::Piece& piece : element.content) {
        const auto field = fields.find(piece.text);
        text += !piece.is_field ? piece.text : field == fields.end() ? "" : field->second;
    }
    return text;
}

void draw_text(cairo_t* cairo, PangoLayout* layout, const Element& element,
               const std::string& text) {
    const paper::TextStyle& style = element.style;
    PangoFontDescription* const font = pango_font_description_new();
    pango_font_description_set_family_static(font, paper::families_of(style.face));
    pango_font_description_set_absolute_size(font, style.size * PANGO_SCALE);
    if (style.face == paper::Face::SansBold || style.face == paper::Face::Code) {
        pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD);
    }
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_width(layout, int(element.area.width * kPoint * PANGO_SCALE));
    pango_layout_set_alignment(layout, style.align == paper::Align::Left     ? PANGO_ALIGN_LEFT
                                       : style.align == paper::Align::Centre ? PANGO_ALIGN_CENTER
                                                                             : PANGO_ALIGN_RIGHT);
    PangoAttrList* const attributes = pango_attr_list_new();
    pango_attr_list_insert(attributes,
                           pango_attr_letter_spacing_new(int(style.tracking * PANGO_SCALE)));
    pango_layout_set_attributes(layout, attributes);
    pango_attr_list_unref(attributes);
    pango_layout_set_text(layout, text.data(), int(text.size()));
    cairo_set_source_rgb(cairo, style.colour.red, style.colour.green, style.colour.blue);
    cairo_move_to(cairo, element.area.x * kPoint, element.area.y * kPoint);
    pango_cairo_show_layout(cairo, layout);
}

void draw_bars(cairo_t* cairo, const Element& element, const std::string& text) {
    const paper::Modules modules = paper::code128_modules(text);
    const double module = element.area.width * kPoint / modules.width;
    for (int x = 0; x < modules.width; ++x) {
        if (modules.at(x, 0)) {
            cairo_rectangle(cairo, element.area.x * kPoint + x * module, element.area.y * kPoint,
                            module, element.area.height * kPoint);
        }
    }
    cairo_set_source_rgb(cairo, 0, 0, 0);
    cairo_fill(cairo);
}

/// As many strokes as the engine's veil, over the same area.
void draw_veil(cairo_t* cairo, const Element& element) {
    std::uint32_t state = 1;
    for (double y = element.area.y; y < element.area.y + element.area.height; y += 2.2) {
        for (double x = element.area.x; x < element.area.x + element.area.width; x += 2.2) {
            state = state * 1664525U + 1013904223U;
            const double angle = double(state >> 8U) / double(1U << 24U) * 3.14159;
            cairo_move_to(cairo, std::round(x * kPoint * 4) / 4, std::round(y * kPoint * 4) / 4);
            cairo_rel_line_to(cairo, std::round(std::cos(angle) * 28) / 4,
                              std::round(std::sin(angle) * 28) / 4);
        }
    }
    cairo_set_line_width(cairo, 1);
    cairo_stroke(cairo);
}

void draw_shape(cairo_t* cairo, const Element& element) {
    const paper::Area& area = element.area;
    const paper::Colour& colour = element.pen.colour;
    cairo_set_source_rgb(cairo, colour.red, colour.green, colour.blue);
    cairo_set_line_width(cairo, element.pen.width * kPoint);
    if (element.kind == Element::Kind::Rule) {
        cairo_move_to(cairo, area.x * kPoint, area.y * kPoint);
        cairo_rel_line_to(cairo, area.width * kPoint, area.height * kPoint);
        cairo_stroke(cairo);
        return;
    }
    if (element.kind == Element::Kind::Veil) {
        draw_veil(cairo, element);
        return;
    }
    cairo_rectangle(cairo, area.x * kPoint, area.y * kPoint, area.width * kPoint,
                    area.height * kPoint);
    if (element.kind == Element::Kind::Fill) {
        cairo_fill(cairo);
    } else {
        cairo_stroke(cairo);
    }
}

void draw_element(cairo_t* cairo, PangoLayout* layout, const Element& element,
                  const Fields& fields) {
    switch (element.kind) {
        case Element::Kind::Text:
            draw_text(cairo, layout, element, content_of(element, fields));
            break;
        case Element::Kind::Code128: draw_bars(cairo, element, content_of(element, fields)); break;
        default: draw_shape(cairo, element);
    }
}

cairo_status_t append_bytes(void* bytes, const unsigned char* data, unsigned int length) {
    static_cast<std::string*>(bytes)->append(reinterpret_cast<const char*>(data), length);
    return CAIRO_STATUS_SUCCESS;
}

Surface record_fixed(const slips::PageLayout& page) {
    const cairo_rectangle_t extents{0, 0, kWidth, kHeight};
    Surface surface(cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, &extents));
    const Cairo cairo(cairo_create(surface.get()));
    const Layout layout(pango_cairo_create_layout(cairo.get()));
    for (const Element& element : page.elements) {
        if (!element.varies()) {
            draw_element(cairo.get(), layout.get(), element, {});
        }
    }
    return surface;
}

}  // namespace

std::size_t draw_bare_pages(const slips::Layout& layout, const Fields* slips, int count,
                            bool recorded) {
    std::vector<Surface> fixed;
    for (const slips::PageLayout& page : layout.pages) {
        fixed.push_back(record_fixed(page));
    }
    std::string bytes;
    {
        const Surface surface(
            cairo_pdf_surface_create_for_stream(&append_bytes, &bytes, kWidth, kHeight));
        const Cairo cairo(cairo_create(surface.get()));
        const Layout text(pango_cairo_create_layout(cairo.get()));
        for (int i = 0; i < count; ++i) {
            for (std::size_t page = 0; page < layout.pages.size(); ++page) {
                if (recorded) {
                    cairo_set_source_surface(cairo.get(), fixed[page].get(), 0, 0);
                    cairo_paint(cairo.get());
                }
                for (const Element& element : layout.pages[page].elements) {
                    if (!recorded || element.varies()) {
                        draw_element(cairo.get(), text.get(), element, slips[i]);
                    }
                }
                cairo_show_page(cairo.get());
            }
        }
        cairo_surface_finish(surface.get());
    }
    return bytes.size();
}

}  // namespace sealdesk::bench
