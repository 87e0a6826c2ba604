#include <array>
#include <ostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/desk.h"
#include "cli/session.h"
#include "requests/calendar_years.h"

namespace sealdesk::cli {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month;
using std::chrono::year_month_day;

constexpr int kFirstRocYear = 1911;  ///< 民國 1 is 1912
constexpr int kRocYearDigits = 3;
constexpr std::array<std::string_view, 7> kWeekdaysZh{"日", "一", "二", "三", "四", "五", "六"};
constexpr std::array<std::string_view, 7> kWeekdaysEn{"Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"};

unsigned weekday_number(year_month_day day) {
    return std::chrono::weekday{sys_days{day}}.c_encoding();
}

/// A year, or one month of it.
struct Span {
    int year;
    std::optional<unsigned> month;
};

/// "2026", "115", "2026-02", "115/2"; empty: the month of today.
Result<Span> chosen_span(const Desk& desk, const std::string& text) {
    if (text.empty()) {
        const year_month_day today = day_in_taipei(desk.clock.now());
        return Span{int(today.year()), unsigned(today.month())};
    }
    const auto parted = text.find_first_of("-/");
    const auto year = parse_number(text.substr(0, parted));
    const auto month =
        parted == std::string::npos ? std::nullopt : parse_number(text.substr(parted + 1));
    const bool good = year && *year > 0 && *year < 9999 &&
                      (parted == std::string::npos || (month && *month >= 1 && *month <= 12));
    if (!good) {
        return Error{ErrorKind::Invalid,
                     "calendar.no_such_month",
                     "Write a year or a month: 2026, 115, 2026-02 or 115/02.",
                     text,
                     {}};
    }
    const bool roc = text.substr(0, parted).size() <= kRocYearDigits;
    return Span{static_cast<int>(*year) + (roc ? kFirstRocYear : 0),
                month ? std::optional(static_cast<unsigned>(*month)) : std::nullopt};
}

year_month_day last_of(year_month month) { return year_month_day{month / std::chrono::last}; }

void print_day_json(Program& program, const CalendarDay& day) {
    program.out << nlohmann::json{{"day", to_iso_text(day.day)},
                                  {"weekday", kWeekdaysZh.at(weekday_number(day.day))},
                                  {"working", day.working},
                                  {"holiday", day.is_holiday()},
                                  {"make_up", day.is_make_up()},
                                  {"note", day.note}}
                       .dump()
                << '\n';
}

/// One cell of the month's picture: `*` a day off between Monday and Friday, `+` a working
/// Saturday.
std::string picture_cell(const CalendarDay& day) {
    const std::string number = std::to_string(unsigned(day.day.day()));
    const std::string mark = day.is_holiday() ? "*" : day.is_make_up() ? "+" : " ";
    return (number.size() < 2 ? "   " : "  ") + number + mark;
}

void print_weekdays(Program& program) {
    for (std::size_t i = 0; i < kWeekdaysZh.size(); ++i) {
        program.out << "  " << program.pick(kWeekdaysZh.at(i), kWeekdaysEn.at(i)) << ' ';
    }
}

void print_month(Program& program, const Calendar& calendar, year_month month) {
    const year_month_day first{month / 1};
    std::string rows(std::size_t{weekday_number(first)} * 5, ' ');
    std::string notes;
    int working = 0;
    for (sys_days date{first}; date <= sys_days{last_of(month)}; date += days{1}) {
        const CalendarDay day = calendar.day(date);
        working += day.working ? 1 : 0;
        rows += picture_cell(day);
        rows += weekday_number(date) == 6 ? "\n" : "";
        if (day.is_holiday() || day.is_make_up()) {
            notes += "  " + to_iso_text(day.day).substr(5) + (day.working ? " + " : " * ") +
                     (day.note.empty() ? program.text("放假", "off") : day.note) + "\n";
        }
    }
    const std::string count = std::to_string(working);
    program.out << to_roc_text(first).substr(0, to_roc_text(first).rfind('/')) << "  "
                << to_iso_text(first).substr(0, 7) << "  "
                << program.text("工作日 " + count + " 天", count + " working days") << '\n';
    print_weekdays(program);
    program.out << '\n' << rows << (rows.ends_with('\n') ? "" : "\n") << notes;
}

Outcome show_calendar(Program& program, Desk& desk, const std::string& text) {
    const auto span = chosen_span(desk, text);
    if (!span) {
        return span.error();
    }
    const unsigned first = span->month.value_or(1);
    const unsigned last = span->month.value_or(12);
    for (unsigned number = first; number <= last; ++number) {
        const year_month month{std::chrono::year{span->year}, std::chrono::month{number}};
        if (!program.json) {
            print_month(program, desk.calendar, month);
            continue;
        }
        for (sys_days date{month / 1}; date <= sys_days{last_of(month)}; date += days{1}) {
            print_day_json(program, desk.calendar.day(date));
        }
    }
    if (!desk.calendar.knows(span->year)) {
        program.err << program.pick(
            "此年尚未匯入，以週一至週五為工作日：sealdesk calendar import\n",
            "this year was not imported, Monday to Friday are taken as "
            "working days: `sealdesk calendar import`\n");
    }
    return done();
}

std::string_view said(const Program& program, requests::CalendarImport result) {
    switch (result) {
        case requests::CalendarImport::Added: return program.pick("已匯入", "imported");
        case requests::CalendarImport::Replaced: return program.pick("已更新", "replaced");
        case requests::CalendarImport::Unchanged: return program.pick("已有，未變更", "unchanged");
    }
    return "";
}

Outcome import_year(Program& program, Desk& desk, const std::string& file) {
    const auto by = acting(program, desk, officers::Action::ManageDesk);
    if (!by) {
        return by.error();
    }
    const auto year = requests::read_calendar_file(file);
    if (!year) {
        return year.error();
    }
    const auto result = requests::import_calendar(desk.database, *year, *by);
    if (!result) {
        return result.error();
    }
    int off = 0;
    int make_up = 0;
    for (const CalendarDay& day : year->days) {
        off += day.working ? 0 : 1;
        make_up += day.is_make_up() ? 1 : 0;
    }
    if (program.json) {
        program.out << nlohmann::json{{"year", year->year},
                                      {"days", year->days.size()},
                                      {"days_off", off},
                                      {"make_up_days", make_up},
                                      {"changed", *result != requests::CalendarImport::Unchanged}}
                           .dump()
                    << '\n';
        return done();
    }
    program.out << year->year - kFirstRocYear << " (" << year->year << ")  "
                << said(program, *result) << program.pick("：放假 ", ": days off ") << off
                << program.pick(" 天，補行上班 ", ", make-up working Saturdays ") << make_up
                << program.pick(" 天", "") << '\n';
    return done();
}

}  // namespace

void add_calendar_commands(CLI::App& app, Program& program) {
    auto* calendar = app.add_subcommand(
        "calendar",
        program.text("辦公日曆：期限所依之工作日", "working days, by which deadlines count"));
    calendar->require_subcommand(1);
    auto file = std::make_shared<std::string>();
    auto* import = calendar->add_subcommand(
        "import", program.text("匯入政府行政機關辦公日曆表（一年一檔）",
                               "take in the government's yearly calendar, one file a year"));
    import->add_option("FILE", *file, "CSV: 西元日期,星期,是否放假,備註")->required();
    import->footer(program.text("例： ", "Example: ") +
                   "sealdesk --as amy calendar import samples/calendar-2026.csv");
    import->callback([&program, file] {
        with_desk(program, [&](Desk& desk) { return import_year(program, desk, *file);
});
}  // namespace sealdesk::cli
);
auto span = std::make_shared<std::string>();
auto* show = calendar->add_subcommand(
    "show", program.text("月曆：* 放假  + 補行上班（預設本月）",
                         "months: * a day off, + a make-up day (default: this month)"));
show->add_option("YEAR|MONTH", *span, "2026, 115, 2026-02, 115/02");
show->footer(program.text("例： ", "Examples: ") +
             "sealdesk calendar show        sealdesk calendar show 115");
show->callback([&program, span] {
    with_desk(program, [&](Desk& desk) { return show_calendar(program, desk, *span); });
});
}

}  // namespace sealdesk::cli
