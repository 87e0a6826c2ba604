#include <algorithm>
#include <array>
#include <utility>

#include "intake/field_rules.h"

namespace sealdesk::intake {

namespace {

using scheme::IdType;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'A' && c <= 'Z'; }
int digit_of(char c) { return c - '0'; }

bool all_digits(std::string_view text) { return std::ranges::all_of(text, is_digit); }

/// Numbers of the letters A to Z on identity cards (Ministry of the Interior; G 6): the place of
/// first household registration.
constexpr std::array<int, 26> kLetterNumbers{10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21,
                                             22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33};

int letter_number(char letter) { return kLetterNumbers.at(static_cast<std::size_t>(letter - 'A')); }

/// The sum over letter and nine digits, of which the last is the check digit.
bool check_digit_fits(char letter, std::array<int, 9> digits) {
    const int number = letter_number(letter);
    int sum = number / 10 + number % 10 * 9;
    for (std::size_t i = 0; i < 8; ++i) {
        sum += digits.at(i) * (8 - static_cast<int>(i));
    }
    return (sum + digits.at(8)) % 10 == 0;
}

std::array<int, 9> digits_after_letter(std::string_view id) {
    std::array<int, 9> digits{};
    for (std::size_t i = 0; i < digits.size(); ++i) {
        digits.at(i) = digit_of(id[i + 1]);
    }
    return digits;
}

bool has_national_shape(std::string_view id) {
    return id.size() == 10 && is_letter(id[0]) && (id[1] == '1' || id[1] == '2') &&
           all_digits(id.substr(1));
}

bool has_new_resident_shape(std::string_view id) {
    return id.size() == 10 && is_letter(id[0]) && (id[1] == '8' || id[1] == '9') &&
           all_digits(id.substr(1));
}

bool has_old_resident_shape(std::string_view id) {
    return id.size() == 10 && is_letter(id[0]) && id[1] >= 'A' && id[1] <= 'D' &&
           all_digits(id.substr(2));
}

/// A machine readable passport's number has at most nine characters (ICAO Doc 9303-4 §4.2.2).
bool has_passport_shape(std::string_view id) {
    const bool plain = std::ranges::all_of(id, [](char c) { return is_digit(c) || is_letter(c); });
    return id.size() >= 6 && id.size() <= 9 && plain && std::ranges::any_of(id, is_digit);
}

/// Registration numbers abroad have no common shape.
bool has_foreign_shape(std::string_view id) {
    const bool plain = std::ranges::all_of(
        id, [](char c) { return is_digit(c) || is_letter(c) || c == '-' || c == '/' || c == '.'; });
    return id.size() >= 4 && id.size() <= 30 && plain && std::ranges::any_of(id, is_digit);
}

/// 預查編號: the ROC year and six digits, without a check digit.
constexpr std::size_t kReservationDigits = 9;

bool has_shape(IdType type, std::string_view id) {
    switch (type) {
        case IdType::NationalId: return has_national_shape(id);
        case IdType::ResidentId: return has_new_resident_shape(id) || has_old_resident_shape(id);
        case IdType::Passport: return has_passport_shape(id);
        case IdType::Ubn: return id.size() == 8 && all_digits(id);
        case IdType::ForeignNumber: return has_foreign_shape(id);
        case IdType::NameReservation: return id.size() == kReservationDigits && all_digits(id);
    }
    return false;
}

bool is_valid(IdType type, std::string_view id) {
    switch (type) {
        case IdType::NationalId: return is_national_id(id);
        case IdType::ResidentId: return is_resident_id(id);
        case IdType::Ubn: return is_ubn(id);
        case IdType::Passport:
        case IdType::NameReservation:
        case IdType::ForeignNumber: return true;
    }
    return false;
}

Bilingual label_of_type(IdType type) {
    switch (type) {
        case IdType::NationalId: return {"身分證統一編號", "national ID"};
        case IdType::ResidentId: return {"居留證號", "resident certificate number"};
        case IdType::Passport: return {"護照號碼", "passport number"};
        case IdType::Ubn: return {"統一編號", "unified business number"};
        case IdType::ForeignNumber: return {"外國登記號碼", "foreign registration number"};
        case IdType::NameReservation: return {"預查編號", "name reservation number"};
    }
    return {};
}

/// Half-width, upper case, without blanks, hyphens and what keeps a spreadsheet from eating zeros.
std::string clean_id(std::string_view utf8) {
    std::string id = to_upper_ascii(trim(to_half_width(utf8)));
    if (id.size() > 3 && id.starts_with("=\"") && id.ends_with('"')) {
        id = id.substr(2, id.size() - 3);
    }
    if (id.starts_with('\'')) {
        id.erase(0, 1);
    }
    return id;
}

std::string without_gaps(std::string id) {
    std::erase(id, ' ');
    std::erase(id, '-');
    return id;
}

/// "1.88E+07": a number a spreadsheet rounded.
bool is_scientific(std::string_view id) {
    const std::size_t e = id.find("E+");
    const bool digits_after =
        e != std::string_view::npos && e + 2 < id.size() && all_digits(id.substr(e + 2));
    return digits_after && e > 0 &&
           std::ranges::all_of(id.substr(0, e), [](char c) { return is_digit(c) || c == '.'; });
}

Reading refused_id(std::string code, Bilingual message) {
    return {{}, {}, Fault{std::move(code), std::move(message)}, {}};
}

Bilingual labels_of_types(const std::vector<IdType>& types) {
    Bilingual list;
    for (const IdType type : types) {
        const Bilingual label = label_of_type(type);
        list.zh += (list.zh.empty() ? "" : "或") + label.zh;
        list.en += (list.en.empty() ? "" : " or ") + label.en;
    }
    return list;
}

Reading accept_id(IdType type, std::string id) {
    Reading reading{std::move(id), std::string(scheme::name_of(type)), {}, {}};
    const bool short_national = type == IdType::Passport && reading.value.size() == 9 &&
                                is_letter(reading.value[0]) &&
                                all_digits(std::string_view(reading.value).substr(1));
    if (short_national) {
        reading.doubt = Fault{"id.maybe_short",
                              {"視為護照號碼；如為身分證統一編號則少一碼，請核對證件。",
                               "Taken as a passport number; a national ID would be one digit "
                               "short. Compare with the document."}};
    }
    return reading;
}

Reading refuse_check_digit(IdType type) {
    const Bilingual label = label_of_type(type);
    return refused_id("id.check_digit",
                      {label.zh + "檢查碼不符。請與證件核對，逐字重新輸入。",
                       "The check digit of this " + label.en +
                           " is wrong. Compare with the document and type it again."});
}

Reading refuse_shape(std::string_view id, const std::vector<IdType>& types) {
    const bool takes_ubn = std::ranges::find(types, IdType::Ubn) != types.end();
    if (is_scientific(id) || (takes_ubn && id.size() == 7 && all_digits(id))) {
        return refused_id(
            "id.spoilt_by_excel",
            {"號碼被試算表改寫（開頭的 0 遺失或成為科學記號）。請將欄位設為「文字」後重新輸入。",
             "A spreadsheet changed this number (lost zero or 1.23E+07). Format the "
             "column as text and type it again."});
    }
    const Bilingual wanted = labels_of_types(types);
    constexpr std::array checked_types{IdType::NationalId, IdType::ResidentId, IdType::Ubn};
    for (const IdType type : checked_types) {
        if (has_shape(type, id)) {
            const Bilingual label = label_of_type(type);
            return refused_id(
                "id.wrong_type",
                {"此處應填" + wanted.zh + "，所填為" + label.zh + "。請核對申請人類別與證號。",
                 "A " + wanted.en + " is wanted here, this is a " + label.en +
                     ". Compare applicant kind and number."});
        }
    }
    return refused_id(
        "id.shape", {"不是" + wanted.zh + "。請與證件核對長度與字元。",
                     "Not a " + wanted.en + ". Compare length and characters with the document."});
}

}  // namespace

bool is_national_id(std::string_view id) {
    return has_national_shape(id) && check_digit_fits(id[0], digits_after_letter(id));
}

bool is_resident_id(std::string_view id) {
    if (has_new_resident_shape(id)) {
        return check_digit_fits(id[0], digits_after_letter(id));
    }
    if (!has_old_resident_shape(id)) {
        return false;
    }
    std::array<int, 9> digits{};
    digits[0] = letter_number(id[1]) % 10;
    for (std::size_t i = 1; i < digits.size(); ++i) {
        digits.at(i) = digit_of(id[i + 1]);
    }
    return check_digit_fits(id[0], digits);
}

bool is_ubn(std::string_view number) {
    if (number.size() != 8 || !all_digits(number) || number == "00000000") {
        return false;
    }
    constexpr std::array<int, 8> weights{1, 2, 1, 2, 1, 2, 4, 1};
    int sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const int product = digit_of(number[i]) * weights.at(i);
        sum += product / 10 + product % 10;
    }
    // 7 x 4 = 28 gives 10, whose digits may be summed once more: 1 or 0.
    return sum % 5 == 0 || (number[6] == '7' && (sum + 1) % 5 == 0);
}

Reading read_id_number(std::string_view utf8, const std::vector<IdType>& types) {
    const std::string keyed = clean_id(utf8);
    const std::string id = without_gaps(keyed);
    std::optional<IdType> failed;
    for (const IdType type : types) {
        const std::string& candidate = type == IdType::ForeignNumber ? keyed : id;
        if (!has_shape(type, candidate)) {
            continue;
        }
        if (is_valid(type, candidate)) {
            return accept_id(type, candidate);
        }
        // What has the shape of a checked number is a mistyped one, not a passport.
        failed = type;
        break;
    }
    return failed ? refuse_check_digit(*failed) : refuse_shape(id, types);
}

}  // namespace sealdesk::intake
