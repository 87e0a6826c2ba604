#pragma once

// Inside of paper/ only: which glyphs of which fonts a part of a PDF shows.

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "paper/font_file.h"

namespace sealdesk::paper {

/// A font ready to be embedded: a subset with what a reader needs to give the text back.
struct EmbeddedFont {
    std::string base_name;  ///< "ABCDEF+TW-Sung"
    bool is_cff;
    FontMetrics metrics;
    std::string file;        ///< deflated
    std::size_t file_size;   ///< before
    std::string widths;      ///< the array W of a CIDFont
    std::string to_unicode;  ///< deflated CMap
};

/// Fonts in use, numbered as they come: /F0, /F1, …
class FontUse {
public:
    /// A glyph that stands for these characters, as the two bytes by which a text shows it.
    struct Shown {
        unsigned font;  ///< its number
        unsigned code;
    };
    /// `utf8`: what a reader copies; empty for a further glyph of the same characters.
    [[nodiscard]] Shown show(const FontFile& font, GlyphId glyph, std::string_view utf8);

    [[nodiscard]] std::size_t count() const { return fonts_.size(); }

    /// Subset and tables. `level`: of the compression, 0 to 9. The same glyphs give the same bytes.
    [[nodiscard]] EmbeddedFont embed(std::size_t font, int level) const;

private:
    struct UsedFont {
        const FontFile* file;
        std::vector<GlyphId> glyphs;        ///< .notdef first; of TrueType, by code
        std::vector<std::string> meanings;  ///< UTF-8, beside `glyphs`
        std::unordered_map<GlyphId, std::vector<unsigned>> places;  ///< in `glyphs`
    };
    [[nodiscard]] static EmbeddedFont embed_now(const UsedFont& used, int level);

    std::vector<UsedFont> fonts_;
    std::map<const FontFile*, unsigned> numbers_;
};

/// zlib, as FlateDecode reads it.
[[nodiscard]] std::string deflated(std::string_view bytes, int level);

}  // namespace sealdesk::paper
