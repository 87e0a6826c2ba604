#include <string>
#include <utility>

#include "intake/judgement.h"

namespace sealdesk::intake {

namespace {

using scheme::Field;
using scheme::FieldType;

Reading refused_cell(std::string code, Bilingual message) {
    return {{}, {}, Fault{std::move(code), std::move(message)}, {}};
}

Reading lost_zero() {
    return refused_cell("cell.lost_zero",
                        {"在試算表中存成數字，開頭的 0 可能遺失。請將該欄設為「文字」後重新輸入。",
                         "is a number in the spreadsheet, so a leading zero may be lost. Format "
                         "the column as text and type it again."});
}

/// Passports and foreign numbers have no check digit that would betray a lost zero.
bool may_have_lost_zero(const Field& field, const Reading& reading) {
    if (field.type == FieldType::Phone) {
        return true;  // area codes begin with 0, and so do mobile numbers
    }
    return field.type == FieldType::IdNumber &&
           (reading.fault || reading.derived == name_of(scheme::IdType::Passport) ||
            reading.derived == name_of(scheme::IdType::ForeignNumber));
}

/// Excel reads a typed 67/01/27 as 1967, which in the calendar of the Republic is 1978. Years of
/// three digits it leaves alone, so today's dates are safe: only the first 99 years are in doubt.
bool may_be_another_year(const std::string& iso) {
    constexpr int excel_first = 1930;  // two digits stand for 1930 to 2029
    constexpr int excel_last = 2029;
    const int year = static_cast<int>(day_from_iso(iso).year());
    return year >= excel_first && year <= excel_last && year % 100 != 0;
}

}  // namespace

Reading as_spreadsheet_cell(CellForm form, const Field& field, const scheme::Roles& roles,
                            Reading reading) {
    switch (form) {
        case CellForm::Text: return reading;
        case CellForm::Error:
            return refused_cell("cell.error",
                                {"在試算表中是錯誤值（如 #REF!）。請更正後重新送件。",
                                 "is an error value in the spreadsheet, such as #REF!. Mend it."});
        case CellForm::Formula:
            return refused_cell(
                "cell.no_result",
                {"是尚未計算的公式。請以 Excel 開啟、存檔後重新送件。",
                 "is a formula without a result. Open the file in Excel, save it."});
        case CellForm::Number: return may_have_lost_zero(field, reading) ? lost_zero() : reading;
        case CellForm::Day: break;
    }
    if (field.type != FieldType::Date) {
        return refused_cell("cell.became_date",
                            {"被試算表改成日期。請將該欄設為「文字」後重新輸入。",
                             "was turned into a date by the spreadsheet. Format the column as text "
                             "and type it again."});
    }
    if (!reading.fault && field.key != roles.received_on && may_be_another_year(reading.value)) {
        reading.doubt = Fault{
            "cell.date_converted",
            {"「" + field.label.zh + "」" + reading.value +
                 " 是試算表的日期：若當初輸入的是兩位數民國年，Excel 會當成西元年。請與紙本核對。",
             field.label.en + " " + reading.value +
                 " is a spreadsheet's date: a ROC year of two digits would have been read as a "
                 "Gregorian one. Compare with the paper."}};
    }
    return reading;
}

}  // namespace sealdesk::intake
