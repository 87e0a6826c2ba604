#include <array>
#include <set>
#include <string>

#include "base/error.h"
#include "base/handle.h"
#include "paper/canvas.h"

namespace sealdesk::paper {
namespace {

// Every chain holds the three faces of CNS 11643, which together have every character of the
// household registration; Noto lacks some (notes/slips.md A.5: U+2137C is one). Liberation has
// Latin only and comes first: TW-Sung's Latin letters are coarse, and the Latin "L" of Noto Sans
// CJK makes cairo 1.16 embed 0.9 MB of subroutines instead of 60 KB (measured).
constexpr const char* kSongFamilies =
    "Liberation Serif,TW-Sung,TW-Sung-Ext-B,TW-Sung-Plus,Noto Serif CJK TC";
constexpr const char* kSansFamilies =
    "Liberation Sans,Noto Sans CJK TC,TW-Sung,TW-Sung-Ext-B,TW-Sung-Plus";
constexpr const char* kCodeFamilies = "DejaVu Sans Mono,Noto Sans CJK TC,TW-Sung";

struct NeededFont {
    const char* family;
    const char* package;  ///< Debian 12
};
constexpr std::array<NeededFont, 7> kNeededFonts{{
    {"TW-Sung", "fonts-cns11643-sung"},
    {"TW-Sung-Ext-B", "fonts-cns11643-sung"},
    {"TW-Sung-Plus", "fonts-cns11643-sung"},
    {"Noto Sans CJK TC", "fonts-noto-cjk"},
    {"Liberation Serif", "fonts-liberation"},
    {"Liberation Sans", "fonts-liberation"},
    {"DejaVu Sans Mono", "fonts-dejavu-core"},
}};

std::set<std::string> installed_families() {
    PangoFontFamily** families = nullptr;
    int count = 0;
    pango_font_map_list_families(pango_cairo_font_map_get_default(), &families, &count);
    const Handle<PangoFontFamily*, &g_free> owner(families);
    std::set<std::string> names;
    for (int i = 0; i < count; ++i) {
        names.insert(pango_font_family_get_name(families[i]));
    }
    return names;
}

}  // namespace

const char* families_of(Face face) {
    switch (face) {
        case Face::Song: return kSongFamilies;
        case Face::Sans:
        case Face::SansBold: return kSansFamilies;
        case Face::Code: return kCodeFamilies;
    }
    SEALDESK_CHECK(false);
}

void require_fonts() {
    static const bool all_installed = [] {
        const std::set<std::string> installed = installed_families();
        for (const NeededFont& font : kNeededFonts) {
            if (!installed.contains(font.family)) {
                throw_unavailable("paper.font_missing",
                                  std::string("The font \"") + font.family +
                                      "\" is not installed; install the package " + font.package +
                                      ".");
            }
        }
        return true;
    }();
    static_cast<void>(all_installed);
}

}  // namespace sealdesk::paper
