#pragma once

// Inside of paper/ only: the fonts on this machine as HarfBuzz sees them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hb.h>

#include "base/handle.h"
#include "paper/page.h"

namespace sealdesk::paper {

using GlyphId = std::uint32_t;

/// What a PDF says of a font (ISO 32000-1 §9.8), in thousandths of the size.
struct FontMetrics {
    int ascent;
    int descent;
    int cap_height;
    int box[4];  ///< of all glyphs: left, bottom, right, top
    bool fixed_pitch;
};

/// One face of a font file: read once in a process, and never changed, so that threads share it.
class FontFile {
public:
    /// The face of this index. Throws Failure paper.font_missing (Unavailable) when the file cannot
    /// be read.
    [[nodiscard]] static const FontFile& of(const std::string& path, unsigned index);

    FontFile(const std::string& path, unsigned index);
    FontFile(const FontFile&) = delete;
    FontFile& operator=(const FontFile&) = delete;

    [[nodiscard]] hb_face_t* face() const { return face_.get(); }
    [[nodiscard]] const std::string& name() const { return name_; }  ///< PostScript name
    [[nodiscard]] bool is_cff() const { return is_cff_; }            ///< else TrueType outlines
    [[nodiscard]] const FontMetrics& metrics() const { return metrics_; }

    /// The glyph of a character; nothing when the font has none.
    [[nodiscard]] std::optional<GlyphId> glyph_of(char32_t character) const;
    /// In thousandths of the size.
    [[nodiscard]] double advance(GlyphId glyph) const;
    [[nodiscard]] unsigned units_per_em() const { return units_; }

    /// A table's bytes, good as long as the font; empty when there is none.
    [[nodiscard]] std::string_view table(const char (&tag)[5]) const;

private:
    Handle<hb_face_t, &hb_face_destroy> face_;
    Handle<hb_font_t, &hb_font_destroy> font_;
    std::vector<Handle<hb_blob_t, &hb_blob_destroy>> tables_;
    std::string name_;
    unsigned units_ = 1000;
    bool is_cff_ = false;
    FontMetrics metrics_{};
};

/// The fonts behind a face, first choice first. Throws as require_fonts().
[[nodiscard]] const std::vector<const FontFile*>& fonts_of(Face face);

/// Families of a face, first choice first, as fontconfig and pango take them.
[[nodiscard]] const char* families_of(Face face);
[[nodiscard]] bool is_bold(Face face);

}  // namespace sealdesk::paper
