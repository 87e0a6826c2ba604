#include "paper/font_file.h"

#include <array>
#include <map>
#include <memory>
#include <mutex>

#include <hb-ot.h>

#include "base/error.h"

namespace sealdesk::paper {
namespace {

constexpr std::array<const char[5], 7> kReadTables{"glyf", "loca", "head", "hhea",
                                                   "hmtx", "maxp", "CFF "};

std::uint16_t number_at(std::string_view table, std::size_t at) {
    const auto byte = [&](std::size_t i) { return unsigned(static_cast<unsigned char>(table[i])); };
    return std::uint16_t(byte(at) << 8U | byte(at + 1));
}

int signed_at(std::string_view table, std::size_t at) { return std::int16_t(number_at(table, at)); }

std::string postscript_name(hb_face_t* face) {
    std::array<char, 128> text{};
    auto size = unsigned(text.size());
    hb_ot_name_get_utf8(face, HB_OT_NAME_ID_POSTSCRIPT_NAME, hb_language_from_string("en", -1),
                        &size, text.data());
    return size == 0 ? "Font" : std::string(text.data(), size);
}

}  // namespace

const FontFile& FontFile::of(const std::string& path, unsigned index) {
    static std::mutex mutex;
    static std::map<std::pair<std::string, unsigned>, std::unique_ptr<FontFile>> fonts;
    const std::lock_guard lock(mutex);
    std::unique_ptr<FontFile>& place = fonts[{path, index}];
    if (place == nullptr) {
        place = std::make_unique<FontFile>(path, index);
    }
    return *place;
}

FontFile::FontFile(const std::string& path, unsigned index) {
    const Handle<hb_blob_t, &hb_blob_destroy> blob(hb_blob_create_from_file_or_fail(path.c_str()));
    if (blob == nullptr) {
        throw_unavailable("paper.font_missing", "The font file " + path + " cannot be read.");
    }
    face_.reset(hb_face_create(blob.get(), index));
    for (const auto& tag : kReadTables) {
        tables_.emplace_back(hb_face_reference_table(face_.get(), hb_tag_from_string(tag, 4)));
    }
    hb_face_make_immutable(face_.get());
    units_ = hb_face_get_upem(face_.get());
    font_.reset(hb_font_create(face_.get()));
    hb_font_set_scale(font_.get(), int(units_), int(units_));
    hb_font_make_immutable(font_.get());
    name_ = postscript_name(face_.get());
    is_cff_ = !table("CFF ").empty();
    const std::string_view head = table("head");
    const std::string_view hhea = table("hhea");
    constexpr std::size_t head_size = 54;  // OpenType, head and hhea
    constexpr std::size_t hhea_size = 36;
    if (head.size() < head_size || hhea.size() < hhea_size || units_ == 0) {
        throw_unavailable("paper.font_missing", "The font file " + path + " is damaged.");
    }
    const auto scaled = [&](int value) { return value * 1000 / int(units_); };
    metrics_ = {scaled(signed_at(hhea, 4)),
                scaled(signed_at(hhea, 6)),
                scaled(signed_at(hhea, 4)) * 3 / 4,
                {scaled(signed_at(head, 36)), scaled(signed_at(head, 38)),
                 scaled(signed_at(head, 40)), scaled(signed_at(head, 42))},
                number_at(hhea, 34) == 1};
}

std::optional<GlyphId> FontFile::glyph_of(char32_t character) const {
    hb_codepoint_t glyph = 0;
    return hb_font_get_nominal_glyph(font_.get(), character, &glyph) != 0 ? std::optional(glyph)
                                                                          : std::nullopt;
}

double FontFile::advance(GlyphId glyph) const {
    return double(hb_font_get_glyph_h_advance(font_.get(), glyph)) * 1000 / units_;
}

std::string_view FontFile::table(const char (&tag)[5]) const {
    for (std::size_t i = 0; i < kReadTables.size(); ++i) {
        if (std::string_view(kReadTables[i]) == tag) {
            unsigned size = 0;
            const char* const bytes = hb_blob_get_data(tables_[i].get(), &size);
            return {bytes, size};
        }
    }
    SEALDESK_CHECK(false);  // one of kReadTables
}

}  // namespace sealdesk::paper
