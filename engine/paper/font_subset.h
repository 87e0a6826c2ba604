#pragma once

// Inside of paper/ only.

#include <span>
#include <string>

#include "paper/font_file.h"

namespace sealdesk::paper {

/// A TrueType font of these glyphs of `font`, in this order, as a PDF embeds it (ISO 32000-1 §9.9):
/// glyf, loca, head, hhea, hmtx and maxp, without hinting. Parts of composite glyphs follow behind.
/// The first glyph is to be .notdef. Throws Failure paper.failed (Internal) for a damaged font.
[[nodiscard]] std::string subset_truetype(const FontFile& font, std::span<const GlyphId> glyphs);

/// The table CFF of an OpenType font with these glyphs of `font`; they keep their numbers as CIDs.
[[nodiscard]] std::string subset_cff(const FontFile& font, std::span<const GlyphId> glyphs);

}  // namespace sealdesk::paper
