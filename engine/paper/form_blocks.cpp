#include "paper/form_blocks.h"

#include <algorithm>

namespace sealdesk::paper {
namespace {

// Millimetres.
constexpr double kLabelWidth = 40;
constexpr double kHalfLabelWidth = 30;
constexpr double kRowHeight = 10.5;
constexpr double kTallRowHeight = 18;
constexpr double kTickSide = 3.2;
constexpr double kTickToText = 1.5;
constexpr double kCellWidth = 6.2;
constexpr double kSealGap = 12;
constexpr double kCopyGap = 5;
constexpr double kChoiceGap = 4;  ///< between columns of choices
constexpr double kOfficeHeight = 20;
constexpr double kOfficeHead = 8.6;
constexpr double kWidthMax = 2000;  ///< of a line that is measured unbroken
constexpr double kSizeMin = 5;      ///< points, of a text that is made to fit
constexpr double kSealLabelHeight = 9;

constexpr Colour kFormShade{0.925, 0.925, 0.925};
constexpr Colour kSealFrame{0.45, 0.55, 0.62};
constexpr Pen kFormLine{.width = 0.2};
constexpr Pen kFormFrame{.width = 0.35};
constexpr Pen kFaintLine{.width = 0.12, .dash = 0, .colour = {0.55, 0.55, 0.55}};

constexpr TextStyle kFormLabel{.face = Face::Sans, .size = 9.5, .line = 4.6};
constexpr TextStyle kFormSectionTitle{.face = Face::SansBold, .size = 10.5, .line = 6};
constexpr TextStyle kFormChoice{.face = Face::Song, .size = 10.5, .line = 5.2};
constexpr TextStyle kFormChoiceEn{
    .face = Face::Sans, .size = 7.5, .line = 5.2, .colour = kFormGrey};
constexpr TextStyle kFormHint{.face = Face::Sans, .size = 7, .line = 3.4, .colour = kFormGrey};
constexpr TextStyle kFormOffice{.face = Face::Sans, .size = 8, .line = 4};
constexpr TextStyle kFormBody{.face = Face::Song, .size = 10, .line = 5.4};
constexpr TextStyle kFormBodyEn{.face = Face::Song, .size = 8, .line = 4, .colour = kFormGrey};

double text_height(Canvas& canvas, const TextStyle& style, double width, const std::string& text) {
    return canvas.measure({0, 0, width, 0}, style, text).height;
}

double text_width(Canvas& canvas, const TextStyle& style, const std::string& text) {
    return canvas.measure({0, 0, kWidthMax, 0}, style, text).width;
}

std::string in_both(const Bilingual& text) {
    return text.en.empty() ? text.zh : text.zh + " " + text.en;
}

/// A choice as it is printed: Chinese large, English small behind it.
double choice_width(Canvas& canvas, const Bilingual& choice) {
    return text_width(canvas, kFormChoice, choice.zh) + kTickToText +
           text_width(canvas, kFormChoiceEn, choice.en);
}

void draw_choice(const Leaf& leaf, const std::string& key, const FormChoice& choice, double x,
                 double y) {
    Canvas& canvas = leaf.canvas;
    const Area box{x, y + (kFormChoice.line - kTickSide) / 2, kTickSide, kTickSide};
    canvas.box(box, {.width = 0.25});
    leaf.places.push_back({FormPlaceKind::Tick, key, choice.value, box});
    x += kTickSide + kTickToText;
    canvas.text({x, y, kFormWidth, 0}, kFormChoice, choice.label.zh);
    x += text_width(canvas, kFormChoice, choice.label.zh) + kTickToText;
    canvas.text({x, y + 0.3, kFormWidth, 0}, kFormChoiceEn, choice.label.en);
}

/// Tick boxes with their texts in columns as wide as the widest of them, from left to right.
struct ChoiceFlow {
    int columns;
    double column;  ///< width, mm
    double height;
};

constexpr double kChoiceRowHeight = kFormChoice.line + 0.8;

ChoiceFlow flow_of(Canvas& canvas, const std::vector<FormChoice>& choices, double width) {
    double widest = 0;
    for (const FormChoice& choice : choices) {
        widest = std::max(widest, choice_width(canvas, choice.label));
    }
    const double column_min = kTickSide + kTickToText + widest + kChoiceGap;
    const int columns = std::max(1, int((width + kChoiceGap) / column_min));
    const int rows = (int(choices.size()) + columns - 1) / columns;
    return {columns, columns == 1 ? width : std::min(width / columns, column_min + 8),
            rows * kChoiceRowHeight - 0.8};
}

void draw_choices(const Leaf& leaf, const std::string& key, const std::vector<FormChoice>& choices,
                  const Area& area) {
    const ChoiceFlow flow = flow_of(leaf.canvas, choices, area.width);
    for (int i = 0; i < int(choices.size()); ++i) {
        const int row = i / flow.columns;
        draw_choice(leaf, key, choices[std::size_t(i)], area.x + i % flow.columns * flow.column,
                    area.y + row * kChoiceRowHeight);
    }
}

/// Height of the place for the applicant's hand, without the hint.
double input_height(Canvas& canvas, const FormField& field, double width) {
    switch (field.input) {
        case FormInput::Tall: return kTallRowHeight;
        case FormInput::Choices:
            return std::max(kRowHeight, flow_of(canvas, field.choices, width - 4).height + 4);
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

void draw_field(const Leaf& leaf, const FormField& field, double label_width, const Area& area) {
    Canvas& canvas = leaf.canvas;
    draw_label(canvas, field, {area.x, area.y, label_width, area.height});
    canvas.box(area, kFormLine);
    canvas.rule({area.x + label_width, area.y}, {area.x + label_width, area.y + area.height},
                kFormLine);
    const double hint = hint_height(canvas, field, area.width - label_width);
    const Area place{area.x + label_width, area.y, area.width - label_width, area.height - hint};
    if (field.input == FormInput::Choices) {
        const double height = flow_of(canvas, field.choices, place.width - 4).height;
        const double top = place.y + (place.height - height) / 2;
        draw_choices(leaf, field.key, field.choices, {place.x + 2, top, place.width - 4, 0});
    } else {
        leaf.places.push_back({FormPlaceKind::Text, field.key, "", place});
    }
    if (field.input == FormInput::Date) {
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
            [row = std::move(row), width, label_width, height](const Leaf& page, double y) {
                double x = kFormLeft;
                for (const FormField& field : row) {
                    draw_field(page, field, label_width, {x, y, width, height});
                    x += width;
                }
            }};
}

FormBlock section_title(const Bilingual& title) {
    return {9, true, [title](const Leaf& page, double y) {
                page.canvas.text({kFormLeft, y + 2.2, kFormWidth, 0}, kFormSectionTitle,
                                 in_both(title));
            }};
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
    const double height = flow_of(canvas, sheet.documents, kFormWidth - 6).height + 5;
    blocks.push_back({height, false, [sheet, height](const Leaf& page, double y) {
                          page.canvas.box({kFormLeft, y, kFormWidth, height}, kFormLine);
                          draw_choices(page, sheet.documents_key, sheet.documents,
                                       {kFormLeft + 3, y + 2.5, kFormWidth - 6, 0});
                      }});
}

/// Frame of a place that is cut out of the scan, with what goes into it above.
void draw_frame_of(const Leaf& page, const FormPlace& place, const Bilingual& label,
                   double label_width) {
    Canvas& canvas = page.canvas;
    const double x = place.area.x;
    const double y = place.area.y - kSealLabelHeight;
    canvas.text({x, y, label_width, 0}, fitted(canvas, kFormLabel, label_width, label.zh),
                label.zh);
    canvas.text({x, y + 4.7, label_width, 0}, fitted(canvas, kFormLabelEn, label_width, label.en),
                label.en);
    canvas.box(place.area, {.width = 0.3, .dash = 1.2, .colour = kSealFrame});
    page.places.push_back(place);
}

/// Copies stand beside each other as far as they fit.
void add_copies(const FormSheet& sheet, std::vector<FormBlock>& blocks) {
    if (sheet.copies.empty()) {
        return;
    }
    blocks.push_back(section_title({"證件影本黏貼處", "Copies of documents"}));
    std::vector<FormCopy> row;
    const auto end_row = [&] {
        double height = 0;
        for (const FormCopy& copy : row) {
            height = std::max(height, copy.height + kSealLabelHeight + 5);
        }
        blocks.push_back({height, false, [row, height](const Leaf& page, double y) {
                              page.canvas.box({kFormLeft, y, kFormWidth, height}, kFormLine);
                              double x = kFormLeft + kCopyGap;
                              for (const FormCopy& copy : row) {
                                  draw_frame_of(
                                      page,
                                      {FormPlaceKind::Copy,
                                       copy.key,
                                       "",
                                       {x, y + kSealLabelHeight + 2, copy.width, copy.height}},
                                      copy.label, copy.width);
                                  x += copy.width + kCopyGap;
                              }
                          }});
        row.clear();
    };
    double x = kFormLeft + kCopyGap;
    for (const FormCopy& copy : sheet.copies) {
        if (!row.empty() && x + copy.width + kCopyGap > kFormLeft + kFormWidth) {
            end_row();
            x = kFormLeft + kCopyGap;
        }
        row.push_back(copy);
        x += copy.width + kCopyGap;
    }
    end_row();
}

void draw_seal(const Leaf& page, const FormSeal& seal, double x, double y) {
    const double width = std::max(seal.side, 42.0) + kSealGap - 2;
    draw_frame_of(
        page, {FormPlaceKind::Seal, seal.key, "", {x, y + kSealLabelHeight, seal.side, seal.side}},
        seal.label, width);
    const std::string side = std::to_string(int(seal.side));
    const std::string note = "請蓋於框內，清晰端正，勿壓框線  " + side + " × " + side + " mm";
    page.canvas.text({x, y + kSealLabelHeight + seal.side + 0.8, width, 0},
                     fitted(page.canvas, kFormLabelEn, width, note), note);
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
        {height, false, [sheet, text_zh, seals_top, height](const Leaf& leaf, double y) {
             Canvas& page = leaf.canvas;
             page.box({kFormLeft, y, kFormWidth, height}, kFormFrame);
             page.text({kFormLeft + 3, y + 2.5, kFormWidth - 6, 0}, kFormBody,
                       sheet.declaration.zh);
             page.text({kFormLeft + 3, y + 2.5 + text_zh + 0.5, kFormWidth - 6, 0}, kFormBodyEn,
                       sheet.declaration.en);
             double x = kFormLeft + 8;
             for (const FormSeal& seal : sheet.seals) {
                 draw_seal(leaf, seal, x, y + seals_top);
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
    blocks.push_back(
        {kOfficeHeight, false, [fields = sheet.office_fields](const Leaf& leaf, double y) {
             Canvas& page = leaf.canvas;
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

}  // namespace

TextStyle fitted(Canvas& canvas, TextStyle style, double width, const std::string& text) {
    while (style.size > kSizeMin && text_width(canvas, style, text) > width) {
        style.size *= 0.96;
    }
    return style;
}

std::vector<FormBlock> blocks_of(Canvas& canvas, const FormSheet& sheet) {
    std::vector<FormBlock> blocks;
    add_sections(canvas, sheet, blocks);
    add_documents(canvas, sheet, blocks);
    add_seals(canvas, sheet, blocks);
    add_office_fields(sheet, blocks);
    add_copies(sheet, blocks);
    blocks.push_back({0, false, [](const Leaf&, double) {}});
    return blocks;
}

}  // namespace sealdesk::paper
