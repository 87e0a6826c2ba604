#include "intake/csv_reader.h"

#include <algorithm>
#include <utility>

namespace sealdesk::intake {

namespace {

/// Bytes that may be read twice for open quotes before the reader gives the file up: a hostile
/// file with a quote on every line would else cost its length times the longest row.
constexpr std::size_t kRereadMax = std::size_t{64} * 1024 * 1024;

constexpr std::string_view kLineBreaks = "\r\n";

}  // namespace

void CsvReader::start_row(CsvRow& row) {
    row.number = ++number_;
    row.cells.clear();
    row.raw.clear();
    row.trouble = {};
    cell_.clear();
    at_ = At::CellStart;
    has_break_ = false;
}

int CsvReader::take(CsvRow& row) {
    const int byte = stream_.get();
    if (byte != ByteStream::kEnd) {
        row.raw.push_back(static_cast<char>(byte));
        has_break_ = has_break_ || byte == '\n' || byte == '\r';
    }
    return byte;
}

bool CsvReader::next(CsvRow& row) {
    if (ended_ || stream_.peek() == ByteStream::kEnd) {
        return false;
    }
    start_row(row);
    if (reread_ > kRereadMax) {
        row.trouble = "csv.gave_up";
        ended_ = true;
        return true;
    }
    for (;;) {
        if (row.raw.size() >= kRowBytesMax) {
            return_to_next_line(row, at_ == At::Quoted ? "csv.open_quote" : "csv.row_too_long");
            return true;
        }
        const int byte = take(row);
        const bool ended = byte == ByteStream::kEnd ? end_file(row) : step(row, byte);
        if (ended) {
            return true;
        }
    }
}

bool CsvReader::step(CsvRow& row, int byte) {
    switch (at_) {
        case At::Quoted:
            if (byte == '"') {
                at_ = At::AfterQuote;
                return false;
            }
            add(row, byte);
            return stop_in_quotes(row);
        case At::AfterQuote: return step_after_quote(row, byte);
        case At::CellStart:
            if (byte == '"') {
                at_ = At::Quoted;
                return false;
            }
            break;
        case At::Plain: break;
    }
    return step_outside(row, byte);
}

bool CsvReader::step_after_quote(CsvRow& row, int byte) {
    if (byte == '"') {
        add(row, byte);
        at_ = At::Quoted;
        return false;
    }
    if (byte == delimiter_ || byte == '\r' || byte == '\n') {
        return step_outside(row, byte);
    }
    // A quote that was never closed meets the next one in a later row: take this line only.
    return_to_next_line(row, "csv.stray_quote");
    return true;
}

bool CsvReader::step_outside(CsvRow& row, int byte) {
    if (byte == delimiter_) {
        end_cell(row);
        return false;
    }
    if (byte == '\r' || byte == '\n') {
        if (byte == '\r' && stream_.peek() == '\n') {
            take(row);
        }
        return end_row(row);
    }
    at_ = At::Plain;
    add(row, byte);
    return false;
}

void CsvReader::add(CsvRow& row, int byte) {
    if (cell_.size() >= kCellBytesMax) {
        row.trouble = "csv.cell_too_long";
        return;
    }
    cell_.push_back(static_cast<char>(byte));
}

/// A quoted cell too long to be one, over more than one line: the quote was never closed.
bool CsvReader::stop_in_quotes(CsvRow& row) {
    if (row.trouble.empty() || !has_break_) {
        return false;
    }
    return_to_next_line(row, "csv.open_quote");
    return true;
}

void CsvReader::end_cell(CsvRow& row) {
    if (row.cells.size() >= kColumnsMax) {
        row.trouble = "csv.too_many_columns";
    } else {
        row.cells.push_back(cell_);
    }
    cell_.clear();
    at_ = At::CellStart;
}

bool CsvReader::end_row(CsvRow& row) {
    end_cell(row);
    if (row.trouble.empty()) {
        check_columns(row);
    }
    while (!row.raw.empty() && kLineBreaks.find(row.raw.back()) != std::string_view::npos) {
        row.raw.pop_back();
    }
    return true;
}

bool CsvReader::end_file(CsvRow& row) {
    if (at_ == At::Quoted) {
        return_to_next_line(row, "csv.open_quote");
        return true;
    }
    return end_row(row);
}

void CsvReader::check_columns(CsvRow& row) {
    const auto last = std::ranges::find_if(row.cells.rbegin(), row.cells.rend(),
                                           [](const std::string& cell) { return !cell.empty(); });
    const auto filled = static_cast<std::size_t>(row.cells.rend() - last);
    if (columns_ == 0 || filled == 0 || row.cells.size() == columns_) {
        return;
    }
    if (row.cells.size() > columns_ && filled <= columns_) {
        row.cells.resize(columns_);
        return;
    }
    const std::size_t first_break = row.raw.find_first_of(kLineBreaks);
    const bool several_lines =
        first_break != std::string::npos &&
        row.raw.find_first_not_of(kLineBreaks, first_break) != std::string::npos;
    if (several_lines) {
        return_to_next_line(row, "csv.ragged");
    } else {
        row.trouble = "csv.ragged";
    }
}

/// Keeps the first line of what was taken as the row in trouble and has the rest read again.
void CsvReader::return_to_next_line(CsvRow& row, std::string_view trouble) {
    row.trouble = trouble;
    std::size_t line_end = row.raw.find_first_of(kLineBreaks);
    if (line_end == std::string::npos) {
        skip_line();
        return;
    }
    const std::size_t first = line_end;
    line_end += row.raw.compare(line_end, 2, "\r\n") == 0 ? 2 : 1;
    const std::string_view rest = std::string_view(row.raw).substr(line_end);
    reread_ += rest.size();
    stream_.push_back(rest);
    row.raw.resize(first);
}

/// Passes over what is left of a line, without keeping it.
void CsvReader::skip_line() {
    for (int byte = stream_.get(); byte != ByteStream::kEnd; byte = stream_.get()) {
        if (byte == '\n' || (byte == '\r' && stream_.peek() != '\n')) {
            return;
        }
    }
}

}  // namespace sealdesk::intake
