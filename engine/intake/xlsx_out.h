#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <xlsxwriter.h>

#include "base/clock.h"

// Spreadsheets that we write; nothing outside this room includes it.
namespace sealdesk::intake {

/// How a cell looks.
struct CellLook {
    bool bold = false;
    bool as_text = false;  ///< number format "@": what is typed there stays as typed
    lxw_color_t fill = 0;  ///< 0xRRGGBB; 0: none
    lxw_color_t ink = 0;   ///< 0: black
};

/// An XLSX file on its way: written beside its place (mode 0640) and moved there by finish(). Every
/// text is a text, whatever sign it begins with: nothing becomes a formula or a link.
class XlsxOut {
public:
    /// `streaming`: rows must be written in their order, and memory does not grow with them.
    /// Throws Failure (file.not_written).
    XlsxOut(std::filesystem::path file, bool streaming);
    ~XlsxOut();
    XlsxOut(const XlsxOut&) = delete;
    XlsxOut& operator=(const XlsxOut&) = delete;

    void describe(const std::string& title, const std::string& author, Instant created);
    [[nodiscard]] lxw_worksheet* add_sheet(const std::string& name);
    [[nodiscard]] lxw_format* look(const CellLook& look);

    /// Texts longer than Excel's 32,767 characters are cut.
    static void text(lxw_worksheet* sheet, std::uint32_t row, std::uint16_t column,
                     std::string_view utf8, lxw_format* look);

    /// A yellow note on the cell, as wide and high as its text needs.
    static void note(lxw_worksheet* sheet, std::uint32_t row, std::uint16_t column,
                     std::string_view utf8);

    /// Cells that take one of the texts in a range such as `='Lists'!$A$2:$A$9`, or `error`.
    static void offer(lxw_worksheet* sheet, std::uint32_t first_row, std::uint32_t last_row,
                      std::uint16_t column, const std::string& range, const std::string& error);

    /// Throws Failure (file.not_written).
    void finish();

private:
    std::filesystem::path file_;
    std::filesystem::path temporary_;
    lxw_workbook* workbook_ = nullptr;
};

}  // namespace sealdesk::intake
