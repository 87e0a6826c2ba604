#pragma once

// Inside of paper/ only: the drawing library's side of a Canvas.

#include <string>
#include <vector>

#include <cairo.h>
#include <pango/pangocairo.h>

#include "base/handle.h"
#include "paper/page.h"

namespace sealdesk::paper {

using SurfaceHandle = Handle<cairo_surface_t, &cairo_surface_destroy>;
using CairoHandle = Handle<cairo_t, &cairo_destroy>;
using ContextHandle = Handle<PangoContext, &g_object_unref>;
using LayoutHandle = Handle<PangoLayout, &g_object_unref>;

inline constexpr double kPointsPerMm = 72.0 / 25.4;

/// One drawing target with its text machinery. Coordinates inside are points.
struct Canvas::Impl {
    explicit Impl(SurfaceHandle target);

    SurfaceHandle surface;
    CairoHandle cairo;
    ContextHandle context;
    LayoutHandle layout;

    /// Throws Failure paper.failed when the library reports trouble.
    void require_success() const;

    /// Breaks the text into lines in `layout`, ready to be drawn.
    void lay_out(const Area& area, const TextStyle& style, std::string_view utf8);

    /// Overwrites the library's copy of the last text, which may have been a secret.
    void forget_text();
};

/// Families of a face, first choice first, as the font machinery takes them.
[[nodiscard]] const char* families_of(Face face);

}  // namespace sealdesk::paper
