#include "intake/result_workbook.h"

#include <algorithm>
#include <map>

#include "intake/xlsx_out.h"

namespace sealdesk::intake {

namespace {

constexpr lxw_color_t kAcceptedFill = 0xE2EFDA;
constexpr lxw_color_t kRefusedFill = 0xF8CBAD;
constexpr lxw_color_t kDuplicateFill = 0xFFF2CC;
constexpr lxw_color_t kFaultFill = 0xFF9999;
constexpr lxw_color_t kTitleFill = 0xDDEBF7;

/// Headings that no form uses, so that the file can be mended and imported as it is.
const std::vector<Bilingual>& verdict_titles() {
    static const std::vector<Bilingual> titles{{"結果列號", "Result row"},
                                               {"處理結果", "Result"},
                                               {"結果案號", "Result request"},
                                               {"結果說明", "Result: what to do"}};
    return titles;
}

std::string reasons_of(const Fate& fate, Language language) {
    std::string text;
    for (const Reason& reason : fate.reasons) {
        text.append(text.empty() ? "" : "\n").append(reason.message.in(language));
        if (!reason.citation.empty()) {
            text.append(" (").append(reason.citation).append(")");
        }
    }
    return text;
}

}  // namespace

struct ResultWorkbook::State {
    State(const std::filesystem::path& file, const scheme::Form& wanted, Language chosen)
        : out(file, /*streaming=*/true),
          form(wanted),
          language(chosen),
          sheet(out.add_sheet("結果 Results")),
          plain(out.look({.as_text = true})),
          fault(out.look({.as_text = true, .fill = kFaultFill})),
          fates{{FateKind::Accepted, out.look({.as_text = true, .fill = kAcceptedFill})},
                {FateKind::Refused, out.look({.as_text = true, .fill = kRefusedFill})},
                {FateKind::Duplicate, out.look({.as_text = true, .fill = kDuplicateFill})}} {}

    XlsxOut out;
    const scheme::Form& form;
    Language language;
    lxw_worksheet* sheet;
    lxw_format* plain;
    lxw_format* fault;
    std::map<FateKind, lxw_format*> fates;
    lxw_row_t row = 0;
    std::size_t notes = 0;
};

ResultWorkbook::ResultWorkbook(const std::filesystem::path& file, const scheme::Form& form,
                               Language language)
    : state_(std::make_unique<State>(file, form, language)) {
    lxw_format* const title = state_->out.look({.bold = true, .fill = kTitleFill});
    worksheet_set_column(state_->sheet, 0, 2, 10, nullptr);
    worksheet_set_column(state_->sheet, 3, 3, 50, nullptr);
    lxw_col_t column = 0;
    for (const Bilingual& name : verdict_titles()) {
        XlsxOut::text(state_->sheet, 0, column++, name.in(language), title);
    }
    worksheet_set_column(state_->sheet, column, static_cast<lxw_col_t>(column + form.fields.size()),
                         18, nullptr);
    for (const scheme::Field& field : form.fields) {
        XlsxOut::text(state_->sheet, 0, column++, field.label.in(language), title);
    }
    worksheet_freeze_panes(state_->sheet, 1, 4);
}

ResultWorkbook::~ResultWorkbook() = default;

void ResultWorkbook::add(const Record& record, const Fate& fate) {
    State& state = *state_;
    if (state.row + 1 >= LXW_ROW_MAX) {
        return;  // a worksheet ends there; the CSV has them all
    }
    ++state.row;
    lxw_format* const verdict = state.fates.at(fate.kind);
    const std::string number = fate.request.empty() ? fate.duplicate_of : fate.request;
    lxw_col_t column = 0;
    for (const std::string& text :
         {std::to_string(record.row), fate_label(fate.kind, state.language), number,
          reasons_of(fate, state.language)}) {
        XlsxOut::text(state.sheet, state.row, column++, text, verdict);
    }
    for (std::size_t i = 0; i < state.form.fields.size(); ++i, ++column) {
        const std::string& key = state.form.fields[i].key;
        const auto reason = std::ranges::find(fate.reasons, key, &Reason::field);
        const bool faulty = reason != fate.reasons.end() && fate.kind == FateKind::Refused;
        XlsxOut::text(state.sheet, state.row, column, record.cells.at(i),
                      faulty ? state.fault : state.plain);
        if (faulty && state.notes < kNotesMax) {
            ++state.notes;
            XlsxOut::note(state.sheet, state.row, column, reason->message.in(state.language));
        }
    }
}

void ResultWorkbook::finish() { state_->out.finish(); }

void write_result_workbook(RecordSource& rows, std::span<const Fate> fates,
                           const std::filesystem::path& file, Language language) {
    ResultWorkbook results(file, *rows.info().form, language);
    Record record;
    auto fate = fates.begin();
    while (fate != fates.end() && rows.next(record)) {
        if (fate->row == record.row) {
            results.add(record, *fate++);
        }
    }
    results.finish();
}

}  // namespace sealdesk::intake
