#include "paper/form_sheet.h"

#include "paper/form_blocks.h"

namespace sealdesk::paper {
namespace {

// Millimetres.
constexpr double kFormTop = 44;       ///< first row, below the heading
constexpr double kFormTopLater = 39;  ///< on further pages, below the record number
constexpr double kFormBottom = 276;
constexpr double kMarkInset =
    12;  ///< of the corner marks: a sheet turned by 5° keeps them on the glass
constexpr Area kUpperCode{172, 14.5, 18, 18};
constexpr Area kLowerCode{84, 278, 13, 13};
constexpr Colour kWhite{1, 1, 1};
constexpr TextStyle kFormTitle{
    .face = Face::SansBold, .size = 17, .align = Align::Centre, .line = 9};
constexpr TextStyle kFormSubtitle{
    .face = Face::Sans, .size = 8.5, .align = Align::Centre, .line = 4.5, .colour = kFormGrey};
constexpr TextStyle kFormTitleLater{
    .face = Face::SansBold, .size = 11, .align = Align::Centre, .line = 6};
constexpr TextStyle kFormRecord{
    .face = Face::SansBold, .size = 8, .align = Align::Right, .line = 3.4};
constexpr TextStyle kFormCodeText{
    .face = Face::Sans, .size = 5.5, .align = Align::Right, .line = 2.9, .colour = kFormGrey};

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

void draw_marks(Canvas& canvas) {
    for (const FormMark& mark : form_marks()) {
        const auto square = [&](double side, Colour colour) {
            canvas.fill({mark.centre.x - side / 2, mark.centre.y - side / 2, side, side}, colour);
        };
        square(kFormMarkSide, kBlack);
        if (mark.hollow) {
            square(kFormMarkHole, kWhite);
        }
    }
}

void draw_codes(Canvas& canvas, const FormCode& code) {
    for (const Area& area : form_code_areas()) {
        canvas.qr(area, code.text);
    }
    if (!code.record.empty()) {
        const std::string record = "收件編號 " + code.record;
        const double width = 60;
        canvas.text({kUpperCode.x + kUpperCode.width - width, 34.9, width, 0}, kFormRecord, record);
    }
    canvas.text({128, 283, 62, 0}, kFormCodeText, code.text);
}

void draw_frame(Canvas& canvas, const FormSheet& sheet, int page, int pages) {
    draw_marks(canvas);
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
    canvas.text({kFormLeft, 283, 40, 0}, kFormLabelEn, sheet.version);
    canvas.text({100, 282.5, 40, 0}, {.face = Face::Sans, .size = 8, .line = 4}, number);
}

/// The pages of a form, each recorded once however many copies are printed, and their places.
struct DrawnForm {
    std::vector<Drawing> pages;
    std::vector<std::vector<FormPlace>> places;
};

DrawnForm draw_pages(const FormSheet& sheet) {
    Drawing trial;  // texts are measured here, before the number of pages is known
    const std::vector<FormBlock> blocks = blocks_of(trial.canvas(), sheet);
    const auto pages = break_into_pages(blocks);
    DrawnForm drawn;
    drawn.places.resize(pages.size());
    for (std::size_t i = 0; i < pages.size(); ++i) {
        const Leaf leaf{drawn.pages.emplace_back().canvas(), drawn.places[i]};
        draw_frame(leaf.canvas, sheet, int(i) + 1, int(pages.size()));
        double y = i == 0 ? kFormTop : kFormTopLater;
        for (const FormBlock* const block : pages[i]) {
            block->draw(leaf, y);
            y += block->height;
        }
    }
    return drawn;
}

}  // namespace

std::array<FormMark, 4> form_marks() {
    constexpr double inset = kMarkInset + kFormMarkSide / 2;
    constexpr double right = kPageWidth - inset;
    constexpr double foot = kPageHeight - inset;
    return {{{{inset, inset}, false},
             {{right, inset}, false},
             {{inset, foot}, true},
             {{right, foot}, true}}};
}

std::array<Area, 2> form_code_areas() { return {kUpperCode, kLowerCode}; }

std::vector<std::vector<FormPlace>> lay_out_form(const FormSheet& sheet) {
    return draw_pages(sheet).places;
}

std::string draw_forms(const FormSheet& sheet, std::span<const FormCodes> copies, Instant created) {
    Document document(sheet.title.zh, created);
    const DrawnForm drawn = draw_pages(sheet);
    const int pages = int(drawn.pages.size());
    for (const FormCodes& codes : copies) {
        for (int page = 1; page <= pages; ++page) {
            Canvas& canvas = document.add_page();
            canvas.show(drawn.pages[std::size_t(page) - 1]);
            draw_codes(canvas, codes(page, pages));
        }
    }
    return document.finish();
}

}  // namespace sealdesk::paper
