#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "intake/byte_stream.h"
#include "intake/record.h"

namespace sealdesk::intake {

/// One row of a CSV file, in the file's own bytes.
struct CsvRow {
    std::int64_t number = 0;  ///< from 1, blank rows counted, as a spreadsheet shows it
    std::vector<std::string> cells;
    std::string raw;             ///< the row's bytes, at most kRowBytesMax
    std::string_view trouble{};  ///< code of why it cannot be read; empty when it can
};

/// RFC 4180 with what spreadsheets add: any of LF, CR LF and CR ends a row, a quote inside an
/// unquoted cell is a character. What it cannot read it hands out as a row in trouble, and finds
/// its way again at the next line: an open quote does not swallow the rest of the file.
/// Codes: csv.stray_quote, csv.open_quote, csv.cell_too_long, csv.row_too_long,
/// csv.too_many_columns, csv.ragged, csv.gave_up (too many open quotes; the last row then).
class CsvReader {
public:
    CsvReader(ByteStream& stream, char delimiter) : stream_(stream), delimiter_(delimiter) {}

    /// Rows from now on should have so many cells (0: any number). Empty cells at the end are
    /// added or left out by spreadsheets: too many of them are dropped.
    void expect_columns(std::size_t columns) { columns_ = columns; }

    bool next(CsvRow& row);

private:
    enum class At { CellStart, Plain, Quoted, AfterQuote };

    void start_row(CsvRow& row);
    int take(CsvRow& row);
    bool step(CsvRow& row, int byte);
    bool step_after_quote(CsvRow& row, int byte);
    bool step_outside(CsvRow& row, int byte);
    void add(CsvRow& row, int byte);
    void end_cell(CsvRow& row);
    bool end_row(CsvRow& row);
    bool end_file(CsvRow& row);
    bool stop_in_quotes(CsvRow& row);
    void skip_line();
    void check_columns(CsvRow& row);
    void return_to_next_line(CsvRow& row, std::string_view trouble);

    ByteStream& stream_;
    char delimiter_;
    std::size_t columns_ = 0;
    std::int64_t number_ = 0;
    std::size_t reread_ = 0;  ///< bytes read twice because of open quotes
    bool ended_ = false;
    At at_ = At::CellStart;
    bool has_break_ = false;  ///< the row has reached a second line
    std::string cell_;
};

}  // namespace sealdesk::intake
