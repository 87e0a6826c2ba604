#include "intake/form_template.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "intake/xlsx_out.h"

namespace sealdesk::intake {

namespace {

using scheme::Field;
using scheme::FieldType;
using scheme::Form;

/// Rows with drop-downs: more than a counter keys in a month.
constexpr std::uint32_t kTemplateRows = 10'000;

constexpr const char* kFormsSheet = "申請資料 Forms";
constexpr const char* kHelpSheet = "填寫說明 Instructions";
constexpr const char* kListsSheet = "選項 Lists";

constexpr lxw_color_t kRequiredFill = 0xFCE4D6;
constexpr lxw_color_t kSometimesFill = 0xFFF2CC;
constexpr lxw_color_t kOptionalFill = 0xEDEDED;

/// What may be written in a field of the type.
Bilingual accepted_in(FieldType type) {
    static const std::map<FieldType, Bilingual> accepted{
        {FieldType::RecordNumber,
         {"英數字與 - _ / .，至多 40 字", "Letters, digits and - _ / ., at most 40"}},
        {FieldType::Text, {"一行文字", "One line"}},
        {FieldType::Name,
         {"姓名或名稱，難字照寫；不可有 ? 或 □", "A name, rare characters included; no ? or □"}},
        {FieldType::IdNumber,
         {"身分證統一編號、居留證號、統一編號或護照號碼（英文字母大小寫均可）",
          "National ID, resident certificate, unified business number or passport"}},
        {FieldType::Date,
         {"民國 115/11/20、1151120，或西元 2026-11-20",
          "115/11/20 or 1151120 (ROC), or 2026-11-20"}},
        {FieldType::Phone,
         {"含區域號碼，分機寫 #12，例如 02-2370-0715#12", "With area code; extension as #12"}},
        {FieldType::PostalCode, {"3、5 或 6 碼", "3, 5 or 6 digits"}},
        {FieldType::Address, {"以郵遞區號開頭", "Begins with the postal code"}},
        {FieldType::Email, {"一個電子郵件地址", "One e-mail address"}},
        {FieldType::Choice, {"從清單選一項", "One from the list"}},
        {FieldType::Number, {"整數", "A whole number"}},
        {FieldType::YesNo, {"是或否", "是 (yes) or 否 (no)"}},
        {FieldType::Documents, {"文件名稱，以 ; 分隔", "Names of documents, parted by ;"}},
        {FieldType::Scan,
         {"隨檔附上的 PNG、JPEG 或 TIFF 檔名，例如 scans/C00001.png",
          "Name of a PNG, JPEG or TIFF that comes with the file, such as scans/C00001.png"}},
    };
    const auto found = accepted.find(type);
    return found == accepted.end() ? Bilingual{"依申請單所示", "As the form says"} : found->second;
}

std::vector<Bilingual> names_in(const Form& form, const Field& field) {
    if (field.type == FieldType::YesNo) {
        return {{"是", "yes"}, {"否", "no"}};
    }
    std::vector<Bilingual> names;
    for (const scheme::Choice& choice :
         field.type == FieldType::Documents ? form.documents : field.choices) {
        names.push_back(choice.label);
    }
    return names;
}

bool is_always(const Field& field) {
    return field.required_when && field.required_when->all.empty();
}

Bilingual need_of(const Field& field) {
    if (is_always(field)) {
        return {"必填", "required"};
    }
    return field.required_when ? Bilingual{"視情況必填", "required in some cases"}
                               : Bilingual{"選填", "optional"};
}

std::string heading_of(const Field& field) {
    return field.label.zh + (is_always(field) ? " *" : "") + "\n" + field.label.en;
}

void add_line(std::string& text, const std::string& line) {
    if (!line.empty()) {
        text.append(text.empty() ? "" : "\n").append(line);
    }
}

std::string note_on(const Form& form, const Field& field) {
    const Bilingual need = need_of(field);
    const Bilingual accepted = accepted_in(field.type);
    std::string note;
    add_line(note,
             need.zh + " / " + need.en + (field.rule.empty() ? "" : "  (" + field.rule + ")"));
    add_line(note, accepted.zh + "。");
    add_line(note, accepted.en + ".");
    add_line(note, field.hint.zh);
    add_line(note, field.hint.en);
    for (const Bilingual& name : names_in(form, field)) {
        add_line(note, "・" + name.zh + " / " + name.en);
    }
    return note;
}

double width_of(const Field& field) {
    switch (field.type) {
        case FieldType::Address: return 40;
        case FieldType::Email:
        case FieldType::Documents:
        case FieldType::Scan: return 28;
        case FieldType::Name: return 22;
        default: return 16;
    }
}

/// The template while it is made.
class Template {
public:
    Template(const scheme::Scheme& scheme, const Form& form, XlsxOut& out)
        : scheme_(scheme),
          form_(form),
          out_(out),
          forms_(out.add_sheet(kFormsSheet)),
          help_(out.add_sheet(kHelpSheet)),
          lists_(out.add_sheet(kListsSheet)),
          plain_(out.look({})),
          bold_(out.look({.bold = true})),
          text_(out.look({.as_text = true})) {}

    void write() {
        write_columns();
        write_help();
        worksheet_hide(lists_);
    }

private:
    void write_columns() {
        lxw_format* const required = out_.look({.bold = true, .fill = kRequiredFill});
        lxw_format* const sometimes = out_.look({.bold = true, .fill = kSometimesFill});
        lxw_format* const optional = out_.look({.bold = true, .fill = kOptionalFill});
        XlsxOut::text(lists_, 0, 0, form_code(scheme_, form_), plain_);
        worksheet_set_row(forms_, 0, 48, nullptr);
        for (std::size_t i = 0; i < form_.fields.size(); ++i) {
            const Field& field = form_.fields[i];
            const auto column = static_cast<lxw_col_t>(i);
            worksheet_set_column(forms_, column, column, width_of(field), text_);
            XlsxOut::text(forms_, 0, column, heading_of(field),
                          is_always(field)      ? required
                          : field.required_when ? sometimes
                                                : optional);
            XlsxOut::note(forms_, 0, column, note_on(form_, field));
            if (field.type == FieldType::Choice || field.type == FieldType::YesNo) {
                offer_choices(field, column);
            }
        }
        worksheet_freeze_panes(forms_, 1, 1);
    }

    /// The choices stand one below the other on the sheet of lists, in the field's own column.
    void offer_choices(const Field& field, lxw_col_t column) {
        const std::vector<Bilingual> names = names_in(form_, field);
        if (names.empty()) {
            return;
        }
        constexpr lxw_row_t first = 2;
        XlsxOut::text(lists_, first - 1, column, field.label.zh, bold_);
        lxw_row_t row = first;
        for (const Bilingual& name : names) {
            XlsxOut::text(lists_, row++, column, name.zh, text_);
        }
        std::array<char, LXW_MAX_CELL_RANGE_LENGTH> range{};
        lxw_rowcol_to_range_abs(range.data(), first, column, row - 1, column);
        XlsxOut::offer(forms_, 1, kTemplateRows, column,
                       "='" + std::string(kListsSheet) + "'!" + range.data(),
                       "請從清單選擇。 Choose from the list.");
    }

    void line(const std::string& zh, const std::string& en, lxw_format* look) {
        XlsxOut::text(help_, row_, 0, zh, look);
        XlsxOut::text(help_, row_, 1, en, look);
        ++row_;
    }

    void write_help() {
        worksheet_set_column(help_, 0, 1, 44, nullptr);
        worksheet_set_column(help_, 2, 3, 16, nullptr);
        worksheet_set_column(help_, 4, 5, 44, nullptr);
        line(form_.title.zh, form_.title.en, bold_);
        line("版本 " + form_.version, "Version " + form_.version, plain_);
        line("識別碼（請勿更改，匯入時據以辨認申請單）", "Code by which the import knows the form",
             plain_);
        line("", form_code(scheme_, form_), plain_);
        line("一列填一件。標題列請勿更改；欄位順序可調整，不用的欄可刪除（* 必填欄除外）。",
             "One form a row. Leave the headings; columns may be moved, unused ones (without *) "
             "removed.",
             plain_);
        line("所有儲存格均為文字格式，開頭的 0 與民國日期不會被更改。貼上時請選「只貼上值」。",
             "Every cell is text: leading zeros and ROC dates stay. Paste values only.", plain_);
        line("標題右上角紅色三角形為填寫說明，有清單者請從清單選擇。",
             "The red corner of a heading shows a note; choose from the list where there is one.",
             plain_);
        line("掃描影像與本檔放在同一資料夾或 ZIP，欄內填檔名。匯入： sealdesk import 檔名.xlsx",
             "Scans go into the same folder or ZIP. To import: sealdesk import FILE.xlsx", plain_);
        ++row_;
        write_field_table();
    }

    void write_field_table() {
        const std::vector<std::string> titles{"欄位",      "Field",    "必填 Required",
                                              "依據 Rule", "可填內容", "Accepted"};
        for (std::size_t i = 0; i < titles.size(); ++i) {
            XlsxOut::text(help_, row_, static_cast<lxw_col_t>(i), titles[i], bold_);
        }
        for (const Field& field : form_.fields) {
            ++row_;
            const Bilingual need = need_of(field);
            const Bilingual accepted = accepted_in(field.type);
            const std::vector<std::string> cells{field.label.zh,
                                                 field.label.en,
                                                 need.zh + " " + need.en,
                                                 field.rule,
                                                 accepted.zh + separated(field.hint.zh, "；"),
                                                 accepted.en + separated(field.hint.en, "; ")};
            for (std::size_t i = 0; i < cells.size(); ++i) {
                XlsxOut::text(help_, row_, static_cast<lxw_col_t>(i), cells[i], plain_);
            }
        }
    }

    static std::string separated(const std::string& text, const char* separator) {
        return text.empty() ? text : separator + text;
    }

    const scheme::Scheme& scheme_;
    const Form& form_;
    XlsxOut& out_;
    lxw_worksheet* forms_;
    lxw_worksheet* help_;
    lxw_worksheet* lists_;
    lxw_format* plain_;
    lxw_format* bold_;
    lxw_format* text_;
    lxw_row_t row_ = 0;
};

}  // namespace

std::string form_code(const scheme::Scheme& scheme, const scheme::Form& form) {
    return "sealdesk:" + scheme.id + "/" + form.id + "/" + form.version;
}

void write_form_template(const scheme::Scheme& scheme, const Form& form,
                         const std::filesystem::path& file, Instant created) {
    XlsxOut out(file, /*streaming=*/false);
    out.describe(form.title.zh, scheme.authority.name.zh, created);
    Template(scheme, form, out).write();
    out.finish();
}

}  // namespace sealdesk::intake
