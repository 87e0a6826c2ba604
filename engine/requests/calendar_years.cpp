#include "requests/calendar_years.h"

#include <algorithm>

#include "audit/log.h"
#include "base/digest.h"
#include "base/durable_file.h"
#include "base/text.h"
#include "intake/encoding.h"
#include "officers/officer.h"

namespace sealdesk::requests {
namespace {

constexpr std::string_view kYears = R"sql(
    SELECT year, days
    FROM calendar_year
    ORDER BY year
)sql";

constexpr std::string_view kYearHash = R"sql(
    SELECT sha256
    FROM calendar_year
    WHERE year = ?
)sql";

constexpr std::string_view kInsertYear = R"sql(
    INSERT INTO calendar_year (year, days, sha256, imported_by, imported_at)
    VALUES (?, ?, ?, ?, ?)
)sql";

constexpr std::string_view kReplaceYear = R"sql(
    UPDATE calendar_year
    SET days = ?, sha256 = ?, imported_by = ?, imported_at = ?
    WHERE year = ? AND sha256 = ?
)sql";

Result<CalendarImport> keep_year(store::Tx& tx, const CalendarYear& year, const std::string& by) {
    const std::string days = to_csv(year);
    const std::string hash = sha256_hex(days);
    const auto known = tx.query(kYearHash, year.year);
    if (!known.empty() && known.front().text(0) == hash) {
        return CalendarImport::Unchanged;
    }
    if (known.empty()) {
        tx.execute(kInsertYear, year.year, days, hash, by, tx.now());
    } else if (tx.execute(kReplaceYear, days, hash, by, tx.now(), year.year,
                          known.front().text(0)) == 0) {
        return Error{ErrorKind::Conflict,
                     "calendar.changed_meanwhile",
                     "Somebody else imported this year at the same moment; look at it again.",
                     std::to_string(year.year),
                     {}};
    }
    audit::append(tx, {"calendar.imported",
                       officers::actor_of(by),
                       "calendar:" + std::to_string(year.year),
                       {{"sha256", hash},
                        {"before_sha256", known.empty() ? "" : known.front().text(0)},
                        {"days_off", std::ranges::count_if(year.days, [](const CalendarDay& day) {
                             return !day.working;
                         })}}});
    return known.empty() ? CalendarImport::Added : CalendarImport::Replaced;
}

}  // namespace

Result<CalendarYear> read_calendar_file(const std::filesystem::path& file) {
    const std::string name = file.filename().string();
    const std::string bytes = read_file(file);
    if (is_utf8(bytes)) {
        return read_calendar_year(bytes, name);
    }
    const std::string decoded = intake::decode_bytes(bytes, intake::Encoding::Cp950);
    if (decoded.find("\xEF\xBF\xBD") != std::string::npos) {
        return Error{ErrorKind::Invalid,
                     "calendar.bad_encoding",
                     "The file is neither UTF-8 nor Big5; get it again and do not open it in a "
                     "spreadsheet first.",
                     name,
                     {}};
    }
    return read_calendar_year(decoded, name);
}

Result<CalendarImport> import_calendar(store::Database& database, const CalendarYear& year,
                                       const std::string& by) {
    return store::transact(database, "calendar.import",
                           [&](store::Tx& tx) { return keep_year(tx, year, by); });
}

Calendar load_calendar(store::Tx& tx) {
    Calendar calendar;
    for (const store::Row& row : tx.query(kYears)) {
        const auto year = read_calendar_year(row.text(1), std::to_string(row.number(0)));
        if (!year) {
            throw_internal("calendar.spoilt",
                           "A stored calendar year cannot be read; import it again.");
        }
        calendar.add(*year);
    }
    return calendar;
}

int missing_year(const Calendar& calendar, std::chrono::year_month_day today) {
    const int year = int(today.year());
    if (!calendar.knows(year)) {
        return year;
    }
    return today.month() >= std::chrono::November && !calendar.knows(year + 1) ? year + 1 : 0;
}

}  // namespace sealdesk::requests
