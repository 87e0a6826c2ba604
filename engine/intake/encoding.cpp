#include "intake/encoding.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <vector>

#include <Poco/Windows950Encoding.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"

namespace sealdesk::intake {

namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::size_t kSurveyBlock = std::size_t{256} * 1024;

unsigned byte_at(std::string_view bytes, std::size_t place) {
    return static_cast<unsigned char>(bytes[place]);
}

/// All pairs of CP950, asked of Poco once.
const std::vector<char32_t>& cp950_table() {
    static const std::vector<char32_t> table = [] {
        std::vector<char32_t> pairs(0x10000, kReplacement);
        const Poco::Windows950Encoding poco;
        for (unsigned lead = 0x81; lead <= 0xFE; ++lead) {
            for (unsigned trail = 0x40; trail <= 0xFE; ++trail) {
                const std::array<unsigned char, 2> pair{static_cast<unsigned char>(lead),
                                                        static_cast<unsigned char>(trail)};
                const int decoded = poco.queryConvert(pair.data(), 2);
                if (decoded >= 0x80) {
                    pairs[lead << 8U | trail] = static_cast<char32_t>(decoded);
                }
            }
        }
        return pairs;
    }();
    return table;
}

/// Well-formed UTF-8 by its first byte: how long, and what the second byte may be; the rest are
/// continuation bytes (RFC 3629 §4, the grammar UTF8-2, UTF8-3, UTF8-4).
struct Utf8Shape {
    unsigned lead_first;
    unsigned lead_last;
    std::size_t length;
    unsigned second_first;
    unsigned second_last;
};
constexpr std::array<Utf8Shape, 8> kUtf8Shapes{{{0xC2, 0xDF, 2, 0x80, 0xBF},
                                                {0xE0, 0xE0, 3, 0xA0, 0xBF},
                                                {0xE1, 0xEC, 3, 0x80, 0xBF},
                                                {0xED, 0xED, 3, 0x80, 0x9F},
                                                {0xEE, 0xEF, 3, 0x80, 0xBF},
                                                {0xF0, 0xF0, 4, 0x90, 0xBF},
                                                {0xF1, 0xF3, 4, 0x80, 0xBF},
                                                {0xF4, 0xF4, 4, 0x80, 0x8F}}};

bool is_continued(std::string_view bytes, const Utf8Shape& shape) {
    if (bytes.size() < shape.length || byte_at(bytes, 1) < shape.second_first ||
        byte_at(bytes, 1) > shape.second_last) {
        return false;
    }
    return std::ranges::all_of(bytes.substr(2, shape.length - 2), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
    });
}

/// Length of the UTF-8 character at the start; 0 when there is none.
std::size_t utf8_length(std::string_view bytes) {
    const unsigned lead = byte_at(bytes, 0);
    if (lead < 0x80) {
        return 1;
    }
    for (const Utf8Shape& shape : kUtf8Shapes) {
        if (lead >= shape.lead_first && lead <= shape.lead_last) {
            return is_continued(bytes, shape) ? shape.length : 0;
        }
    }
    return 0;
}

std::string decode_utf8(std::string_view bytes) {
    if (is_utf8(bytes)) {
        return std::string(bytes);
    }
    std::string out;
    while (!bytes.empty()) {
        const std::size_t length = utf8_length(bytes);
        if (length == 0) {
            append_utf8(out, kReplacement);
            bytes.remove_prefix(1);
        } else {
            out.append(bytes.substr(0, length));
            bytes.remove_prefix(length);
        }
    }
    return out;
}

std::string decode_cp950(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size() * 3 / 2);
    while (!bytes.empty()) {
        const Cp950Step step = step_cp950(bytes);
        append_utf8(out, step.character);
        bytes.remove_prefix(step.length);
    }
    return out;
}

/// Signs (A140–A3FE) and the characters of level 1 (A440–C67E), which make up nearly all of a
/// Taiwanese text.
bool is_common_in_cp950(std::string_view bytes) {
    const unsigned pair = byte_at(bytes, 0) << 8U | byte_at(bytes, 1);
    return pair >= 0xA140 && pair <= 0xC67E;
}

/// Below this share of common characters a text is hardly Big5.
constexpr std::int64_t kCommonPercentMin = 80;

/// A text that is UTF-8 by chance has few such characters.
constexpr std::int64_t kUtf8CharactersSure = 3;

Bilingual utf8_certainty(const FileSurvey& survey) {
    const std::string count = std::to_string(survey.utf8_characters);
    if (survey.utf8_faults > 0) {
        const std::string faults = std::to_string(survey.utf8_faults);
        return {"UTF-8，存疑（" + faults + " 個位元組不是 UTF-8）",
                "UTF-8, doubtful (" + faults + " bytes are not)"};
    }
    if (survey.utf8_characters == 0) {
        return {"純 ASCII", "ASCII only"};
    }
    if (survey.utf8_characters < kUtf8CharactersSure && survey.cp950_faults == 0) {
        return {"UTF-8，可能（中文僅 " + count + " 字，亦可能為 Big5）",
                "UTF-8, likely (only " + count + " characters beyond ASCII, could be Big5)"};
    }
    return {"UTF-8，確定（" + count + " 個非 ASCII 字元全數符合）",
            "UTF-8, certain (all of " + count + " characters beyond ASCII are valid)"};
}

Bilingual cp950_certainty(const FileSurvey& survey) {
    const std::string count = std::to_string(survey.cp950_characters);
    const std::int64_t common =
        survey.cp950_common * 100 / std::max<std::int64_t>(survey.cp950_characters, 1);
    const std::string share = std::to_string(common) + " %";
    if (survey.cp950_faults > 0) {
        const std::string faults = std::to_string(survey.cp950_faults);
        return {"Big5（CP950），存疑（" + faults + " 處不是 Big5）",
                "Big5 (CP950), doubtful (" + faults + " places are not)"};
    }
    if (common < kCommonPercentMin) {
        return {"Big5（CP950），存疑（" + count + " 字中常用字僅 " + share +
                    "，亦可能為 GBK；請核對內容，或另存為「CSV UTF-8」）",
                "Big5 (CP950), doubtful (only " + share + " of " + count +
                    " characters are common ones, could be GBK; look at the result, or save as "
                    "\"CSV UTF-8\")"};
    }
    return {"Big5（CP950），可能（" + count + " 字全數符合，其中常用字 " + share + "）",
            "Big5 (CP950), likely (all of " + count + " byte pairs are valid, " + share +
                " are common characters)"};
}

/// Counts what is no character, block by block; a character cut by a block's end is carried over.
class FaultCounter {
public:
    explicit FaultCounter(FileSurvey& survey) : survey_(survey) {}

    void add(std::string_view block, bool last) {
        for (const char c : block) {
            survey_.nul_bytes += c == '\0' ? 1 : 0;
        }
        add_utf8(block, last);
        add_cp950(block, last);
    }

private:
    static constexpr std::size_t kLongestCharacter = 4;

    void add_utf8(std::string_view block, bool last) {
        utf8_rest_.append(block);
        std::string_view bytes = utf8_rest_;
        while (!bytes.empty() && (last || bytes.size() >= kLongestCharacter)) {
            const std::size_t length = utf8_length(bytes);
            if (length == 0) {
                ++survey_.utf8_faults;
                if (survey_.utf8_fault_line == 0) {
                    survey_.utf8_fault_line = line_;
                }
            } else if (bytes.front() == '\n') {
                ++line_;
            }
            survey_.utf8_characters += length > 1 ? 1 : 0;
            bytes.remove_prefix(length == 0 ? 1 : length);
        }
        utf8_rest_ = std::string(bytes);
    }

    void add_cp950(std::string_view block, bool last) {
        cp950_rest_.append(block);
        std::string_view bytes = cp950_rest_;
        while (!bytes.empty() && (last || bytes.size() >= 2)) {
            const Cp950Step step = step_cp950(bytes);
            survey_.cp950_faults += step.character == kReplacement ? 1 : 0;
            survey_.cp950_characters += step.length > 1 ? 1 : 0;
            survey_.cp950_common += step.length > 1 && is_common_in_cp950(bytes) ? 1 : 0;
            bytes.remove_prefix(step.length);
        }
        cp950_rest_ = std::string(bytes);
    }

    FileSurvey& survey_;
    std::string utf8_rest_;
    std::string cp950_rest_;
    std::int64_t line_ = 1;
};

}  // namespace

std::string_view name_of(Encoding encoding) {
    switch (encoding) {
        case Encoding::Utf8: return "utf-8";
        case Encoding::Cp950: return "cp950";
        case Encoding::Utf16Le: return "utf-16le";
    }
    return {};
}

Bilingual certainty_of(const FileSurvey& survey, Encoding encoding, bool told) {
    const std::string name = to_upper_ascii(name_of(encoding));
    if (told) {
        return {name + "，依指定", name + ", as told"};
    }
    if (encoding == Encoding::Utf16Le || (encoding == Encoding::Utf8 && survey.utf8_mark)) {
        return {name + "，確定（BOM）", name + ", certain (byte order mark)"};
    }
    return encoding == Encoding::Utf8 ? utf8_certainty(survey) : cp950_certainty(survey);
}

FoundEncoding find_encoding(const FileSurvey& survey, std::string_view told) {
    Encoding encoding = Encoding::Utf8;
    const auto named = encoding_from(told);
    if (named) {
        encoding = *named;
    } else if (survey.utf16le_mark) {
        encoding = Encoding::Utf16Le;
    } else if (survey.utf8_faults > 0 && survey.cp950_faults == 0 && !survey.utf8_mark) {
        encoding = Encoding::Cp950;
    }
    return {encoding, certainty_of(survey, encoding, named.has_value())};
}

FoundEncoding declared_as(Encoding encoding) {
    const std::string name = to_upper_ascii(name_of(encoding));
    return {encoding, {name + "，依檔案宣告", name + ", as the file declares"}};
}

std::optional<Encoding> encoding_from(std::string_view name) {
    std::string plain;
    for (const char c : to_lower_ascii(name)) {
        if (c != '-' && c != '_' && c != ' ') {
            plain += c;
        }
    }
    if (plain == "utf8" || plain == "utf8sig") {
        return Encoding::Utf8;
    }
    if (plain == "cp950" || plain == "big5" || plain == "ms950" || plain == "950") {
        return Encoding::Cp950;
    }
    if (plain == "utf16" || plain == "utf16le" || plain == "unicode") {
        return Encoding::Utf16Le;
    }
    return std::nullopt;
}

Cp950Step step_cp950(std::string_view bytes) {
    const unsigned lead = byte_at(bytes, 0);
    if (lead < 0x80) {
        return {static_cast<char32_t>(lead), 1};
    }
    if (bytes.size() < 2) {
        return {kReplacement, 1};
    }
    const char32_t pair = cp950_table()[lead << 8U | byte_at(bytes, 1)];
    // A pair that is none may end in a comma or a line break: those must not be swallowed.
    const bool swallow = pair != kReplacement || byte_at(bytes, 1) >= 0x80;
    return {pair, swallow ? std::size_t{2} : std::size_t{1}};
}

std::string decode_bytes(std::string_view bytes, Encoding encoding) {
    return encoding == Encoding::Cp950 ? decode_cp950(bytes) : decode_utf8(bytes);
}

FileSurvey survey_file(const std::filesystem::path& file) {
    FileSurvey survey;
    std::ifstream in(file, std::ios::binary);
    std::vector<char> buffer(kSurveyBlock);
    Sha256 digest;
    FaultCounter counter(survey);
    while (in) {
        in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        const std::string_view block(buffer.data(), static_cast<std::size_t>(in.gcount()));
        if (survey.size == 0) {
            survey.head = block.substr(0, 16);
        }
        survey.size += static_cast<std::int64_t>(block.size());
        digest.add(block);
        counter.add(block, in.eof());
    }
    if (!in.eof()) {
        throw_unavailable("intake.unreadable", "a data file cannot be read");
    }
    survey.sha256 = digest.finish_hex();
    survey.utf8_mark = survey.head.starts_with("\xEF\xBB\xBF");
    survey.utf16le_mark = survey.head.starts_with("\xFF\xFE");
    survey.utf16be_mark = survey.head.starts_with("\xFE\xFF");
    return survey;
}

}  // namespace sealdesk::intake
