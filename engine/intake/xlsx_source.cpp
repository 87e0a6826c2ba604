#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include "intake/columns.h"
#include "intake/member_record.h"
#include "intake/sources.h"
#include "intake/xlsx_sheet.h"

namespace sealdesk::intake {

namespace {

/// Fewer known headings than this may be chance.
constexpr std::size_t kHeadingsMin = 3;

constexpr std::string_view kFormMark = "sealdesk:";

struct CellText {
    std::string text;
    CellForm form = CellForm::Text;
};

std::string percent_text(const std::string& written) {
    std::array<char, 40> shown{};
    std::snprintf(shown.data(), shown.size(), "%.10g%%",
                  std::strtod(written.c_str(), nullptr) * 100);
    return shown.data();
}

CellText number_cell(const Workbook& workbook, const SheetCell& cell) {
    using Shows = NumberStyle::Shows;
    const NumberStyle style = workbook.style(cell.style);
    if (style.shows == Shows::Date) {
        const auto day = day_of_serial(cell.text, workbook.counts_from_1904());
        return day ? CellText{*day, CellForm::Day} : CellText{cell.text, CellForm::Number};
    }
    if (style.shows == Shows::Percent) {
        return {percent_text(cell.text), CellForm::Number};
    }
    std::string digits = digits_of(cell.text);
    if (style.shows == Shows::PaddedDigits && parse_number(digits)) {
        const auto width = static_cast<std::size_t>(style.digits);
        digits.insert(0, width > digits.size() ? width - digits.size() : 0, '0');
        return {digits, CellForm::Text};
    }
    return {digits, CellForm::Number};
}

/// What the clerk sees in the cell. Nothing when it points at a shared text that is not there.
std::optional<CellText> text_of(const Workbook& workbook, const SheetCell& cell) {
    switch (cell.kind) {
        case SheetCell::Kind::Shared: {
            const auto index = parse_number(trim(cell.text));
            if (!index || static_cast<std::size_t>(*index) >= workbook.shared().size()) {
                return std::nullopt;
            }
            return CellText{
                without_excel_escapes(workbook.shared().at(static_cast<std::size_t>(*index))),
                CellForm::Text};
        }
        case SheetCell::Kind::Text:
            return CellText{without_excel_escapes(cell.text), CellForm::Text};
        case SheetCell::Kind::Number: return number_cell(workbook, cell);
        case SheetCell::Kind::Boolean:
            return CellText{cell.text == "1" ? "TRUE" : "FALSE", CellForm::Text};
        case SheetCell::Kind::Error: return CellText{cell.text, CellForm::Error};
        case SheetCell::Kind::Day: return CellText{cell.text.substr(0, 10), CellForm::Day};
        case SheetCell::Kind::Formula: return CellText{"=", CellForm::Formula};
    }
    return std::nullopt;
}

/// Texts by column, of the columns we look at.
std::vector<std::string> texts_of(const Workbook& workbook, const SheetRow& row) {
    std::vector<std::string> texts;
    for (const SheetCell& cell : row.cells) {
        const auto text = cell.column < kColumnsMax ? text_of(workbook, cell) : std::nullopt;
        if (text && !trim(text->text).empty()) {
            texts.resize(cell.column + 1);
            texts[cell.column] = text->text;
        }
    }
    return texts;
}

/// Headings of two rows: a heading that spans both stands in the upper one (merged cells).
std::vector<std::string> below(std::vector<std::string> above,
                               const std::vector<std::string>& row) {
    above.resize(std::max(above.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (!row[i].empty()) {
            above[i] = row[i];
        }
    }
    return above;
}

/// What the first rows of a worksheet tell.
struct SheetLook {
    const SheetPart* part = nullptr;
    std::vector<std::string> headings;
    std::int64_t heading_row = 0;
    std::size_t known = 0;
    bool has_rows = false;   ///< below the headings
    bool has_cells = false;  ///< anything at all
    bool too_wide = false;
    std::string mark;  ///< "sealdesk:<scheme>/<form>/<version>", as our own templates carry it
};

void take_better_headings(SheetLook& look, const std::vector<std::string>& headings,
                          std::int64_t row, const KnownForms& forms) {
    const std::size_t known = known_headings(headings, forms);
    if (known > look.known) {
        look.known = known;
        look.heading_row = row;
        look.headings = headings;
        look.has_rows = false;
    }
}

SheetLook look_at_sheet(const Workbook& workbook, const SheetPart& part, const KnownForms& forms) {
    SheetLook look;
    look.part = &part;
    SheetReader reader(workbook, part);
    SheetRow row;
    std::vector<std::string> above;
    while (reader.next(row) && (row.number <= kHeadingRowMax || !look.has_rows)) {
        const std::vector<std::string> texts = texts_of(workbook, row);
        if (texts.empty()) {
            continue;
        }
        look.has_cells = true;
        for (const std::string& text : texts) {
            look.mark = text.starts_with(kFormMark) ? text : look.mark;
        }
        look.has_rows = look.heading_row != 0;
        if (row.number > kHeadingRowMax) {
            break;
        }
        look.too_wide = look.too_wide || row.cells.back().column >= kColumnsMax;
        for (const auto& headings : {texts, below(above, texts)}) {
            take_better_headings(look, headings, row.number, forms);
        }
        above = texts;
    }
    return look;
}

std::vector<SheetLook> look_at_sheets(const Workbook& workbook, const KnownForms& forms) {
    std::vector<SheetLook> looks;
    for (const SheetPart& part : workbook.sheets()) {
        looks.push_back(look_at_sheet(workbook, part, forms));
    }
    return looks;
}

ToldForm told_by(const std::vector<SheetLook>& looks) {
    for (const SheetLook& look : looks) {
        const auto parts = split(
            std::string_view(look.mark).substr(std::min(look.mark.size(), kFormMark.size())), '/');
        if (parts.size() == 3) {
            return {trim(parts[0]), trim(parts[1]), trim(parts[2])};
        }
    }
    return {};
}

/// The worksheet to be read: of those one sees, the one with headings; when several have them,
/// the one with rows. Null: none; a second one with rows goes into `second`.
const SheetLook* choose_sheet(const std::vector<SheetLook>& looks, const SheetLook*& second) {
    const SheetLook* best = nullptr;
    for (const SheetLook& look : looks) {
        if (look.part->hidden || look.known < kHeadingsMin) {
            continue;
        }
        if (best == nullptr || (look.has_rows && !best->has_rows)) {
            best = &look;
        } else if (look.has_rows && best->has_rows) {
            second = &look;
        }
    }
    return best;
}

/// Worksheets with something in them that are not read, so that nobody thinks they were.
void warn_of_other_sheets(const std::vector<SheetLook>& looks, const SheetLook& chosen,
                          std::vector<Reason>& warnings) {
    for (const SheetLook& look : looks) {
        if (&look != &chosen && look.has_cells && look.mark.empty()) {
            const std::string& name = look.part->name;
            warnings.push_back(
                {"xlsx.sheet_not_read",
                 {},
                 name,
                 {"未讀取的工作表：" + name + "。", "This worksheet was not read: " + name + "."}});
        }
    }
}

class XlsxSource final : public RecordSource {
public:
    XlsxSource(std::unique_ptr<Workbook> workbook, const SheetLook& look, ColumnMap columns,
               SourceInfo info)
        : workbook_(std::move(workbook)),
          reader_(*workbook_, *look.part),
          columns_(std::move(columns)),
          info_(std::move(info)),
          heading_row_(look.heading_row) {}

    [[nodiscard]] const SourceInfo& info() const override { return info_; }

    bool next(Record& record) override {
        while (reader_.next(row_)) {
            if (row_.number > heading_row_ && fill(record)) {
                return true;
            }
        }
        return false;
    }

private:
    /// False when the row is blank.
    bool fill(Record& record) {
        start_record(record, row_.number, *info_.form);
        record.forms.assign(info_.form->fields.size(), CellForm::Text);
        bool blank = true;
        for (const SheetCell& cell : row_.cells) {
            auto text = text_of(*workbook_, cell);
            blank = blank && text && trim(text->text).empty();
            if (!text) {
                refuse(record, "xlsx.misplaced", {});
            } else {
                take(record, cell.column, std::move(*text));
            }
        }
        if (!row_.trouble.empty()) {
            refuse(record, row_.trouble, {});
        }
        return !blank || record.trouble;
    }

    void take(Record& record, std::size_t column, CellText cell) {
        if (column == columns_.version && !trim(cell.text).empty() &&
            !is_version_of(*info_.form, cell.text)) {
            refuse(record, "form.version", "form_version");
        }
        if (column >= columns_.fields.size() || !columns_.fields[column]) {
            return;
        }
        const std::size_t field = *columns_.fields[column];
        if (cell.text.size() > kCellBytesMax) {
            refuse(record, "xlsx.cell_too_long", info_.form->fields[field].key);
            return;
        }
        record.cells[field] = std::move(cell.text);
        record.forms[field] = cell.form;
    }

    /// A row in trouble keeps what could be read of it, so that it still shows its number.
    void refuse(Record& record, std::string_view code, std::string field) {
        if (!record.trouble) {
            record.trouble = row_trouble(code);
            record.trouble->field = std::move(field);
            record.raw = raw_row();
        }
    }

    /// What is in the row, as far as it identifies it.
    [[nodiscard]] std::string raw_row() const {
        std::string raw;
        for (const SheetCell& cell : row_.cells) {
            const auto text = text_of(*workbook_, cell);
            raw.append(text ? text->text.substr(0, kRawBytesMax) : "#").push_back('\t');
            if (raw.size() >= kRawBytesMax) {
                break;
            }
        }
        return raw.substr(0, kRawBytesMax);
    }

    std::unique_ptr<Workbook> workbook_;
    SheetReader reader_;
    ColumnMap columns_;
    SourceInfo info_;
    std::int64_t heading_row_;
    SheetRow row_;
};

Error several_sheets(const SheetLook& one, const SheetLook& other, const std::string& file) {
    const std::string& first = one.part->name;
    const std::string& second = other.part->name;
    return file_error(
        "xlsx.several_sheets",
        {"有兩張以上的工作表都有申請資料（" + first + "、" + second + "），請每檔只留一張。",
         "More than one worksheet holds forms (" + first + ", " + second +
             "); keep one in a file."},
        file);
}

Error no_headings(const std::vector<SheetLook>& looks, const std::string& file) {
    const bool too_wide =
        std::ranges::any_of(looks, [](const SheetLook& look) { return look.too_wide; });
    if (too_wide) {
        return file_error("file.too_many_columns",
                          {"超過 200 欄，請只保留申請單之欄位。",
                           "More than 200 columns; keep only those of the form."},
                          file, 1);
    }
    return file_error("file.unknown_form",
                      {"沒有一張工作表有申請單的欄位名稱。請以 form template 產生的試算表填寫。",
                       "No worksheet has the headings of a form. Use the spreadsheet that `form "
                       "template` makes."},
                      file);
}

}  // namespace

Result<std::unique_ptr<RecordSource>> open_xlsx(const DataFile& file, const KnownForms& forms,
                                                const SourceOptions& options) {
    auto opened = Workbook::open(file.path);
    if (!opened) {
        Error error = opened.error();
        error.where = file.shown_name;
        return error;
    }
    auto workbook = std::make_unique<Workbook>(std::move(*opened));
    const std::vector<SheetLook> looks = look_at_sheets(*workbook, forms);
    const SheetLook* second = nullptr;
    const SheetLook* const chosen = choose_sheet(looks, second);
    if (chosen == nullptr) {
        return no_headings(looks, file.shown_name);
    }
    if (second != nullptr) {
        return several_sheets(*chosen, *second, file.shown_name);
    }
    const auto told = told_form(told_by(looks), file.shown_name, forms, options);
    if (!told) {
        return told.error();
    }
    auto narrowed = options;
    if (*told) {
        narrowed.scheme = (*told)->scheme->id;
        narrowed.form = (*told)->form->id;
    }
    auto match = match_form(chosen->headings, file.shown_name, forms, narrowed);
    if (!match) {
        return match.error();
    }
    auto columns = map_columns(chosen->headings, *match, file.shown_name, chosen->heading_row);
    if (!columns) {
        return columns.error();
    }
    warn_of_other_sheets(looks, *chosen, columns->warnings);
    SourceInfo info{file.shown_name, file.survey.sha256, "xlsx",           {},
                    match->scheme,   match->form,        columns->warnings};
    return std::unique_ptr<RecordSource>(std::make_unique<XlsxSource>(
        std::move(workbook), *chosen, std::move(columns).value(), std::move(info)));
}

}  // namespace sealdesk::intake
