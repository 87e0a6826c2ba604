#pragma once

#include <filesystem>
#include <string>

#include "base/calendar.h"
#include "store/tx.h"

namespace sealdesk::requests {

/// Reads the government's CSV file, UTF-8 or Big5. Errors: calendar.bad_encoding, and those of
/// read_calendar_year() with the row.
[[nodiscard]] Result<CalendarYear> read_calendar_file(const std::filesystem::path& file);

/// What importing a year came to.
enum class CalendarImport { Added, Replaced, Unchanged };

/// Keeps a year beside the others, with its audit event; a correction of the government's replaces
/// the year. Promises made before stay as they were made. Conflict: calendar.changed_meanwhile.
[[nodiscard]] Result<CalendarImport> import_calendar(store::Database& database,
                                                     const CalendarYear& year,
                                                     const std::string& by);

/// Every year that was imported.
[[nodiscard]] Calendar load_calendar(store::Tx& tx);

/// The year whose days an office lacks on `today`: this one, or from November the next; 0: none.
[[nodiscard]] int missing_year(const Calendar& calendar, std::chrono::year_month_day today);

}  // namespace sealdesk::requests
