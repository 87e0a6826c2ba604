#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "image/image.h"
#include "paper/form_sheet.h"
#include "scan/blank_form.h"
#include "scheme/scheme.h"

namespace sealdesk::scan {

/// Why a page waits for a person. What is not certain is never guessed.
enum class Doubt {
    PageUnreadable,    ///< the picture itself cannot be read
    QrUnreadable,      ///< no QR code, or none that can be read
    QrForeign,         ///< a QR code of something else
    QrConflict,        ///< the page's two QR codes say different things
    FormUnknown,       ///< no such scheme or form here
    VersionUnknown,    ///< the form has another version here
    LayoutUnknown,     ///< same version, but the paper is laid out differently
    NotStraight,       ///< too few corner marks to know where anything is
    SealBoxDoubtful,   ///< a seal's frame is not where it should be, or no red ink is in it
    CopyBoxDoubtful,   ///< the same of a copy's frame
    NotInColour,       ///< the page has seals but the scan no colours
    BoxUnsure,         ///< a check-box neither clearly ticked nor clearly empty
    RecordMissing,     ///< the paper bears no record number
    RequestUnknown,    ///< no request has the paper's record number
    RequestAmbiguous,  ///< several have it
    RequestClosed,     ///< it can no longer be changed
    ScannedAlready,    ///< the request has another scan of this page or seal
};
[[nodiscard]] std::string_view name_of(Doubt doubt);  ///< "qr_unreadable" …
[[nodiscard]] std::optional<Doubt> doubt_named(std::string_view name);

/// Where something lies on the scan: corners in pixels, as on the paper from top left, clockwise.
using Outline = std::array<std::pair<double, double>, 4>;

enum class Mark { Empty, Ticked, Unsure };
[[nodiscard]] std::string_view name_of(Mark mark);  ///< "empty", "ticked", "unsure"

/// A check-box as found.
struct Tick {
    std::string field;
    std::string value;  ///< of the choice or document
    Mark mark = Mark::Unsure;
    double ink = 0;  ///< 0 = none, 1 = all black
    Outline outline{};
};

/// A seal or the copy of a document as found.
struct Cutting {
    std::string field;  ///< the Scan field it belongs to
    bool is_seal = true;
    bool empty = false;     ///< nothing is in the box
    bool doubtful = false;  ///< a person must look before it is used
    double off_mm = 0;      ///< the frame found against the frame expected
    Outline outline{};
    image::Picture picture;  ///< the scan's own pixels, dpi as measured; none when empty
};

/// Everything a page says.
struct PageReading {
    std::optional<PageCode> code;
    bool identified = false;    ///< scheme, form, version and page are known here
    std::vector<Doubt> doubts;  ///< in the order of their discovery; none: it can be filed
    double turn_deg = 0;        ///< of the paper against the picture, clockwise
    double dpi = 0;             ///< as measured; 0 when the page could not be straightened
    std::vector<Tick> ticks;
    std::vector<Cutting> cuttings;
};

/// The layouts of the schemes' forms, each made when first asked for.
class FormShelf {
public:
    /// `schemes` must outlive the shelf.
    explicit FormShelf(const std::vector<scheme::Scheme>& schemes) : schemes_(schemes) {}

    [[nodiscard]] const scheme::Form* find_form(const PageCode& code) const;
    [[nodiscard]] const FormLayout& layout_of(const PageCode& code);

private:
    const std::vector<scheme::Scheme>& schemes_;
    std::map<std::pair<std::string, std::string>, FormLayout> layouts_;
};

/// Reads a page: QR codes, corner marks, then every place that its form has there. Pure and
/// repeatable. The time goes into the QR codes and the marks: three to four times the decoding.
/// `told`: what a person read where the QR codes cannot be read; it counts instead of them.
[[nodiscard]] PageReading read_page(const image::Picture& page, FormShelf& shelf,
                                    const std::optional<PageCode>& told = std::nullopt);

}  // namespace sealdesk::scan
