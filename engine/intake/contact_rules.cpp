#include <algorithm>
#include <array>
#include <utility>

#include <idn2.h>

#include "base/handle.h"
#include "intake/field_rules.h"

namespace sealdesk::intake {

namespace {

constexpr std::size_t kEmailMax = 254;     // RFC 5321 §4.5.3.1.3 less the angle brackets
constexpr std::size_t kLocalPartMax = 64;  // RFC 5321 §4.5.3.1.1
constexpr std::size_t kDomainMax = 253;    // RFC 1035 §2.3.4 in text form
constexpr std::size_t kLabelMax = 63;      // RFC 1035 §2.3.4
constexpr std::size_t kExtensionMax = 6;   // digits

void release_idn2(char* text) { idn2_free(text); }
using Idn2Text = Handle<char, &release_idn2>;

Reading refused_contact(std::string code, Bilingual message) {
    return {{}, {}, Fault{std::move(code), std::move(message)}, {}};
}

bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string digits_in(std::string_view text) {
    std::string digits;
    std::ranges::copy_if(text, std::back_inserter(digits), is_ascii_digit);
    return digits;
}

// ---- Telephone -------------------------------------------------------------------------------

struct PhoneParts {
    std::string number;
    std::string extension;
};

/// Cuts an extension off: "02-2370-8886 分機 123", "…#123", "… ext. 123".
PhoneParts split_extension(const std::string& text) {
    constexpr std::array<std::string_view, 8> marks{"分機", "轉接", "轉", "#",
                                                    "ext.", "ext",  "x",  "~"};
    const std::string lower = to_lower_ascii(text);
    for (const std::string_view mark : marks) {
        const std::size_t at = lower.find(mark);
        if (at != std::string::npos && at > 0) {
            return {trim(std::string_view(text).substr(0, at)),
                    trim(std::string_view(text).substr(at + mark.size()))};
        }
    }
    return {text, {}};
}

bool has_phone_characters(std::string_view number) {
    return std::ranges::all_of(number, [](char c) {
        return is_ascii_digit(c) || std::string_view("+-(). ").find(c) != std::string_view::npos;
    });
}

bool is_between_counts(std::size_t count, std::size_t least, std::size_t most) {
    return least <= count && count <= most;
}

/// Whether the count of digits fits the way the number begins.
bool has_phone_length(std::string_view number) {
    const std::string digits = digits_in(number);
    if (number.starts_with('+')) {
        return is_between_counts(digits.size(), 8, 15);  // ITU-T E.164 §6.1
    }
    if (digits.starts_with("886")) {
        return is_between_counts(digits.size(), 11, 12);
    }
    if (digits.starts_with("00")) {
        return is_between_counts(digits.size(), 10, 18);
    }
    if (digits.starts_with("09")) {
        return digits.size() == 10;
    }
    return digits.starts_with('0') && is_between_counts(digits.size(), 9, 10);
}

// ---- E-mail ----------------------------------------------------------------------------------

bool is_local_part(std::string_view local) {
    constexpr std::string_view signs = "!#$%&'*+-/=?^_`{|}~.";
    const bool plain = std::ranges::all_of(local, [&](char c) {
        return is_ascii_letter(c) || is_ascii_digit(c) || signs.find(c) != std::string_view::npos;
    });
    return plain && !local.empty() && local.size() <= kLocalPartMax && local.front() != '.' &&
           local.back() != '.' && local.find("..") == std::string_view::npos;
}

bool is_label(std::string_view label) {
    const bool plain = std::ranges::all_of(
        label, [](char c) { return is_ascii_letter(c) || is_ascii_digit(c) || c == '-'; });
    return plain && !label.empty() && label.size() <= kLabelMax && label.front() != '-' &&
           label.back() != '-';
}

/// IDNA 2008. A domain of plain letters, digits and single hyphens stands for itself.
std::optional<std::string> to_a_labels(const std::string& domain) {
    const bool plain =
        domain.find("--") == std::string::npos && std::ranges::all_of(domain, [](char c) {
            return is_ascii_letter(c) || is_ascii_digit(c) || c == '-' || c == '.';
        });
    if (plain) {
        return domain;
    }
    char* converted = nullptr;
    const int outcome =
        idn2_to_ascii_8z(domain.c_str(), &converted,
                         IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL | IDN2_USE_STD3_ASCII_RULES);
    const Idn2Text owner(converted);
    if (outcome != IDN2_OK || converted == nullptr) {
        return std::nullopt;
    }
    return std::string(converted);
}

/// The domain as A-labels in lower case, or nothing when it cannot be a mail domain.
std::optional<std::string> to_mail_domain(const std::string& domain) {
    const auto converted = to_a_labels(domain);
    if (!converted) {
        return std::nullopt;
    }
    const std::string ascii = to_lower_ascii(*converted);
    const std::vector<std::string> labels = split(ascii, '.');
    const bool numeric_top = !labels.empty() && std::ranges::all_of(labels.back(), is_ascii_digit);
    if (labels.size() < 2 || ascii.size() > kDomainMax || numeric_top ||
        !std::ranges::all_of(labels, is_label)) {
        return std::nullopt;
    }
    return ascii;
}

}  // namespace

Reading read_phone(std::string_view utf8) {
    const std::string text = trim(to_half_width(utf8));
    if (auto fault = find_bad_character(text)) {
        return {{}, {}, std::move(fault), {}};
    }
    if (text.find_first_of("/;,") != std::string::npos || text.find("、") != std::string::npos) {
        return refused_contact("phone.several",
                               {"只填一個電話號碼。", "Write one telephone number only."});
    }
    const PhoneParts parts = split_extension(text);
    const bool extension_fits = parts.extension.size() <= kExtensionMax &&
                                std::ranges::all_of(parts.extension, is_ascii_digit);
    if (!has_phone_characters(parts.number) || !extension_fits) {
        return refused_contact("phone.shape",
                               {"不是電話號碼。請填如 02-2370-8886#123 或 0912-345-678。",
                                "Not a telephone number. Write it as 02-2370-8886#123."});
    }
    if (!has_phone_length(parts.number)) {
        return refused_contact(
            "phone.no_area_code",
            {"電話號碼位數不符或缺少區碼（試算表可能刪去開頭的 0）。請填如 "
             "02-2370-8886；國外號碼請加 +。",
             "Wrong number of digits or no area code (a spreadsheet may have dropped the leading "
             "0). Write it as 02-2370-8886; numbers abroad begin with +."});
    }
    return {parts.number + (parts.extension.empty() ? "" : "#" + parts.extension), {}, {}, {}};
}

Reading read_postal_code(std::string_view utf8) {
    std::string code = trim(to_half_width(utf8));
    std::erase(code, '-');
    const bool digits = std::ranges::all_of(code, is_ascii_digit);
    const bool length = code.size() == 3 || code.size() == 5 || code.size() == 6;
    if (!digits || !length || code.front() == '0') {
        return refused_contact("postal_code.shape", {"郵遞區號為 3、5 或 6 位數字。",
                                                     "A postal code has 3, 5 or 6 digits."});
    }
    return {code, {}, {}, {}};
}

Reading read_address(std::string_view utf8) {
    Reading reading = read_text(utf8);
    if (reading.fault) {
        return reading;
    }
    std::string ahead = to_half_width(reading.value);
    if (ahead.starts_with('(')) {
        ahead.erase(0, 1);
    }
    std::size_t count = 0;
    while (count < ahead.size() && is_ascii_digit(ahead[count])) {
        ++count;
    }
    const Reading code = count == 0 ? Reading{} : read_postal_code(ahead.substr(0, count));
    if (count > 0 && !code.fault) {
        reading.derived = code.value;
    } else {
        reading.doubt = Fault{"address.no_postal_code",
                              {"地址前沒有可辨識的郵遞區號；郵寄前請補上。",
                               "No postal code before the address; add it before posting."}};
    }
    return reading;
}

Reading read_email(std::string_view utf8) {
    const std::string text = trim(to_half_width(utf8));
    if (auto fault = find_bad_character(text)) {
        return {{}, {}, std::move(fault), {}};
    }
    const std::size_t at = text.rfind('@');
    if (text.find_first_of(" ;,") != std::string::npos || text.find("、") != std::string::npos ||
        (at != std::string::npos && text.find('@') != at)) {
        return refused_contact("email.several", {"只填一個電子郵件地址，且不含空白。",
                                                 "Write one e-mail address only, without blanks."});
    }
    if (at == std::string::npos || !is_local_part(std::string_view(text).substr(0, at))) {
        return refused_contact("email.shape", {"不是電子郵件地址。請填如 name@example.com。",
                                               "Not an e-mail address. Write it as "
                                               "name@example.com."});
    }
    const auto domain = to_mail_domain(text.substr(at + 1));
    if (!domain || at + 1 + domain->size() > kEmailMax) {
        return refused_contact("email.domain", {"電子郵件的網域名稱不正確。請核對 @ 之後的部分。",
                                                "The domain of this e-mail is wrong. Check what "
                                                "stands after the @."});
    }
    return {text.substr(0, at + 1) + *domain, {}, {}, {}};
}

}  // namespace sealdesk::intake
