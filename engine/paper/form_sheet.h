#pragma once

#include <array>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "paper/page.h"

namespace sealdesk::paper {

/// What the applicant does at one place of an empty form.
enum class FormInput {
    Line,     ///< writes a line
    Tall,     ///< writes several lines
    Cells,    ///< writes one character in each cell
    Date,     ///< fills in year, month and day of the ROC calendar
    Choices,  ///< ticks boxes
};

/// A box to tick and its text.
struct FormChoice {
    std::string value;  ///< what a ticked box stands for
    Bilingual label;
};

struct FormField {
    std::string key;
    Bilingual label;
    Bilingual hint;  ///< a line below the place; may be empty
    FormInput input = FormInput::Line;
    bool required = false;            ///< marked with an asterisk
    int cells = 0;                    ///< of Cells
    std::vector<FormChoice> choices;  ///< of Choices
    bool half_width = false;          ///< two such fields share a row
};

struct FormSection {
    Bilingual title;
    std::vector<FormField> fields;
};

/// A place for a seal impression. Its frame is printed in a cool grey: a red one would be taken
/// for ink when the scan is compared.
struct FormSeal {
    std::string key;  ///< the field that carries the impression
    Bilingual label;
    double side;  ///< millimetres
};

/// A place where the copy of a document is stuck on or printed.
struct FormCopy {
    std::string key;  ///< the field that carries its picture
    Bilingual label;
    double width;   ///< millimetres, at most kFormCopyWidthMax
    double height;  ///< millimetres, at most kFormCopyHeightMax
};
inline constexpr double kFormCopyWidthMax = 160;
inline constexpr double kFormCopyHeightMax = 215;

/// An empty form to be printed, filled in by hand, sealed and scanned.
struct FormSheet {
    Bilingual title;
    std::string issuer;   ///< above the title
    std::string version;  ///< printed at the foot of every page
    std::vector<FormSection> sections;
    std::string documents_key;          ///< the field that lists the documents handed in
    std::vector<FormChoice> documents;  ///< checklist
    std::vector<FormCopy> copies;
    Bilingual declaration;  ///< what the seals are set under; may be empty
    std::vector<FormSeal> seals;
    std::vector<Bilingual> office_fields;  ///< filled in by the office
};

/// What the QR codes of a page say, and the number printed beneath the upper one.
struct FormCode {
    std::string text;    ///< ASCII; at most 62 bytes keep the modules of the lower code large
    std::string record;  ///< the paper's own number (收件編號); may be empty
};

/// The codes of one printed copy of the form. `page` from 1.
using FormCodes = std::function<FormCode(int page, int pages)>;

/// What is found at a place of a printed page.
enum class FormPlaceKind {
    Text,  ///< where the applicant writes
    Tick,  ///< the square of a choice or of a document
    Seal,
    Copy,
};

/// A place on a page. What draws the form notes it down while drawing, so that the paper and the
/// reading of its scan can never disagree.
struct FormPlace {
    FormPlaceKind kind;
    std::string key;    ///< of the field
    std::string value;  ///< of a Tick: of the choice
    Area area;          ///< the inside of the printed frame
};

/// A black square in a corner, by which a scan is straightened. The two at the foot have a white
/// hole: any three of the four tell which way up the page is.
struct FormMark {
    Point centre;
    bool hollow;
};
inline constexpr double kFormMarkSide = 5;           ///< millimetres
inline constexpr double kFormMarkHole = 1.8;         ///< millimetres, side of the hole
[[nodiscard]] std::array<FormMark, 4> form_marks();  ///< left and right at the top, at the foot

/// Where the two QR codes stand: both say the same, so that a staple or a stain takes only one.
[[nodiscard]] std::array<Area, 2> form_code_areas();

/// Places of each page, in the order of drawing.
[[nodiscard]] std::vector<std::vector<FormPlace>> lay_out_form(const FormSheet& sheet);

/// Printed copies of the form as one PDF: A4, as many pages as it takes, with page numbers, marks
/// in the corners and QR codes on every page.
[[nodiscard]] std::string draw_forms(const FormSheet& sheet, std::span<const FormCodes> copies,
                                     Instant created);

}  // namespace sealdesk::paper
