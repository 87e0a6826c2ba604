#include "support/calendar_file.h"

#include <algorithm>

#include "base/clock.h"

namespace sealdesk::test {

std::string calendar_csv(int year, const std::vector<std::string>& off,
                         const std::vector<std::string>& make_up) {
    using std::chrono::sys_days;
    constexpr const char* kWeekdays[] = {"日", "一", "二", "三", "四", "五", "六"};
    std::string csv = "西元日期,星期,是否放假,備註\n";
    for (sys_days date{std::chrono::year{year} / 1 / 1};
         std::chrono::year_month_day{date}.year() == std::chrono::year{year};
         date += std::chrono::days{1}) {
        std::string text = to_iso_text(date);
        std::erase(text, '-');
        const unsigned weekday = std::chrono::weekday{date}.c_encoding();
        const bool is_off = std::ranges::count(off, text) > 0;
        const bool is_make_up = std::ranges::count(make_up, text) > 0;
        const bool working = is_make_up || (!is_off && weekday != 0 && weekday != 6);
        csv += text + "," + kWeekdays[weekday] + (working ? ",0," : ",2,") +
               (is_make_up ? "補行上班"
                : is_off   ? "放假"
                           : "") +
               "\n";
    }
    return csv;
}

}  // namespace sealdesk::test
