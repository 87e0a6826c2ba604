#include "paper/font_subset.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <vector>

#include <hb-subset.h>

#include "base/error.h"

namespace sealdesk::paper {
namespace {

// OpenType, glyf: flags of a composite glyph's parts.
constexpr unsigned kArgumentsAreWords = 0x0001;
constexpr unsigned kHasScale = 0x0008;
constexpr unsigned kMoreParts = 0x0020;
constexpr unsigned kHasXyScale = 0x0040;
constexpr unsigned kHasMatrix = 0x0080;
constexpr unsigned kHasInstructions = 0x0100;
constexpr std::size_t kGlyphHead = 10;  ///< number of contours and the bounding box

/// Big-endian numbers of a table; reading beyond its end means a damaged font.
class Table {
public:
    explicit Table(std::string_view bytes) : bytes_(bytes) {}
    [[nodiscard]] unsigned at8(std::size_t i) const {
        if (i >= bytes_.size()) {
            throw_internal("paper.failed", "A font table ends too early.");
        }
        return static_cast<unsigned char>(bytes_[i]);
    }
    [[nodiscard]] unsigned at16(std::size_t i) const { return at8(i) << 8U | at8(i + 1); }
    [[nodiscard]] unsigned at32(std::size_t i) const { return at16(i) << 16U | at16(i + 2); }
    [[nodiscard]] std::string_view part(std::size_t begin, std::size_t end) const {
        if (begin > end || end > bytes_.size()) {
            throw_internal("paper.failed", "A font table ends too early.");
        }
        return bytes_.substr(begin, end - begin);
    }

private:
    std::string_view bytes_;
};

void put16(std::string& out, unsigned value) {
    out += char(value >> 8U & 0xFFU);
    out += char(value & 0xFFU);
}
void put32(std::string& out, std::size_t value) {
    put16(out, unsigned(value >> 16U));
    put16(out, unsigned(value & 0xFFFFU));
}
void set16(std::string& out, std::size_t at, unsigned value) {
    out[at] = char(value >> 8U & 0xFFU);
    out[at + 1] = char(value & 0xFFU);
}

std::size_t part_size(unsigned flags) {
    return 4 + ((flags & kArgumentsAreWords) != 0 ? 4U : 2U) +
           ((flags & kHasScale) != 0     ? 2U
            : (flags & kHasXyScale) != 0 ? 4U
            : (flags & kHasMatrix) != 0  ? 8U
                                         : 0U);
}

/// Builds one subset.
class TrueTypeSubset {
public:
    TrueTypeSubset(const FontFile& font, std::span<const GlyphId> glyphs)
        : font_(font),
          head_(font.table("head")),
          loca_(font.table("loca")),
          glyf_(font.table("glyf")),
          long_offsets_(head_.at16(50) == 1),
          glyphs_(glyphs.begin(), glyphs.end()) {
        for (std::size_t i = glyphs_.size(); i-- > 0;) {
            numbers_[glyphs_[i]] = unsigned(i);  // of one that is there twice, the first
        }
    }

    std::string build() {
        std::string glyf;
        std::string loca;
        for (std::size_t i = 0; i < glyphs_.size(); ++i) {  // grows by parts of composites
            put32(loca, glyf.size());
            add_glyph(glyf, outline(glyphs_[i]));
            glyf.append((4 - glyf.size() % 4) % 4, '\0');
        }
        put32(loca, glyf.size());
        return assemble({NamedTable{"glyf", std::move(glyf)}, NamedTable{"head", head()},
                         NamedTable{"hhea", hhea()}, NamedTable{"hmtx", hmtx()},
                         NamedTable{"loca", std::move(loca)}, NamedTable{"maxp", maxp()}});
    }

private:
    struct NamedTable {
        const char* tag;
        std::string bytes;
    };

    [[nodiscard]] std::size_t offset(GlyphId glyph) const {
        return long_offsets_ ? loca_.at32(std::size_t{4} * glyph)
                             : std::size_t{2} * loca_.at16(std::size_t{2} * glyph);
    }
    [[nodiscard]] std::string_view outline(GlyphId glyph) const {
        return glyf_.part(offset(glyph), offset(glyph + 1));
    }

    /// The glyph's number in the subset; a part of a composite is added to it.
    unsigned number_of(GlyphId glyph) {
        const auto [place, is_new] = numbers_.try_emplace(glyph, unsigned(glyphs_.size()));
        if (is_new) {
            glyphs_.push_back(glyph);
        }
        return place->second;
    }

    void add_glyph(std::string& out, std::string_view bytes) {
        if (bytes.empty()) {
            return;  // a space
        }
        const Table glyph(bytes);
        const bool composite = glyph.at16(0) >= 0x8000U;  // -1 contours
        if (composite) {
            add_composite(out, glyph, bytes);
            return;
        }
        const std::size_t contours = glyph.at16(0);
        const std::size_t before = kGlyphHead + 2 * contours;
        const std::size_t hints = glyph.at16(before);
        out += glyph.part(0, before);
        put16(out, 0);
        out += glyph.part(before + 2 + hints, bytes.size());
    }

    void add_composite(std::string& out, const Table& glyph, std::string_view bytes) {
        const std::size_t start = out.size();
        std::size_t at = kGlyphHead;
        unsigned flags = kMoreParts;
        std::vector<std::pair<std::size_t, unsigned>> parts;
        while ((flags & kMoreParts) != 0) {
            flags = glyph.at16(at);
            parts.emplace_back(at, number_of(glyph.at16(at + 2)));
            at += part_size(flags);
        }
        out += bytes.substr(0, at);
        for (const auto& [place, number] : parts) {
            set16(out, start + place, glyph.at16(place) & ~kHasInstructions);
            set16(out, start + place + 2, number);
        }
    }

    [[nodiscard]] std::string head() const {
        std::string table(font_.table("head"));
        set16(table, 8, 0);  // checkSumAdjustment
        set16(table, 10, 0);
        set16(table, 50, 1);  // long offsets
        return table;
    }
    [[nodiscard]] std::string hhea() const {
        std::string table(font_.table("hhea"));
        set16(table, 34, unsigned(glyphs_.size()));
        return table;
    }
    [[nodiscard]] std::string hmtx() const {
        const Table metrics(font_.table("hmtx"));
        const unsigned full = Table(font_.table("hhea")).at16(34);
        std::string table;
        for (const GlyphId glyph : glyphs_) {
            const std::size_t last = std::min(glyph, full - 1);
            put16(table, metrics.at16(4 * last));
            put16(table, glyph < full ? metrics.at16(4 * last + 2)
                                      : metrics.at16(std::size_t{4} * full +
                                                     std::size_t{2} * (glyph - full)));
        }
        return table;
    }
    [[nodiscard]] std::string maxp() const {
        std::string table(font_.table("maxp"));
        SEALDESK_CHECK(table.size() >= 32);  // version 1.0, as TrueType outlines need
        set16(table, 4, unsigned(glyphs_.size()));
        set16(table, 26, 0);  // maxSizeOfInstructions
        return table;
    }

    static std::uint32_t checksum(const std::string& padded) {
        const Table table(padded);
        std::uint32_t sum = 0;
        for (std::size_t i = 0; i < padded.size(); i += 4) {
            sum += table.at32(i);
        }
        return sum;
    }

    static std::string assemble(std::array<NamedTable, 6> tables) {
        constexpr unsigned table_count = 6;
        std::string font;
        put32(font, 0x00010000);
        put16(font, table_count);
        put16(font, 64);  // searchRange, entrySelector, rangeShift of six tables
        put16(font, 2);
        put16(font, 32);
        std::size_t place = 12 + std::size_t{16} * table_count;
        for (NamedTable& table : tables) {
            const std::size_t size = table.bytes.size();
            table.bytes.append((4 - size % 4) % 4, '\0');
            font += table.tag;
            put32(font, checksum(table.bytes));
            put32(font, place);
            put32(font, size);
            place += table.bytes.size();
        }
        font.reserve(place);
        for (const NamedTable& table : tables) {
            font += table.bytes;
        }
        return font;
    }

    const FontFile& font_;
    Table head_;
    Table loca_;
    Table glyf_;
    bool long_offsets_;
    std::vector<GlyphId> glyphs_;
    std::unordered_map<GlyphId, unsigned> numbers_;
};

}  // namespace

std::string subset_truetype(const FontFile& font, std::span<const GlyphId> glyphs) {
    return TrueTypeSubset(font, glyphs).build();
}

std::string subset_cff(const FontFile& font, std::span<const GlyphId> glyphs) {
    const Handle<hb_subset_input_t, &hb_subset_input_destroy> input(
        hb_subset_input_create_or_fail());
    SEALDESK_CHECK(input != nullptr);
    hb_subset_input_set_flags(input.get(),
                              HB_SUBSET_FLAGS_NO_HINTING | HB_SUBSET_FLAGS_DESUBROUTINIZE);
    for (const char* const unused : {"GSUB", "GPOS", "GDEF", "BASE", "VORG", "vmtx", "vhea", "cmap",
                                     "hmtx", "name", "OS/2", "post", "hdmx", "DSIG", "GVAR"}) {
        hb_set_add(hb_subset_input_set(input.get(), HB_SUBSET_SETS_DROP_TABLE_TAG),
                   hb_tag_from_string(unused, 4));
    }
    for (const GlyphId glyph : glyphs) {
        hb_set_add(hb_subset_input_glyph_set(input.get()), glyph);
    }
    const Handle<hb_face_t, &hb_face_destroy> face(hb_subset_or_fail(font.face(), input.get()));
    if (face == nullptr) {
        throw_internal("paper.failed", "The font " + font.name() + " cannot be taken apart.");
    }
    const Handle<hb_blob_t, &hb_blob_destroy> table(
        hb_face_reference_table(face.get(), HB_TAG('C', 'F', 'F', ' ')));
    unsigned size = 0;
    const char* const bytes = hb_blob_get_data(table.get(), &size);
    return {bytes, size};
}

}  // namespace sealdesk::paper
