// The government's yearly CSV of working days, 政府行政機關辦公日曆表 (G 1).
#include <array>

#include "base/calendar.h"
#include "base/text.h"

namespace sealdesk {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 4> kHeadings{"西元日期", "星期", "是否放假", "備註"};
constexpr std::array<std::string_view, 7> kWeekdays{"日", "一", "二", "三", "四", "五", "六"};
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kNoteBytesMax = 300;  ///< the longest of the real files takes 60

Error at_row(std::string code, std::string detail, std::string_view file, int row) {
    return {ErrorKind::Invalid,
            std::move(code),
            std::move(detail),
            std::string(file) + ":" + std::to_string(row),
            {}};
}

/// "20260101" → a day; nothing when it is none.
std::optional<year_month_day> parse_day(std::string_view text) {
    const auto number = parse_number(text);
    if (!number || text.size() != 8) {
        return std::nullopt;
    }
    const year_month_day day{std::chrono::year{int(*number / 10000)},
                             std::chrono::month{unsigned(*number / 100 % 100)},
                             std::chrono::day{unsigned(*number % 100)}};
    return day.ok() ? std::optional(day) : std::nullopt;
}

/// Cells without blanks and without the quotes that spreadsheets put around them.
std::vector<std::string> cells_of(std::string_view line) {
    std::vector<std::string> cells;
    for (const std::string& piece : split(trim(line), ',')) {
        std::string cell = trim(piece);
        if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"') {
            cell = cell.substr(1, cell.size() - 2);
        }
        cells.push_back(std::move(cell));
    }
    return cells;
}

Outcome check_headings(const std::vector<std::string>& cells, std::string_view file) {
    bool same = cells.size() >= kHeadings.size();
    for (std::size_t i = 0; same && i < kHeadings.size(); ++i) {
        same = cells[i] == kHeadings[i];
    }
    if (!same) {
        return at_row(
            "calendar.bad_file",
            "The first row must be 西元日期,星期,是否放假,備註; get the yearly file again "
            "from the government's open data.",
            file, 1);
    }
    return done();
}

std::string_view weekday_of(year_month_day day) {
    return kWeekdays.at(std::chrono::weekday{sys_days{day}}.c_encoding());
}

/// A working weekend day is believed only where the file itself says that it is one.
Outcome check_make_up(const CalendarDay& day, std::string_view file, int row) {
    const bool says_so = day.note.find("補行上班") != std::string::npos ||
                         day.note.find("補班") != std::string::npos;
    const bool sunday = std::chrono::weekday{sys_days{day.day}} == std::chrono::Sunday;
    if (day.is_make_up() && (sunday || !says_so)) {
        return at_row("calendar.make_up",
                      "A working day at a weekend must be a Saturday whose 備註 says 補行上班; "
                      "compare the row with the government's calendar.",
                      file, row);
    }
    return done();
}

Result<CalendarDay> read_row(const std::vector<std::string>& cells, std::string_view file,
                             int row) {
    const auto day = cells.empty() ? std::nullopt : parse_day(cells[0]);
    const bool shaped = day && cells.size() >= 3 && (cells[2] == "0" || cells[2] == "2");
    if (!shaped) {
        return at_row("calendar.bad_file",
                      "Expected a date as YYYYMMDD, its 星期, 是否放假 0 or 2, and a 備註.", file,
                      row);
    }
    CalendarDay read{*day, cells[2] == "0", cells.size() > 3 ? cells[3] : ""};
    if (cells[1] != weekday_of(*day)) {
        return at_row(
            "calendar.weekday",
            "The 星期 is not that of the date; the row is of another year or was changed.", file,
            row);
    }
    if (read.note.size() > kNoteBytesMax || !is_utf8(read.note)) {
        return at_row("calendar.bad_file", "The 備註 is too long, or not readable text.", file,
                      row);
    }
    const Outcome make_up = check_make_up(read, file, row);
    if (!make_up) {
        return make_up.error();
    }
    return read;
}

Error not_whole(std::string_view file, int row) {
    return at_row("calendar.not_whole_year",
                  "Every day of one year must stand here once, in order, from 1 January to "
                  "31 December.",
                  file, row);
}

/// Adds the next day, the first of which says which year it is; false when it is not the next.
bool add_day(CalendarYear& year, CalendarDay day) {
    if (year.days.empty()) {
        year.year = int(day.day.year());
    }
    const sys_days expected = sys_days{std::chrono::year{year.year} / std::chrono::January / 1} +
                              days{static_cast<int>(year.days.size())};
    if (sys_days{day.day} != expected) {
        return false;
    }
    year.days.push_back(std::move(day));
    return true;
}

}  // namespace

Result<CalendarYear> read_calendar_year(std::string_view csv, std::string_view file_name) {
    if (csv.starts_with(kByteOrderMark)) {
        csv.remove_prefix(kByteOrderMark.size());
    }
    CalendarYear year{0, {}};
    int row = 0;
    int last_row = 0;  // that says anything
    for (const std::string& line : split(csv, '\n')) {
        ++row;
        const auto cells = cells_of(line);
        if (row == 1) {
            const Outcome headings = check_headings(cells, file_name);
            if (!headings) {
                return headings.error();
            }
            continue;
        }
        if (trim(line).empty()) {
            continue;
        }
        last_row = row;
        auto day = read_row(cells, file_name, row);
        if (!day) {
            return day.error();
        }
        if (!add_day(year, *std::move(day))) {
            return not_whole(file_name, row);
        }
    }
    const bool leap = std::chrono::year{year.year}.is_leap();
    if (year.days.size() != (leap ? 366 : 365)) {
        return not_whole(file_name, last_row);
    }
    return year;
}

std::string to_csv(const CalendarYear& year) {
    std::string csv = "西元日期,星期,是否放假,備註\n";
    for (const CalendarDay& day : year.days) {
        std::string date = to_iso_text(day.day);
        std::erase(date, '-');
        csv += date;
        csv.append(",").append(weekday_of(day.day)).append(day.working ? ",0," : ",2,");
        csv.append(day.note).append("\n");
    }
    return csv;
}

}  // namespace sealdesk
