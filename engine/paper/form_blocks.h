#pragma once

#include <functional>
#include <string>
#include <vector>

#include "paper/form_sheet.h"

// The pieces a form is drawn of. Inside of paper/ only.
namespace sealdesk::paper {

// Millimetres.
inline constexpr double kFormLeft = 20;
inline constexpr double kFormWidth = 170;
inline constexpr Colour kFormGrey{0.40, 0.40, 0.40};
inline constexpr TextStyle kFormLabelEn{
    .face = Face::Sans, .size = 6.5, .line = 2.9, .colour = kFormGrey};

/// A page while it is drawn: the paper, and the places on it.
struct Leaf {
    Canvas& canvas;
    std::vector<FormPlace>& places;
};

/// A piece of the form that is never broken over two pages.
struct FormBlock {
    double height;
    bool keep_with_next;  ///< a section's title does not stand alone at the foot of a page
    std::function<void(const Leaf&, double y)> draw;
};

/// Sections, checklist, declaration with seals, what the office fills in, places of copies. Texts
/// are measured on `canvas`.
[[nodiscard]] std::vector<FormBlock> blocks_of(Canvas& canvas, const FormSheet& sheet);

/// The style, smaller if that keeps the text on one line.
[[nodiscard]] TextStyle fitted(Canvas& canvas, TextStyle style, double width,
                               const std::string& text);

}  // namespace sealdesk::paper
