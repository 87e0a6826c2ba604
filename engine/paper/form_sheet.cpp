#include "paper/form_sheet.h"

#include <algorithm>
#include <functional>

#include "paper/page.h"

namespace sealdesk::paper {
namespace {

// Millimetres.
constexpr double kFormLeft = 20;
constexpr double kFormWidth = 170;
constexpr double kFormTop = 44;       ///< first row, below the heading
constexpr double kFormTopLater = 37;  ///< on further pages
constexpr double kFormBottom = 276;
constexpr double kCornerMark = 5;   ///< side of the squares in the corners
constexpr double kCornerInset = 8;  ///< printers leave 4 to 6 mm unprinted
constexpr double kLabelWidth = 40;
constexpr double kHalfLabelWidth = 30;
constexpr double kRowHeight = 10.5;
constexpr double kTallRowHeight = 18;
constexpr double kTickSide = 3.2;
constexpr double kTickToText = 1.5;
constexpr double kCellWidth = 6.2;
constexpr double kSealGap = 12;
constexpr double kChoiceGap = 4;  ///< between columns of choices
constexpr double kOfficeHeight = 20;
constexpr double kOfficeHead = 8.6;
constexpr double kWidthMax = 2000;  ///< of a line that is measured unbroken
constexpr double kSizeMin = 5;      ///< points, of a text that is made to fit
constexpr double kSealLabelHeight = 9;

constexpr Colour kFormGrey{0.40, 0.40, 0.40};
constexpr Colour kFormShade{0.925, 0.925, 0.925};
constexpr Colour kSealFrame{0.45, 0.55, 0.62};
constexpr Pen kFormLine{.width = 0.2};
constexpr Pen kFormFrame{.width = 0.35};
constexpr Pen kFaintLine{.width = 0.12, .dash = 0, .colour = {0.55, 0.55, 0.55}};

constexpr TextStyle kFormTitle{
    .face = Face::SansBold, .size = 17, .align = Align::Centre, .line = 9};
constexpr TextStyle kFormSubtitle{
    .face = Face::Sans, .size = 8.5, .align = Align::Centre, .line = 4.5, .colour = kFormGrey};
constexpr TextStyle kFormLabel{.face = Face::Sans, .size = 9.5, .line = 4.6};
constexpr TextStyle kFormLabelEn{.face = Face::Sans, .size = 6.5, .line = 2.9, .colour = kFormGrey};
constexpr TextStyle kFormSectionTitle{.face = Face::SansBold, .size = 10.5, .line = 6};
constexpr TextStyle kFormChoice{.face = Face::Song, .size = 10.5, .line = 5.2};
constexpr TextStyle kFormChoiceEn{
    .face = Face::Sans, .size = 7.5, .line = 5.2, .colour = kFormGrey};
constexpr TextStyle kFormHint{.face = Face::Sans, .size = 7, .line = 3.4, .colour = kFormGrey};
constexpr TextStyle kFormOffice{.face = Face::Sans, .size = 8, .line = 4};
constexpr TextStyle kFormTitleLater{
    .face = Face::SansBold, .size = 11, .align = Align::Centre, .line = 6};
constexpr TextStyle kFormBody{.face = Face::Song, .size = 10, .line = 5.4};
constexpr TextStyle kFormBodyEn{.face = Face::Song, .size = 8, .line = 4, .colour = kFormGrey};

/// A piece of the form that is never broken over two pages.
struct FormBlock {
    double height;
    bool keep_with_next;  ///< a section's title does not stand alone at the foot of a page
    std::function<void(Canvas&, double y)> draw;
};

double text_height(Canvas& canvas, const TextStyle& style, double width, const std::string& text) {
    return canvas.measure({0, 0, width, 0}, style, text).height;
}

double text_width(Canvas& canvas, const TextStyle& style, const std::string& text) {
    return canvas.measure({0, 0, kWidthMax, 0}, style, text).width;
}

/// The style, smaller if that keeps the text on one line.
TextStyle fitted(Canvas& canvas, TextStyle style, double width, const std::string& text) {
    while (style.size > kSizeMin && text_width(canvas, style, text) > width) {
        style.size *= 0.96;
    }
    return style;
}

std::string in_both(const Bilingual& text) {
    return text.en.empty() ? text.zh : text.zh + " " + text.en;
}

void draw_tick_box(Canvas& canvas, double x, double y) {
    canvas.box({x, y, kTickSide, kTickSide}, {.width = 0.25});
}

/// A choice as it is printed: Chinese large, English small behind it.
double choice_width(Canvas& canvas, const Bilingual& choice) {
    return text_width(canvas, kFormChoice, choice.zh) + kTickToText +
           text_width(canvas, kFormChoiceEn, choice.en);
}

void draw_choice(Canvas& canvas, const Bilingual& choice, double x, double y) {
    draw_tick_box(canvas, x, y + (kFormChoice.line - kTickSide) / 2);
    x += kTickSide + kTickToText;
    canvas.text({x, y, kFormWidth, 0}, kFormChoice, choice.zh);
    x += text_width(canvas, kFormChoice, choice.zh) + kTickToText;
    canvas.text({x, y + 0.3, kFormWidth, 0}, kFormChoiceEn, choice.en);
}

/// Tick boxes with their texts in columns as wide as the widest of them, from left to right.
/// Draws only when told to; returns the height.
double flow_choices(Canvas& canvas, const std::vector<Bilingual>& choices, const Area& area,
                    bool draws) {
    const double row_height = kFormChoice.line + 0.8;
    double widest = 0;
    for (const Bilingual& choice : choices) {
        widest = std::max(widest, choice_width(canvas, choice));
    }
    const double column_min = kTickSide + kTickToText + widest + kChoiceGap;
    const int columns = std::max(1, int((area.width + kChoiceGap) / column_min));
    const double column =
        columns == 1 ? area.width : std::min(area.width / columns, column_min + 8);
    for (std::size_t i = 0; draws && i < choices.size(); ++i) {
        const std::size_t row = i / std::size_t(columns);
        draw_choice(canvas, choices[i], area.x + double(i % std::size_t(columns)) * column,
                    area.y + double(row) * row_height);
    }
    const auto rows = (choices.size() + std::size_t(columns) - 1) / std::size_t(columns);
    return double(rows) * row_height - 0.8;
}

/// Height of the place for the applicant's hand, without the hint.
double input_height(Canvas& canvas, const FormField& field, double width) {
    switch (field.input) {
        case FormInput::Tall: return kTallRowHeight;
        case FormInput::Choices:
            return std::max(kRowHeight,
                            flow_choices(canvas, field.choices, {0, 0, width - 4, 0}, false) + 4);
        case FormInput::Line:
        case FormInput::Cells:
        case FormInput::Date: return kRowHeight;
    }
    return kRowHeight;
}

double hint_height(Canvas& canvas, const FormField& field, double width) {
    return field.hint.zh.empty()
               ? 0
               : text_height(canvas, kFormHint, width - 4, in_both(field.hint)) + 0.8;
}

double field_height(Canvas& canvas, const FormField& field, double label_width, double width) {
    const double hint = hint_height(canvas, field, width - label_width);
    const double label = text_height(canvas, kFormLabel, label_width - 3, field.label.zh + " *") +
                         text_height(canvas, kFormLabelEn, label_width - 3, field.label.en) + 2.5;
    return std::max(label, input_height(canvas, field, width - label_width) + hint);
}

void draw_label(Canvas& canvas, const FormField& field, const Area& area) {
    canvas.fill(area, kFormShade);
    const std::string zh = field.label.zh + (field.required ? " *" : "");
    const double zh_height = text_height(canvas, kFormLabel, area.width - 3, zh);
    const double en_height = text_height(canvas, kFormLabelEn, area.width - 3, field.label.en);
    const double top = area.y + (area.height - zh_height - en_height) / 2;
    canvas.text({area.x + 1.5, top, area.width - 3, 0}, kFormLabel, zh);
    canvas.text({area.x + 1.5, top + zh_height, area.width - 3, 0}, kFormLabelEn, field.label.en);
}

void draw_date(Canvas& canvas, const Area& area) {
    // Widths between the words leave room for handwriting.
    const double y = area.y + (area.height - kFormChoice.line) / 2;
    const double gap = std::min(18.0, (area.width - 34) / 3);
    double x = area.x + 2;
    canvas.text({x, y, 12, 0}, kFormChoice, "民國");
    x += 9 + gap;
    for (const char* const word : {"年", "月", "日"}) {
        canvas.text({x, y, 8, 0}, kFormChoice, word);
        x += 5 + gap;
    }
}

void draw_cells(Canvas& canvas, int cells, const Area& area) {
    const double width = std::min(kCellWidth, (area.width - 4) / cells);
    const double height = std::min(area.height - 2.5, 8.0);
    const double y = area.y + (area.height - height) / 2;
    for (int i = 0; i < cells; ++i) {
        canvas.box({area.x + 2 + i * width, y, width, height}, kFaintLine);
    }
}

void draw_field(Canvas& canvas, const FormField& field, double label_width, const Area& area) {
    draw_label(canvas, field, {area.x, area.y, label_width, area.height});
    canvas.box(area, kFormLine);
    canvas.rule({area.x + label_width, area.y}, {area.x + label_width, area.y + area.height},
                kFormLine);
    const double hint = hint_height(canvas, field, area.width - label_width);
    const Area place{area.x + label_width, area.y, area.width - label_width, area.height - hint};
    if (field.input == FormInput::Choices) {
        const Area flow{place.x + 2, 0, place.width - 4, 0};
        const double height = flow_choices(canvas, field.choices, flow, false);
        const double top = place.y + (place.height - height) / 2;
        flow_choices(canvas, field.choices, {flow.x, top, flow.width, 0}, true);
    } else if (field.input == FormInput::Date) {
        draw_date(canvas, place);
    } else if (field.input == FormInput::Cells) {
        draw_cells(canvas, std::max(1, field.cells), place);
    }
    if (hint > 0) {
        canvas.text({place.x + 2, area.y + area.height - hint, place.width - 4, 0}, kFormHint,
                    in_both(field.hint));
    }
}

/// A row of one field, or of two half-width ones.
FormBlock field_row(Canvas& canvas, std::vector<FormField> row) {
    const double width = kFormWidth / double(row.size());
    const double label_width = row.size() == 1 ? kLabelWidth : kHalfLabelWidth;
    double height = 0;
    for (const FormField& field : row) {
        height = std::max(height, field_height(canvas, field, label_width, width));
    }
    return {height, false,
            [row = std::move(row), width, label_width, height](Canvas& page, double y) {
                double x = kFormLeft;
                for (const FormField& field : row) {
                    draw_field(page, field, label_width, {x, y, width, height});
                    x += width;
                }
            }};
}

FormBlock section_title(const Bilingual& title) {
    return {9, true, [title](Canvas& page, double y) {
                page.text({kFormLeft, y + 2.2, kFormWidth, 0}, kFormSectionTitle, in_both(title));
            }};
}

FormBlock gap_block(double height) {
    return {height, false, [](Canvas&, double) {}};
}

void add_sections(Canvas& canvas, const FormSheet& sheet, std::vector<FormBlock>& blocks) {
    for (const FormSection& section : sheet.sections) {
        blocks.push_back(section_title(section.title));
        for (std::size_t i = 0; i < section.fields.size(); ++i) {
            const bool pairs = section.fields[i].half_width && i + 1 < section.fields.size() &&
                               section.fields[i + 1].half_width;
            std::vector<FormField> row{section.fields[i]};
            if (pairs) {
                row.push_back(section.fields[++i]);
            }
            blocks.push_back(field_row(canvas, std::move(row)));
        }
    }
}

void add_documents(Canvas& canvas, const FormSheet& sheet, std::vector<FormBlock>& blocks) {
    if (sheet.documents.empty()) {
        return;
    }
    blocks.push_back(section_title({"檢附文件", "Documents enclosed"}));
    const Area flow{kFormLeft + 3, 0, kFormWidth - 6, 0};
    const double height = flow_choices(canvas, sheet.documents, flow, false) + 5;
    blocks.push_back(
        {height, false, [documents = sheet.documents, flow, height](Canvas& page, double y) {
             page.box({kFormLeft, y, kFormWidth, height}, kFormLine);
             flow_choices(page, documents, {flow.x, y + 2.5, flow.width, 0}, true);
         }});
}

void draw_seal(Canvas& page, const FormSeal& seal, double x, double y) {
    const double width = std::max(seal.side, 42.0) + kSealGap - 2;
    page.text({x, y, width, 0}, fitted(page, kFormLabel, width, seal.label.zh), seal.label.zh);
    page.text({x, y + 4.7, width, 0}, fitted(page, kFormLabelEn, width, seal.label.en),
              seal.label.en);
    page.box({x, y + kSealLabelHeight, seal.side, seal.side},
             {.width = 0.3, .dash = 1.2, .colour = kSealFrame});
    const std::string side = std::to_string(int(seal.side));
    const std::string note = "請蓋於框內，清晰端正，勿壓框線  " + side + " × " + side + " mm";
    page.text({x, y + kSealLabelHeight + seal.side + 0.8, width, 0},
              fitted(page, kFormLabelEn, width, note), note);
}

/// Declaration and seals are never parted: the seal is set under that text.
void add_seals(Canvas& canvas, const FormSheet& sheet, std::vector<FormBlock>& blocks) {
    const double text_zh = text_height(canvas, kFormBody, kFormWidth - 6, sheet.declaration.zh);
    const double text_en = text_height(canvas, kFormBodyEn, kFormWidth - 6, sheet.declaration.en);
    double tallest = 0;
    for (const FormSeal& seal : sheet.seals) {
        tallest = std::max(tallest, seal.side);
    }
    if (text_zh == 0 && tallest == 0) {
        return;
    }
    const double seals_top = text_zh + text_en + 6;
    const double height = seals_top + (tallest > 0 ? tallest + kSealLabelHeight + 6 : 12);
    blocks.push_back(section_title({"聲明與用印", "Declaration and seals"}));
    blocks.push_back(
        {height, false, [sheet, text_zh, seals_top, height](Canvas& page, double y) {
             page.box({kFormLeft, y, kFormWidth, height}, kFormFrame);
             page.text({kFormLeft + 3, y + 2.5, kFormWidth - 6, 0}, kFormBody,
                       sheet.declaration.zh);
             page.text({kFormLeft + 3, y + 2.5 + text_zh + 0.5, kFormWidth - 6, 0}, kFormBodyEn,
                       sheet.declaration.en);
             double x = kFormLeft + 8;
             for (const FormSeal& seal : sheet.seals) {
                 draw_seal(page, seal, x, y + seals_top);
                 x += std::max(seal.side, 42.0) + kSealGap;
             }
             page.text({kFormLeft + 8, y + height - 7.5, kFormWidth - 12, 0},
                       {.face = Face::Song, .size = 10.5, .align = Align::Right, .line = 5.2},
                       "申請日期　民國＿＿＿年＿＿＿月＿＿＿日");
         }});
}

void add_office_fields(const FormSheet& sheet, std::vector<FormBlock>& blocks) {
    if (sheet.office_fields.empty()) {
        return;
    }
    blocks.push_back(section_title({"以下由註冊中心填寫", "For office use"}));
    blocks.push_back({kOfficeHeight, false, [fields = sheet.office_fields](Canvas& page, double y) {
                          const double width = kFormWidth / double(fields.size());
                          double x = kFormLeft;
                          for (const Bilingual& field : fields) {
                              page.fill({x, y, width, kOfficeHead}, kFormShade);
                              page.box({x, y, width, kOfficeHeight}, kFormLine);
                              page.text({x + 1.5, y + 0.7, width - 2, 0},
                                        fitted(page, kFormOffice, width - 2, field.zh), field.zh);
                              page.text({x + 1.5, y + 4.8, width - 2, 0},
                                        fitted(page, kFormLabelEn, width - 2, field.en), field.en);
                              x += width;
                          }
                      }});
}

/// Which blocks stand on which page.
std::vector<std::vector<const FormBlock*>> break_into_pages(const std::vector<FormBlock>& blocks) {
    std::vector<std::vector<const FormBlock*>> pages(1);
    double y = kFormTop;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        double needed = blocks[i].height;
        if (blocks[i].keep_with_next && i + 1 < blocks.size()) {
            needed += blocks[i + 1].height;
        }
        if (y + needed > kFormBottom && !pages.back().empty()) {
            pages.emplace_back();
            y = kFormTopLater;
        }
        pages.back().push_back(&blocks[i]);
        y += blocks[i].height;
    }
    return pages;
}

void draw_frame(Canvas& canvas, const FormSheet& sheet, int page, int pages) {
    for (const double x : {kCornerInset, kPageWidth - kCornerInset - kCornerMark}) {
        for (const double y : {kCornerInset, kPageHeight - kCornerInset - kCornerMark}) {
            canvas.fill({x, y, kCornerMark, kCornerMark}, kBlack);
        }
    }
    canvas.qr({172, 16, 18, 18}, sheet.code);
    if (page == 1) {
        canvas.text({45, 15, 120, 0},
                    {.face = Face::Sans, .size = 9.5, .align = Align::Centre, .line = 5},
                    sheet.issuer);
        canvas.text({40, 21, 130, 9}, fitted(canvas, kFormTitle, 130, sheet.title.zh),
                    sheet.title.zh);
        canvas.text({40, 30.5, 130, 0}, kFormSubtitle, sheet.title.en);
        canvas.text({kFormLeft, 38, 140, 0}, kFormLabelEn,
                    "* 必填 required　　請以黑色或藍色原子筆正楷填寫，塗改處請加蓋原印鑑。");
    } else {
        canvas.text({40, 18, 130, 0}, fitted(canvas, kFormTitleLater, 130, sheet.title.zh),
                    sheet.title.zh);
    }
    const std::string number =
        "第 " + std::to_string(page) + " 頁，共 " + std::to_string(pages) + " 頁";
    canvas.text({kFormLeft, 281, 60, 0}, kFormLabelEn, sheet.version);
    canvas.text({70, 280.5, 70, 0},
                {.face = Face::Sans, .size = 8, .align = Align::Centre, .line = 4}, number);
    canvas.text(
        {130, 281, 60, 0},
        {.face = Face::Sans, .size = 6.5, .align = Align::Right, .line = 2.9, .colour = kFormGrey},
        sheet.code);
}

}  // namespace

std::string draw_form(const FormSheet& sheet, Instant created) {
    Document document(sheet.title.zh, created);
    Drawing trial;  // texts are measured here, before the number of pages is known
    std::vector<FormBlock> blocks;
    add_sections(trial.canvas(), sheet, blocks);
    add_documents(trial.canvas(), sheet, blocks);
    add_seals(trial.canvas(), sheet, blocks);
    add_office_fields(sheet, blocks);
    blocks.push_back(gap_block(0));

    const auto pages = break_into_pages(blocks);
    for (std::size_t i = 0; i < pages.size(); ++i) {
        Canvas& canvas = document.add_page();
        draw_frame(canvas, sheet, int(i) + 1, int(pages.size()));
        double y = i == 0 ? kFormTop : kFormTopLater;
        for (const FormBlock* const block : pages[i]) {
            block->draw(canvas, y);
            y += block->height;
        }
    }
    return document.finish();
}

}  // namespace sealdesk::paper
