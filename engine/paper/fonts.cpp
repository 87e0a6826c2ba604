#include <array>
#include <string>

#include <fontconfig/fontconfig.h>

#include "base/error.h"
#include "base/text.h"
#include "paper/font_file.h"

namespace sealdesk::paper {
namespace {

// Every chain holds the three faces of CNS 11643, which together have every character of the
// household registration; Noto lacks some (notes/slips.md A.5: U+2137C is one). Liberation has
// Latin only and comes first: TW-Sung's Latin letters are coarse.
constexpr const char* kSongFamilies =
    "Liberation Serif,TW-Sung,TW-Sung-Ext-B,TW-Sung-Plus,Noto Serif CJK TC";
constexpr const char* kSansFamilies =
    "Liberation Sans,Noto Sans CJK TC,TW-Sung,TW-Sung-Ext-B,TW-Sung-Plus";
constexpr const char* kCodeFamilies = "DejaVu Sans Mono,Noto Sans CJK TC,TW-Sung";

struct NeededFont {
    std::string_view family;
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

using Pattern = Handle<FcPattern, &FcPatternDestroy>;

/// The font of a family, bold if it has such a face; null when the family is not installed. Asks by
/// family name itself: a list of all fonts would name each in the user's language, and under
/// LANG=zh_TW.UTF-8 "TW-Sung" is 全字庫正宋體.
const FontFile* find_font(const std::string& family, bool bold) {
    const Pattern pattern(FcPatternCreate());
    const Handle<FcObjectSet, &FcObjectSetDestroy> wanted(
        FcObjectSetBuild(FC_FILE, FC_INDEX, FC_WEIGHT, FC_SLANT, nullptr));
    FcPatternAddString(pattern.get(), FC_FAMILY, reinterpret_cast<const FcChar8*>(family.c_str()));
    const Handle<FcFontSet, &FcFontSetDestroy> found(
        FcFontList(nullptr, pattern.get(), wanted.get()));
    const FontFile* best = nullptr;
    int distance_min = 0;
    for (int i = 0; found != nullptr && i < found->nfont; ++i) {
        FcChar8* file = nullptr;
        int index = 0;
        int weight = FC_WEIGHT_REGULAR;
        int slant = FC_SLANT_ROMAN;
        FcPatternGetString(found->fonts[i], FC_FILE, 0, &file);
        FcPatternGetInteger(found->fonts[i], FC_INDEX, 0, &index);
        FcPatternGetInteger(found->fonts[i], FC_WEIGHT, 0, &weight);
        FcPatternGetInteger(found->fonts[i], FC_SLANT, 0, &slant);
        const int distance =
            std::abs(weight - (bold ? FC_WEIGHT_BOLD : FC_WEIGHT_REGULAR)) + 1000 * slant;
        if (file != nullptr && (best == nullptr || distance < distance_min)) {
            best = &FontFile::of(reinterpret_cast<const char*>(file), unsigned(index) & 0xFFFFU);
            distance_min = distance;
        }
    }
    return best;
}

std::vector<const FontFile*> find_chain(Face face) {
    std::vector<const FontFile*> chain;
    for (const std::string& family : split(families_of(face), ',')) {
        if (const FontFile* font = find_font(family, is_bold(face))) {
            chain.push_back(font);
            continue;
        }
        for (const NeededFont& needed : kNeededFonts) {
            if (needed.family == family) {
                throw_unavailable("paper.font_missing", "The font \"" + family +
                                                            "\" is not installed; install the "
                                                            "package " +
                                                            needed.package + ".");
            }
        }
    }
    return chain;
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

bool is_bold(Face face) { return face == Face::SansBold || face == Face::Code; }

const std::vector<const FontFile*>& fonts_of(Face face) {
    static const std::array<std::vector<const FontFile*>, 4> chains{
        find_chain(Face::Song), find_chain(Face::Sans), find_chain(Face::SansBold),
        find_chain(Face::Code)};
    return chains.at(static_cast<std::size_t>(face));
}

void require_fonts() { static_cast<void>(fonts_of(Face::Song)); }

}  // namespace sealdesk::paper
