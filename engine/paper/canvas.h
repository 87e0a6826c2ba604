#pragma once

// Inside of paper/ only: what a Canvas writes, and what a Drawing is made of.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "paper/barcode.h"
#include "paper/font_use.h"
#include "paper/page.h"
#include "paper/text_layout.h"

namespace sealdesk::paper {

/// Operators of a content stream (ISO 32000-1 §8 and §9), numbers as short as a printer needs them.
class Operators {
public:
    explicit Operators(double height_mm = kPageHeight) : height_(height_mm * kPointsPerMm) {}

    /// The height from which at() counts, in points; in a part of a page that of the part.
    [[nodiscard]] double height() const { return height_; }
    void set_height(double points) { height_ = points; }

    Operators& operator<<(std::string_view text) {
        bytes_ += text;
        return *this;
    }
    Operators& operator<<(double number);
    /// A point of the page as PDF counts it: from the lower left corner.
    Operators& at(double x_mm, double y_mm);

    [[nodiscard]] std::string& bytes() { return bytes_; }

private:
    std::string bytes_;
    double height_;
};

/// A pattern that is drawn in many places: its strokes, in points from its own lower left corner,
/// colour and width left open.
struct Tile {
    std::string strokes;
    double width;
    double height;
    double margin;  ///< how far strokes reach beyond it
};

/// What the drawings of a template, or the pages of a document, have in common.
struct SharedParts {
    FontUse fonts;
    std::vector<Tile> tiles;             ///< /T0, /T1, …
    std::vector<EmbeddedFont> embedded;  ///< once they are ready
    bool ready = false;
};

/// One drawing target. The content may hold a secret: it is wiped when it goes.
struct Canvas::Impl {
    explicit Impl(SharedParts& with, SheetSize page = {})
        : content(page.height), shared(with), sheet(page) {}
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void set_colour(Colour colour);
    void set_pen(const Pen& pen);
    void add_rectangle(const Area& area);
    /// The modules over the whole area, as one 1-bit mask: a fifth of the bytes of rectangles.
    void add_mask(const Area& area, const Modules& modules);
    struct LinePlace {
        double x;
        double baseline;  ///< points from the upper edge
    };
    [[nodiscard]] unsigned number_of_tile(Tile tile);
    void add_line(const TextLine& line, std::string_view text, double size, LinePlace place);

    Operators content;
    SharedParts& shared;
    SheetSize sheet;  ///< the size of the page that is drawn on now
    std::function<unsigned(const Drawing&)> number_of;  ///< of a drawing: /X0, /X1, …
};

/// What is drawn once, and what a document stores of it.
struct DrawingParts {
    std::shared_ptr<SharedParts> shared;
    SheetSize size;
    std::string content;  ///< deflated, once it is ready
};

}  // namespace sealdesk::paper
