#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "intake/inbox.h"

namespace sealdesk::intake {

/// A worksheet as it stands in a hand-made workbook.
struct HandSheet {
    std::string name = "Sheet1";
    std::string rows;   ///< what is inside <sheetData>
    std::string state;  ///< "hidden", "veryHidden" or nothing
};

/// A hand-made workbook: every part as short as it may be.
struct HandBook {
    std::vector<HandSheet> sheets;
    std::vector<std::string> shared;   ///< XML inside each <si>
    std::vector<std::string> formats;  ///< format codes of the cell styles 1, 2, …
    bool from_1904 = false;
};

/// Its parts by name, to be changed or broken before they are zipped.
using Parts = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] Parts parts_of(const HandBook& book);
[[nodiscard]] std::string xlsx(const HandBook& book);

/// `<c r="A1" t="inlineStr">…`
[[nodiscard]] std::string text_cell(std::size_t column, std::int64_t row, const std::string& text);
/// `<c r="A1" t="…" s="…"><v>…`
[[nodiscard]] std::string value_cell(std::size_t column, std::int64_t row, const std::string& type,
                                     const std::string& value, int style = 0);
[[nodiscard]] std::string row_of(std::int64_t row, const std::string& cells,
                                 const std::string& attributes = "");
[[nodiscard]] std::string xml_text(const std::string& text);

/// person() with this record number.
[[nodiscard]] Cells person_no(const std::string& number, const Cells& changes = {});

/// Headings in `first_row`, the rows below, every cell a text.
[[nodiscard]] std::string rows_of(const std::vector<Cells>& rows, std::int64_t first_row = 1);

/// A workbook of one sheet with these rows; one cell (by its heading) of the first row replaced.
[[nodiscard]] std::string sheet_of(const std::vector<Cells>& rows);
[[nodiscard]] HandBook book_with(const Cells& row, const std::string& heading,
                                 const std::string& type, const std::string& value, int style = 0);

/// The parts of an XLSX file on disk.
[[nodiscard]] Parts unzip(const std::filesystem::path& file);

/// Puts rows (XML) behind those a part has.
void add_rows(Parts& parts, const std::string& part, const std::string& rows);

/// `<submissions>` with these records.
[[nodiscard]] std::string xml_of(const std::vector<Cells>& rows, const std::string& form);

}  // namespace sealdesk::intake
