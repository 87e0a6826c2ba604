#include <algorithm>
#include <array>
#include <utility>

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "intake/field_rules.h"
#include "scheme/names.h"

namespace sealdesk::intake {

namespace {

constexpr std::size_t kRecordNumberMax = 40;
constexpr std::size_t kNumberDigitsMax = 12;
constexpr std::size_t kSerialDigitsMax = 40;

Reading refused(std::string code, Bilingual message) {
    return {{}, {}, Fault{std::move(code), std::move(message)}, {}};
}

bool is_between(char32_t c, char32_t first, char32_t last) { return first <= c && c <= last; }

bool is_private_use(char32_t c) {
    return is_between(c, 0xE000, 0xF8FF) || is_between(c, 0xF0000, 0x10FFFF);
}

bool is_noncharacter(char32_t c) { return is_between(c, 0xFDD0, 0xFDEF) || (c & 0xFFFE) == 0xFFFE; }

bool is_variation_selector(char32_t c) {
    return is_between(c, 0xFE00, 0xFE0F) || is_between(c, 0xE0100, 0xE01EF);
}

/// Zero width, soft hyphen, direction marks, tags: characters nobody sees.
bool is_invisible(char32_t c) {
    return c == 0x00AD || c == 0x034F || c == 0x061C || c == 0x115F || c == 0x1160 || c == 0x3164 ||
           c == 0xFFA0 || c == 0xFEFF || is_between(c, 0x17B4, 0x17B5) ||
           is_between(c, 0x180B, 0x180F) || is_between(c, 0x200B, 0x200F) ||
           is_between(c, 0x2028, 0x202E) || is_between(c, 0x2060, 0x206F) ||
           is_between(c, 0xFFF0, 0xFFFB) || is_between(c, 0xE0000, 0xE00FF) ||
           is_between(c, 0xE01F0, 0xE0FFF);
}

bool is_han(char32_t c) {
    return is_between(c, 0x3400, 0x4DBF) || is_between(c, 0x4E00, 0x9FFF) || c == 0x3007 ||
           is_between(c, 0xF900, 0xFAFF) || is_between(c, 0x20000, 0x3FFFF);
}

bool is_compatibility_ideograph(char32_t c) {
    return is_between(c, 0xF900, 0xFAFF) || is_between(c, 0x2F800, 0x2FA1F);
}

/// Signs that stand where a character was lost or hidden: U+3013 and boxes, circles and stars,
/// ideographic description characters.
bool is_stand_in(char32_t c) {
    constexpr std::u32string_view signs = U"?？〓□■▯▢◻◼○●◎◯⬜⬛＊*�";
    return signs.find(c) != std::u32string_view::npos || is_between(c, 0x2FF0, 0x2FFF);
}

Fault lost_character() {
    return {
        "text.lost_character",
        {"有字元在存檔時遺失（以問號、方框或造字顯示）。請改存為「CSV UTF-8」或用 JSON，並重新輸入"
         "該字。",
         "A character was lost when the file was saved (it shows as ? or a box). Save as \"CSV "
         "UTF-8\" or JSON and type the character again."}};
}

std::string compose(std::u32string_view text) {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
    SEALDESK_CHECK(U_SUCCESS(status) != 0);  // the data is part of the library
    const auto raw = icu::UnicodeString::fromUTF8(to_utf8(text));
    std::string composed;
    nfc->normalize(raw, status).toUTF8String(composed);
    return U_SUCCESS(status) != 0 ? composed : to_utf8(text);
}

/// NFC, piece by piece between compatibility ideographs, which stay.
std::string compose_name(std::u32string_view name) {
    std::string composed;
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= name.size(); ++i) {
        if (i < name.size() && !is_compatibility_ideograph(name[i])) {
            continue;
        }
        composed += compose(name.substr(begin, i - begin));
        if (i < name.size()) {
            append_utf8(composed, name[i]);
        }
        begin = i + 1;
    }
    return composed;
}

bool has_lost_question_mark(std::u32string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool beside_han =
            (i > 0 && is_han(text[i - 1])) || (i + 1 < text.size() && is_han(text[i + 1]));
        if ((text[i] == U'?' || text[i] == U'〓' || text[i] == U'□') && beside_han) {
            return true;
        }
    }
    return false;
}

}  // namespace

std::optional<Fault> find_bad_character(std::string_view utf8) {
    const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7F; };
    if (std::ranges::all_of(utf8, is_plain)) {
        return std::nullopt;
    }
    const std::u32string points = to_code_points(utf8);
    for (std::size_t i = 0; i < points.size(); ++i) {
        const char32_t c = points[i];
        if (c < 0x20 || is_between(c, 0x7F, 0x9F) || c == 0x2028 || c == 0x2029) {
            return Fault{"text.control",
                         {"含有換行或控制字元。請在一行內填寫。",
                          "It has a line break or control character. Write it in one line."}};
        }
        if (c == 0xFFFD || is_private_use(c) || is_noncharacter(c)) {
            return lost_character();
        }
        const bool selects_variant = is_variation_selector(c) && i > 0 && is_han(points[i - 1]);
        if (is_invisible(c) || (is_variation_selector(c) && !selects_variant)) {
            return Fault{"text.invisible",
                         {"含有看不見或改變文字方向的字元。請刪除後重新輸入。",
                          "It has an invisible or direction-changing character. Type it again "
                          "without."}};
        }
    }
    return std::nullopt;
}

Reading read_text(std::string_view utf8) {
    const std::string text = trim(utf8);
    if (auto fault = find_bad_character(text)) {
        return {{}, {}, std::move(fault), {}};
    }
    if (has_lost_question_mark(to_code_points(text))) {
        return {{}, {}, lost_character(), {}};
    }
    return {text, {}, {}, {}};
}

Reading read_name(std::string_view utf8) {
    const std::string text = trim(utf8);
    if (auto fault = find_bad_character(text)) {
        if (fault->code == "text.lost_character") {
            fault->code = "name.lost_character";
        }
        return {{}, {}, std::move(fault), {}};
    }
    const std::u32string points = to_code_points(text);
    if (std::ranges::any_of(points, is_stand_in)) {
        Fault fault = lost_character();
        fault.code = "name.lost_character";
        return {{}, {}, std::move(fault), {}};
    }
    const auto is_letter = [](char32_t c) {
        return is_han(c) || u_isalpha(static_cast<UChar32>(c)) != 0;
    };
    if (std::ranges::none_of(points, is_letter)) {
        return refused("name.no_letter", {"姓名或名稱沒有文字。請核對欄位是否錯位。",
                                          "There is no letter in this name. See whether the "
                                          "columns are shifted."});
    }
    return {compose_name(points), {}, {}, {}};
}

Reading read_record_number(std::string_view utf8) {
    const std::string number = to_upper_ascii(trim(to_half_width(utf8)));
    const bool plain = std::ranges::all_of(number, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-_/.").find(c) != std::string_view::npos;
    });
    if (!plain || number.empty() || number.size() > kRecordNumberMax) {
        return refused("record_number.shape",
                       {"收件編號限英文字母、數字與 - _ / . ，最多 40 字。",
                        "A record number is letters, digits and - _ / . , at most 40."});
    }
    return {number, {}, {}, {}};
}

Reading read_certificate_serial(std::string_view utf8) {
    std::string serial = to_lower_ascii(to_half_width(utf8));
    std::erase_if(serial, [](char c) { return c == ' ' || c == ':' || c == '-'; });
    const bool hexadecimal = std::ranges::all_of(
        serial, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    if (!hexadecimal || serial.empty() || serial.size() > kSerialDigitsMax) {
        return refused("certificate_serial.shape",
                       {"憑證序號為十六進位數字，最多 40 位。請依憑證內容填寫。",
                        "A certificate's serial number is hexadecimal, at most 40 digits. Copy "
                        "it from the certificate."});
    }
    return {serial, {}, {}, {}};
}

Reading read_number(std::string_view utf8) {
    std::string text = trim(to_half_width(utf8));
    constexpr std::string_view pieces_word = "件";
    if (text.ends_with(pieces_word)) {
        text = trim(std::string_view(text).substr(0, text.size() - pieces_word.size()));
    }
    std::erase(text, ',');
    const bool digits = !text.empty() && text.size() <= kNumberDigitsMax &&
                        std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    const auto number = digits ? parse_number(text) : std::nullopt;
    if (!number) {
        return refused("number.shape", {"不是整數。請只填數字，例如 12。",
                                        "Not a whole number. Write digits only, such as 12."});
    }
    return {std::to_string(*number), {}, {}, {}};
}

Reading read_yes_no(std::string_view utf8) {
    constexpr std::array<std::string_view, 19> yes_words{
        "是", "有", "同意", "已同意", "y", "yes", "true", "1",  "v",     "✓",
        "✔",  "☑",  "對",   "可",     "t", "√",   "○",    "要", "我同意"};
    constexpr std::array<std::string_view, 15> no_words{"否", "無", "不同意", "未同意", "沒有",
                                                        "n",  "no", "false",  "0",      "✗",
                                                        "☐",  "f",  "×",      "x",      "不"};
    const std::string folded = scheme::fold_name(utf8);
    if (std::ranges::find(yes_words, folded) != yes_words.end()) {
        return {"yes", {}, {}, {}};
    }
    if (std::ranges::find(no_words, folded) != no_words.end()) {
        return {"no", {}, {}, {}};
    }
    return refused("yes_no.unknown",
                   {"請填「是」或「否」（或「有」「無」）。", "Write Yes or No."});
}

Reading read_choice(std::string_view utf8, const std::vector<scheme::Choice>& choices) {
    const std::array<std::string, 2> ways{scheme::fold_name(utf8),
                                          scheme::fold_name(scheme::without_note(utf8))};
    for (const std::string& folded : ways) {
        for (const scheme::Choice& choice : choices) {
            if (scheme::names_choice(choice, folded)) {
                return {choice.value, {}, {}, {}};
            }
        }
    }
    Bilingual message{"沒有這個選項。可填：", "There is no such choice. Write one of: "};
    for (std::size_t i = 0; i < choices.size(); ++i) {
        message.zh += (i == 0 ? "" : "、") + choices[i].label.zh;
        message.en += (i == 0 ? "" : ", ") + choices[i].label.en;
    }
    message.zh += "。";
    message.en += ".";
    return refused("choice.unknown", std::move(message));
}

std::vector<std::string> split_documents(std::string_view utf8) {
    constexpr std::u32string_view separators = U";；、,，|\r\n";
    std::vector<std::string> parts;
    std::u32string part;
    const auto finish = [&] {
        const std::string text = trim(to_utf8(part));
        if (!text.empty()) {
            parts.push_back(text);
        }
        part.clear();
    };
    for (const char32_t c : to_code_points(utf8)) {
        if (separators.find(c) != std::u32string_view::npos) {
            finish();
        } else {
            part.push_back(c);
        }
    }
    finish();
    return parts;
}

}  // namespace sealdesk::intake
