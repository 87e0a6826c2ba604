#include <algorithm>
#include <array>
#include <utility>

#include "base/clock.h"
#include "intake/field_rules.h"

namespace sealdesk::intake {

namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr int kRocOffset = 1911;   // ROC year 1 = 1912 (G 2)
constexpr int kYearMax = 2911;     // ROC year 1000: no longer three digits
constexpr int kRocYearDigits = 3;  // longer ones are Gregorian

struct DateParts {
    std::int64_t year;
    std::int64_t month;
    std::int64_t day;
    bool roc;
};

Reading refused_date(std::string code, Bilingual message) {
    return {{}, {}, Fault{std::move(code), std::move(message)}, {}};
}

bool is_decimal(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::int64_t number_in(std::string_view digits) { return parse_number(digits).value_or(-1); }

/// 〇 to 九 as 0 to 9, 十 as 10, 百 as 100; -1 for anything else.
int chinese_digit(char32_t c) {
    constexpr std::u32string_view digits = U"〇一二三四五六七八九十";
    const std::size_t place = digits.find(c);
    if (place != std::u32string_view::npos) {
        return static_cast<int>(place);
    }
    switch (c) {
        case U'零':
        case U'○': return 0;
        case U'元': return 1;  // 元年
        case U'廿': return 20;
        case U'卅': return 30;
        case U'百': return 100;
        default: return -1;
    }
}

/// "九十" → "90", "一百一十五" → "115", "一一五" → "115".
std::string chinese_number(const std::vector<int>& run) {
    const bool positional =
        std::ranges::all_of(run, [](int digit) { return digit >= 0 && digit <= 9; });
    std::int64_t total = 0;
    std::int64_t pending = 0;
    for (const int digit : run) {
        if (positional) {
            total = total * 10 + digit;
        } else if (digit == 10 || digit == 100) {
            total += std::max<std::int64_t>(pending, 1) * digit;
            pending = 0;
        } else if (digit > 10) {
            total += digit;
        } else {
            pending = digit;
        }
    }
    return std::to_string(total + pending);
}

/// Replaces runs of Chinese numerals by digits. A run is at most a few characters; longer ones
/// are left to be refused.
std::string without_chinese_numerals(std::string_view utf8) {
    constexpr std::size_t run_max = 8;
    std::string out;
    std::vector<int> run;
    const auto finish = [&] {
        if (!run.empty()) {
            out += run.size() <= run_max ? chinese_number(run) : "?";
            run.clear();
        }
    };
    for (const char32_t c : to_code_points(utf8)) {
        const int digit = chinese_digit(c);
        if (digit >= 0) {
            run.push_back(digit);
        } else {
            finish();
            append_utf8(out, c);
        }
    }
    finish();
    return out;
}

std::string replace_all(const std::string& text, std::string_view from, std::string_view to) {
    std::string out;
    std::size_t begin = 0;
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, begin)) {
        out.append(text, begin, at - begin);
        out.append(to);
        begin = at + from.size();
    }
    return out.append(text, begin);
}

bool take_prefix(std::string& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) {
        return false;
    }
    text = trim(std::string_view(text).substr(prefix.size()));
    return true;
}

/// Midnight, as spreadsheets and databases append it: " 00:00:00", "T00:00:00Z".
void drop_midnight(std::string& text) {
    const std::size_t colon = text.find(':');
    const std::size_t gap = text.find_first_of(" T");
    if (colon == std::string::npos || gap == std::string::npos || gap > colon) {
        return;
    }
    const std::string time = text.substr(gap + 1);
    if (std::ranges::all_of(time, [](char c) {
            return std::string_view("0:.Z").find(c) != std::string_view::npos;
        })) {
        text.erase(gap);
    }
}

/// 115/11/20, 115-11-20, 115.11.20, "115 11 20", "115 / 11 / 20".
std::optional<DateParts> split_separated(std::string text, bool marked_roc) {
    const std::size_t sign = text.find_first_of("/-.");
    const char separator = sign == std::string::npos ? ' ' : text[sign];
    if (separator != ' ') {
        std::erase(text, ' ');
    }
    const std::vector<std::string> parts = split(text, separator);
    const bool numeric = parts.size() == 3 && std::ranges::all_of(parts, [](const auto& p) {
                             return is_decimal(p) && p.size() <= 4;
                         });
    if (!numeric || parts[1].size() > 2 || parts[2].size() > 2) {
        return std::nullopt;
    }
    const bool roc = marked_roc || parts[0].size() <= kRocYearDigits;
    return DateParts{number_in(parts[0]), number_in(parts[1]), number_in(parts[2]), roc};
}

/// 690428, 1151120 (ROC), 20261120.
std::optional<DateParts> split_digits(std::string_view text, bool marked_roc) {
    if (!is_decimal(text) || text.size() < 6 || text.size() > 8) {
        return std::nullopt;
    }
    const std::string_view years = text.substr(0, text.size() - 4);
    return DateParts{number_in(years), number_in(text.substr(years.size(), 2)),
                     number_in(text.substr(years.size() + 2)), marked_roc || text.size() < 8};
}

Reading read_parts(const DateParts& parts) {
    const std::int64_t gregorian = parts.roc ? parts.year + kRocOffset : parts.year;
    if ((parts.roc && parts.year < 1) || gregorian <= kRocOffset || gregorian > kYearMax) {
        return refused_date("date.year",
                            {"年份不在民國元年至千年之間。請填民國年，例如 115/11/20。",
                             "The year is out of range. Write the ROC year, such as "
                             "115/11/20."});
    }
    const year_month_day date{year{static_cast<int>(gregorian)},
                              month{static_cast<unsigned>(parts.month)},
                              day{static_cast<unsigned>(parts.day)}};
    if (parts.month < 1 || parts.day < 1 || !date.ok()) {
        return refused_date("date.no_such_day",
                            {"沒有這一天。請與申請單核對年、月、日。",
                             "There is no such day. Compare year, month and day with the form."});
    }
    return {to_iso_text(date), {}, {}, {}};
}

}  // namespace

Reading read_date(std::string_view utf8) {
    std::string text = trim(to_half_width(utf8));
    const bool marked_roc =
        take_prefix(text, "中華民國") || take_prefix(text, "民國") || take_prefix(text, "民");
    take_prefix(text, "西元");
    text = without_chinese_numerals(text);
    for (const std::string_view word : {"年", "月"}) {
        text = replace_all(text, word, "/");
    }
    for (const std::string_view word : {"日", "號"}) {
        text = replace_all(text, word, "");
    }
    drop_midnight(text);
    text = trim(text);
    if (const auto parts = split_separated(text, marked_roc)) {
        return read_parts(*parts);
    }
    if (const auto parts = split_digits(text, marked_roc)) {
        return read_parts(*parts);
    }
    if (is_decimal(text) && text.size() == 5) {
        return refused_date("date.serial",
                            {"日期被試算表改為序號。請將欄位設為「文字」，填如 115/11/20。",
                             "A spreadsheet turned the date into a serial number. Format the "
                             "column as text and write it as 115/11/20."});
    }
    return refused_date("date.shape",
                        {"不是日期。請填民國或西元年月日，例如 115/11/20 或 2026-11-20。",
                         "Not a date. Write it as 115/11/20 (ROC) or 2026-11-20."});
}

year_month_day day_from_iso(std::string_view iso) {
    SEALDESK_CHECK(iso.size() == 10);
    return {year{static_cast<int>(number_in(iso.substr(0, 4)))},
            month{static_cast<unsigned>(number_in(iso.substr(5, 2)))},
            day{static_cast<unsigned>(number_in(iso.substr(8, 2)))}};
}

int age_on(year_month_day born, year_month_day on) {
    const int years = static_cast<int>(on.year()) - static_cast<int>(born.year());
    const bool birthday_reached =
        std::pair(on.month(), on.day()) >= std::pair(born.month(), born.day());
    return birthday_reached ? years : years - 1;
}

}  // namespace sealdesk::intake
