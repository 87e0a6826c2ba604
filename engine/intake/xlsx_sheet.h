#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "intake/xlsx_workbook.h"
#include "intake/xml_parser.h"

// The cells of one worksheet; nothing outside this room includes it.
namespace sealdesk::intake {

/// A cell with something in it, before it is known what for.
struct SheetCell {
    enum class Kind {
        Text,
        Shared,   ///< `text` is an index into the shared texts
        Number,   ///< `text` as Excel wrote it
        Boolean,  ///< "1" or "0"
        Error,    ///< "#REF!"
        Day,      ///< an ISO date written as one (strict workbooks)
        Formula,  ///< without a result: no program has calculated it
    };
    std::size_t column = 0;  ///< from 0
    Kind kind = Kind::Number;
    std::size_t style = 0;
    std::string text;
};

/// A row with something in it.
struct SheetRow {
    std::int64_t number = 0;  ///< as Excel shows it
    std::vector<SheetCell> cells;
    std::string_view trouble;  ///< xlsx.broken_sheet, xlsx.misplaced, xlsx.row_too_long or nothing
};

/// Rows of a worksheet in their order, hidden ones and those a filter hides too; blank ones are
/// passed over. After a row in trouble nothing follows, save for xlsx.row_too_long. What the sheet
/// says of its own size is not asked.
class SheetReader final : private XmlEvents {
public:
    SheetReader(const Workbook& workbook, const SheetPart& part);

    bool next(SheetRow& row);

private:
    void start(std::string_view name, const XmlAttributes& attributes) override;
    void end(std::string_view name) override;
    void text(std::string_view piece) override;

    void start_row(const XmlAttributes& attributes);
    void start_cell(const XmlAttributes& attributes);
    void end_cell();
    void end_row();
    void stop_at(std::string_view trouble);

    std::unique_ptr<ZipStream> stream_;
    XmlParser parser_;
    std::deque<SheetRow> ready_;
    SheetRow row_;
    SheetCell cell_;
    std::size_t columns_seen_ = 0;  ///< of this row: the next cell without a place is this one
    std::size_t row_bytes_ = 0;
    bool in_row_ = false;
    bool in_cell_ = false;
    bool in_value_ = false;
    bool in_reading_ = false;
    bool has_value_ = false;
    bool has_formula_ = false;
    bool ended_ = false;
};

}  // namespace sealdesk::intake
