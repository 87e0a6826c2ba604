#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "intake/record.h"

// What the post sends about registered items: a CSV table, an item a row.
namespace sealdesk::intake {

/// One row: which item arrived, when, signed for by whom.
struct DeliveryRow {
    std::int64_t row = 0;  ///< as a spreadsheet numbers it
    std::string tracking;  ///< registered-mail number, blanks removed, upper case
    Instant delivered_at;  ///< midnight in Taipei when the file gives only a day
    std::string signed_by;
    std::optional<Reason> trouble;  ///< the row cannot be used
};

/// Reads the file row by row, in UTF-8, UTF-16LE or Big5, parted by , ; or TAB; blank rows are left
/// out. Columns by their headings in the first row: 掛號號碼 (tracking), 投遞日期 or 簽收時間
/// (delivered_at: a day as dates on forms, and HH:MM or HH:MM:SS after a blank or T), and, if it is
/// there, 簽收人 (signed_by). Errors (Invalid): file.encoding, file.missing_columns. Throws Failure
/// intake.unreadable.
[[nodiscard]] Outcome read_delivery_file(const std::filesystem::path& file,
                                         const std::string& encoding,
                                         const std::function<void(DeliveryRow)>& row);

/// One row of returned mail (退件): which item came back, when, and what the post wrote on it.
struct ReturnRow {
    std::int64_t row = 0;
    std::string tracking;
    Instant returned_at;
    std::string reason;
    std::optional<Reason> trouble;
};

/// The same of returned mail. Columns: 掛號號碼 (tracking), 退件日期 or 退回日期 (returned_at),
/// 退件原因 or 退回原因 (reason).
[[nodiscard]] Outcome read_return_file(const std::filesystem::path& file,
                                       const std::string& encoding,
                                       const std::function<void(ReturnRow)>& row);

/// "115/11/20 14:05", "2026-11-20" …: nothing when it is no moment.
[[nodiscard]] std::optional<Instant> read_moment(std::string_view text);

}  // namespace sealdesk::intake
