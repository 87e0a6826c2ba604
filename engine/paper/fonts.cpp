#include <array>
#include <string>

#include <fontconfig/fontconfig.h>

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

/// Asks by family name itself: a list of all fonts would name each in the user's language, and
/// under LANG=zh_TW.UTF-8 "TW-Sung" is 全字庫正宋體.
bool is_installed(const char* family) {
    const Handle<FcPattern, &FcPatternDestroy> pattern(FcPatternCreate());
    const Handle<FcObjectSet, &FcObjectSetDestroy> wanted(FcObjectSetCreate());
    FcPatternAddString(pattern.get(), FC_FAMILY, reinterpret_cast<const FcChar8*>(family));
    FcObjectSetAdd(wanted.get(), FC_FAMILY);
    const Handle<FcFontSet, &FcFontSetDestroy> found(
        FcFontList(nullptr, pattern.get(), wanted.get()));
    return found != nullptr && found->nfont > 0;
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
        for (const NeededFont& font : kNeededFonts) {
            if (!is_installed(font.family)) {
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
