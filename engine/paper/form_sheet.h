#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/text.h"

namespace sealdesk::paper {

/// What the applicant does at one place of an empty form.
enum class FormInput {
    Line,     ///< writes a line
    Tall,     ///< writes several lines
    Cells,    ///< writes one character in each cell
    Date,     ///< fills in year, month and day of the ROC calendar
    Choices,  ///< ticks boxes
};

struct FormField {
    Bilingual label;
    Bilingual hint;  ///< a line below the place; may be empty
    FormInput input = FormInput::Line;
    bool required = false;           ///< marked with an asterisk
    int cells = 0;                   ///< of Cells
    std::vector<Bilingual> choices;  ///< of Choices
    bool half_width = false;         ///< two such fields share a row
};

struct FormSection {
    Bilingual title;
    std::vector<FormField> fields;
};

/// A place for a seal impression. Its frame is printed in a cool grey: a red one would be taken
/// for ink when the scan is compared.
struct FormSeal {
    Bilingual label;
    double side;  ///< millimetres
};

/// An empty form to be printed, filled in by hand, sealed and scanned.
struct FormSheet {
    Bilingual title;
    std::string issuer;   ///< above the title
    std::string version;  ///< printed at the foot of every page
    std::string code;     ///< text of the QR code on every page
    std::vector<FormSection> sections;
    std::vector<Bilingual> documents;  ///< checklist
    Bilingual declaration;             ///< what the seals are set under; may be empty
    std::vector<FormSeal> seals;
    std::vector<Bilingual> office_fields;  ///< filled in by the office
};

/// The form as PDF: A4, as many pages as it takes, with page numbers, the QR code, and a black
/// square of 5 mm in each corner, by which a scan is straightened.
[[nodiscard]] std::string draw_form(const FormSheet& sheet, Instant created);

}  // namespace sealdesk::paper
