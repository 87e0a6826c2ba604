#include "intake/xlsx_sheet.h"

#include <utility>

#include "base/text.h"
#include "intake/record.h"

namespace sealdesk::intake {

namespace {

SheetCell::Kind kind_of(std::string_view type) {
    using Kind = SheetCell::Kind;
    if (type == "s") {
        return Kind::Shared;
    }
    if (type == "str" || type == "inlineStr") {
        return Kind::Text;
    }
    if (type == "b") {
        return Kind::Boolean;
    }
    if (type == "e") {
        return Kind::Error;
    }
    return type == "d" ? Kind::Day : Kind::Number;
}

}  // namespace

SheetReader::SheetReader(const Workbook& workbook, const SheetPart& part)
    : stream_(workbook.zip().read(part.entry)), parser_(*this) {}

bool SheetReader::next(SheetRow& row) {
    while (ready_.empty() && !ended_) {
        const std::string_view block = stream_->next();
        const bool last = block.empty();
        const bool more = stream_->trouble().empty() && parser_.feed(block, last);
        ended_ = last || !more;
        if (!more && parser_.trouble() != "xlsx.misplaced") {
            stop_at("xlsx.broken_sheet");
        }
    }
    if (ready_.empty()) {
        return false;
    }
    row = std::move(ready_.front());
    ready_.pop_front();
    return true;
}

void SheetReader::start(std::string_view name, const XmlAttributes& attributes) {
    if (name == "row") {
        start_row(attributes);
    } else if (name == "c" && in_row_) {
        start_cell(attributes);
    } else if (in_cell_ && name == "rPh") {
        in_reading_ = true;
    } else if (in_cell_ && (name == "v" || (name == "t" && !in_reading_))) {
        in_value_ = true;
    } else if (in_cell_ && name == "f") {
        has_formula_ = true;
    }
}

void SheetReader::end(std::string_view name) {
    if (name == "v" || name == "t") {
        has_value_ = has_value_ || in_value_;
        in_value_ = false;
    } else if (name == "rPh") {
        in_reading_ = false;
    } else if (name == "c" && in_cell_) {
        end_cell();
    } else if (name == "row" && in_row_) {
        end_row();
    }
}

void SheetReader::text(std::string_view piece) {
    if (in_value_ && cell_.text.size() <= kCellBytesMax) {
        cell_.text.append(piece);
    }
}

void SheetReader::start_row(const XmlAttributes& attributes) {
    const std::int64_t before = row_.number;
    row_ = SheetRow{before + 1, {}, {}};
    if (attributes.has("r")) {
        row_.number = parse_number(attributes.get("r")).value_or(0);
    }
    columns_seen_ = 0;
    row_bytes_ = 0;
    if (in_row_ || row_.number <= before || row_.number > kSheetRowsMax) {
        row_.number = before + 1;
        stop_at("xlsx.misplaced");
        return;
    }
    in_row_ = true;
}

void SheetReader::start_cell(const XmlAttributes& attributes) {
    cell_ = SheetCell{columns_seen_, kind_of(attributes.get("t")), 0, {}};
    if (attributes.has("r")) {
        const auto place = place_of(attributes.get("r"));
        if (!place || place->row != row_.number || place->column < columns_seen_ || in_cell_) {
            stop_at("xlsx.misplaced");
            return;
        }
        cell_.column = place->column;
    }
    columns_seen_ = cell_.column + 1;
    cell_.style = static_cast<std::size_t>(parse_number(attributes.get("s")).value_or(0));
    in_cell_ = true;
    has_value_ = false;
    has_formula_ = false;
}

void SheetReader::end_cell() {
    in_cell_ = false;
    if (has_formula_ && !has_value_) {
        cell_.kind = SheetCell::Kind::Formula;
    } else if (cell_.text.empty()) {
        return;
    }
    row_bytes_ += cell_.text.size() + sizeof(SheetCell);
    if (row_bytes_ > kRowBytesMax) {
        row_.trouble = "xlsx.row_too_long";
        return;
    }
    row_.cells.push_back(std::move(cell_));
}

void SheetReader::end_row() {
    in_row_ = false;
    if (!row_.cells.empty() || !row_.trouble.empty()) {
        const std::int64_t number = row_.number;
        ready_.push_back(std::move(row_));
        row_ = SheetRow{number, {}, {}};
    }
}

/// Nothing that follows can be trusted to stand where it says.
void SheetReader::stop_at(std::string_view trouble) {
    row_.trouble = trouble;
    row_.number = in_row_ || trouble == "xlsx.misplaced" ? row_.number : row_.number + 1;
    ready_.push_back(std::move(row_));
    row_ = SheetRow{};
    ended_ = true;
    parser_.stop("xlsx.misplaced");
}

}  // namespace sealdesk::intake
