#include "paper/text_layout.h"

#include <cmath>
#include <cstring>
#include <optional>

#include <fontconfig/fontconfig.h>
#include <pango/pangofc-font.h>
#include <pango/pangoft2.h>

#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"

namespace sealdesk::paper {
namespace {

double to_points(int pango_units) { return double(pango_units) / PANGO_SCALE; }

constexpr std::size_t kRemembered = 256;  ///< paragraphs: of all templates of an office

struct Range {
    char32_t first;
    char32_t last;
};

// Characters that stand beside one another without changing each other: printable ASCII, Han with
// its signs, kana, full-width forms.
constexpr Range kPlain[] = {{0x20, 0x7E},     {0x2010, 0x2027}, {0x2E80, 0x303F},
                            {0x3041, 0x3096}, {0x30A1, 0x30FF}, {0x3400, 0x9FFF},
                            {0xF900, 0xFAFF}, {0xFF01, 0xFF5E}, {0x20000, 0x3FFFF}};

bool is_plain(char32_t character) {
    for (const Range& range : kPlain) {
        if (character >= range.first && character <= range.last) {
            return character != 0x302A && character != 0x302B;  // tone marks, which combine
        }
    }
    return false;
}

/// The character at the beginning of well-formed UTF-8, and its length.
struct Decoded {
    char32_t character;
    std::size_t bytes;
};
Decoded decode(std::string_view utf8) {
    const auto byte = [&](std::size_t i) { return unsigned(static_cast<unsigned char>(utf8[i])); };
    const unsigned lead = byte(0);
    if (lead < 0x80) {
        return {lead, 1};
    }
    const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    char32_t character = lead & (0x7FU >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        character = character << 6U | (byte(i) & 0x3FU);
    }
    return {character, bytes};
}

/// The first font of the chain that has the character.
std::optional<PlacedGlyph> find_glyph(const std::vector<const FontFile*>& chain,
                                      char32_t character) {
    for (const FontFile* font : chain) {
        if (const auto glyph = font->glyph_of(character)) {
            return PlacedGlyph{font, *glyph, 0, 0, 0};
        }
    }
    return std::nullopt;
}

/// One line, when that is all there is to it.
std::optional<TextLine> plain_line(const TextStyle& style, double width, std::string_view utf8) {
    const auto& chain = fonts_of(style.face);
    TextLine line{{}, 0, 0};
    for (std::size_t at = 0; at < utf8.size();) {
        const Decoded decoded = decode(utf8.substr(at));
        auto glyph =
            is_plain(decoded.character) ? find_glyph(chain, decoded.character) : std::nullopt;
        if (!glyph) {
            return std::nullopt;
        }
        glyph->x = line.width;
        glyph->begin = at;
        glyph->bytes = decoded.bytes;
        line.width += glyph->font->advance(glyph->glyph) * style.size / 1000 + style.tracking;
        if (line.width > width) {
            return std::nullopt;
        }
        line.glyphs.push_back(*glyph);
        at += decoded.bytes;
    }
    return line;
}

const FontFile& file_of(PangoFont* font) {
    FcPattern* const pattern = pango_fc_font_get_pattern(PANGO_FC_FONT(font));
    FcChar8* file = nullptr;
    int index = 0;
    if (FcPatternGetString(pattern, FC_FILE, 0, &file) != FcResultMatch) {
        throw_internal("paper.failed", "A font without a file was chosen for a text.");
    }
    FcPatternGetInteger(pattern, FC_INDEX, 0, &index);
    return FontFile::of(reinterpret_cast<const char*>(file), unsigned(index) & 0xFFFFU);
}

/// The glyphs of a run; returns its width in pango's units.
int add_run(TextLine& line, const PangoGlyphItem& run, int x) {
    const FontFile& font = file_of(run.item->analysis.font);
    const PangoGlyphString& glyphs = *run.glyphs;
    const auto begin = std::size_t(run.item->offset);
    for (int i = 0; i < glyphs.num_glyphs; ++i) {
        const PangoGlyphInfo& info = glyphs.glyphs[i];
        const bool is_visible =
            info.glyph != PANGO_GLYPH_EMPTY && (info.glyph & PANGO_GLYPH_UNKNOWN_FLAG) == 0;
        if (is_visible) {
            const int cluster = glyphs.log_clusters[i];
            const bool is_first = i == 0 || glyphs.log_clusters[i - 1] != cluster;
            int next = run.item->length;
            for (int j = i + 1; j < glyphs.num_glyphs; ++j) {
                if (glyphs.log_clusters[j] > cluster) {
                    next = glyphs.log_clusters[j];
                    break;
                }
            }
            line.glyphs.push_back({&font, info.glyph, to_points(x + info.geometry.x_offset),
                                   begin + std::size_t(cluster),
                                   is_first ? std::size_t(next - cluster) : 0});
        }
        x += info.geometry.width;
    }
    return x;
}

}  // namespace

TextLayout::TextLayout() : map_(pango_ft2_font_map_new()) {
    pango_ft2_font_map_set_resolution(PANGO_FT2_FONT_MAP(map_.get()), 72, 72);
    context_.reset(pango_font_map_create_context(map_.get()));
    pango_context_set_round_glyph_positions(context_.get(), FALSE);
    pango_context_set_language(context_.get(), pango_language_from_string("zh-TW"));
    layout_.reset(pango_layout_new(context_.get()));
    pango_layout_set_wrap(layout_.get(), PANGO_WRAP_WORD_CHAR);
    pango_layout_set_auto_dir(layout_.get(), FALSE);
}

TextLayout& TextLayout::of_this_thread() {
    thread_local TextLayout layout;
    return layout;
}

void TextLayout::set_text(const TextStyle& style, double width, std::string_view utf8) {
    const Handle<PangoFontDescription, &pango_font_description_free> font(
        pango_font_description_new());
    pango_font_description_set_family_static(font.get(), families_of(style.face));
    pango_font_description_set_absolute_size(font.get(), style.size * PANGO_SCALE);
    if (is_bold(style.face)) {
        pango_font_description_set_weight(font.get(), PANGO_WEIGHT_BOLD);
    }
    pango_layout_set_font_description(layout_.get(), font.get());
    pango_layout_set_width(layout_.get(), int(std::lround(width * PANGO_SCALE)));
    const Handle<PangoAttrList, &pango_attr_list_unref> attributes(pango_attr_list_new());
    // A hyphen at the end of a line would become part of a number or a password.
    pango_attr_list_insert(attributes.get(), pango_attr_insert_hyphens_new(FALSE));
    if (style.tracking != 0) {
        pango_attr_list_insert(
            attributes.get(),
            pango_attr_letter_spacing_new(int(std::lround(style.tracking * PANGO_SCALE))));
    }
    pango_layout_set_attributes(layout_.get(), attributes.get());
    pango_layout_set_text(layout_.get(), utf8.data(), int(utf8.size()));
}

LaidOut TextLayout::lay_out(const TextStyle& style, double width, std::string_view utf8) {
    SEALDESK_CHECK(is_utf8(utf8));
    if (auto line = plain_line(style, width, utf8)) {
        LaidOut result;
        result.lines.push_back(*std::move(line));
        return result;
    }
    std::string key(utf8);
    for (const double part : {double(style.face), style.size, style.tracking, width}) {
        key.append(reinterpret_cast<const char*>(&part), sizeof part);
    }
    const auto known = remembered_.find(key);
    if (known != remembered_.end()) {
        return known->second;
    }
    if (remembered_.size() >= kRemembered) {
        remembered_.clear();
    }
    return remembered_.emplace(std::move(key), by_pango(style, width, utf8)).first->second;
}

LaidOut TextLayout::by_pango(const TextStyle& style, double width, std::string_view utf8) {
    set_text(style, width, utf8);
    LaidOut result;
    result.missing = pango_layout_get_unknown_glyphs_count(layout_.get());
    for (GSList* item = pango_layout_get_lines_readonly(layout_.get()); item != nullptr;
         item = item->next) {
        const auto* const laid = static_cast<const PangoLayoutLine*>(item->data);
        TextLine line{{}, 0, std::size_t(laid->start_index)};
        int x = 0;
        for (const GSList* run = laid->runs; run != nullptr; run = run->next) {
            x = add_run(line, *static_cast<const PangoGlyphItem*>(run->data), x);
        }
        line.width = to_points(x);
        result.lines.push_back(std::move(line));
    }
    // The library frees its copy without wiping it. The copy is its own heap block, so writing
    // into it is sound; the layout is given a new text at once.
    char* const held = const_cast<char*>(pango_layout_get_text(layout_.get()));
    wipe({held, std::strlen(held)});
    pango_layout_set_text(layout_.get(), "", 0);
    return result;
}

}  // namespace sealdesk::paper
