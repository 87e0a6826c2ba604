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
            survey.head = block.substr(0, 8);
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
