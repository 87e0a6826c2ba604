#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "paper/page.h"
#include "slips/stock.h"

namespace sealdesk::slips {

/// A field a template takes.
struct FieldDeclaration {
    std::string name;
    bool required;  ///< must be given and not empty
    bool secret;    ///< comes from a Secret; shown alone, never inside other text or bars
    int line;       ///< in the file
};

/// A piece of an element's content: literal text, or the name of a field.
struct Piece {
    bool is_field;
    std::string text;
};

/// One thing on a page.
struct Element {
    enum class Kind { Text, Rule, Box, Fill, Code128, Qr, Veil };
    Kind kind;
    int line;          ///< in the file
    paper::Area area;  ///< of a Rule: x, y = from; width, height = distance to the end
    paper::TextStyle style;
    double size_min;  ///< points; a Text that does not fit is made smaller down to this
    paper::Pen pen;
    std::vector<Piece> content;  ///< of Text, Code128 and Qr
    std::string when;            ///< shown only if this field is filled; empty: always
    std::string unless;          ///< shown only if this field is empty; empty: always
    std::string continue_on;     ///< the page that takes what does not fit; empty: none
    bool takes_rest;             ///< on such a page: this is where the rest goes

    /// True when it can differ from slip to slip.
    [[nodiscard]] bool varies() const;
};

struct PageLayout {
    std::string name;
    int line;
    bool for_rest;  ///< added only when another page's text goes on here
    std::vector<Element> elements;
};

/// A template as it stands in its file.
struct Layout {
    std::string file;
    std::string name;
    std::string title;
    Stock stock;  ///< what it is printed on
    int fields_line;
    std::vector<FieldDeclaration> fields;
    std::vector<PageLayout> pages;

    [[nodiscard]] const FieldDeclaration* find_field(std::string_view field) const;
    [[nodiscard]] const PageLayout* find_page(std::string_view page) const;
};

/// Reads and checks a template file; templates/README.md describes its form. Errors: those of
/// CompiledTemplate::load() that need no drawing.
[[nodiscard]] Result<Layout> read_layout(const std::filesystem::path& file, const Stocks& stocks);

}  // namespace sealdesk::slips
