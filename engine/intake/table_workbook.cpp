#include "intake/table_workbook.h"

#include "intake/xlsx_out.h"

namespace sealdesk::intake {
namespace {

constexpr lxw_color_t kHeadingFill = 0xDDEBF7;
constexpr double kTableColumnWidth = 20;

void write_sheet(XlsxOut& out, const TableSheet& table) {
    lxw_worksheet* const sheet = out.add_sheet(table.name);
    lxw_format* const heading = out.look({.bold = true, .fill = kHeadingFill});
    lxw_format* const plain = out.look({.as_text = true});
    const auto columns = static_cast<lxw_col_t>(table.headings.size());
    worksheet_set_column(sheet, 0, static_cast<lxw_col_t>(columns - 1), kTableColumnWidth, nullptr);
    for (lxw_col_t column = 0; column < columns; ++column) {
        XlsxOut::text(sheet, 0, column, table.headings[column], heading);
    }
    lxw_row_t row = 0;
    for (const auto& cells : table.rows) {
        ++row;
        lxw_col_t column = 0;
        for (const TableCell& cell : cells) {
            if (const auto* number = std::get_if<std::int64_t>(&cell)) {
                worksheet_write_number(sheet, row, column, static_cast<double>(*number), nullptr);
            } else {
                XlsxOut::text(sheet, row, column, std::get<std::string>(cell), plain);
            }
            ++column;
        }
    }
    worksheet_freeze_panes(sheet, 1, 0);
    worksheet_autofilter(sheet, 0, 0, row, static_cast<lxw_col_t>(columns - 1));
}

}  // namespace

void write_tables(const std::filesystem::path& file, const std::string& title, Instant created,
                  std::span<const TableSheet> sheets) {
    XlsxOut out(file, /*streaming=*/false);
    out.describe(title, "sealdesk", created);
    for (const TableSheet& sheet : sheets) {
        write_sheet(out, sheet);
    }
    out.finish();
}

}  // namespace sealdesk::intake
