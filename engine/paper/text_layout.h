#pragma once

// Inside of paper/ only: text as lines of glyphs.

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <pango/pango.h>

#include "base/handle.h"
#include "paper/font_file.h"

namespace sealdesk::paper {

inline constexpr double kPointsPerMm = 72.0 / 25.4;

/// A glyph of a line: where it begins, in points from the line's start, and the characters it
/// stands for, as a place in the text that was laid out (no bytes: a further glyph of the same
/// ones).
struct PlacedGlyph {
    const FontFile* font;
    GlyphId glyph;
    double x;
    std::size_t begin;
    std::size_t bytes;
};

struct TextLine {
    std::vector<PlacedGlyph> glyphs;
    double width;       ///< points
    std::size_t begin;  ///< the byte of the text it begins with
};

struct LaidOut {
    std::vector<TextLine> lines;
    int missing = 0;  ///< characters that no font has
};

/// Breaks text into lines. One that needs no breaking and no shaping (Han, Latin and digits,
/// shorter than the width) is set glyph by glyph, and nothing is kept of it: every password is such
/// a text. pango sees to everything else, and the last of these are remembered, since the same
/// paragraphs stand on one slip after the other.
class TextLayout {
public:
    /// Its machinery is costly to make and not to be shared.
    [[nodiscard]] static TextLayout& of_this_thread();

    /// `width` in points; `utf8` must be UTF-8.
    [[nodiscard]] LaidOut lay_out(const TextStyle& style, double width, std::string_view utf8);

private:
    TextLayout();
    [[nodiscard]] LaidOut by_pango(const TextStyle& style, double width, std::string_view utf8);
    void set_text(const TextStyle& style, double width, std::string_view utf8);

    std::unordered_map<std::string, LaidOut> remembered_;  ///< by text and how it was set
    Handle<PangoFontMap, &g_object_unref> map_;
    Handle<PangoContext, &g_object_unref> context_;
    Handle<PangoLayout, &g_object_unref> layout_;
};

}  // namespace sealdesk::paper
