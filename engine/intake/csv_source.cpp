#include <algorithm>
#include <utility>

#include "intake/columns.h"
#include "intake/csv_reader.h"
#include "intake/member_record.h"
#include "intake/sources.h"

namespace sealdesk::intake {

namespace {

/// A row whose bytes are Chinese in UTF-8, in a file taken for CP950: at least so many characters
/// of three bytes, which by chance CP950 text never is.
constexpr int kUtf8CharactersMin = 3;

/// How a CSV file is to be read: where its headings are and what parts its cells.
struct CsvLayout {
    Encoding encoding = Encoding::Utf8;
    char delimiter = ',';
    std::int64_t heading_row = 0;  ///< 0: not found
    bool says_delimiter = false;   ///< first line is `sep=;`
    bool too_wide = false;         ///< a row has more than kColumnsMax cells
    std::vector<std::string> headings;
    std::size_t known = 0;
};

/// `sep=;`, which a spreadsheet reads and does not show.
bool is_delimiter_line(const CsvRow& row) {
    return row.number == 1 && row.raw.size() == 5 && to_lower_ascii(row.raw).starts_with("sep=");
}

std::vector<std::string> decode_cells(const CsvRow& row, Encoding encoding) {
    const Encoding bytes = encoding == Encoding::Cp950 ? Encoding::Cp950 : Encoding::Utf8;
    std::vector<std::string> cells;
    cells.reserve(row.cells.size());
    for (const std::string& cell : row.cells) {
        cells.push_back(decode_bytes(cell, bytes));
    }
    return cells;
}

bool is_blank_row(const CsvRow& row) {
    return row.trouble.empty() && std::ranges::all_of(row.cells, [](const std::string& cell) {
               return cell.find_first_not_of(" \t\r\n") == std::string::npos;
           });
}

/// The row among the first few whose cells are most like a form's headings.
CsvLayout find_headings(const DataFile& file, const KnownForms& forms, Encoding encoding,
                        char delimiter) {
    CsvLayout best{encoding, delimiter, 0, false, false, {}, 0};
    ByteStream stream(file.path, encoding, /*transcode=*/false);
    CsvReader reader(stream, delimiter);
    CsvRow row;
    while (reader.next(row) && row.number <= kHeadingRowMax) {
        if (is_delimiter_line(row)) {
            best.says_delimiter = true;
            continue;
        }
        if (!row.trouble.empty() || is_blank_row(row)) {
            best.too_wide = best.too_wide || row.trouble == "csv.too_many_columns";
            continue;
        }
        std::vector<std::string> cells = decode_cells(row, encoding);
        const std::size_t known = known_headings(cells, forms);
        if (best.heading_row == 0 || known > best.known) {
            best.heading_row = row.number;
            best.known = known;
            best.headings = std::move(cells);
        }
    }
    return best;
}

/// Encodings in the order they are believed: a mark, then UTF-8 without fault; of a file that is
/// not UTF-8 the headings decide, and where they are plain ASCII the one with fewer faults.
std::vector<Encoding> encodings_of(const FileSurvey& survey, const SourceOptions& options) {
    if (!options.encoding.empty()) {
        return {encoding_from(options.encoding).value_or(Encoding::Utf8)};
    }
    if (survey.utf16le_mark) {
        return {Encoding::Utf16Le};
    }
    if (survey.utf8_mark || survey.utf8_faults == 0) {
        return {Encoding::Utf8};
    }
    if (survey.cp950_faults <= survey.utf8_faults) {
        return {Encoding::Cp950, Encoding::Utf8};
    }
    return {Encoding::Utf8, Encoding::Cp950};
}

CsvLayout find_layout(const DataFile& file, const KnownForms& forms, const SourceOptions& options) {
    CsvLayout best;
    for (const Encoding encoding : encodings_of(file.survey, options)) {
        for (const char delimiter : {',', ';', '\t', '|'}) {
            CsvLayout layout = find_headings(file, forms, encoding, delimiter);
            const bool too_wide = best.too_wide || layout.too_wide;
            const bool better = best.heading_row == 0 || layout.known > best.known;
            if (layout.heading_row != 0 && better) {
                best = std::move(layout);
            }
            best.too_wide = too_wide;
        }
    }
    return best;
}

bool looks_like_utf8(std::string_view raw) {
    if (!is_utf8(raw)) {
        return false;
    }
    const auto leads = std::ranges::count_if(
        raw, [](char c) { return (static_cast<unsigned char>(c) & 0xF0U) == 0xE0U; });
    return leads >= kUtf8CharactersMin;
}

class CsvSource final : public RecordSource {
public:
    CsvSource(const DataFile& file, const CsvLayout& layout, ColumnMap columns, SourceInfo info)
        : stream_(file.path, layout.encoding, /*transcode=*/false),
          reader_(stream_, layout.delimiter),
          layout_(layout),
          columns_(std::move(columns)),
          info_(std::move(info)) {
        while (row_.number < layout_.heading_row && reader_.next(row_)) {
        }
        reader_.expect_columns(layout_.headings.size());
    }

    [[nodiscard]] const SourceInfo& info() const override { return info_; }

    bool next(Record& record) override {
        do {
            if (!reader_.next(row_)) {
                return false;
            }
        } while (is_blank_row(row_));
        fill(record);
        return true;
    }

private:
    void fill(Record& record) {
        start_record(record, row_.number - (layout_.says_delimiter ? 1 : 0), *info_.form);
        if (!row_.trouble.empty()) {
            refuse(record, row_trouble(row_.trouble));
            return;
        }
        if (layout_.encoding == Encoding::Cp950 && looks_like_utf8(row_.raw)) {
            refuse(record, row_trouble("csv.mixed_encoding"));
            return;
        }
        fill_cells(record);
    }

    void fill_cells(Record& record) {
        const Encoding bytes =
            layout_.encoding == Encoding::Cp950 ? Encoding::Cp950 : Encoding::Utf8;
        for (std::size_t i = 0; i < row_.cells.size(); ++i) {
            if (i == columns_.version) {
                check_version(record, decode_bytes(row_.cells[i], bytes));
            }
            if (i >= columns_.fields.size() || !columns_.fields[i]) {
                continue;
            }
            std::string& cell = record.cells[*columns_.fields[i]];
            cell = decode_bytes(row_.cells[i], bytes);
            if (is_undecodable(row_.cells[i], cell) && !record.trouble) {
                Reason reason = row_trouble("text.encoding");
                reason.field = info_.form->fields[*columns_.fields[i]].key;
                refuse(record, std::move(reason));
            }
        }
    }

    /// U+FFFD that was not in the file stands for bytes that were no character.
    [[nodiscard]] bool is_undecodable(const std::string& bytes, const std::string& text) const {
        constexpr std::string_view replacement = "\xEF\xBF\xBD";
        return text.find(replacement) != std::string::npos &&
               (layout_.encoding == Encoding::Cp950 || !is_utf8(bytes));
    }

    void check_version(Record& record, const std::string& written) {
        if (!trim(written).empty() && !is_version_of(*info_.form, written) && !record.trouble) {
            Reason reason = row_trouble("form.version");
            reason.field = "form_version";
            refuse(record, std::move(reason));
        }
    }

    /// A row in trouble still shows its record number, where that can be read.
    void refuse(Record& record, Reason reason) {
        record.trouble = std::move(reason);
        record.raw = row_.raw.substr(0, kRawBytesMax);
        const auto column = columns_.record_number;
        if (column && *column < row_.cells.size()) {
            record.cells[*columns_.fields[*column]] = decode_bytes(
                row_.cells[*column],
                layout_.encoding == Encoding::Cp950 ? Encoding::Cp950 : Encoding::Utf8);
        }
    }

    ByteStream stream_;
    CsvReader reader_;
    CsvLayout layout_;
    ColumnMap columns_;
    SourceInfo info_;
    CsvRow row_;
};

}  // namespace

Result<std::unique_ptr<RecordSource>> open_csv(const DataFile& file, const KnownForms& forms,
                                               const SourceOptions& options) {
    const CsvLayout layout = find_layout(file, forms, options);
    auto match = match_form(layout.headings, file.shown_name, forms, options);
    if (!match && layout.known == 0 && file.survey.utf8_faults > 0 &&
        file.survey.cp950_faults > 0 && options.encoding.empty()) {
        return file_error("file.encoding",
                          {"不是 UTF-8 也不是 Big5，請另存為「CSV UTF-8」。",
                           "Neither UTF-8 nor Big5; save it as \"CSV UTF-8\"."},
                          file.shown_name, file.survey.utf8_fault_line);
    }
    if (!match && layout.known == 0 && layout.too_wide) {
        return file_error("file.too_many_columns",
                          {"超過 200 欄，請只匯出申請單之欄位。",
                           "More than 200 columns; export only those of the form."},
                          file.shown_name, 1);
    }
    if (!match) {
        return match.error();
    }
    auto columns = map_columns(layout.headings, *match, file.shown_name, layout.heading_row);
    if (!columns) {
        return columns.error();
    }
    SourceInfo info{file.shown_name,
                    file.survey.sha256,
                    std::string(name_of(layout.encoding)),
                    certainty_of(file.survey, layout.encoding, !options.encoding.empty()),
                    match->scheme,
                    match->form,
                    columns->warnings};
    return std::unique_ptr<RecordSource>(
        std::make_unique<CsvSource>(file, layout, std::move(columns).value(), std::move(info)));
}

}  // namespace sealdesk::intake
