#include "paper/font_use.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <zlib.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "paper/font_subset.h"
#include "paper/pdf_text.h"

namespace sealdesk::paper {
namespace {

constexpr std::size_t kRememberedFonts = 64;
constexpr std::size_t kPerBlock = 100;  ///< entries of one bfchar (Adobe TN 5411)

/// Six letters from the subset's bytes (ISO 32000-1 §9.6.4).
std::string subset_tag(std::string_view file) {
    const std::string digest = sha256(file);
    std::string tag;
    for (std::size_t i = 0; i < 6; ++i) {
        tag += char('A' + static_cast<unsigned char>(digest[i]) % 26);
    }
    return tag;
}

struct Entry {
    unsigned code;
    const std::string* meaning;
};

std::string cmap(const std::vector<Entry>& entries) {
    std::string text =
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        "1 begincodespacerange <0000> <FFFF> endcodespacerange\n";
    for (std::size_t i = 0; i < entries.size(); i += kPerBlock) {
        const std::size_t end = std::min(i + kPerBlock, entries.size());
        text += std::to_string(end - i) + " beginbfchar\n";
        for (std::size_t j = i; j < end; ++j) {
            text += '<';
            put_hex16(text, entries[j].code);
            text += "> <" + to_hex(utf16(*entries[j].meaning)) + ">\n";
        }
        text += "endbfchar\n";
    }
    return text + "endcmap CMapName currentdict /CMap defineresource pop end end";
}

}  // namespace

std::string deflated(std::string_view bytes, int level) {
    auto size = uLongf(compressBound(uLong(bytes.size())));
    std::string out(size, '\0');
    const int result =
        compress2(reinterpret_cast<Bytef*>(out.data()), &size,
                  reinterpret_cast<const Bytef*>(bytes.data()), uLong(bytes.size()), level);
    SEALDESK_CHECK(result == Z_OK);
    out.resize(size);
    return out;
}

FontUse::Shown FontUse::show(const FontFile& font, GlyphId glyph, std::string_view utf8) {
    const auto [number, is_new] = numbers_.try_emplace(&font, unsigned(fonts_.size()));
    if (is_new) {
        fonts_.push_back({&font, {0}, {""}, {}});
    }
    UsedFont& used = fonts_[number->second];
    std::vector<unsigned>& places = used.places[glyph];
    // Of a TrueType subset each meaning has a code of its own; a CFF's codes are its glyphs.
    const auto known = std::ranges::find_if(
        places, [&](unsigned place) { return font.is_cff() || used.meanings[place] == utf8; });
    const unsigned place = known == places.end() ? unsigned(used.glyphs.size()) : *known;
    if (known == places.end()) {
        places.push_back(place);
        used.glyphs.push_back(glyph);
        used.meanings.emplace_back(utf8);
    }
    return {number->second, font.is_cff() ? glyph : place};
}

EmbeddedFont FontUse::embed(std::size_t font, int level) const {
    const UsedFont& used = fonts_.at(font);
    if (!used.file->is_cff()) {
        return embed_now(used, level);
    }
    // Some milliseconds each; what a template shows in such a font beside its fixed part is mostly
    // the same on every slip: the scheme's name and the office's.
    thread_local std::map<std::string, EmbeddedFont> remembered;
    std::string key = used.file->name() + std::to_string(level);
    for (std::size_t i = 0; i < used.glyphs.size(); ++i) {
        key += ' ' + std::to_string(used.glyphs[i]) + used.meanings[i];
    }
    const auto known = remembered.find(key);
    if (known != remembered.end()) {
        return known->second;
    }
    if (remembered.size() >= kRememberedFonts) {
        remembered.clear();
    }
    return remembered.emplace(std::move(key), embed_now(used, level)).first->second;
}

EmbeddedFont FontUse::embed_now(const UsedFont& used, int level) {
    std::vector<std::size_t> order(used.glyphs.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (used.file->is_cff()) {
        std::ranges::sort(order, {}, [&](std::size_t i) { return used.glyphs[i]; });
    }
    const std::string file = used.file->is_cff() ? subset_cff(*used.file, used.glyphs)
                                                 : subset_truetype(*used.file, used.glyphs);
    std::string widths;
    std::vector<Entry> entries;
    for (const std::size_t i : order) {
        const unsigned code = used.file->is_cff() ? used.glyphs[i] : unsigned(i);
        const long width = std::lround(used.file->advance(used.glyphs[i]));
        widths += std::to_string(code) + "[" + std::to_string(width) + "]";
        if (!used.meanings[i].empty()) {
            entries.push_back({code, &used.meanings[i]});
        }
    }
    return {subset_tag(file) + "+" + used.file->name(),
            used.file->is_cff(),
            used.file->metrics(),
            deflated(file, level),
            file.size(),
            std::move(widths),
            deflated(cmap(entries), level)};
}

}  // namespace sealdesk::paper
