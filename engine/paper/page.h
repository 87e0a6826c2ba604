#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/secret.h"

namespace sealdesk::paper {

/// ISO 216 A4, in millimetres: what this office prints on unless a stock says otherwise.
inline constexpr double kPageWidth = 210;
inline constexpr double kPageHeight = 297;

/// A sheet of paper, or a label on one, upright, in millimetres.
struct SheetSize {
    double width = kPageWidth;
    double height = kPageHeight;
};

/// A place on the page: millimetres from the left and the top edge of the paper.
struct Point {
    double x;
    double y;
};

/// A rectangle on the page, millimetres. Where a text is asked for, height 0 means "as tall as the
/// text becomes".
struct Area {
    double x;
    double y;
    double width;
    double height;
};

/// Red, green and blue from 0 to 1.
struct Colour {
    double red;
    double green;
    double blue;
};
inline constexpr Colour kBlack{0, 0, 0};

/// What a text is for decides its typeface. Each has a chain of families behind it that ends in
/// TW-Sung, TW-Sung-Ext-B and TW-Sung-Plus (CNS 11643: every character of the household
/// registration), so that a rare name is never a box (notes/slips.md A.5).
enum class Face {
    Song,      ///< 明體 for running text, names and addresses
    Sans,      ///< 黑體 for labels
    SansBold,  ///< 黑體 bold for headings
    Code,      ///< bold monospaced Latin for numbers, passwords and codes
};

enum class Align { Left, Centre, Right };

struct TextStyle {
    Face face = Face::Song;
    double size = 10.5;  ///< points (1/72 inch)
    Align align = Align::Left;
    double line = 0;      ///< baseline to baseline in millimetres; 0: 1.45 times the size
    double tracking = 0;  ///< extra space after each character, points
    Colour colour = kBlack;
};

/// What became of a text.
struct TextFit {
    double height;      ///< millimetres of the lines that were drawn (or would be)
    std::size_t drawn;  ///< bytes of the text that fitted; the rest was not drawn
    int missing;        ///< characters no installed font can show; to be treated as an error
    double width;       ///< millimetres of the widest line; only measure() finds it out
};

/// A line: its width in millimetres, and the lengths of dash and gap when it is dashed.
struct Pen {
    double width = 0.2;
    double dash = 0;  ///< millimetres of each dash and each gap; 0: solid
    Colour colour = kBlack;
};

class Drawing;
struct DrawingParts;
struct SharedParts;

/// Something to draw on: a page, or a part of pages that is recorded once. Coordinates are
/// millimetres from the top left corner. Functions throw Failure paper.failed (Internal) when the
/// drawing library is out of memory or broken.
class Canvas {
public:
    struct Impl;
    explicit Canvas(std::unique_ptr<Impl> impl);
    ~Canvas();
    Canvas(const Canvas&) = delete;
    Canvas& operator=(const Canvas&) = delete;

    /// Text wrapped to the area's width; "\n" starts a new line. With a height, only whole lines
    /// inside it are drawn. The text must be UTF-8. It is read from the view and not kept, so
    /// that it may be a Secret's.
    TextFit text(const Area& area, const TextStyle& style, std::string_view utf8);

    /// The same without drawing.
    [[nodiscard]] TextFit measure(const Area& area, const TextStyle& style, std::string_view utf8);

    void rule(Point from, Point to, const Pen& pen);
    void box(const Area& area, const Pen& pen);
    void fill(const Area& area, Colour colour);

    /// Code 128 as a 1-bit mask over the whole area; give it 10 modules of white on both sides
    /// (ISO/IEC 15417 §4.4).
    void code128(const Area& area, std::string_view ascii);

    /// QR code (error correction M) as one 1-bit mask over the area, which is to be square; give
    /// it four modules of white around (ISO/IEC 18004 §6.3.8).
    void qr(const Area& area, std::string_view text);

    /// Scrambled strokes that make text on the other side of the sheet, or under it, unreadable
    /// against the light. Always the same for the same area.
    void veil(const Area& area, Colour colour);

    /// Puts a recorded drawing on this canvas, as it was drawn. In a document it is stored once,
    /// however many pages show it.
    void show(const Drawing& drawing);

    /// From here to end_part() everything is drawn as if the area were the page: a label on its
    /// sheet. Parts do not lie in each other.
    void begin_part(const Area& area);
    void end_part();

private:
    friend class Drawing;
    std::unique_ptr<Impl> impl_;
};

/// What is the same on many pages: drawn once, shown on each.
class Drawing {
public:
    explicit Drawing(SheetSize size = {});
    /// A further one that is stored with the same fonts: of another page of the same template, all
    /// of which are drawn before the first is shown.
    [[nodiscard]] static Drawing beside(const Drawing& other);
    ~Drawing();
    Drawing(Drawing&&) noexcept;
    Drawing& operator=(Drawing&&) noexcept;

    [[nodiscard]] Canvas& canvas() { return *canvas_; }

    /// For Document: made when it is first asked for; nothing may be drawn afterwards.
    [[nodiscard]] const DrawingParts& parts() const;

private:
    Drawing(std::shared_ptr<SharedParts> shared, SheetSize size);
    std::unique_ptr<DrawingParts> parts_;
    std::unique_ptr<Canvas> canvas_;
};

/// A PDF document (PDF 1.7, fonts embedded as subsets, text extractable) in memory.
class Document {
public:
    /// `title` and `created` go into the document's properties; nothing else about the machine or
    /// the time does, so the same pages give the same bytes.
    Document(std::string_view title, Instant created);
    /// The same under AES-256, revision 6 (ISO 32000-2 §7.6): opens with the code only. Nobody
    /// knows an owner password. Printing and copying are allowed, changing is not. `code`: 1 to 127
    /// bytes of ASCII.
    Document(std::string_view title, Instant created, const Secret& code, Random& random);
    ~Document();
    Document(Document&&) noexcept;
    Document& operator=(Document&&) noexcept;

    /// Ends the page before, if any, and starts a page. The canvas is good until the next call or
    /// finish().
    [[nodiscard]] Canvas& add_page(SheetSize size = {});
    [[nodiscard]] int pages() const;

    /// Ends the document and returns its bytes; afterwards it can only be destroyed. The caller
    /// wipes them if they hold a secret.
    [[nodiscard]] std::string finish();

private:
    struct Impl;
    explicit Document(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// Checks that the fonts behind every Face are installed. Throws Failure paper.font_missing
/// (Unavailable) naming the font and the Debian package that has it. Document does this once.
void require_fonts();

}  // namespace sealdesk::paper
