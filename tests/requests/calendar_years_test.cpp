// The government's calendar in the desk: years side by side, corrections, what is missing.
#include "requests/calendar_years.h"

#include <fstream>

#include "support/backends.h"
#include "support/calendar_file.h"
#include "support/failing_connection.h"

namespace sealdesk::requests {
namespace {

using namespace std::chrono_literals;

class CalendarYears : public test::OnEveryBackend {
protected:
    static CalendarYear year(int number, const std::vector<std::string>& off = {}) {
        return read_calendar_year(test::calendar_csv(number, off, {}), "t.csv").value();
    }
    Calendar loaded() { return store::transact(db(), "test.calendar", load_calendar); }
    std::int64_t rows(const std::string& table) {
        return connection().query("SELECT COUNT(*) FROM " + table, {}).front().number(0);
    }
};

TEST_P(CalendarYears, StandSideBySideAndACorrectionReplacesItsYear) {
    EXPECT_EQ(*import_calendar(db(), year(2026), "amy"), CalendarImport::Added);
    EXPECT_EQ(*import_calendar(db(), year(2027), "amy"), CalendarImport::Added);
    EXPECT_EQ(*import_calendar(db(), year(2027), "amy"), CalendarImport::Unchanged);
    EXPECT_EQ(*import_calendar(db(), year(2026, {"20261123"}), "amy"), CalendarImport::Replaced);

    EXPECT_FALSE(loaded().is_working_day(2026y / 11 / 23));
    EXPECT_TRUE(loaded().knows(2027));
    EXPECT_EQ(rows("calendar_year"), 2);
    EXPECT_EQ(rows("audit_event"), 3);
}

TEST_P(CalendarYears, TheNextYearIsMissedFromNovember) {
    EXPECT_EQ(missing_year(loaded(), 2026y / 5 / 1), 2026);
    ASSERT_TRUE(import_calendar(db(), year(2026), "amy"));
    EXPECT_EQ(missing_year(loaded(), 2026y / 10 / 31), 0);
    EXPECT_EQ(missing_year(loaded(), 2026y / 11 / 1), 2027);
}

TEST_P(CalendarYears, AFileInBig5IsReadAndJunkIsNot) {
    const auto file = folder() / "115.csv";
    // 西元日期,星期,是否放假,備註 in Big5, then a first row of another year.
    std::ofstream(file, std::ios::binary) << "\xA6\xE8\xA4\xB8\xA4\xE9\xB4\xC1,\xAC"
                                             "P\xB4\xC1,\xAC"
                                             "O\xA7_\xA9\xF1\xB0\xB2,"
                                             "\xB3\xC6\xB5\xF9\r\n20260102,\xA4\xAD,0,\r\n";
    EXPECT_EQ(read_calendar_file(file).error().code, "calendar.not_whole_year");
    EXPECT_EQ(read_calendar_file(file).error().where, "115.csv:2");

    std::ofstream(file, std::ios::binary) << "\xFF\xFE\x00junk";
    EXPECT_EQ(read_calendar_file(file).error().code, "calendar.bad_encoding");
}

TEST_P(CalendarYears, AnImportIsAllOrNothingWhateverWriteFails) {
    for (int write = 0;; ++write) {
        ASSERT_LT(write, 20);
        test::FailingConnection failing(connection(), write);
        store::Database broken(failing, clock(), random());
        try {
            ASSERT_TRUE(import_calendar(broken, year(2026), "amy"));
        } catch (const Failure&) {
            ASSERT_EQ(rows("calendar_year") + rows("audit_event"), 0) << "write " << write;
            continue;
        }
        EXPECT_GT(write, 3);
        break;
    }
    EXPECT_EQ(rows("calendar_year"), 1);
}

SEALDESK_ON_EVERY_BACKEND(CalendarYears);

}  // namespace
}  // namespace sealdesk::requests
